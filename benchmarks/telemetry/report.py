"""A runner's readings summed up: statistics, energy, throttling, and a timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ganrt.benchmarks.document import Json
from ganrt.benchmarks.telemetry.source import Energy


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
    """All readings of one runner. At most `most` points stay in the timeline: when it is full, every other one goes,
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


_THROTTLE = "throttle."
_ENOUGH = 0.9  # of the run must be covered by readings before its energy is divided by its images


@dataclass(frozen=True)
class Telemetry:
    """What was seen of one runner, all of it JSON-able.

    seconds: of its slices. statistics: reading -> `mean` (weighted by time), `min`, `max`, `samples`; counters of
    energy are left out. timeline: `t_s` since the sampler started, and readings. throttled: reason -> share of the
    time, where it was not 0. energy: source -> `joules` of the `seconds` it was read, `of` what, `by` counter or
    integral. notes: sources that were absent or got lost.
    """

    seconds: float
    statistics: dict[str, dict[str, float]]
    timeline: tuple[dict[str, float], ...]
    throttled: dict[str, float]
    energy: dict[str, dict[str, float | str]]
    about: Mapping[str, dict[str, str]]
    notes: tuple[str, ...]

    def summary(self, images: int | None = None) -> dict[str, object]:
        """All but the timeline as a mapping.

        Args:
            images: how many were made meanwhile; gives `joules_per_image` where the energy covers the run.
        """
        energy = {name: dict(found) for name, found in self.energy.items()}
        for found in energy.values():
            if images and float(found["seconds"]) >= _ENOUGH * self.seconds:
                found["joules_per_image"] = float(found["joules"]) / images
        return {
            "seconds": self.seconds,
            "statistics": self.statistics,
            "throttled": self.throttled,
            "energy": energy,
            "about": dict(self.about),
            "notes": list(self.notes),
        }


def summarise(
    series: Series,
    energies: Mapping[str, Energy | None],
    about: Mapping[str, dict[str, str]],
    notes: tuple[str, ...],
) -> Telemetry:
    """Readings -> what they say; `energies`: source -> which of its readings is energy."""
    counters = {f"{name}.{energy.counter}" for name, energy in energies.items() if energy}
    statistics: dict[str, dict[str, float]] = {}
    throttled: dict[str, float] = {}
    for name, seen in series.statistics.items():
        source, _, reading = name.partition(".")
        if reading.startswith(_THROTTLE):
            if seen.high:
                throttled[f"{source}.{reading.removeprefix(_THROTTLE)}"] = seen.mean
        elif name not in counters:
            statistics[name] = {"mean": seen.mean, "min": seen.low, "max": seen.high, "samples": seen.samples}
    energy = {name: found for name, what in energies.items() if what and (found := _energy(series, name, what))}
    return Telemetry(series.seconds, statistics, tuple(series.points), throttled, energy, about, notes)


def _energy(series: Series, source: str, what: Energy) -> dict[str, float | str] | None:
    counter = series.statistics.get(f"{source}.{what.counter}")
    power = series.statistics.get(f"{source}.{what.power}")
    if counter and counter.seconds:
        return {"joules": counter.risen, "of": what.of, "by": "counter", "seconds": counter.seconds}
    if power and power.seconds:
        return {"joules": power.integral, "of": what.of, "by": "integral of power", "seconds": power.seconds}
    return None


def join_telemetry(parts: Sequence[Json], images: int) -> Json:
    """Summaries as `Telemetry.summary` makes them -> one.

    Args:
        images: how many all of them made together.
    """
    given = [part for part in parts if part]
    if len(given) < 2:
        return dict(given[0]) if given else {}
    seconds = sum(part["seconds"] for part in given)
    return {
        "seconds": seconds,
        "statistics": {name: _statistic(name, given) for name in _names("statistics", given)},
        "throttled": {
            name: sum(part["throttled"].get(name, 0.0) * part["seconds"] for part in given) / seconds
            if seconds
            else 0.0
            for name in _names("throttled", given)
        },
        "energy": {name: _joined_energy(name, given, seconds, images) for name in _names("energy", given)},
        "about": given[0]["about"],
        "notes": list(dict.fromkeys(note for part in given for note in part["notes"])),
    }


def _names(kind: str, parts: Sequence[Json]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part[kind]))


def _statistic(name: str, parts: Sequence[Json]) -> dict[str, float]:
    found = [(part["statistics"][name], part["seconds"]) for part in parts if name in part["statistics"]]
    weight = sum(seconds for _, seconds in found)
    means = [each["mean"] for each, _ in found]
    mean = sum(each["mean"] * seconds for each, seconds in found) / weight if weight else sum(means) / len(means)
    return {
        "mean": mean,
        "min": min(each["min"] for each, _ in found),
        "max": max(each["max"] for each, _ in found),
        "samples": sum(each["samples"] for each, _ in found),
    }


def _joined_energy(name: str, parts: Sequence[Json], seconds: float, images: int) -> dict[str, Any]:
    found = [part["energy"][name] for part in parts if name in part["energy"]]
    joules, covered = sum(each["joules"] for each in found), sum(each["seconds"] for each in found)
    joined = {"joules": joules, "of": found[0]["of"], "by": found[0]["by"], "seconds": covered}
    if images and covered >= _ENOUGH * seconds:
        joined["joules_per_image"] = joules / images
    return joined
