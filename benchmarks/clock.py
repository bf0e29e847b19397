"""The clock that everything is timed with, and the watch that notices when it jumps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

_SPIN_NS = 2_000_000  # sleep wakes late by up to this much; the rest is waited for awake
_TOLERANCE_NS = 20_000_000  # a step of the wall clock below this is not worth an alarm
_TOLERANCE_SHARE = 0.002  # slewing corrects a wall clock by at most 500 parts per million


class Clock(Protocol):
    """Nanoseconds. Tests bring their own."""

    def now(self) -> int:
        """Of a steady clock."""
        ...

    def wall(self) -> int:
        """Of the time of day: an independent witness."""
        ...

    def sleep_until(self, moment: int) -> None:
        """Returns at `moment` of `now`, or at once if that is past."""
        ...


class SystemClock:
    """`time.perf_counter_ns`, with `time.time_ns` as the witness."""

    now = staticmethod(time.perf_counter_ns)
    wall = staticmethod(time.time_ns)

    def sleep_until(self, moment: int) -> None:
        """Sleeps, and spins through the last two milliseconds."""
        asleep = moment - self.now() - _SPIN_NS
        if asleep > 0:
            time.sleep(asleep / 1e9)
        while self.now() < moment:
            pass


@dataclass(frozen=True)
class Reading:
    """Both clocks at one moment."""

    steady: int
    wall: int


def read_both(clock: Clock) -> Reading:
    """Both clocks now."""
    return Reading(clock.now(), clock.wall())


def clock_fault(start: Reading, end: Reading) -> str | None:
    """What is wrong with the time between two readings: a clock that went back, or two that disagree; else None.

    A suspended machine or a corrected time of day shows as a disagreement: which clock is right cannot be told.
    """
    steady, wall = end.steady - start.steady, end.wall - start.wall
    if steady < 0:
        return f"the clock went back by {-steady / 1e9:.3g} s"
    if abs(steady - wall) > _TOLERANCE_NS + _TOLERANCE_SHARE * steady:
        return (
            f"the clock jumped: {steady / 1e9:.3g} s passed by the steady clock, {wall / 1e9:.3g} s by the wall clock"
        )
    return None
