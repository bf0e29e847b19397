"""From a contestant's slices to a result of the document."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.contestants import Contestant
from ganrt.benchmarks.document import Latency, Model, Result
from ganrt.benchmarks.fields import MOST_POINTS, Interval, Json
from ganrt.benchmarks.noise import trouble
from ganrt.benchmarks.observe import Observer
from ganrt.benchmarks.options import Cell, Timing
from ganrt.benchmarks.statistics import intervals, rate, summarise
from ganrt.benchmarks.subjects.protocol import Subject

_TIMELINE = 500
_DIGITS = 6


def make_result(contestant: Contestant, model: Model, timing: Timing, observer: Observer, interrupted: bool) -> Result:
    """What the contestant's slices say; without a speed where it did not run or drew wrong pictures."""
    if not contestant.slices or (contestant.stopped and contestant.stopped[0] in ("not_run", "wrong_output")):
        out, why = contestant.stopped or ("interrupted", "stopped before it was measured")
        agreed = _agreement(contestant) if out != "not_run" else {}
        return bare_result(contestant.cell, contestant.name, model, out, why, **agreed)
    nanoseconds = np.concatenate([np.asarray(part.latencies, np.float64) for part in contestant.slices])
    lengths = [len(part.latencies) for part in contestant.slices]
    found = intervals(nanoseconds, lengths, timing.seed)
    status, reason = _status(contestant, nanoseconds, lengths, found.get("p50"), timing, interrupted)
    telemetry, points = observer.report(contestant.name, _images(contestant) * len(nanoseconds))
    return Result(
        **_place(contestant.cell, contestant.name, model, contestant.subject),
        status=status,
        reason=reason,
        samples=len(nanoseconds),
        duration_s=round(float(nanoseconds.sum()) / 1e9, _DIGITS),
        latency_ms=Latency(**_scaled(summarise(nanoseconds))),
        latency_intervals={name: _pair(pair, 1e-6) for name, pair in found.items()},
        **_rate(contestant, model, nanoseconds, found.get("mean")),
        **_agreement(contestant),
        **_frames(contestant, timing),
        telemetry=telemetry,
        latencies_us=tuple(round(float(value) / 1e3, 3) for value in _thin(nanoseconds, MOST_POINTS)),
        timeline=tuple(_timeline(contestant, points)),
        about=contestant.subject.about if contestant.subject else {},
        notes=_notes(contestant),
    )


def bare_result(
    cell: Cell,
    subject: str,
    model: Model,
    status: str,
    reason: str,
    *,
    outputs_checked: int = 0,
    psnr_db: float | None = None,
    max_error: int | None = None,
) -> Result:
    """A result without a speed."""
    return Result(
        **_place(cell, subject, model),
        status=status,
        reason=reason,
        outputs_checked=outputs_checked,
        psnr_db=psnr_db,
        max_error=max_error,
    )


def _place(cell: Cell, subject: str, model: Model, opened: Subject | None = None) -> Json:
    """Precision and device are those really in use, once there is a subject."""
    return {
        "scenario": cell.scenario,
        "subject": subject,
        "model": model,
        "entry": cell.entry,
        "batch_size": cell.batch_size,
        "threads": cell.threads,
        "precision": opened.precision if opened else cell.precision,
        "asked_precision": cell.precision,
        "device": opened.device if opened else cell.device,
    }


def _status(
    contestant: Contestant,
    nanoseconds: NDArray[np.float64],
    lengths: list[int],
    median: Interval | None,
    timing: Timing,
    interrupted: bool,
) -> tuple[str, str | None]:
    if contestant.stopped:
        return contestant.stopped
    if interrupted:
        return "interrupted", "the run was stopped; these are the slices that were whole"
    if contestant.faults:
        return "unstable", contestant.faults[0]
    found = trouble(nanoseconds, lengths, median, timing.least_samples)
    if contestant.cell.scenario == "frame" and median is not None and len(nanoseconds) >= timing.least_samples:
        found = None  # waiting for the tick is no part of it: neither drift nor spread is judged
    return ("unstable", found) if found else ("ok", None)


def _images(contestant: Contestant) -> int:
    """Images behind one latency."""
    return contestant.cell.batch_size * contestant.load.batches


def _rate(contestant: Contestant, model: Model, nanoseconds: NDArray[np.float64], mean: Interval | None) -> Json:
    if contestant.cell.scenario in ("load", "frame"):  # the first draws nothing, the second waits
        return {}
    seconds = None if mean is None else _pair(mean, 1e-9, digits=12)
    value, pair = rate(_images(contestant), nanoseconds / 1e9, seconds)
    return {
        "images_per_second": round(value, 3),
        "images_per_second_interval": None if pair is None else _pair(pair, 1.0),
        "macs_per_second": None if model.macs is None else round(value * model.macs),
    }


def _agreement(contestant: Contestant) -> Json:
    agreement = contestant.agreement
    return {
        "outputs_checked": agreement.checked,
        "psnr_db": None if agreement.psnr_db is None else round(agreement.psnr_db, 3),
        "max_error": agreement.max_error if agreement.checked else None,
    }


def _frames(contestant: Contestant, timing: Timing) -> Json:
    if contestant.cell.scenario != "frame":
        return {}
    missed = sum(part.missed for part in contestant.slices)
    return {"missed_deadlines": missed, "deadline_ms": round(1e3 / timing.fps, _DIGITS)}


def _notes(contestant: Contestant) -> tuple[str, ...]:
    notes = list(dict.fromkeys(contestant.faults))
    if contestant.warm and not contestant.warm.stable:
        notes.append(f"still not steady after {contestant.warm.seconds:.1f} s of warming up")
    return tuple(notes)


def _timeline(contestant: Contestant, points: list[Json]) -> list[Json]:
    """Latencies by time since the first slice, thinned, and what the observer adds."""
    started = np.concatenate([np.asarray(part.started, np.float64) for part in contestant.slices])
    latencies = np.concatenate([np.asarray(part.latencies, np.float64) for part in contestant.slices])
    index = _thin(np.arange(len(started), dtype=np.float64), _TIMELINE).astype(int)
    own = [
        {"t_s": round((started[i] - started[0]) / 1e9, 4), "latency_ms": round(latencies[i] / 1e6, _DIGITS)}
        for i in index
    ]
    # The observer has counted since the cell began; its first reading was made just before the first slice.
    begun = points[0]["t_s"] if points else 0.0
    seen = [{**point, "t_s": round(point["t_s"] - begun, 4)} for point in points[: MOST_POINTS - _TIMELINE]]
    return sorted([*own, *seen], key=lambda point: point["t_s"])


def _thin(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """At most `most` of them, evenly."""
    return np.asarray(values[np.linspace(0, len(values) - 1, min(most, len(values))).astype(int)])


def _scaled(summary: dict[str, float | None]) -> Json:
    return {name: None if value is None else round(value / 1e6, _DIGITS) for name, value in summary.items()}


def _pair(pair: Interval, factor: float, digits: int = _DIGITS) -> Interval:
    return round(pair[0] * factor, digits), round(pair[1] * factor, digits)
