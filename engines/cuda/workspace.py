"""What running an engine holds on the device: streams, two slots of buffers and events, shared activation memory.

    upload stream     | slot 0: copy in |  slot 1: copy in  | ...
    compute stream                      | slot 0: graph     | slot 1: graph    | ...
    download stream                                         | slot 0: copy out | slot 1: copy out | ...

Events tie the three together, so that batch n + 1 is uploaded and computed while batch n comes back.
"""

from __future__ import annotations

import ctypes
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.cuda.calls import Calls
from ganrt.engines.cuda.launch import Launch
from ganrt.engines.cuda.vendor import Loaded, Tensor
from ganrt.engines.protocol import Ticket
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory

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
        for slot in getattr(self, "slots", ()):
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
