"""What ONNX Runtime's GPU backends share: every node where it belongs, and buffers that stay where they are."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.cache import SealedFolder
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_session import BATCH_SIZES, OnnxRuntimeEngine, Provider
from ganrt.engines.protocol import Arrays, BatchSizes, EngineOptions, copied
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.spec import GeneratorSpec, Port

RECORD = "session.record_ep_graph_assignment_info"
# ONNX Runtime computes shapes on the CPU on purpose, since that is where they are needed.
_SHAPES = {
    "Add", "Cast", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal", "Expand", "Floor", "Gather",
    "Greater", "Identity", "Less", "Mul", "Range", "ReduceProd", "Shape", "Size", "Slice", "Squeeze", "Sub",
    "Unsqueeze", "Where",
}  # fmt: skip


def check_assignment(session: Any, provider: Provider, what: str) -> None:
    """Looks where the nodes went, if this version of ONNX Runtime tells (from 1.24 on).

    Raises:
        BackendUnavailable: pictures would be computed on a provider that nobody asked for.

    Warns:
        RuntimeWarning: a helper, which was allowed to, computes some of it.
    """
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    if ask is None:
        return
    elsewhere: dict[str, set[str]] = {}
    for part in ask():
        if part.ep_name != provider.name:
            elsewhere.setdefault(part.ep_name, set()).update(node.op_type for node in part.get_nodes())
    for name, operators in elsewhere.items():
        computing = operators - _SHAPES
        if computing and name not in provider.helpers:
            raise BackendUnavailable(
                f"{what}: {provider.name} refuses {', '.join(sorted(computing))}, which would run on {name}\n"
                "give another --backend, or the portable file that it was made from: ganrt doctor"
            )
        if computing:
            listed = ", ".join(sorted(computing))
            warnings.warn(f"{what}: {name}, not {provider.name}, computes {listed}", RuntimeWarning, stacklevel=2)


Array = NDArray[Any]


class Binding:
    """A session's inputs and outputs in host memory for up to `most` images, pinned where ONNX Runtime offers that.

    ONNX Runtime copies from and to it by itself ("I/O Binding" in its documentation); a run allocates nothing there.
    Several threads may call `run`: one batch runs at a time.
    """

    def __init__(
        self,
        onnxruntime: Any,
        session: Any,
        provider: Provider,
        inputs: Mapping[str, Port],
        outputs: Mapping[str, Port],
        most: int,
    ) -> None:
        self._session, self._lock, self._bound = session, Lock(), 0
        self._owners: list[Any] = []
        info = _host_memory(onnxruntime, provider)
        self.pinned = info is not None
        self._inputs = {name: self._buffer(onnxruntime, info, most, port) for name, port in inputs.items()}
        self._outputs = {name: self._buffer(onnxruntime, info, most, port) for name, port in outputs.items()}
        self._binding = session.io_binding()

    def run(self, inputs: Arrays, out: Mapping[str, NDArray[np.generic]] | None = None) -> dict[str, Array]:
        """Runs one batch; the outputs are copied into `out`, or into new arrays.

        Raises:
            UsageError: an array of another shape or type than the graph's.
            BackendUnavailable: the device fails.
        """
        count = len(next(iter(inputs.values())))
        for name, buffer in self._inputs.items():
            _check("input", name, inputs[name], buffer, count)
        results = {name: (out or {}).get(name) for name in self._outputs}
        for name, given in results.items():
            if given is not None:
                _check("out", name, given, self._outputs[name], count)
        with self._lock:
            self._bind(count)
            for name, buffer in self._inputs.items():
                buffer[:count] = inputs[name]
            self._execute()
            return {name: self._taken(name, count, given) for name, given in results.items()}

    def _taken(self, name: str, count: int, given: Array | None) -> Array:
        rows: Array = self._outputs[name][:count]
        if given is None:
            return np.array(rows)
        np.copyto(given, rows, casting="no")
        return given

    def _execute(self) -> None:
        try:
            self._binding.synchronize_inputs()
            self._session.run_with_iobinding(self._binding)
            self._binding.synchronize_outputs()
        except Exception as error:  # onnxruntime has one exception class an error code, without a common base
            raise BackendUnavailable(f"ONNX Runtime failed on the GPU: {error}\nsee: ganrt doctor") from error

    def _bind(self, count: int) -> None:
        """Pinned memory is the CPU's too: it is bound by its address, so that one buffer serves every batch size."""
        if count == self._bound:
            return
        for buffers, bind in ((self._inputs, self._binding.bind_input), (self._outputs, self._binding.bind_output)):
            for name, buffer in buffers.items():
                bind(name, "cpu", 0, buffer.dtype.type, [count, *buffer.shape[1:]], buffer.ctypes.data)
        self._bound = count

    def _buffer(self, onnxruntime: Any, info: Any, most: int, port: Port) -> Array:
        shape, dtype = (most, *port.shape), np.dtype(port.dtype)
        if info is None:
            return np.zeros(shape, dtype)
        value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(list(shape), dtype.type, memory_info=info)
        self._owners.append(value)  # whose memory lives as long as this
        size = int(np.prod(shape)) * dtype.itemsize
        memory = np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(value.data_ptr()))
        return memory.view(dtype).reshape(shape)


