"""Calls that are not counted, until the times have settled."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from ganrt.benchmarks.clock import Clock
from ganrt.benchmarks.scenarios import Between, Call

_AGREE = 0.03  # medians of three windows in a row within this share of each other
_LEAST_CALLS = 3  # of a window
_LEAST_NS = 50_000_000
_WINDOWS = 3


@dataclass(frozen=True)
class WarmUp:
    """How it went; `stable` is false where the time ran out first."""

    calls: int
    seconds: float
    stable: bool


def warm_up(call: Call, clock: Clock, most_s: float, between: Between | None = None) -> WarmUp:
    """Runs windows of calls until the medians of three in a row agree within 3 %, or `most_s` seconds are over."""
    begun, medians, calls = clock.now(), list[float](), 0
    while True:
        times = _window(call, clock, calls, between)
        calls += len(times)
        medians.append(statistics.median(times))
        recent = medians[-_WINDOWS:]
        stable = len(recent) == _WINDOWS and max(recent) <= (1 + _AGREE) * min(recent)
        spent = clock.now() - begun
        if stable or not 0 <= spent < most_s * 1e9:
            return WarmUp(calls, spent / 1e9, stable)


def _window(call: Call, clock: Clock, first: int, between: Between | None) -> list[int]:
    times: list[int] = []
    begun = clock.now()
    while len(times) < _LEAST_CALLS or (times[-1] >= 0 and clock.now() - begun < _LEAST_NS):
        started = clock.now()
        call(first + len(times))
        times.append(clock.now() - started)
        if between:
            between()
    return times
