"""One batch size in one slot: an execution context with fixed shapes and addresses, and the CUDA graph of its work.

A captured graph is tied to the state of its context (TensorRT's developer guide, "CUDA Graphs"), so a context is never
changed after its capture: another size or slot has another context.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from ganrt.engines.cuda.calls import Calls
from ganrt.engines.cuda.vendor import Loaded, capturable, new_context
from ganrt.errors import BackendUnavailable

_AGAIN = "compile it again for this machine: ganrt compile"


class Launch:
    """`prepare` once, then `run` as often as wanted."""

    def __init__(self, calls: Calls, loaded: Loaded, profile: int, size: int, stream: int) -> None:
        self._calls, self._loaded, self._stream = calls, loaded, stream
        self._stack = ExitStack()
        self._graph: Any = None
        self._context = new_context(loaded)
        self._checked("set_optimization_profile_async", profile, stream)
        for tensor in loaded.tensors:
            if tensor.is_input:
                self._checked("set_input_shape", tensor.name, (size, *tensor.shape))
        missing = self._context.infer_shapes()
        if missing:
            raise BackendUnavailable(f"the engine leaves the shape of {', '.join(missing)} open\n{_AGAIN}")

    def activation_bytes(self) -> int:
        """The device memory that this size needs beside its inputs and outputs."""
        return int(self._context.update_device_memory_size_for_shapes())

    def prepare(self, addresses: dict[str, int], activations: int, activation_bytes: int) -> None:
        """Fixes all addresses, runs once (the vendor sets itself up then), and captures the graph.

        Raises:
            OutOfDeviceMemory: the vendor needs more than there is.
            BackendUnavailable: the vendor refuses.
        """
        needed = self.activation_bytes()
        if needed > activation_bytes:
            raise BackendUnavailable(f"the engine now needs {needed} bytes, {activation_bytes} a moment ago\n{_AGAIN}")
        self._context.set_device_memory(activations, activation_bytes)
        for name, address in addresses.items():
            self._checked("set_tensor_address", name, address)
        self._execute()
        self._calls("cudaStreamSynchronize", self._stream)
        if capturable(self._context, self._stream):
            self._graph = self._captured()

    @property
    def is_graph(self) -> bool:
        """Whether a CUDA graph runs; the vendor may refuse to be captured."""
        return self._graph is not None

    def run(self) -> None:
        """Enqueues the batch on the compute stream."""
        if self._graph is None:
            self._execute()
        else:
            self._calls("cudaGraphLaunch", self._graph, self._stream)

    def close(self) -> None:
        """Frees graph and context."""
        self._graph = self._context = None
        self._stack.close()

    def _captured(self) -> Any:
        modes = self._calls.cudart.cudaStreamCaptureMode
        self._calls("cudaStreamBeginCapture", self._stream, modes.cudaStreamCaptureModeThreadLocal)
        try:
            self._execute()
        except BaseException:
            self._abandon_capture()
            raise
        graph = self._calls("cudaStreamEndCapture", self._stream)
        try:
            executable = self._calls("cudaGraphInstantiate", graph, 0)
            self._stack.callback(self._calls, "cudaGraphExecDestroy", executable)
        finally:
            self._calls("cudaGraphDestroy", graph)
        return executable

    def _abandon_capture(self) -> None:
        """A stream that is left capturing could not even be destroyed."""
        cudart = self._calls.cudart
        error, graph = cudart.cudaStreamEndCapture(self._stream)
        if not error and graph is not None:
            cudart.cudaGraphDestroy(graph)

    def _execute(self) -> None:
        self._checked("execute_async_v3", self._stream)

    def _checked(self, name: str, *arguments: Any) -> None:
        if not getattr(self._context, name)(*arguments):
            raise self._calls.last_error(f"the vendor's {name}{arguments}", _AGAIN)
