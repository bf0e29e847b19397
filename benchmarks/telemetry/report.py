"""A subject's readings summed up: statistics, energy, throttling, and a timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ganrt.benchmarks.telemetry.series import Series
from ganrt.benchmarks.telemetry.source import Energy

_THROTTLE = "throttle."
_ENOUGH = 0.9  # of the run must be covered by readings before its energy is divided by its images


@dataclass(frozen=True)
class Telemetry:
    """What was seen of one subject, all of it JSON-able.

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
