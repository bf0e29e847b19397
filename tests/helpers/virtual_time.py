"""Time that passes only while everybody waits, and engines that take some of it: streams without a real clock."""

from __future__ import annotations

import sys
import threading
import time

from ganrt.engines.backends import open_model
from ganrt.engines.protocol import BatchSizes, Engine

MS = 1_000_000
_PATIENCE_S = 60  # of real time, which says nothing: a busy machine takes its time


class VirtualClock:
    """A `Clock` shared by the test's thread and the drawing threads of streams.

    Time jumps to the next moment that somebody waits for, once all of them wait; nobody is ever late by chance.
    """

    def __init__(self):
        self._now, self._lock, self._owner = 10**12, threading.RLock(), threading.current_thread()
        self._waiting = {}  # thread: (moment or None, whether notify wakes it)

    def now(self):
        return self._now

    def wait(self, condition, until):
        self._enter(until, True)
        started = time.monotonic()
        while not self._over():
            condition.wait(0.001)
            assert time.monotonic() - started < _PATIENCE_S, "everybody waits for ever"

    def notify(self, condition):
        with self._lock:
            self._waiting = {thread: entry for thread, entry in self._waiting.items() if not entry[1]}
        condition.notify_all()

    def sleep(self, nanoseconds):
        """Lets time pass for the calling thread, as work would."""
        self._enter(self._now + nanoseconds, False)
        while not self._over() and not self._is_joined():
            time.sleep(0.0005)
        with self._lock:
            self._waiting.pop(threading.current_thread(), None)

    def _is_joined(self):
        """Whether the owner waits for a thread to end: by this clock it never comes to wait again, and time stands."""
        frame = sys._current_frames().get(self._owner.ident)
        while frame is not None and frame.f_code is not threading.Thread.join.__code__:
            frame = frame.f_back
        return frame is not None

    def _enter(self, until, wakes):
        with self._lock:
            self._waiting[threading.current_thread()] = (until, wakes)

    def _over(self):
        me = threading.current_thread()
        with self._lock:
            if me not in self._waiting:
                return True
            self._advance()
            until = self._waiting[me][0]
            if until is None or self._now < until:
                return False
            del self._waiting[me]
            return True

    def _advance(self):
        drawing = {thread for thread in threading.enumerate() if thread.name == "ganrt-stream"}
        moments = [until for until, _ in self._waiting.values() if until is not None]
        if moments and drawing | {self._owner} <= set(self._waiting):
            self._now = max(self._now, min(moments))


class CostlyEngine(Engine):
    """A real engine inside; every batch takes virtual time, and one of them may fail.

    Attributes:
        batches: sizes of the batches so far.
        cost: size -> nanoseconds, called for every batch.
        fail_at: number of the batch that raises.
    """

    def __init__(self, path, clock=None, cost=lambda size: 0, sizes=None, fail_at=None):
        self.inner, self.clock, self.cost, self.fail_at = open_model(path, "onnxruntime"), clock, cost, fail_at
        self.spec, self.backend, self.device = self.inner.spec, "costly", "cpu"
        self.precision, self.batch_sizes, self.batches = "fp32", sizes or BatchSizes(1, 16, 64), []
        self.input_names, self.model_sha256 = self.inner.input_names, self.inner.model_sha256

    def _run(self, inputs):
        size = len(inputs["z"])
        self.batches.append(size)
        if self.clock is not None:
            self.clock.sleep(self.cost(size))
        if len(self.batches) == self.fail_at:
            raise RuntimeError("the engine broke")
        return self.inner.run(inputs)

    def _close(self):
        self.inner.close()
