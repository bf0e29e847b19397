"""Backend `openvino`: OpenVINO on the CPU, in FP32, BF16 or (graphs with quantised layers) INT8.

OpenVINO computes in BF16 on some processors unless told otherwise: the precision is pinned, read back and reported.
In BF16 the first layer stays in FP32 (see `openvino_graph.split`). Its results depend on the batch size, so it runs
at fixed ones: at those of `EngineOptions.batches`, which gave the same bytes when they were measured, else at one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.contract import check_graph
from ganrt.engines.ladder import Piece, pieces
from ganrt.engines.machine import check_threads
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.openvino_graph import INSTALL, STEM, compile_for, import_openvino, read, split, tensors
from ganrt.engines.protocol import Arrays, BatchSizes, Engine, EngineOptions, Ticket, copied
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.spec import GeneratorSpec

PRECISIONS = ("fp32", "bf16", "int8")
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}  # of INT8 graphs: what their other layers compute in
_FOUND = {"f32": "f32", "bf16": "bf16"}  # what a compiled model says of itself where the hint was followed
_SMALL = 128 * 128  # pixels of a picture: up to here a batch of 16 is several times faster than 16 of one
_KEPT = 8  # compiled batch sizes
_LARGEST = 64


def probe() -> str:
    """The installed version; raises BackendUnavailable where it cannot run."""
    openvino = import_openvino()
    if "CPU" not in openvino.Core().available_devices:
        raise BackendUnavailable(f"openvino {openvino.__version__} has no CPU device here\nreinstall it: {INSTALL}")
    return f"openvino {openvino.__version__.partition('-')[0]}"


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OpenVinoEngine:
    """Opens the model on the CPU."""
    return OpenVinoEngine(import_openvino(), onnx_file, options)


@dataclass(frozen=True)
class _Running:
    """One piece under way: the request it runs in, and the arrays that the request reads and writes."""

    piece: Piece
    compiled: _Compiled
    request: Any
    inputs: Arrays
    outputs: dict[str, NDArray[np.generic]]

    def wait(self) -> dict[str, NDArray[np.generic]]:
        """The outputs without padding; a request that failed is not used again."""
        self.request.wait()
        self.compiled.give_back(self.request)
        return {name: array[: self.piece.count] for name, array in self.outputs.items()}


@dataclass(frozen=True)
class _PendingTicket(Ticket):
    """Its outputs are there when the running pieces are done; whoever waits for a piece takes it off the list."""

    running: deque[_Running] = field(default_factory=deque)

    def wait(self) -> list[dict[str, NDArray[np.generic]]]:
        """The outputs of the pieces, in order, without padding."""
        return [self.running.popleft().wait() for _ in range(len(self.running))]

    def abandon(self) -> None:
        """Waits for what still runs, since it reads and writes our arrays."""
        while self.running:
            with suppress(Exception):  # another error is on its way up
                self.running.popleft().wait()


class _Compiled:
    """A model for one set of input shapes, with its idle requests; new ones are made as threads ask for them."""

    def __init__(self, openvino: Any, model: Any) -> None:
        self._openvino, self._model = openvino, model
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def start(self, inputs: Arrays, names: Sequence[str]) -> tuple[Any, dict[str, NDArray[np.generic]]]:
        """Starts a batch: (request, the arrays that it writes). By position: compiling may rename inner tensors.

        Args:
            inputs: in the model's order.
            names: of the outputs, in the model's order.
        """
        request = self._take()
        outputs: dict[str, NDArray[np.generic]] = {}
        for i, (port, name) in enumerate(zip(self._model.outputs, names, strict=True)):
            kind = np.uint8 if port.get_element_type().get_type_name() == "u8" else np.float32
            outputs[name] = np.empty(tuple(port.shape), kind)
            request.set_output_tensor(i, self._openvino.Tensor(outputs[name], shared_memory=True))
        for i, value in enumerate(inputs.values()):
            request.set_input_tensor(i, self._openvino.Tensor(value, shared_memory=True))
        request.start_async()
        return request, outputs

    def give_back(self, request: Any) -> None:
        """The request is idle again."""
        self._idle.put(request)

    def _take(self) -> Any:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._model.create_infer_request()


class OpenVinoEngine(Engine):
    """One model, compiled for each batch size when that is first asked for; `submit` returns before it is done."""

    backend, device = "openvino", "cpu"

    def __init__(self, openvino: Any, onnx_file: OnnxFile, options: EngineOptions) -> None:
        if options.precision not in PRECISIONS:
            raise UsageError(f"precision '{options.precision}': backend 'openvino' has {', '.join(PRECISIONS)}")
        check_threads(options.threads)
        self._openvino, self._core = openvino, openvino.Core()
        self.spec, self.form = onnx_file.spec(), onnx_file.form
        self.precision, self._threads = options.precision, options.threads
        model = read(self._core, onnx_file)
        inputs = tensors(model.inputs)
        check_graph(onnx_file.path, self.spec, inputs, tensors(model.outputs))
        self.input_names = tuple(inputs)
        parts = split(openvino, model) if options.precision == "bf16" else None
        self._stem: Any = parts[0] if parts else None
        self._model = parts[1] if parts else model
        self._stem_names = list(tensors(parts[0].inputs)) if parts else []
        self._names, self._output_names = list(tensors(self._model.inputs)), list(tensors(model.outputs))
        self._sizes = options.batches or (default_batch(self.spec),)
        self.batch_sizes = BatchSizes(1, max(self._sizes), max(_LARGEST, *self._sizes))
        self._compiled: OrderedDict[object, _Compiled] = OrderedDict()
        self._lock = Lock()
        self.model_sha256, self._sha256 = onnx_file.model_sha256, onnx_file.sha256  # computed in the meantime

    def submit(self, inputs: Arrays) -> Ticket:
        """Starts a batch and returns at once."""
        self._check(inputs)
        return self._submit(inputs)

    def collect(self, ticket: Ticket, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Waits for a submitted batch and returns its outputs."""
        if not isinstance(ticket, _PendingTicket):
            return super().collect(ticket, out)
        return copied(_collected(ticket), out)

    def _run(self, inputs: Arrays) -> Arrays:
        return self.collect(self._submit(inputs))

    def _submit(self, inputs: Arrays) -> Ticket:
        count = len(next(iter(inputs.values())))
        arrays = {name: np.ascontiguousarray(value) for name, value in inputs.items()}
        ticket = _PendingTicket({})
        try:
            for piece in pieces(count, self._sizes):
                ticket.running.append(self._start(piece, arrays))
        except BaseException as error:
            ticket.abandon()
            if isinstance(error, RuntimeError):  # OpenVINO has no class of its own
                raise _failed(error) from error
            raise
        return ticket

    def _start(self, piece: Piece, arrays: Arrays) -> _Running:
        given = {name: _cut(array, piece) for name, array in arrays.items()}
        if self._stem is not None:
            given[STEM] = self._draw_stem({name: given[name] for name in self._stem_names})
        inputs = {name: given[name] for name in self._names}
        compiled = self._compile(self._model, inputs, _HINTS[self.precision])
        request, outputs = compiled.start(inputs, self._output_names)
        return _Running(piece, compiled, request, inputs, outputs)

    def _draw_stem(self, inputs: Arrays) -> NDArray[np.generic]:
        compiled = self._compile(self._stem, inputs, _HINTS["fp32"])
        request, outputs = compiled.start(inputs, [STEM])
        request.wait()
        compiled.give_back(request)
        return outputs[STEM]

    def _compile(self, model: Any, inputs: Arrays, hint: str) -> _Compiled:
        """A part for the shapes of these inputs; the few that were used last are kept."""
        shapes = {name: array.shape for name, array in inputs.items()}
        key = (model is self._stem, tuple(shapes.items()))
        with self._lock:
            if key not in self._compiled:
                self._compiled[key] = self._compile_now(model, shapes, hint)
                if len(self._compiled) > _KEPT * (2 if self._stem is not None else 1):
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(key)
            return self._compiled[key]

    def _compile_now(self, model: Any, shapes: Mapping[str, tuple[int, ...]], hint: str) -> _Compiled:
        properties: dict[str, Any] = {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"}
        if self._threads is not None:
            properties["INFERENCE_NUM_THREADS"] = self._threads
        name = f"{self._sha256} {'stem' if model is self._stem else 'rest' if self._stem is not None else 'whole'}"
        keep = self.spec.output is None or not self.spec.output.dynamic  # else a blob for every size of picture
        made = compile_for(self._core, self._openvino.__version__, model, name, shapes, properties, keep=keep)
        found = made.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if found != _FOUND[hint]:
            raise BackendUnavailable(
                f"precision '{self.precision}': OpenVINO computes in {found} on this processor\n"
                "give --precision fp32, or a backend that has it: ganrt doctor"
            )
        return _Compiled(self._openvino, made)

    def _close(self) -> None:
        self._compiled.clear()
        self._model = self._stem = self._core = None


def _collected(ticket: _PendingTicket) -> Arrays:
    if not ticket.running:
        raise UsageError("this batch was collected already")
    try:
        made = ticket.wait()
    except RuntimeError as error:  # OpenVINO has no class of its own
        raise _failed(error) from error
    finally:
        ticket.abandon()
    return made[0] if len(made) == 1 else {name: np.concatenate([part[name] for part in made]) for name in made[0]}


def _failed(error: RuntimeError) -> BackendUnavailable:
    reason = str(error).strip().partition("\n")[0][:300]
    return BackendUnavailable(f"openvino failed while it drew: {reason}\ntry another backend: --backend onnxruntime")


def default_batch(spec: GeneratorSpec) -> int:
    """One size for everything where nothing was measured: large pictures keep the cores busy alone."""
    output = spec.output
    return 16 if output is not None and not output.dynamic and output.height * output.width <= _SMALL else 1


def _cut(array: NDArray[np.generic], piece: Piece) -> NDArray[np.generic]:
    """The piece's rows, and the last of them again as padding."""
    part = array[piece.start : piece.start + piece.count]
    missing = piece.size - piece.count
    return np.concatenate([part, np.repeat(part[-1:], missing, axis=0)]) if missing else part
