"""The tables that Markdown and HTML share: heads and cells as plain text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ganrt.benchmarks.document import Json, Result
from ganrt.benchmarks.report.groups import Group, Row
from ganrt.benchmarks.report.telemetry import joules_per_image, throttled
from ganrt.benchmarks.report.words import NONE, number, percent, pictures, plain, times, with_interval


@dataclass(frozen=True)
class Table:
    """`numeric`: which columns are numbers, to be set right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


_Cell = Callable[[Row], str]
_TIMED: tuple[tuple[str, bool, _Cell], ...] = (
    ("runner", False, lambda row: _whose(row.result)),
    ("p50 ms", True, lambda row: _latency(row.result, "p50")),
    ("p90 ms", True, lambda row: _latency(row.result, "p90")),
    ("p99 ms", True, lambda row: _latency(row.result, "p99")),
    ("p99.9 ms", True, lambda row: _latency(row.result, "p99_9")),
    ("late frames", True, lambda row: _late(row.result)),
    ("images/s", True, lambda row: with_interval(row.result.images_per_second, row.result.images_per_second_interval)),
    ("against", True, lambda row: _against(row)),
    ("roofline", True, lambda row: percent(row.result.roofline_share)),
    ("J/image", True, lambda row: _joules(row.result)),
    ("pictures", False, lambda row: pictures(row.result)),
    ("samples", True, lambda row: str(row.result.samples)),
    ("status", False, lambda row: status(row.result)),
)
_ALWAYS = ("runner", "p50 ms", "pictures", "status")


def timed_table(group: Group) -> Table:
    """A group's results with latencies; columns that say nothing are left out."""
    cells = [tuple(cell(row) for row in group.rows) for _, _, cell in _TIMED]
    kept = [
        (name, numeric, column)
        for (name, numeric, _), column in zip(_TIMED, cells, strict=True)
        if name in _ALWAYS or set(column) - {NONE}
    ]
    rows = tuple(zip(*(column for _, _, column in kept), strict=True))
    return Table(tuple(name for name, _, _ in kept), rows, tuple(numeric for _, numeric, _ in kept))


def figures_table(results: Sequence[Result]) -> Table:
    """What is no latency: one line a figure."""
    rows = tuple(
        (result.entry or NONE, result.model.name, result.subject, name, plain(value), status(result))
        for result in results
        for name, value in (result.figures or {NONE: NONE}).items()
    )
    return Table(("entry", "model", "runner", "figure", "value", "status"), rows, (*[False] * 4, True, False))


def layer_table(profile: Json) -> Table | None:
    """A profile's layers, the slowest first; None where the open mapping holds none."""
    layers = [
        layer
        for layer in _list(profile.get("layers"))
        if isinstance(layer, Mapping) and _number(layer.get("ms")) is not None
    ]
    if not layers:
        return None
    head = ("layer", "operator", "ms", "share", "MMAC", "GMAC/s", "of its roof")
    rows = tuple(_layer(layer) for layer in sorted(layers, key=lambda layer: -float(layer["ms"])))
    return Table(head, rows, (False, False, *[True] * 5))


def profile_name(profile: Json) -> str:
    """ "openvino bf16, batch 16"; what is not told is left out."""
    precision, size = profile.get("precision"), profile.get("batch_size")
    name = plain(profile.get("engine")) + (f" {plain(precision)}" if precision is not None else "")
    return name + (f", batch {plain(size)}" if size is not None else "")


def status(result: Result) -> str:
    """The status, with the reason where it is not `ok`, and what held the clocks down."""
    found = result.status.replace("_", " ") + (f": {result.reason}" if result.reason else "")
    held = ", ".join(f"{name} {percent(share)} of the time" for name, share in throttled(result).items())
    return f"{found}; throttled: {held}" if held else found


def _whose(result: Result) -> str:
    """ "torch-eager (fp32, cpu, 2 threads)"; unless told, a runner chose its threads itself."""
    threads = f"{result.threads} threads" if result.threads else None
    details = ", ".join(word for word in (result.precision, result.device, threads) if word)
    return f"{result.subject} ({details})" if details else result.subject


def _latency(result: Result, name: str) -> str:
    return with_interval(getattr(result.latency_ms, name, None), result.latency_intervals.get(name))


def _late(result: Result) -> str:
    if result.missed_deadlines is None or not result.samples:
        return NONE
    return f"{result.missed_deadlines} of {result.samples} at {number(result.deadline_ms)} ms"


def _against(row: Row) -> str:
    if row.against is None or row.peer is None:
        return NONE
    if row.peer is row.result:
        return "fastest peer"
    pair = row.against.interval
    return times(row.against.value) + (f" [{pair[0]:.3g}, {pair[1]:.3g}]" if pair else "")


def _joules(result: Result) -> str:
    return ", ".join(f"{number(value)} ({source})" for source, value in joules_per_image(result).items()) or NONE


def _layer(layer: Mapping[str, object]) -> tuple[str, ...]:
    ms, macs, roof = (_number(layer.get(name)) for name in ("ms", "macs", "roof_ms"))
    return (
        plain(layer.get("layer")),
        plain(layer.get("operator")),
        number(ms),
        percent(_number(layer.get("share"))),
        number(None if macs is None else macs / 1e6),
        number(_number(layer.get("gmacs_per_second"))),
        percent(roof / ms if roof and ms else None),
    )


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
