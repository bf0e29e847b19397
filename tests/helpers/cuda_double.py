"""A double of `cuda.bindings.runtime`: as strict as the real one, and as late as it may be.

Names, signatures, enumerations and constants are the real package's: a name or an argument that it lacks is an error
here too. Work is queued on streams and happens only when somebody waits for it, so that memory which is read or freed
too early shows. What the real one would leave undefined raises `Misuse`.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

import numpy as np
from cuda.bindings import runtime as real

PINNED_POISON = 0xDD
_PAGE = 4096  # what cudaHostAlloc aligns to
_NO_RESULT = (
    "Synchronize", "Destroy", "Record", "WaitEvent", "BeginCapture", "GraphLaunch", "SetDevice", "Memcpy", "Free",
)  # fmt: skip
_OK = real.cudaError_t.cudaSuccess


class Misuse(AssertionError):
    """What a real device would answer with a crash, or with wrong pictures."""


@dataclass
class Faults:
    """Lets call number `at` fail (all later ones too if `lost`), of the runtime and of the vendor together."""

    at: int | None = None
    lost: bool = False
    code: Any = real.cudaError_t.cudaErrorLaunchFailure
    hit: str = ""
    names: list[str] = field(default_factory=list)  # of all calls so far

    @property
    def count(self) -> int:
        return len(self.names)

    def fails(self, name: str) -> bool:
        number = len(self.names)
        self.names.append(name)
        if self.at is None or number < self.at or (number > self.at and not self.lost):
            return False
        self.hit = self.hit or name
        return True


@dataclass
class Memory:
    kind: str
    address: int
    values: Any
    freed: bool = False
    alias: int | None = None  # where the device has mapped memory: never where the host has it


@dataclass(eq=False)
class Handle:
    """A stream, event, graph or executable graph."""

    kind: str
    number: int
    queue: list[Any] = field(default_factory=list)
    capture: list[Any] | None = None
    thread: int = 0  # that captures: what it may not do meanwhile, others may
    invalid: bool = False
    recorded: int = 0
    done: int = 0
    freed: bool = False
    owners: set[int] = field(default_factory=set)  # whose work an executable graph holds

    def __int__(self) -> int:
        return self.number


@functools.cache
def _check_arguments(name: str, count: int) -> None:
    """TypeError where the real function does not take so many; there are no others than positional ones here."""
    inspect.signature(getattr(real, name)).bind(*[None] * count)


class CudaDouble:
    """One device. `memory`: its bytes; `devices`, `driver`: what the probe finds; `log`: names of calls made."""

    def __init__(self, *, memory=2**28, devices=1, driver=13020, target=(8, 6), integrated=False, faults=None):
        self.memory, self.devices, self.driver, self.target = memory, devices, driver, target
        self.integrated = integrated
        self.name = "NVIDIA Double"
        self.faults = faults or Faults()
        self.memories: dict[int, Memory] = {}
        self.handles: dict[int, Handle] = {}
        self.log: list[str] = []
        self.misuses: list[str] = []  # those that nobody could be told when they happened
        self._next = 0x7F00_0000_0000
        self._touched: set[int] = set()

    def __getattr__(self, name):
        value = getattr(real, name)  # AttributeError: no such name in the real package
        if not name.startswith("cuda") or isinstance(value, (type, int)):
            return value

        def call(*arguments):
            _check_arguments(name, len(arguments))
            if name.startswith("cudaGetError"):
                return value(*arguments)
            self.log.append(name)
            if self.faults.fails(name):
                return self._injected(name, arguments)
            return getattr(self, "_" + name)(*arguments)

        return call

    @property
    def in_use(self) -> int:
        return sum(len(m.values) for m in self.memories.values() if m.kind == "device" and not m.freed)

    def leaks(self) -> list[str]:
        """What was neither freed nor tried to be."""
        kept = [f"{m.kind} memory {m.address:#x}" for m in self.memories.values() if not m.freed]
        return kept + self.misuses + [f"{h.kind} {h.number}" for h in self.handles.values() if not h.freed]

    def stream(self, handle) -> Handle:
        return self._handle(handle, "stream")

    def enqueue(self, stream: Handle, work, owner=None) -> None:
        """`work()` happens when somebody waits; while the stream captures, it becomes part of the graph."""
        (stream.queue if stream.capture is None else stream.capture).append(work)
        if stream.capture is not None and owner is not None:
            stream.owners.add(owner)

    def find(self, address: int, size: int, kind: str) -> Any:
        """The bytes at an address."""
        for memory in self.memories.values():
            for found, where in ((memory.kind, memory.address), ("device", memory.alias)):
                start = -1 if where is None else address - where
                if start < 0 or start + size > len(memory.values):
                    continue
                if memory.freed:
                    raise Misuse(f"{kind} memory {address:#x} was freed")
                if found != kind:
                    raise Misuse(f"{address:#x} is {found} memory, expected {kind}")
                self._touched.add(memory.address)
                return memory.values[start : start + size]
        raise Misuse(f"{size} bytes at {address:#x} are no registered {kind} memory")

    # what the package's functions do

    def _cudaGetDeviceCount(self):
        if not self.driver:
            return real.cudaError_t.cudaErrorInsufficientDriver, None
        return (_OK, self.devices) if self.devices else (real.cudaError_t.cudaErrorNoDevice, None)

    def _cudaDriverGetVersion(self):
        return _OK, self.driver

    def _cudaSetDevice(self, device):
        return (_OK if device < self.devices else real.cudaError_t.cudaErrorInvalidDevice,)

    def _cudaDeviceGetAttribute(self, attribute, _device):
        names = real.cudaDeviceAttr
        return _OK, {
            names.cudaDevAttrComputeCapabilityMajor: self.target[0],
            names.cudaDevAttrComputeCapabilityMinor: self.target[1],
            names.cudaDevAttrIntegrated: int(self.integrated),
            names.cudaDevAttrCanMapHostMemory: 1,
        }[attribute]

    def _cudaGetDeviceProperties(self, device):
        properties = real.cudaDeviceProp()
        properties.name = self.name.encode().ljust(256, b"\0")
        return (_OK, properties) if device < self.devices else (real.cudaError_t.cudaErrorInvalidDevice, None)

    def _cudaMemGetInfo(self):
        return _OK, self.memory - self.in_use, self.memory

    def _cudaDeviceGetStreamPriorityRange(self):
        return _OK, 0, -5

    def _cudaStreamCreateWithPriority(self, flags, priority):
        if flags != real.cudaStreamNonBlocking or not -5 <= priority <= 0:
            raise Misuse(f"stream with flags {flags}, priority {priority}")
        return _OK, self._new("stream")

    def _cudaStreamDestroy(self, stream):
        stream = self.stream(stream)
        if stream.capture is not None:
            raise Misuse("a stream was destroyed while it captured")
        return self._destroy(stream)

    def _cudaStreamSynchronize(self, stream):
        stream = self.stream(stream)
        if stream.capture is not None:
            stream.invalid = True
            return (real.cudaError_t.cudaErrorStreamCaptureUnsupported,)
        self._drain(stream)
        return (_OK,)

    def _cudaStreamWaitEvent(self, stream, event, _flags):
        event = self._handle(event, "event")
        number = event.recorded
        self.enqueue(self.stream(stream), lambda: self._reach(event, number))
        return (_OK,)

    def _cudaStreamBeginCapture(self, stream, mode):
        stream = self.stream(stream)
        if mode != real.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal or stream.capture is not None:
            raise Misuse("capture in another mode, or twice")
        stream.capture, stream.invalid, stream.thread = [], False, get_ident()
        return (_OK,)

    def _cudaStreamEndCapture(self, stream):
        stream = self.stream(stream)
        if stream.capture is None:
            return real.cudaError_t.cudaErrorIllegalState, None
        if stream.thread != get_ident():
            return real.cudaError_t.cudaErrorStreamCaptureWrongThread, None
        works, stream.capture = stream.capture, None
        if stream.invalid:
            return real.cudaError_t.cudaErrorStreamCaptureInvalidated, None
        graph = self._new("graph")
        graph.queue, graph.owners, stream.owners = works, stream.owners, set()
        return _OK, graph

    def _cudaGraphInstantiate(self, graph, _flags):
        executable = self._new("executable graph")
        graph = self._handle(graph, "graph")
        executable.queue, executable.owners = list(graph.queue), set(graph.owners)
        return _OK, executable

    def _cudaGraphLaunch(self, graph, stream):
        stream = self.stream(stream)
        for work in self._handle(graph, "executable graph").queue:
            self.enqueue(stream, work)
        return (_OK,)

    def _cudaGraphDestroy(self, graph):
        return self._destroy(self._handle(graph, "graph"))

    def _cudaGraphExecDestroy(self, graph):
        return self._destroy(self._handle(graph, "executable graph"))

    def _cudaEventCreate(self):
        return _OK, self._new("event")

    def _cudaEventDestroy(self, event):
        return self._destroy(self._handle(event, "event"))

    def _cudaEventRecord(self, event, stream):
        event, stream = self._handle(event, "event"), self.stream(stream)
        event.recorded += 1
        number = event.recorded

        def reached():
            event.done = number

        event.queue.append((number, stream))
        self.enqueue(stream, reached)
        return (_OK,)

    def _cudaEventSynchronize(self, event):
        event = self._handle(event, "event")
        if self._capturing():
            return self._unsafe()
        self._reach(event, event.recorded)
        return (_OK,)

    def _cudaEventElapsedTime(self, start, end):
        start, end = self._handle(start, "event"), self._handle(end, "event")
        if not start.recorded or not end.recorded:
            return real.cudaError_t.cudaErrorInvalidResourceHandle, None
        if start.done < start.recorded or end.done < end.recorded:
            return real.cudaError_t.cudaErrorNotReady, None
        return _OK, 0.25

    def _cudaMalloc(self, size):
        if self._capturing():
            return self._unsafe()[0], None
        if self.in_use + size > self.memory:
            return real.cudaError_t.cudaErrorMemoryAllocation, None
        return _OK, self._allocate("device", np.full(size, 0xCD, np.uint8), None)

    def _cudaFree(self, pointer):
        return self._free(pointer, "device")

    def _cudaHostAlloc(self, size, flags):
        if self._capturing():
            return self._unsafe()[0], None
        room = np.full(size + _PAGE, PINNED_POISON, np.uint8)
        start = -room.ctypes.data % _PAGE
        address = self._allocate("pinned", room[start : start + size], room.ctypes.data + start)
        if flags & real.cudaHostAllocMapped:
            self.memories[address].alias, self._next = self._next, self._next + -(-size // 256) * 256 + 256
        return _OK, address

    def _cudaHostGetDevicePointer(self, pointer, flags):
        memory = self.memories.get(pointer)
        if flags or memory is None or memory.freed or memory.alias is None:
            return real.cudaError_t.cudaErrorInvalidValue, None
        return _OK, memory.alias

    def _cudaFreeHost(self, pointer):
        return self._free(pointer, "pinned")

    def _cudaMemcpyAsync(self, to, of, size, kind, stream):
        up = kind == real.cudaMemcpyKind.cudaMemcpyHostToDevice
        kinds = ("device", "pinned") if up else ("pinned", "device")
        self.find(to, size, kinds[0]), self.find(of, size, kinds[1])

        def copy():
            self.find(to, size, kinds[0])[:] = self.find(of, size, kinds[1])

        self.enqueue(self.stream(stream), copy)
        return (_OK,)

    # how

    def _new(self, kind):
        self._next += 256
        handle = self.handles[self._next] = Handle(kind, self._next)
        return handle

    def _handle(self, handle, kind):
        found = self.handles.get(int(handle))
        if found is None or found.kind != kind or found.freed:
            raise Misuse(f"{handle} is no {kind}, or was destroyed")
        return found

    def _destroy(self, handle):
        handle.freed = True
        return (_OK,)

    def _allocate(self, kind, values, address):
        if address is None:
            address, self._next = self._next, self._next + -(-len(values) // 256) * 256 + 256
        self.memories[address] = Memory(kind, address, values)
        return address

    def _free(self, pointer, kind):
        if self._capturing():  # it waits for the whole device
            return self._unsafe()
        memory = self.memories.get(pointer)
        if memory is None or memory.kind != kind or memory.freed:
            raise Misuse(f"{pointer:#x} is no {kind} memory, or was freed before")
        self._touched.clear()  # it waits for all streams, of other engines too; what they still do must not need it
        for handle in self.handles.values():
            if handle.kind == "stream" and not handle.freed:
                self._drain(handle)
        if memory.address in self._touched:
            raise Misuse(f"{kind} memory is freed while work is queued that uses it")
        if kind == "pinned":
            ctypes.memset(memory.address, PINNED_POISON, len(memory.values))
        memory.freed = True
        return (_OK,)

    def _capturing(self):
        return any(h.capture is not None and h.thread == get_ident() for h in self.handles.values())

    def _unsafe(self):
        for handle in self.handles.values():
            handle.invalid = handle.invalid or (handle.capture is not None and handle.thread == get_ident())
        return (real.cudaError_t.cudaErrorStreamCaptureUnsupported,)

    def _reach(self, event, number):
        """Works off the stream that an event was recorded on, up to there."""
        for recorded, stream in event.queue:
            if recorded == number:
                while event.done < number and stream.queue:
                    stream.queue.pop(0)()

    def _drain(self, stream):
        while stream.queue:
            stream.queue.pop(0)()

    def _injected(self, name, arguments):
        """The call fails; what it should have released counts as tried, what it waited for as dropped."""
        for handle in self.handles.values():
            handle.queue.clear()
            if name == "cudaStreamEndCapture":
                handle.capture = None
                handle.owners.clear()
        if "Destroy" in name and (handle := self.handles.get(int(arguments[0]))):
            handle.freed = True
        if name.startswith("cudaFree") and (memory := self.memories.get(arguments[0])):
            memory.freed = True
        if any(word in name for word in _NO_RESULT):
            return (self.faults.code,)
        return (
            (self.faults.code, None, None)
            if name in ("cudaMemGetInfo", "cudaDeviceGetStreamPriorityRange")
            else (
                self.faults.code,
                None,
            )
        )
