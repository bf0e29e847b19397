"""What a batch of each size costs on this machine, learnt while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

_KEPT = 64
_PERCENTILE = 0.95


class Costs:
    """Nanoseconds a batch, by size; the estimate is the 95th percentile of the last 64 (of few, the worst)."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sorted(sizes))
        self._seen: dict[int, deque[int]] = {size: deque(maxlen=_KEPT) for size in self.sizes}

    def learn(self, size: int, nanoseconds: int) -> None:
        """A batch of that size took so long."""
        self._seen[size].append(nanoseconds)

    def estimate(self, size: int) -> int | None:
        """Nanoseconds; None where that size never ran."""
        seen = sorted(self._seen[size])
        return seen[min(len(seen) - 1, int(_PERCENTILE * len(seen)))] if seen else None

    def fitting(self, waiting: int, nanoseconds: float) -> int | None:
        """The largest size that is wanted and expected to fit; None if there is none."""
        fitting = [size for size in self.sizes if size <= waiting and self._fits(size, nanoseconds)]
        return max(fitting, default=None)

    def relax(self) -> None:
        """Forgets the worst of the smallest size, so that one disturbance does not stop everything for ever."""
        seen = self._seen[self.sizes[0]]
        if len(seen) > 1:
            seen.remove(max(seen))

    def _fits(self, size: int, nanoseconds: float) -> bool:
        estimate = self.estimate(size)
        return estimate is not None and estimate <= nanoseconds
