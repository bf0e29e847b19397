"""The thread that draws: latents -> engine -> frame ring, as far ahead as the schedule allows."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Thread, current_thread

import numpy as np

from ganrt.engines.protocol import Engine, Ticket
from ganrt.runtime.batches import padded
from ganrt.runtime.streaming.clock import Clock
from ganrt.runtime.streaming.schedule import Block, Images, Ring, Schedule, Work
from ganrt.runtime.streaming.source import Inputs

_DRAIN_S = 60.0  # nothing can be taken from an engine that still writes; a batch does not take longer


@dataclass(frozen=True)
class _Flying:
    """A batch that the engine has: its tickets (several where it exceeds the engine's largest batch)."""

    work: Work
    block: Block
    pieces: list[tuple[int, int, Ticket, Inputs]]  # rows from, to; the inputs live as long as the engine reads them
    begun: int


class Pipeline:
    """Everything that the drawing thread and the stream share. It knows nothing of the stream that it belongs to."""

    def __init__(self, engine: Engine, schedule: Schedule, ring: Ring, clock: Clock, *, deep: bool) -> None:
        """`deep`: hand the engine a second batch while it has one; engines that run in `submit` gain nothing by it."""
        self.condition = Condition()
        self.schedule, self.clock = schedule, clock
        self.error: BaseException | None = None
        self.stopped = False
        self._engine, self._ring = engine, ring
        self._thread: Thread | None = None
        self._flying: deque[_Flying] = deque()
        self._last_ns = 0
        self._cost = 0  # of a batch, a running mean of nanoseconds
        self._depth = self._depth_of(deep)

    def start(self) -> None:
        """Starts drawing, once; the condition is held."""
        if self._thread is None and not self.stopped:
            self._thread = Thread(target=self._run, name="ganrt-stream", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends drawing and waits until the engine has let go of our memory; so does a second call."""
        with self.condition:
            self.stopped = True
            self.clock.notify(self.condition)
        thread = self._thread
        if thread is not None and thread is not current_thread():
            thread.join(_DRAIN_S)
        with self.condition:
            self.schedule.release_all()

    def resize(self, micro_batch: int, ahead: int, *, deep: bool) -> None:
        """From the next batch on other ones; the condition is held. Frames of the old ring stay as they are."""
        self._depth = self._depth_of(deep)
        if (micro_batch, ahead) != (self.schedule.micro_batch, self.schedule.ahead):
            self._cost = self._cost * micro_batch // self.schedule.micro_batch
            self.schedule.resize(micro_batch, ahead)
            self._ring = Ring(micro_batch, ahead, self._ring.frame)

    def _depth_of(self, deep: bool) -> int:
        return 2 if deep and type(self._engine).submit is not Engine.submit else 1

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except BaseException as error:  # whatever it is, it reaches the caller from the next frame
            with self.condition:
                self.error = error
                self.clock.notify(self.condition)
        finally:
            self._abandon()

    def _step(self) -> bool:
        """One batch is started or ended; False when the stream was stopped."""
        with self.condition:
            found = self._next()
            while found is None and not self._flying and not self.stopped:
                self.clock.wait(self.condition, None)
                found = self._next()
            if self.stopped:
                return False
        if found is not None:
            self._flying.append(self._submit(*found))
        if found is None or len(self._flying) >= self._depth:
            self._land(self._flying[0])  # it stays until all of it is here: what fails on the way lets go of the rest
            self._flying.popleft()
        return True

    def _next(self) -> tuple[Work, Block] | None:
        block = self._ring.take()
        if block is None:
            return None
        work = self.schedule.work(self.clock.now(), self._cost * (1 + len(self._flying)))
        if work is None:
            self._ring.give_back(block)
            return None
        return work, block

    def _submit(self, work: Work, block: Block) -> _Flying:
        begun = self.clock.now()
        inputs = work.plan.source.inputs(work.frames)
        ready = self.clock.now()
        with self.condition:
            self.schedule.counters.host.add(ready - begun)
        flying = _Flying(work, block, [], ready)
        rows = len(next(iter(inputs.values())))
        try:
            for first in range(0, rows, self._engine.batch_sizes.maximum):
                last = min(first + self._engine.batch_sizes.maximum, rows)
                part = padded({name: a[first:last] for name, a in inputs.items()}, self._engine.batch_sizes.minimum)
                flying.pieces.append((first, last, self._engine.submit(part), part))
        except BaseException:
            self._let_go(flying)
            raise
        return flying

    def _land(self, flying: _Flying) -> None:
        while flying.pieces:
            first, last, ticket, inputs = flying.pieces.pop(0)
            self._collect(ticket, len(next(iter(inputs.values()))), flying.block.images[first:last])
        now = self.clock.now()
        took = now - max(flying.begun, self._last_ns)
        self._last_ns = now
        self._cost += (took - self._cost) // 8 if self._cost else took
        with self.condition:
            if self.stopped:
                return
            self.schedule.counters.engine.add(took)
            self.schedule.publish(flying.work, flying.block)
            self.clock.notify(self.condition)

    def _collect(self, ticket: Ticket, rows: int, target: Images) -> None:
        if rows == len(target):
            self._engine.collect(ticket, {"image": target})
        else:
            np.copyto(target, self._engine.collect(ticket)["image"][: len(target)])

    def _let_go(self, flying: _Flying) -> None:
        for _, _, ticket, _ in flying.pieces:
            with suppress(Exception):  # another error is on its way up, or the stream was stopped
                self._engine.collect(ticket)

    def _abandon(self) -> None:
        while self._flying:
            self._let_go(self._flying.popleft())
