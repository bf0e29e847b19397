"""What running an engine holds on the device: streams, two slots of buffers and events, shared activation memory.

    upload stream     | slot 0: copy in |  slot 1: copy in  | ...
    compute stream                      | slot 0: graph     | slot 1: graph    | ...
    download stream                                         | slot 0: copy out | slot 1: copy out | ...

Events tie the three together, so that batch n + 1 is uploaded and computed while batch n comes back.
"""

from __future__ import annotations

import ctypes
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.cuda.calls import Calls
from ganrt.engines.cuda.vendor import Loaded, Tensor, capturable, new_context, refusal
from ganrt.engines.protocol import Ticket
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory

_AGAIN = "compile it again for this machine: ganrt compile"


class Launch:
    """One batch size in one slot: an execution context with fixed shapes and addresses, and the CUDA graph of its work.

    `shape` and `prepare` once, then `run` as often as wanted. A captured graph is tied to the state of its context
    (TensorRT's developer guide, "CUDA Graphs"), so a context is never changed after its capture: another size or slot
    has another context.
    """

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


SLOTS = 2
EVENTS = ("upload_start", "upload_end", "compute_start", "compute_end", "download_start", "download_end")


@dataclass(frozen=True)
class Limits:
    """How the device may be used.

    Attributes:
        memory: bytes in all; None: what there is.
        low_priority: whether others' work comes first.
        mapped: whether the device reads inputs and writes outputs where they lie in the host's memory, without copies.
    """

    memory: int | None = None
    low_priority: bool = False
    mapped: bool = False


@dataclass
class Slot:
    """The buffers of one batch on its way.

    Attributes:
        device, pinned: addresses by tensor name; of mapped memory both are of the same bytes.
        host: the pinned memory as arrays [most, ...].
    """

    device: dict[str, int] = field(default_factory=dict)
    pinned: dict[str, int] = field(default_factory=dict)
    host: dict[str, NDArray[Any]] = field(default_factory=dict)
    events: dict[str, Any] = field(default_factory=dict)
    launches: dict[int, Launch] = field(default_factory=dict)
    ticket: Ticket | None = None


class Workspace:
    """Everything allocated once for batches up to the largest of `sizes`; `close` gives all of it back."""

    def __init__(self, calls: Calls, loaded: Loaded, sizes: dict[int, int], limits: Limits) -> None:
        """Args: sizes: batch size -> profile, ascending."""
        self.calls, self.loaded, self.sizes = calls, loaded, sizes
        self._limits, self._used = limits, loaded.weights
        self.mapped = limits.mapped
        self._stack = ExitStack()
        self._streams: list[Any] = []
        self.slots: list[Slot] = []
        try:
            self.upload, self.compute, self.download = (self._stream() for _ in range(3))
            self.slots = [self._slot() for _ in range(SLOTS)]
            self._activations = self._activation_bytes()
            self._activation_address = self._device_bytes(self._activations)
        except BaseException:
            self._release_quietly()
            raise

    def launch(self, slot: Slot, size: int) -> Launch:
        """The prepared execution of a batch of `size` in `slot`, made at its first use.

        A graph holds its context's state and addresses, so each has a context of its own; all share the activations,
        for they run one after the other on one stream.
        """
        ready = slot.launches.get(size)
        if ready is None:
            ready = Launch(self.calls, self.loaded, int(self.compute))
            self._stack.callback(ready.close)
            needed = ready.shape(self.sizes[size], size)
            if needed > self._activations:
                raise BackendUnavailable(f"the engine now needs {needed} bytes, {self._activations} a moment ago")
            ready.prepare(slot.device, self._activation_address, self._activations)
            slot.launches[size] = ready
        return ready

    def close(self) -> None:
        """Waits for what runs and frees everything, in the reverse order; the first error is raised at the end."""
        for slot in self.slots:
            slot.launches.clear()
            slot.host.clear()
            slot.ticket = None
        for stream in self._streams:  # these come first, and one that fails does not stop what follows
            self._stack.callback(self.calls, "cudaStreamSynchronize", stream)
        self._streams.clear()
        self._stack.close()

    def _release_quietly(self) -> None:
        """Where an error is on its way already, a second one would hide it."""
        try:
            self.close()
        except Exception:
            return

    def _stream(self) -> Any:
        # CUDA counts downwards: the least priority is that of a stream which asks for none.
        least, greatest = self.calls("cudaDeviceGetStreamPriorityRange")
        priority = least if self._limits.low_priority else greatest
        stream = self.calls("cudaStreamCreateWithPriority", self.calls.cudart.cudaStreamNonBlocking, priority)
        self._stack.callback(self.calls, "cudaStreamDestroy", stream)
        self._streams.append(stream)
        return stream

    def _slot(self) -> Slot:
        slot, most = Slot(), max(self.sizes)
        for name in EVENTS:
            slot.events[name] = self.calls("cudaEventCreate")
            self._stack.callback(self.calls, "cudaEventDestroy", slot.events[name])
        for tensor in self.loaded.tensors:
            size = most * tensor.row_bytes
            slot.pinned[tensor.name] = pinned = self._pinned_bytes(size)
            slot.device[tensor.name] = self._device_address(pinned, size)
            slot.host[tensor.name] = _array(pinned, tensor, most)
        return slot

    def _activation_bytes(self) -> int:
        """The most that any size needs, as the vendor computes it for its shapes."""
        probe = Launch(self.calls, self.loaded, int(self.compute))  # one for all: contexts take time and memory
        try:
            return max(probe.shape(profile, size) for size, profile in self.sizes.items())
        finally:
            probe.close()

    def _device_address(self, pinned: int, size: int) -> int:
        """Where the device has these bytes: in memory of its own, or where they are."""
        if not self.mapped:
            return self._device_bytes(size)
        self._claim(size)
        return int(self.calls("cudaHostGetDevicePointer", pinned, 0))

    def _device_bytes(self, size: int) -> int:
        self._claim(size)
        address = int(self.calls("cudaMalloc", max(size, 1)))
        self._stack.callback(self.calls, "cudaFree", address)
        return address

    def _claim(self, size: int) -> None:
        """Raises OutOfDeviceMemory above the budget."""
        self._used += size
        if self._limits.memory is not None and self._used > self._limits.memory:
            raise OutOfDeviceMemory(
                f"{self._used} bytes of GPU memory are needed, {self._limits.memory} are allowed\n"
                "raise the memory budget, or compile for a smaller batch: ganrt compile --batch 1:4:8"
            )

    def _pinned_bytes(self, size: int) -> int:
        """Host memory that the device copies from and to by itself, or works in."""
        cudart = self.calls.cudart
        flags = cudart.cudaHostAllocMapped if self.mapped else cudart.cudaHostAllocDefault
        address = int(self.calls("cudaHostAlloc", max(size, 1), flags))
        self._stack.callback(self.calls, "cudaFreeHost", address)
        return address


def _array(address: int, tensor: Tensor, most: int) -> NDArray[Any]:
    """Memory at an address as an array [most, ...]; it does not own it."""
    flat = np.ctypeslib.as_array((ctypes.c_uint8 * (most * tensor.row_bytes)).from_address(address))
    return flat.view(tensor.dtype).reshape(most, *tensor.shape)
