"""From what processes saw of a runner to a result of the document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.document import MOST_POINTS, Interval, Json, Latency, Model, Result
from ganrt.benchmarks.inputs import Agreement, joined
from ganrt.benchmarks.measurement import Part
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.scenarios import Load
from ganrt.benchmarks.statistics import intervals, rate, summarise, trouble, widened
from ganrt.benchmarks.telemetry.report import join_telemetry

NOTHING = Agreement()  # was compared
_TIMELINE = 500
_DIGITS = 6
_WITHIN = "one process measured it: its intervals hold within this run only (--repeats gives more)"


def make_result(case: Case, model: Model, timing: Timing, parts: Sequence[Part], interrupted: bool) -> Result:
    """What the parts of one runner say, a process each, in order; without a speed where it drew wrong pictures."""
    runner, timed = parts[0].runner, [part for part in parts if part.slices]
    stopped = _stopped(parts)
    if not timed or (stopped and stopped[0] == "wrong_output"):
        out, why = stopped or _never_timed(parts)
        return bare_result(case, runner, model, out, why, _agreement(parts) if out != "not_run" else NOTHING)
    series = [_latencies(part) for part in timed]
    nanoseconds = np.concatenate(series)
    lengths = [len(each.latencies) for part in timed for each in part.slices]
    found = intervals(nanoseconds, lengths, timing.seed, [len(each) for each in series])
    values, between = summarise(nanoseconds), timing.between_runs if len(timed) > 1 else 0.0
    told = {name: widened(pair, values[name] or 0.0, between) for name, pair in found.items()}
    status, reason = stopped or _status(case, timed, nanoseconds, lengths, found.get("p50"), timing, interrupted)
    return Result(
        **_place(case, runner, model, timed[0].opened),
        status=status,
        reason=reason,
        samples=len(nanoseconds),
        processes=len(timed),
        between_runs=between if told else 0.0,
        duration_s=round(float(nanoseconds.sum()) / 1e9, _DIGITS),
        latency_ms=Latency(**_scaled(values)),
        latency_intervals={name: _pair(pair, 1e-6) for name, pair in told.items()},
        **_rate(case, model, nanoseconds, told.get("mean")),
        **_agreement(parts).fields(),
        **_frames(case, timed, timing),
        telemetry=join_telemetry([part.telemetry for part in timed], _images(case) * len(nanoseconds)),
        latencies_us=tuple(round(float(value) / 1e3, 3) for value in _thin(nanoseconds, MOST_POINTS)),
        timeline=tuple(_timeline(timed)),
        about=timed[0].opened["about"],
        notes=_notes(timed, bool(found)),
    )


def _latencies(part: Part) -> NDArray[np.float64]:
    return np.concatenate([np.asarray(each.latencies, np.float64) for each in part.slices])


def _stopped(parts: Sequence[Part]) -> tuple[str, str] | None:
    """The gravest of what stopped a runner; one that ran and could not be opened again was interrupted."""
    found = [part.stopped for part in parts if part.stopped]
    for status in ("wrong_output", "interrupted"):
        for each in found:
            if each[0] == status:
                return each
    if found and any(part.slices for part in parts):
        return "interrupted", f"a later process could not open it: {found[0][1]}"
    return found[0] if found else None


def _never_timed(parts: Sequence[Part]) -> tuple[str, str]:
    if any(part.opened for part in parts):
        return "interrupted", "the run was stopped while it warmed up"
    return "not_run", "the run was stopped before its turn"


def bare_result(
    case: Case, runner: str, model: Model, status: str, reason: str, agreement: Agreement = NOTHING
) -> Result:
    """A result without a speed."""
    return Result(**_place(case, runner, model), status=status, reason=reason, **agreement.fields())


def _place(case: Case, runner: str, model: Model, opened: Json | None = None) -> Json:
    """Precision and device are those really in use, once there is a runner."""
    return {
        "scenario": case.scenario,
        "subject": runner,
        "model": model,
        "entry": case.entry,
        "batch_size": case.batch_size,
        "threads": case.threads,
        "precision": opened["precision"] if opened else case.precision,
        "asked_precision": case.precision,
        "device": opened["device"] if opened else case.device,
    }


def _status(
    case: Case,
    parts: Sequence[Part],
    nanoseconds: NDArray[np.float64],
    lengths: list[int],
    median: Interval | None,
    timing: Timing,
    interrupted: bool,
) -> tuple[str, str | None]:
    if interrupted:
        return "interrupted", "the run was stopped; these are the slices that were whole"
    faults = [fault for part in parts for fault in part.faults]
    if faults:
        return "unstable", faults[0]
    found = trouble(nanoseconds, lengths, median, timing.least_samples)
    if case.scenario == "frame" and median is not None and len(nanoseconds) >= timing.least_samples:
        found = None  # waiting for the tick is no part of it: neither drift nor spread is judged
    return ("unstable", found) if found else ("ok", None)


def _images(case: Case) -> int:
    """Images behind one latency."""
    return case.batch_size * Load(case.scenario).batches


def _rate(case: Case, model: Model, nanoseconds: NDArray[np.float64], mean: Interval | None) -> Json:
    if case.scenario in ("load", "frame"):  # the first draws nothing, the second waits
        return {}
    seconds = None if mean is None else _pair(mean, 1e-9, digits=12)
    value, pair = rate(_images(case), nanoseconds / 1e9, seconds)
    return {
        "images_per_second": round(value, 3),
        "images_per_second_interval": None if pair is None else _pair(pair, 1.0),
        "macs_per_second": None if model.macs is None else round(value * model.macs),
    }


def _agreement(parts: Sequence[Part]) -> Agreement:
    return joined([part.agreement for part in parts])


def _frames(case: Case, parts: Sequence[Part], timing: Timing) -> Json:
    if case.scenario != "frame":
        return {}
    missed = sum(each.missed for part in parts for each in part.slices)
    return {"missed_deadlines": missed, "deadline_ms": round(1e3 / timing.fps, _DIGITS)}


def _notes(parts: Sequence[Part], has_intervals: bool) -> tuple[str, ...]:
    notes = list(dict.fromkeys(fault for part in parts for fault in part.faults))
    restless = [part.warm.seconds for part in parts if part.warm and not part.warm.stable]
    if restless:
        notes.append(f"still not steady after {max(restless):.1f} s of warming up")
    if has_intervals and len(parts) == 1:
        notes.append(_WITHIN)
    return tuple(notes)


def _timeline(parts: Sequence[Part]) -> list[Json]:
    """Latencies by time since the first slice, thinned, and what the observers add."""
    started = np.concatenate([np.asarray(each.started, np.float64) for part in parts for each in part.slices])
    latencies = np.concatenate([_latencies(part) for part in parts])
    index = _thin(np.arange(len(started), dtype=np.float64), _TIMELINE).astype(int)
    own = [
        {"t_s": round((started[i] - started[0]) / 1e9, 4), "latency_ms": round(latencies[i] / 1e6, _DIGITS)}
        for i in index
    ]
    seen = [point for part in parts for point in _points(part, started[0], (MOST_POINTS - _TIMELINE) // len(parts))]
    return sorted([*own, *seen], key=lambda point: point["t_s"])


def _points(part: Part, first: float, most: int) -> list[Json]:
    """An observer has counted since its case began; its first reading was made just before the part's first slice."""
    if not part.points:
        return []
    offset = (part.slices[0].started[0] - first) / 1e9 - part.points[0]["t_s"]
    chosen = _thin(np.arange(len(part.points), dtype=np.float64), most).astype(int)
    return [{**part.points[i], "t_s": round(part.points[i]["t_s"] + offset, 4)} for i in chosen]


def _thin(values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """At most `most` of them, evenly."""
    return np.asarray(values[np.linspace(0, len(values) - 1, min(most, len(values))).astype(int)])


def _scaled(summary: dict[str, float | None]) -> Json:
    return {name: None if value is None else round(value / 1e6, _DIGITS) for name, value in summary.items()}


def _pair(pair: Interval, factor: float, digits: int = _DIGITS) -> Interval:
    return round(pair[0] * factor, digits), round(pair[1] * factor, digits)
