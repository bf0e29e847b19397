"""What results say of power, clocks and temperature; the mappings are open, so nothing in them is taken for granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from ganrt.benchmarks.document import HUGE, Result

# Panels of a timeline, by how a reading's name ends: title, unit.
PANELS = {"_c": ("temperature", "°C"), "_mhz": ("clock", "MHz"), "_w": ("power", "W"), "_percent": ("load", "%")}


def joules_per_image(result: Result) -> dict[str, float]:
    """Source -> joules, where the readings covered the run."""
    return _numbers(_part(result, "energy"), "joules_per_image")


def throttled(result: Result) -> dict[str, float]:
    """Reason -> share of the time."""
    return {name: float(value) for name, value in _part(result, "throttled").items() if _is_number(value)}


def curves(result: Result, ending: str) -> dict[str, list[tuple[float, float]]]:
    """Reading whose name ends so -> (seconds, value), from the timeline; those that never change by much included."""
    found: dict[str, list[tuple[float, float]]] = {}
    for point in result.timeline:
        time = point.get("t_s")
        if not _is_number(time):
            continue
        for name, value in point.items():
            if name not in ("t_s", "latency_ms") and name.endswith(ending) and _is_number(value):
                found.setdefault(name, []).append((float(time), float(value)))
    return {name: points for name, points in found.items() if len(points) > 1}


def latencies(result: Result) -> list[tuple[float, float]]:
    """(seconds, milliseconds) of the timeline."""
    return [
        (float(point["t_s"]), float(point["latency_ms"]))
        for point in result.timeline
        if _is_number(point.get("t_s")) and _is_number(point.get("latency_ms"))
    ]


def notes(result: Result) -> list[str]:
    """What could not be read."""
    found = result.telemetry.get("notes")
    return [str(note) for note in found] if isinstance(found, (list, tuple)) else []


def _part(result: Result, name: str) -> Mapping[str, object]:
    found = result.telemetry.get(name)
    return found if isinstance(found, Mapping) else {}


def _numbers(part: Mapping[str, object], name: str) -> dict[str, float]:
    return {
        key: float(found)
        for key, value in part.items()
        if isinstance(value, Mapping) and _is_number(found := value.get(name))
    }


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= HUGE
