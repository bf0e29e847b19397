"""Backend `openvino`: OpenVINO on the CPU, in FP32, BF16 or (graphs with quantised layers) INT8.

OpenVINO computes in BF16 on some processors unless told otherwise: the precision is pinned, read back and reported.
Its results depend on the batch size, so it runs at fixed ones: at those of `EngineOptions.batches`, which gave the
same bytes when they were measured, else at one. Compiled models are kept in ganrt's own cache: OpenVINO's gives no
sign of a damaged file and then draws something else.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import dataclass
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.cache import find_or_make
from ganrt.engines.contract import Found, check_graph
from ganrt.engines.ladder import Piece, pieces
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.protocol import Arrays, BatchSizes, Engine, EngineOptions, Ticket
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.spec import GeneratorSpec

PRECISIONS = ("fp32", "bf16", "int8")
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}  # of INT8 graphs: what their other layers compute in
_SMALL = 128 * 128  # pixels of a picture: up to here a batch of 16 is several times faster than 16 of one
_KEPT = 8  # compiled batch sizes
_LARGEST = 64
_INSTALL = 'pip install "ganrt[openvino]"'


def probe() -> str:
    """The installed version; raises BackendUnavailable where it cannot run."""
    openvino = _import_openvino()
    if "CPU" not in openvino.Core().available_devices:
        raise BackendUnavailable(f"openvino {openvino.__version__} has no CPU device here\nreinstall it: {_INSTALL}")
    return f"openvino {openvino.__version__.partition('-')[0]}"


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OpenVinoEngine:
    """Opens the model on the CPU."""
    return OpenVinoEngine(_import_openvino(), onnx_file, options)


def _import_openvino() -> Any:
    try:
        module = import_module("openvino")
        _ = module.Core, module.__version__
    except (ImportError, OSError, AttributeError) as error:
        raise BackendUnavailable(f"openvino is missing or broken: {error}\ninstall it: {_INSTALL}") from error
    return module


@dataclass(frozen=True)
class _Running:
    """One piece under way: the request it runs in, and the arrays that the request reads and writes."""

    piece: Piece
    request: Any
    outputs: dict[str, NDArray[np.generic]]
    inputs: dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class _PendingTicket(Ticket):
    """`outputs` are filled when the running pieces are done."""

    running: tuple[_Running, ...]


class _Compiled:
    """One batch size, compiled, with its idle requests; requests are made as threads ask for them."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def take(self) -> Any:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self.model.create_infer_request()

    def give_back(self, request: Any) -> None:
        self._idle.put(request)