def _host_memory(onnxruntime: Any, provider: Provider) -> Any:
    """How the provider's device describes host memory that it reaches by itself; None where nothing is said of it."""
    kinds = getattr(onnxruntime, "OrtDeviceMemoryType", None)
    if kinds is None or not hasattr(onnxruntime, "get_ep_devices"):
        return None
    devices = onnxruntime.get_ep_devices()
    named = (provider.name, *provider.helpers)
    able = (device for device in devices if device.ep_name in named and hasattr(device, "memory_info"))
    return next((device.memory_info(kinds.HOST_ACCESSIBLE) for device in able), None)


def _check(what: str, name: str, given: Array, buffer: Array, count: int) -> None:
    shape = (count, *buffer.shape[1:])
    if given.shape != shape or given.dtype != buffer.dtype:
        raise UsageError(f"{what} '{name}' is {given.dtype} {list(given.shape)}: expected {buffer.dtype} {list(shape)}")


class OnnxRuntimeGpuEngine(OnnxRuntimeEngine):
    """One session on the first GPU; it must draw its canary before anybody may use it.

    Args:
        sizes: the batch sizes it was compiled for, at the spec's picture size; None: nothing was compiled.
        kept: what the provider compiled; sealed when it is whole.
    """

    checked_on_load = True

    def __init__(
        self,
        onnxruntime: Any,
        onnx_file: OnnxFile,
        options: EngineOptions,
        backend: str,
        provider: Provider,
        sizes: BatchSizes | None = None,
        kept: SealedFolder | None = None,
    ) -> None:
        self._kept = kept
        super().__init__(onnxruntime, onnx_file, options, backend, "cuda", provider)
        check_assignment(self._session, provider, f"{backend}: {onnx_file.path}")
        self.batch_sizes = sizes or BATCH_SIZES
        inputs, outputs = self.spec.inputs, self.spec.outputs
        self._binding: Binding | None = None
        # A compiled graph has the sizes of its spec, where they are open.
        if sizes is not None or not any(port.open for port in (*inputs.values(), *outputs.values())):
            most = self.batch_sizes.maximum
            self._binding = Binding(onnxruntime, self._session, provider, inputs, outputs, most)
        if kept is not None:
            kept.seal()

    def run(self, inputs: Arrays, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Runs one batch; with `out` no array is allocated."""
        self._check(inputs)
        return copied(self._run(inputs), out) if self._binding is None else self._binding.run(inputs, out)

    def _settings(self, onnxruntime: Any, options: EngineOptions) -> Any:
        settings = super()._settings(onnxruntime, options)
        settings.add_session_config_entry(RECORD, "1")
        return settings

    def _close(self) -> None:
        self._binding = None
        super()._close()
        if self._kept is not None:  # some providers write only when their session ends
            self._kept.seal()


def profile_sizes(options: EngineOptions) -> BatchSizes:
    """The batch sizes to compile for: those asked for (a single one: static), else what the other backends take."""
    if not options.batches:
        return BATCH_SIZES
    return BatchSizes(min(options.batches), max(options.batches), max(options.batches))


def profiles(prefix: str, spec: GeneratorSpec, sizes: BatchSizes) -> dict[str, str]:
    """TensorRT's providers' options for the shapes of all inputs by batch size, such as `z:8x100,labels:8x10`."""
    ends = {"min": sizes.minimum, "opt": sizes.optimum, "max": sizes.maximum}
    return {
        f"{prefix}_profile_{end}_shapes": ",".join(
            f"{name}:{'x'.join(map(str, (batch, *port.shape)))}" for name, port in spec.inputs.items()
        )
        for end, batch in ends.items()
    }
