"""One batch size in one slot: an execution context with fixed shapes and addresses, and the CUDA graph of its work.

A captured graph is tied to the state of its context (TensorRT's developer guide, "CUDA Graphs"), so a context is never
changed after its capture: another size or slot has another context.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from typing import Any

from ganrt.engines.cuda.calls import Calls
from ganrt.engines.cuda.vendor import Loaded, capturable, new_context, refusal
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory

_AGAIN = "compile it again for this machine: ganrt compile"


class Launch:
    """`shape` and `prepare` once, then `run` as often as wanted."""

    def __init__(self, calls: Calls, loaded: Loaded, stream: int) -> None:
        self._calls, self._loaded, self._stream = calls, loaded, stream
        self._stack = ExitStack()
        self._graph: Any = None
        self._context = new_context(loaded)

    def shape(self, profile: int, size: int) -> int:
        """Sets the batch size.

        Returns:
            the bytes of device memory that it needs beside its inputs and outputs.
        """
        loaded, stream = self._loaded, self._stream
        self._checked("set_optimization_profile_async", profile, stream)
        for tensor in loaded.tensors:
            if tensor.is_input:
                self._checked("set_input_shape", tensor.name, (size, *tensor.shape))
        try:
            missing = self._context.infer_shapes()
        except RuntimeError as error:  # the one call of these that raises
            what = f"the vendor infers no shapes for a batch of {size} ({str(error).partition(chr(10))[0]})"
            raise refusal(loaded.trt, what, _AGAIN) from error
        if missing:
            raise BackendUnavailable(f"the engine leaves the shape of {', '.join(missing)} open\n{_AGAIN}")
        needed = int(self._context.update_device_memory_size_for_shapes())
        if not needed and loaded.engine.device_memory_size_v2:  # 0 is how it says that it failed
            raise refusal(loaded.trt, f"the vendor does not say what memory a batch of {size} needs", _AGAIN)
        return needed

    def prepare(self, addresses: dict[str, int], activations: int, activation_bytes: int) -> None:
        """Fixes all addresses, runs once (the vendor sets itself up then), and captures the graph if that can be done.

        Args:
            activations, activation_bytes: the memory to work in, at least what `shape` returned.

        Raises:
            OutOfDeviceMemory: the vendor needs more than there is.
            BackendUnavailable: the vendor refuses.
        """
        self._context.set_device_memory(activations, activation_bytes)
        for name, address in addresses.items():
            self._checked("set_tensor_address", name, address)
        self._warm_up()
        self._graph = self._captured()
        if self._graph is None:
            self._warm_up()  # whether it still works after a capture that failed is found out here

    def run(self) -> None:
        """Enqueues the batch on the compute stream."""
        if self._graph is None:
            self._execute()
        else:
            self._calls("cudaGraphLaunch", self._graph, self._stream)

    def close(self) -> None:
        """Frees the graph, then the context whose state it holds."""
        self._graph = None
        try:
            self._stack.close()
        finally:
            self._context = None

    def _warm_up(self) -> None:
        self._execute()
        self._calls("cudaStreamSynchronize", self._stream)

    def _captured(self) -> Any:
        """The executable graph; None, said aloud the first time, where the vendor cannot be captured."""
        reason = "the vendor says so"
        try:
            if capturable(self._context, self._stream):
                return self._record()
        except OutOfDeviceMemory:
            raise
        except BackendUnavailable as error:
            reason = str(error).partition("\n")[0]
        if self._loaded.enqueued:
            return None
        self._loaded.enqueued = True
        warnings.warn(
            f"no CUDA graph can hold this engine's work ({reason}): each batch is enqueued anew, which takes longer",
            RuntimeWarning,
            stacklevel=2,
        )
        return None

    def _record(self) -> Any:
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
            raise refusal(self._loaded.trt, f"the vendor's {name}{arguments} failed", _AGAIN)
