"""What one slice of a run does: the scenarios that interleave, after MLPerf Inference's LoadGen.

Reddi et al. 2019, "MLPerf Inference Benchmark", arXiv:1911.02549. `frame` counts latency from the scheduled time, so
that a late frame makes those behind it late too ("coordinated omission" is what counting from the start hides).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from ganrt.benchmarks.clock import Clock

Call = Callable[[int], object]  # runs query number i
Between = Callable[[], object]
MULTI_STREAM = 8  # batches a query, LoadGen's number of streams
OFFLINE = 4  # batches a timed group: enough for two in flight, few enough for many samples


@dataclass(frozen=True)
class Load:
    """What is asked of a runner: the scenario's name, and `frame`'s period in nanoseconds."""

    scenario: str
    period_ns: int = 0

    @property
    def batches(self) -> int:
        """Batches behind one latency."""
        return {"multi_stream": MULTI_STREAM, "offline": OFFLINE}.get(self.scenario, 1)


@dataclass
class Slice:
    """One uninterrupted stretch: when each query began (`frame`: was due) and how long it took, nanoseconds."""

    started: array[int] = field(default_factory=lambda: array("q"))
    latencies: array[int] = field(default_factory=lambda: array("q"))
    missed: int = 0


def run_slice(
    load: Load, call: Call, clock: Clock, duration_ns: int, first: int = 0, between: Between | None = None
) -> Slice:
    """Queries one after the other until `duration_ns` have passed, at least one.

    Args:
        call: runs query number `first`, `first` + 1 and so on.
        between: tidies up after each call, and is not timed.
    """
    if load.scenario == "frame":
        return _frames(call, clock, duration_ns, first, load.period_ns)
    return _back_to_back(call, clock, duration_ns, first, between)


def _back_to_back(call: Call, clock: Clock, duration_ns: int, first: int, between: Between | None) -> Slice:
    done = Slice()
    now, note_start, note_time = clock.now, done.started.append, done.latencies.append
    number, started = first, now()
    end = started + duration_ns
    while True:
        call(number)
        stopped = now()
        note_start(started)
        note_time(stopped - started)
        number += 1
        if stopped >= end or stopped < started:  # a clock that went back would never reach the end
            return done
        if between:
            between()
        started = now()


def _frames(call: Call, clock: Clock, duration_ns: int, first: int, period: int) -> Slice:
    done = Slice()
    start = clock.now()
    for tick in range(max(1, duration_ns // period)):
        due = start + tick * period
        clock.sleep_until(due)
        call(first + tick)
        stopped = clock.now()
        done.started.append(due)
        done.latencies.append(stopped - due)
        done.missed += stopped > due + period
        if stopped < start:
            return done
    return done
