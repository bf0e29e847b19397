"""A session's inputs and outputs in host memory that is allocated once, pinned where ONNX Runtime offers that.

ONNX Runtime copies from and to it by itself ("I/O Binding" in its documentation); a run allocates nothing there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.onnxruntime_session import Provider
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.spec import Port

Array = NDArray[Any]


class Binding:
    """Buffers for up to `most` images. Several threads may call `run`: one batch runs at a time."""

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
