"""Durations of the last frames, in memory that does not grow, and their percentiles."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

_KEPT = 1 << 16  # the last 65,536: eighteen minutes at sixty a second


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds; 0 where nothing was measured."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    p99_9: float = 0.0
    max: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


class Samples:
    """Keeps the last `kept` durations, given in nanoseconds."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._values = np.zeros(kept, np.int64)
        self.count = 0
        self.total_ns = 0

    def add(self, nanoseconds: int) -> None:
        """Takes one; the oldest goes where there is no room."""
        self._values[self.count % len(self._values)] = nanoseconds
        self.count += 1
        self.total_ns += nanoseconds

    def percentiles(self) -> Percentiles:
        """The smallest kept value that at least p percent do not exceed (nearest rank), in milliseconds."""
        if not self.count:
            return Percentiles()
        values = np.sort(self._values[: self.count])
        ranks = (np.ceil(np.array([0.5, 0.95, 0.99, 0.999, 1.0]) * len(values)).astype(int) - 1).clip(0)
        return Percentiles(*(round(float(value) / 1e6, 4) for value in values[ranks]))
