"""A clock that tests move, and runners whose cost and pictures tests choose."""

from __future__ import annotations

import functools
import sys

import numpy as np
import pytest

from ganrt.benchmarks.inputs import Agreement
from ganrt.benchmarks.measurement import Part
from ganrt.benchmarks.options import Timing
from ganrt.benchmarks.runners.protocol import Runner
from ganrt.benchmarks.scenarios import Slice
from ganrt.engines.backends import open_model

MS = 1_000_000
OPENED = {"device": "cpu", "precision": "fp32", "about": {"version": "fake 1"}}
SHORT_TIMING = Timing(duration_s=0.2, warmup_s=0.0, repeats=2, least_samples=4)
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process")


def part(name="a", latency=2.0, first=0.0, **changed):
    """What a process saw: ten slices of ten calls, from `first` milliseconds on."""
    made, noise = [Slice() for _ in range(10)], np.random.default_rng(0)
    for number, each in enumerate(made):
        for k in range(10):
            each.started.append(round((first + 100 * number + 10 * k) * MS))
            each.latencies.append(round((latency + 0.001 * noise.normal()) * MS))
    return Part(name, OPENED, slices=tuple(made), agreement=Agreement(4), **changed)


class FakeClock:
    """Time passes only when told. `jump_wall` sets the wall clock apart from the steady one."""

    def __init__(self):
        self.time = 1000 * MS
        self.offset = 0

    def now(self):
        return self.time

    def wall(self):
        return self.time + self.offset

    def sleep_until(self, moment):
        self.time = max(self.time, moment)

    def pass_ms(self, milliseconds):
        self.time += round(milliseconds * MS)


class FakeRunner(Runner):
    """Real pictures (of the request's model), a chosen cost on the fake clock, and a diary of its calls.

    Args:
        cost_ms: of a call, or a function of the number of calls so far.
        spoil: changes the pictures.
        fail_at: the call that raises.
    """

    device, precision, about = "cpu", "fp32", {"version": "fake 1"}

    def __init__(self, name, request, clock, diary, cost_ms=1.0, spoil=None, fail_at=None, interrupt_at=None):
        self.name, self.clock, self.diary = name, clock, diary
        self.cost_ms, self.spoil, self.fail_at, self.interrupt_at = cost_ms, spoil, fail_at, interrupt_at
        self._draw = _drawer(request.model, request.model.stat().st_mtime_ns)
        self.calls = 0
        clock.pass_ms(5)
        self.closed = False

    def run(self, inputs):
        self.calls += 1
        if self.calls == self.fail_at:
            raise RuntimeError("the device fell off the bus")
        if self.calls == self.interrupt_at:
            raise KeyboardInterrupt
        self.diary.append(self.name)
        self.clock.pass_ms(self.cost_ms(self.calls) if callable(self.cost_ms) else self.cost_ms)
        images = self._draw(inputs).copy()
        return self.spoil(images) if self.spoil else images

    def close(self):
        self.closed = True


@functools.lru_cache(maxsize=2)
def _drawer(model, written):
    """draw(inputs): one engine for all fakes of a file, and one drawing for equal inputs.

    A call takes what tests ask for on the fake clock, whatever drawing takes.
    """
    del written  # of a path that was written anew, another engine
    engine, drawn = open_model(model, "onnxruntime"), {}

    def draw(inputs):
        key = tuple(values.tobytes() for values in inputs.values())
        if key not in drawn:
            drawn[key] = np.array(engine.run(inputs)["image"])
        return drawn[key]

    return draw
