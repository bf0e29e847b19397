"""The monotonic clock that frames are paced on, and precise waiting that costs next to nothing."""

from __future__ import annotations

import time
from threading import Condition
from typing import Protocol

_LONGEST_NS = 200_000_000  # of one wait: an interrupt is seen between waits even where locks cannot be interrupted
_LEAST_SPIN_NS, _MOST_SPIN_NS = 60_000, 1_500_000  # 1.5 ms of 16.7 are 9 % of a core


class Clock(Protocol):
    """Nanoseconds of a steady clock. Tests bring their own."""

    def now(self) -> int:
        """The time."""

    def wait(self, condition: Condition, until: int | None) -> None:
        """Waits, with the condition held, for `notify` or for the moment `until`; may return earlier."""

    def notify(self, condition: Condition) -> None:
        """Wakes all that wait for the condition, which is held."""


class SystemClock:
    """`time.perf_counter_ns`: sleeps until shortly before the moment, and spins through the rest.

    How shortly is learnt from how late the system woke us before; spinning gives way to other threads.
    """

    now = staticmethod(time.perf_counter_ns)

    def __init__(self) -> None:
        self._margin = 4 * _LEAST_SPIN_NS

    def wait(self, condition: Condition, until: int | None) -> None:
        left = _LONGEST_NS if until is None else until - self.now()
        if until is not None and left <= self._margin:
            self._spin(condition, until)
            return
        asked = min(left - (0 if until is None else self._margin), _LONGEST_NS)
        begun = self.now()
        if not condition.wait(asked / 1e9):
            self._learn(self.now() - begun - asked)

    def notify(self, condition: Condition) -> None:
        condition.notify_all()

    def _learn(self, late: int) -> None:
        """The margin follows bad awakenings at once and good ones slowly."""
        wanted = min(max(2 * late, _LEAST_SPIN_NS), _MOST_SPIN_NS)
        self._margin = wanted if wanted > self._margin else (31 * self._margin + wanted) // 32

    def _spin(self, condition: Condition, until: int) -> None:
        condition.release()
        try:
            while self.now() < until:
                time.sleep(0)
        finally:
            condition.acquire()
