"""The engine of backends `tensorrt` and `tensorrt-rtx`: pinned buffers, CUDA graphs, two batches in flight."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.cuda.calls import Calls
from ganrt.engines.cuda.vendor import Loaded
from ganrt.engines.cuda.workspace import SLOTS, Limits, Slot, Workspace
from ganrt.engines.ladder import fitting, ladder, padded_pieces
from ganrt.engines.protocol import Arrays, BatchSizes, Engine, Ticket
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory, UsageError
from ganrt.spec import GeneratorSpec

Outputs = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class EngineInfo:
    """What the engine says of itself, from its checked sidecar."""

    spec: GeneratorSpec
    backend: str
    precision: str
    model_sha256: str


@dataclass(frozen=True)
class BatchTimes:
    """Milliseconds on the device of one batch; the three overlap with those of its neighbours."""

    upload: float
    compute: float
    download: float


@dataclass(frozen=True, eq=False)
class CudaTicket(Ticket):
    """A batch of `count` on its way through `slot`; `outputs` fill only if the slot was needed before `collect`."""

    outputs: Outputs = field(default_factory=dict)
    slot: Slot = field(default_factory=Slot)
    count: int = 0


class CudaEngine(Engine):
    """One engine on the first GPU. Whatever fails on the device closes it and frees all that it held.

    `submit` keeps two batches in flight; a third finishes the oldest first. Inputs are copied before `submit` returns.
    """

    device = "cuda"
    checked_on_load = True
    _failed = False  # whether the device can no longer be trusted

    def __init__(self, calls: Calls, loaded: Loaded, info: EngineInfo, limits: Limits) -> None:
        """Takes `loaded` over if it succeeds."""
        self.spec, self.backend = info.spec, info.backend
        self.precision, self.model_sha256 = info.precision, info.model_sha256
        self.input_names = tuple(tensor.name for tensor in loaded.tensors if tensor.is_input)
        self._inputs = [tensor for tensor in loaded.tensors if tensor.is_input]
        self._outputs = [tensor for tensor in loaded.tensors if not tensor.is_input]
        self._calls, self._loaded, self._limits = calls, loaded, limits
        self._lock = RLock()
        self.times: BatchTimes | None = None
        self.batch_sizes = self._sizes()
        self._workspace = self._opened(None)

    def run(self, inputs: Arrays, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """As the protocol says; a batch above the micro-batch runs in several, two of them in flight."""
        self._check(inputs)
        return self._run_into(inputs, self._results(_count(inputs), out))

    def submit(self, inputs: Arrays) -> Ticket:
        """Starts a batch: copies the inputs, enqueues upload, compute and download, and returns."""
        self._check(inputs)
        self._check_rows(inputs)
        count = _count(inputs)
        with self._lock:
            if count > self.micro_batch:
                return Ticket(self._run_into(inputs, self._results(count, None)))
            return self._guarded(inputs, 0, count)

    def collect(self, ticket: Ticket, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Waits for a batch; with `out` (by name, [n, ...]) nothing is allocated."""
        with self._lock:
            if isinstance(ticket, CudaTicket) and ticket.slot.ticket is ticket:
                results = self._results(ticket.count, out)
                self._finish(ticket, results, 0)
                return results
            if not ticket.outputs:
                raise UsageError("this ticket was collected before, or its engine was closed: collect it once")
            results = self._results(len(next(iter(ticket.outputs.values()))), out)
            for name, values in ticket.outputs.items():
                np.copyto(results[name], values, casting="no")
            if isinstance(ticket, CudaTicket):
                ticket.outputs.clear()
            return results

    @property
    def micro_batch(self) -> int:
        """The largest batch that runs at once; smaller than the engine's where memory ran out."""
        return max(self._workspace.sizes)

    @property
    def facts(self) -> dict[str, object]:
        """Whether CUDA graphs hold all of its work, whether buffers are mapped, and the batch that runs at once."""
        return {
            "cuda_graphs": not self._loaded.enqueued,
            "mapped_memory": self._workspace.mapped,
            "micro_batch": self.micro_batch,
        }

    def _run(self, inputs: Arrays) -> Arrays:
        return self._run_into(inputs, self._results(_count(inputs), None))

    def _run_into(self, inputs: Arrays, results: Outputs) -> Arrays:
        """All pieces, each collected when the next one is under way."""
        self._check_rows(inputs)
        count, done = _count(inputs), 0
        with self._lock:
            waiting: list[tuple[CudaTicket, int]] = []
            while done < count:
                piece = padded_pieces(count - done, list(self._workspace.sizes))[0]
                waiting.append((self._guarded(inputs, done, piece.count), done))
                done += piece.count
                if len(waiting) == SLOTS:
                    self._take(*waiting.pop(0), results)
            for ticket, start in waiting:
                self._take(ticket, start, results)
        return results

    def _take(self, ticket: CudaTicket, start: int, results: Outputs) -> None:
        """A ticket of `run`, which may have been finished when another batch needed its slot."""
        if ticket.slot.ticket is ticket:
            self._finish(ticket, results, start)
            return
        for name, values in ticket.outputs.items():
            results[name][start : start + ticket.count] = values

    def _guarded(self, inputs: Arrays, start: int, count: int) -> CudaTicket:
        """Starts a piece that fits the micro-batch, after making that smaller where memory runs out."""
        while True:
            if count > self.micro_batch:
                return self._in_parts(inputs, start, count)
            try:
                return self._start(inputs, start, count)
            except OutOfDeviceMemory as error:
                if self._closed:  # while waiting for the batch before: nothing is left to go on with
                    raise
                self._shrink(error)
            except BaseException:
                self._abandon()
                raise

    def _in_parts(self, inputs: Arrays, start: int, count: int) -> CudaTicket:
        """A piece that no longer fits since memory ran out: it is finished here."""
        part = {name: values[start : start + count] for name, values in inputs.items()}
        results = self._results(count, None)
        self._run_into(part, results)
        return CudaTicket(outputs=results, count=count)

    def _start(self, inputs: Arrays, start: int, count: int) -> CudaTicket:
        workspace, calls = self._workspace, self._calls
        slot = self._free_slot()
        size = fitting(count, list(workspace.sizes))
        launch = workspace.launch(slot, size)
        kinds, events, copies = calls.cudart.cudaMemcpyKind, slot.events, not workspace.mapped
        calls("cudaEventRecord", events["upload_start"], workspace.upload)
        for tensor in self._inputs:
            host = slot.host[tensor.name]
            host[:count] = inputs[tensor.name][start : start + count]
            host[count:size] = host[count - 1]  # a value that the network knows, not what lay there before
            if copies:
                calls(
                    "cudaMemcpyAsync", slot.device[tensor.name], slot.pinned[tensor.name], size * tensor.row_bytes,
                    kinds.cudaMemcpyHostToDevice, workspace.upload,
                )  # fmt: skip
        calls("cudaEventRecord", events["upload_end"], workspace.upload)
        calls("cudaStreamWaitEvent", workspace.compute, events["upload_end"], 0)
        calls("cudaEventRecord", events["compute_start"], workspace.compute)
        launch.run()
        calls("cudaEventRecord", events["compute_end"], workspace.compute)
        calls("cudaStreamWaitEvent", workspace.download, events["compute_end"], 0)
        calls("cudaEventRecord", events["download_start"], workspace.download)
        for tensor in self._outputs if copies else ():
            calls(
                "cudaMemcpyAsync", slot.pinned[tensor.name], slot.device[tensor.name],
                count * tensor.row_bytes, kinds.cudaMemcpyDeviceToHost, workspace.download,
            )  # fmt: skip
        calls("cudaEventRecord", events["download_end"], workspace.download)
        slot.ticket = ticket = CudaTicket(slot=slot, count=count)
        return ticket

    def _free_slot(self) -> Slot:
        """A slot that nothing is in; the one used longest ago is finished first if there is none."""
        slots = self._workspace.slots
        slot = next((slot for slot in slots if slot.ticket is None), slots[0])
        self._rescue(slot)
        slots.remove(slot)
        slots.append(slot)
        return slot

    def _rescue(self, slot: Slot) -> None:
        """Finishes the batch in a slot, if there is one, into its ticket."""
        ticket = slot.ticket
        if isinstance(ticket, CudaTicket):
            ticket.outputs.update(self._results(ticket.count, None))
            self._finish(ticket, ticket.outputs, 0)

    def _finish(self, ticket: CudaTicket, results: Mapping[str, NDArray[np.generic]], start: int) -> None:
        """Waits for a batch and copies it out of the pinned memory."""
        slot, calls, events = ticket.slot, self._calls, ticket.slot.events
        try:
            calls("cudaEventSynchronize", events["download_end"])
            self.times = BatchTimes(
                calls("cudaEventElapsedTime", events["upload_start"], events["upload_end"]),
                calls("cudaEventElapsedTime", events["compute_start"], events["compute_end"]),
                calls("cudaEventElapsedTime", events["download_start"], events["download_end"]),
            )
        except BaseException:
            self._abandon()
            raise
        slot.ticket = None
        for name, values in results.items():
            values[start : start + ticket.count] = slot.host[name][: ticket.count]

    def _opened(self, limit: int | None) -> Workspace:
        """A workspace for batches up to `limit`, or up to what fits into the memory there is."""
        while True:
            sizes = ladder(self._loaded.profiles, limit)
            try:
                return Workspace(self._calls, self._loaded, sizes, self._limits)
            except OutOfDeviceMemory as error:
                limit = self._halved(sizes, error)

    def _shrink(self, error: OutOfDeviceMemory) -> None:
        """Memory ran out while running: finishes what is in flight, then starts anew with half the micro-batch."""
        try:
            for slot in self._workspace.slots:
                self._rescue(slot)
            limit = self._halved(self._workspace.sizes, error)
            self._workspace.close()
            self._workspace = self._opened(limit)
        except BaseException:
            self._abandon()
            raise

    def _halved(self, sizes: Mapping[int, int], error: OutOfDeviceMemory) -> int:
        """The next smaller micro-batch, said aloud; `error` again if there is none."""
        largest = max(sizes)
        limit = max(min(sizes), largest // 2)
        if limit == largest:
            raise error
        warnings.warn(
            f"{self.spec.name}: GPU memory ran out at batches of {largest}; it goes on with at most {limit}",
            RuntimeWarning,
            stacklevel=2,
        )
        return limit

    def _sizes(self) -> BatchSizes:
        """What may be asked for: anything up to the largest profile, for smaller batches are padded."""
        best = max(self._loaded.profiles, key=lambda profile: profile.maximum)
        return BatchSizes(1, best.optimum, best.maximum)

    def _results(self, count: int, out: Mapping[str, NDArray[np.generic]] | None) -> Outputs:
        """Arrays for the outputs: the caller's, checked, and new ones."""
        results: Outputs = {}
        for tensor in self._outputs:
            shape = (count, *tensor.shape)
            given = out.get(tensor.name) if out else None
            if given is None:
                given = np.empty(shape, tensor.dtype)
            elif given.shape != shape or given.dtype != tensor.dtype:
                raise UsageError(
                    f"out '{tensor.name}' is {given.dtype} {list(given.shape)}: expected {tensor.dtype} {list(shape)}"
                )
            results[tensor.name] = given
        return results

    def _check_rows(self, inputs: Arrays) -> None:
        count = _count(inputs)
        for tensor in self._inputs:
            values = inputs[tensor.name]
            if values.shape != (count, *tensor.shape) or values.dtype != tensor.dtype:
                raise UsageError(
                    f"input '{tensor.name}' is {values.dtype} {list(values.shape)}: "
                    f"expected {tensor.dtype} {[count, *tensor.shape]}"
                )

    def _abandon(self) -> None:
        """After an error on the device nothing there can be trusted: everything is freed, quietly."""
        self._failed = True
        try:
            self.close()
        except BackendUnavailable:
            return

    def _close(self) -> None:
        try:
            self._workspace.close()
        except BaseException:
            self._failed = True
            raise
        finally:
            if self._failed:
                self._loaded.abandon()
            else:
                self._loaded.close()


def _count(inputs: Arrays) -> int:
    return len(next(iter(inputs.values())))
