"""A stream of readings kept in bounded memory: exact statistics, and a timeline that thins itself out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Statistics:
    """Running statistics of one reading over one or more slices of time; what lies between slices is not counted.

    The mean is weighted by time, so that a late sample does not count less. `risen` is what a counter gained.
    """

    last_time: float
    last: float
    low: float
    high: float
    integral: float = 0.0
    seconds: float = 0.0
    risen: float = 0.0
    samples: int = 1

    def add(self, time_s: float, value: float, resumed: bool = False) -> None:
        """The next value; unless it is the first of a slice, the trapezoid since the one before is integrated."""
        if not resumed:
            step = time_s - self.last_time
            self.integral += step * (self.last + value) / 2
            self.seconds += step
            self.risen += value - self.last
        self.last_time, self.last = time_s, value
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.samples += 1

    @property
    def mean(self) -> float:
        """Over the time covered; the last value where that is none."""
        return self.integral / self.seconds if self.seconds else self.last


@dataclass
class Series:
    """All readings of one subject. At most `most` points stay in the timeline: when it is full, every other one goes,
    and from then on half as many are kept."""

    most: int
    statistics: dict[str, Statistics] = field(default_factory=dict)
    points: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0  # of all slices together
    _resumed: set[str] = field(default_factory=set)
    _stride: int = 1
    _seen: int = 0

    def resume(self) -> None:
        """A slice begins: the next value of each reading has none before it."""
        self._resumed = set(self.statistics)

    def add(self, time_s: float, values: Mapping[str, float]) -> None:
        """Readings by name at one moment; time_s: seconds since the start, rising."""
        for name, value in values.items():
            if name in self.statistics:
                self.statistics[name].add(time_s, value, name in self._resumed)
                self._resumed.discard(name)
            else:
                self.statistics[name] = Statistics(time_s, value, value, value)
        if values and self._seen % self._stride == 0:
            self.points.append({"t_s": round(time_s, 4), **values})
        self._seen += 1
        if len(self.points) >= self.most:
            self.points = self.points[::2]
            self._stride *= 2
