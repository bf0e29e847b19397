"""The time that tuning may take, and how much of it is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

LEAST_S, MOST_S = 60.0, 120.0  # small models are done before
_PICTURES = 60  # openings with two pictures each that fit into the time of a model that is not small


class Budget:
    """Seconds that run from now on; `clock` gives seconds."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.given = seconds is not None
        self.seconds = LEAST_S if seconds is None else seconds
        self._clock = clock
        self._began = clock()

    def suit(self, opening_s: float) -> None:
        """Takes from a model's size what nobody gave: 60 s for small ones, at most 120.

        Args:
            opening_s: seconds to open the plain graph and draw two pictures.
        """
        if not self.given:
            self.seconds = min(MOST_S, max(LEAST_S, _PICTURES * opening_s))

    def advised(self) -> int:
        """Seconds that would do where these did not: as many again as were spent, and no fewer than nobody gives."""
        return int(10 * math.ceil(max(LEAST_S, 2 * self.now()) / 10))

    def now(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    def left(self, share: float = 1.0) -> float:
        """Seconds until a share of it is spent; 0 where it is already."""
        return max(0.0, share * self.seconds - self.now())

    def over(self, share: float = 1.0) -> bool:
        """Whether that share is spent."""
        return self.left(share) == 0.0