class OpenVinoEngine(Engine):
    """One model, compiled for each batch size when that is first asked for; `submit` returns before it is done."""

    backend, device = "openvino", "cpu"

    def __init__(self, openvino: Any, onnx_file: OnnxFile, options: EngineOptions) -> None:
        if options.precision not in PRECISIONS:
            raise UsageError(
                f"precision '{options.precision}': backend 'openvino' computes in {', '.join(PRECISIONS)}"
            )
        self._openvino, self._core = openvino, openvino.Core()
        self._data, self._sha256 = onnx_file.data, onnx_file.sha256
        self.spec, self.model_sha256, self.form = onnx_file.spec(), onnx_file.model_sha256, onnx_file.form
        self.precision = options.precision
        self._properties = _properties(options)
        model = self._read(onnx_file)
        inputs, outputs = _tensors(model.inputs), _tensors(model.outputs)
        check_graph(onnx_file.path, self.spec, inputs, outputs)
        self.input_names = tuple(inputs)
        self._dtypes = {name: np.dtype(kind if kind == "uint8" else "float32") for name, (kind, _) in outputs.items()}
        self._sizes = options.batches or (_default_batch(self.spec),)
        self.batch_sizes = BatchSizes(1, max(self._sizes), max(_LARGEST, *self._sizes))
        self._compiled: OrderedDict[tuple[tuple[int, ...], ...], _Compiled] = OrderedDict()
        self._lock = Lock()
        first = self._compile({name: self._example_shape(shape) for name, (_, shape) in inputs.items()})
        self._check_precision(first.model)

    def submit(self, inputs: Arrays) -> Ticket:
        """Starts a batch and returns at once."""
        self._check(inputs)
        count = len(next(iter(inputs.values())))
        arrays = {name: np.ascontiguousarray(value) for name, value in inputs.items()}
        running = tuple(self._start(piece, arrays) for piece in pieces(count, self._sizes))
        return _PendingTicket({}, running)

    def collect(self, ticket: Ticket) -> Arrays:
        """Waits for a submitted batch and returns its outputs."""
        if not isinstance(ticket, _PendingTicket):
            return ticket.outputs
        for part in ticket.running:
            part.request.wait()
            self._compile(_shapes(part.inputs)).give_back(part.request)
        made = [{name: array[: part.piece.count] for name, array in part.outputs.items()} for part in ticket.running]
        if len(made) == 1:
            return made[0]
        return {name: np.concatenate([part[name] for part in made]) for name in made[0]}

    def _run(self, inputs: Arrays) -> Arrays:
        return self.collect(self.submit(inputs))

    def _start(self, piece: Piece, arrays: dict[str, NDArray[np.generic]]) -> _Running:
        inputs = {name: _padded(array[piece.start : piece.start + piece.count], piece) for name, array in arrays.items()}
        compiled = self._compile(_shapes(inputs))
        request = compiled.take()
        outputs = {}
        for output in compiled.model.outputs:
            name = output.get_any_name()
            outputs[name] = np.empty(tuple(output.shape), self._dtypes[name])
            request.set_tensor(output, self._openvino.Tensor(outputs[name], shared_memory=True))
        for name, value in inputs.items():
            request.set_tensor(name, self._openvino.Tensor(value, shared_memory=True))
        request.start_async()
        return _Running(piece, request, outputs, inputs)

    def _compile(self, shapes: dict[str, tuple[int, ...]]) -> _Compiled:
        """The model for these input shapes; the few that were used last are kept."""
        key = tuple(shapes[name] for name in self.input_names)
        with self._lock:
            if key not in self._compiled:
                self._compiled[key] = _Compiled(self._import_or_compile(shapes))
                if len(self._compiled) > _KEPT:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(key)
            return self._compiled[key]

    def _import_or_compile(self, shapes: dict[str, tuple[int, ...]]) -> Any:
        made: list[Any] = []

        def compile_now() -> bytes:
            model = self._core.read_model(io.BytesIO(self._data))
            model.reshape({name: list(shape) for name, shape in shapes.items()})
            made.append(self._core.compile_model(model, "CPU", self._properties))
            return bytes(made[0].export_model().getvalue())

        key = {
            "model": self._sha256,
            "openvino": self._openvino.__version__,
            "processor": self._core.get_property("CPU", "FULL_DEVICE_NAME"),
            "capabilities": sorted(self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
            "shapes": {name: list(shape) for name, shape in shapes.items()},
            "properties": self._properties,
        }
        blob = find_or_make("openvino", key, ".blob", compile_now)
        return made[0] if made else self._core.import_model(io.BytesIO(blob), "CPU", self._properties)

    def _read(self, onnx_file: OnnxFile) -> Any:
        try:
            return self._core.read_model(io.BytesIO(onnx_file.data))
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise BadInputFile(f"{onnx_file.path} is not a graph that OpenVINO can run: {reason}") from error

    def _example_shape(self, shape: Any) -> tuple[int, ...]:
        """A whole shape; open sides of pictures get the spec's size."""
        image = self.spec.image
        sides = (image.height, image.width) if image is not None else ()
        return (
            self._sizes[0],
            *(size if isinstance(size, int) else sides[i] for i, size in enumerate(shape[1:])),
        )

    def _check_precision(self, model: Any) -> None:
        """Asks the compiled model: a hint that the processor cannot follow is not followed, and nothing says so."""
        found = str(model.get_property("INFERENCE_PRECISION_HINT").get_type_name())
        if found != _HINTS[self.precision]:
            raise BackendUnavailable(
                f"precision '{self.precision}': OpenVINO computes in {found} on this processor\n"
                "give --precision fp32, or a backend that has it: ganrt doctor"
            )

    def _close(self) -> None:
        self._compiled.clear()


def _properties(options: EngineOptions) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _HINTS[options.precision],
        "PERFORMANCE_HINT": "LATENCY",
        "EXECUTION_MODE_HINT": "PERFORMANCE",
    }
    if options.threads is not None:
        properties["INFERENCE_NUM_THREADS"] = options.threads
    return properties


def _default_batch(spec: GeneratorSpec) -> int:
    """One size for everything where nothing was measured: large pictures keep the cores busy alone."""
    output = spec.output
    return 16 if output is not None and not output.dynamic and output.height * output.width <= _SMALL else 1


def _tensors(ports: Any) -> Found:
    """OpenVINO's descriptions in the words of the graph contract."""
    kinds = {"f32": "float", "u8": "uint8"}
    found: Found = {}
    for port in ports:
        kind = port.get_element_type().get_type_name()
        shape = [None if side.is_dynamic else side.get_length() for side in port.get_partial_shape()]
        found[port.get_any_name()] = kinds.get(kind, kind), shape
    return found


def _shapes(arrays: dict[str, NDArray[np.generic]]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in arrays.items()}


def _padded(array: NDArray[np.generic], piece: Piece) -> NDArray[np.generic]:
    missing = piece.size - piece.count
    return np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) if missing else array
