"""Telemetry of several processes that took turns, summed up as if it were of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganrt.benchmarks.fields import Json

_ENOUGH = 0.9  # of the run must be covered by readings before its energy is divided by its images


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
        "energy": {name: _energy(name, given, seconds, images) for name in _names("energy", given)},
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


def _energy(name: str, parts: Sequence[Json], seconds: float, images: int) -> dict[str, Any]:
    found = [part["energy"][name] for part in parts if name in part["energy"]]
    joules, covered = sum(each["joules"] for each in found), sum(each["seconds"] for each in found)
    joined = {"joules": joules, "of": found[0]["of"], "by": found[0]["by"], "seconds": covered}
    if images and covered >= _ENOUGH * seconds:
        joined["joules_per_image"] = joules / images
    return joined
