"""The plots: each a function from results to an inline SVG figure, or None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ganrt.benchmarks.document import Document, Interval, Result
from ganrt.benchmarks.report.groups import Group
from ganrt.benchmarks.report.page import Markup, join, tag
from ganrt.benchmarks.report.svg import (
    WIDTH,
    Scale,
    axis_below,
    axis_left,
    colour,
    dots,
    figure,
    legend,
    line,
    path,
    rows_figure,
    spread,
    text,
)
from ganrt.benchmarks.report.telemetry import PANELS, curves, joules_per_image, latencies
from ganrt.benchmarks.report.words import model_name, number, with_interval

_FAR = 6  # where the largest is so many times the least, it is drawn by logarithms


@dataclass(frozen=True)
class Dot:
    """One row: what it is, its value above 0, its interval, and the number of its colour."""

    label: str
    value: float
    interval: Interval | None
    colour: int = 0


def dots_plot(title: str, unit: str, rows: Sequence[Dot], base: float | None = None) -> Markup | None:
    """A dot and a line each; None for no rows.

    Args:
        base: a value that is marked by an upright line, such as a ratio of 1.
    """
    if not rows:
        return None
    ends = [end for row in rows for end in (row.value, *(row.interval or ()))] + ([base] if base else [])
    positive = [end for end in ends if end > 0]
    log = max(ends) > _FAR * min(positive)
    low = min(positive) * 0.9 if log else min(ends) - 0.05 * (max(ends) - min(ends) or max(ends))
    scale = Scale(max(0.0, low), max(ends) * 1.05, 8, WIDTH - 14, log)
    labels = [row.label for row in rows]
    height = 4 + 33 * len(rows)
    upright = line(scale(base), 4, scale(base), height, "base") if base else None
    about = "; ".join(f"{row.label}: {with_interval(row.value, row.interval)} {unit}" for row in rows)
    return rows_figure(
        title, about, labels, scale, f"{unit} (by logarithms)" if log else unit,
        lambda index, y: _dot(rows[index], scale, y - 4, unit), room=10, below=upright,
    )  # fmt: skip


def _dot(row: Dot, scale: Scale, y: float, unit: str) -> Markup:
    class_ = f"c{row.colour % 8}"
    told = tag("title", f"{row.label}: {with_interval(row.value, row.interval)} {unit}")
    low, high = row.interval or (row.value, row.value)
    return tag(
        "g", told, join([line(scale(low), y, scale(high), y, class_), dots([(scale(row.value), y)], f"big {class_}")])
    )


_Bar = tuple[str, float, int]


def energy_plot(group: Group) -> Markup | None:
    """A bar a runner and source; None where no energy was read."""
    bars = _bars([row.result for row in group.rows])
    if not bars:
        return None
    scale = Scale(0, max(value for _, value, _ in bars) * 1.06 or 1.0, 8, WIDTH - 14)
    labels = [label for label, _, _ in bars]
    title = f"Energy an image, {group.title}"
    return rows_figure(
        title, "; ".join(labels), labels, scale, "J an image", lambda index, y: _bar(bars[index], scale, y), room=10
    )


def _bars(results: Sequence[Result]) -> list[_Bar]:
    return [
        (f"{result.subject} {result.precision or ''} ({source}): {number(joules)} J", joules, index)
        for index, result in enumerate(results)
        for source, joules in joules_per_image(result).items()
    ]


def _bar(bar: _Bar, scale: Scale, y: float) -> Markup:
    width = max(0.5, scale(bar[1]) - scale.start)
    return tag("rect", tag("title", bar[0]), x=scale.start, y=y - 10, width=width, height=10, class_=f"c{bar[2] % 8}")


_BINS = 64
_HEIGHT = 30.0


def latency_plot(group: Group) -> Markup | None:
    """A histogram a runner, all on one scale, with its median."""
    results = [row.result for row in group.rows if len(row.result.latencies_us) > 1]
    values = [value / 1e3 for result in results for value in result.latencies_us]
    if not results or min(values) <= 0:
        return None
    log = max(values) > _FAR * min(values)
    low, high = (min(values) * 0.95, max(values) * 1.05) if log else spread(values)
    scale = Scale(max(low, 0.0), high, 8, WIDTH - 14, log)
    labels = [_latency_label(result) for result in results]
    title = f"Latency, {group.title}"
    about = "One histogram a runner with its median: " + "; ".join(labels)
    return rows_figure(
        title, about, labels, scale, "ms (by logarithms)" if log else "ms",
        lambda index, y: _histogram(results[index], scale, y, index), room=_HEIGHT,
    )  # fmt: skip


def _latency_label(result: Result) -> str:
    latency = result.latency_ms
    told = f": median {number(latency.p50)} ms" if latency and latency.p50 is not None else ""
    return f"{result.subject} {result.precision or ''}".strip() + told


def _histogram(result: Result, scale: Scale, y: float, index: int) -> Markup:
    at = np.array([scale(value / 1e3) for value in result.latencies_us])
    counts, edges = np.histogram(at, bins=_BINS, range=(scale.start, scale.end))
    heights = counts / counts.max() * _HEIGHT
    bins = zip(heights, edges[:-1], edges[1:], strict=True)
    outline = "".join(f"M{left:g} {y:g}V{y - up:.1f}H{right:g}V{y:g}" for up, left, right in bins if up)
    shape = tag("path", tag("title", _latency_label(result)), d=outline, class_=f"area c{index % 8}")
    latency = result.latency_ms
    median = [] if latency is None or latency.p50 is None else [_median(scale(latency.p50), y, index)]
    return join([line(scale.start, y, scale.end, y, "grid"), shape, *median])


def _median(x: float, y: float, index: int) -> Markup:
    return line(x, y, x, y - _HEIGHT, f"c{index % 8}")


_TOP, _BOTTOM, _LEFT = 26.0, 206.0, 52.0
_FAR_ABOVE = 3  # a limit so many times the fastest is drawn by logarithms, or it would press all else to the ground
Curves = dict[str, list[Result]]


def throughput_plots(document: Document) -> list[Markup]:
    """One a model, scenario and precision that was measured at two batch sizes or more."""
    found: dict[tuple[object, ...], list[Result]] = {}
    for result in document.results:
        if result.images_per_second and result.batch_size:
            key = (result.model.name, result.model.sha256, result.scenario, result.precision)
            found.setdefault(key, []).append(result)
    return [
        _throughput(document, results)
        for results in found.values()
        if len({result.batch_size for result in results}) > 1
    ]


def _throughput(document: Document, results: Sequence[Result]) -> Markup:
    curves: Curves = {}
    for result in results:
        curves.setdefault(result.subject, []).append(result)
    batches = sorted({result.batch_size for result in results if result.batch_size})
    step = (WIDTH - 30 - _LEFT) / (len(batches) - 1)
    across = {batch: round(_LEFT + 10 + step * index, 2) for index, batch in enumerate(batches)}
    roof, meaning = roofline(document, results)
    up = _upward([result.images_per_second or 0.0 for result in results], list(roof.values()))
    class_of = colour(list(curves))
    named = [(runner, class_of(runner)) for runner in curves] + ([(meaning, "roof")] if roof else [])
    keys, height = legend(named, _BOTTOM + 50)
    marks = [
        axis_left(up, _LEFT, WIDTH - 8, "images/s (by logarithms)" if up.log else "images/s"),
        *(text(x, _BOTTOM + 15, str(batch), "middle") for batch, x in across.items()),
        text(WIDTH - 8, _BOTTOM + 31, "batch", "end", "label"),
        path([(across[batch], up(value)) for batch, value in roof.items()], "roof") if roof else None,
        *(_curve(members, across, up, class_of(runner)) for runner, members in curves.items()),
        keys,
    ]
    first = results[0]
    title = f"Throughput, {model_name(first.model)}, {first.scenario.replace('_', ' ')}, {first.precision}"
    about = f"Images a second of {len(curves)} runners at batch sizes {', '.join(map(str, batches))}"
    return figure(_BOTTOM + 40 + height, title, about, marks)


def _curve(members: Sequence[Result], across: Mapping[int, float], up: Scale, class_: str) -> Markup:
    ordered = sorted((result for result in members if result.batch_size), key=lambda result: result.batch_size or 0)
    points = [(across[result.batch_size or 0], up(result.images_per_second or 0.0)) for result in ordered]
    marks = [path(points, class_)] if len(points) > 1 else []
    for (x, y), result in zip(points, ordered, strict=True):
        pair = result.images_per_second_interval
        told = f"{result.subject}, batch {result.batch_size}: {number(result.images_per_second)} images/s"
        whisker = line(x, up(pair[0]), x, up(pair[1]), class_) if pair else None
        marks.append(join([whisker, tag("g", tag("title", told), dots([(x, y)], class_))]))
    return join(marks)


def _upward(values: Sequence[float], roof: Sequence[float]) -> Scale:
    most = max([*values, *roof])
    if roof and max(roof) > _FAR_ABOVE * max(values):
        return Scale(min(values) / 1.5, most * 1.3, _BOTTOM, _TOP, log=True)
    return Scale(0, most * 1.06, _BOTTOM, _TOP)


def roofline(document: Document, results: Sequence[Result]) -> tuple[dict[int, float], str]:
    """(batch -> images a second that the machine allows, what that is), from the shares that results have reached;
    without them from the rate of matrix products alone; empty where limits were not measured. Limits are the CPU's."""
    shares = {
        result.batch_size: result.images_per_second / result.roofline_share
        for result in results
        if result.roofline_share and result.images_per_second and result.batch_size
    }
    if shares:
        return dict(sorted(shares.items())), "roofline of the CPU"
    rate, macs = _product_rate(document, results[0].precision), results[0].model.macs
    if not rate or not macs or any(result.device != "cpu" for result in results):
        return {}, ""
    batches = sorted({result.batch_size for result in results if result.batch_size})
    return dict.fromkeys(batches, rate / macs), "limit by the CPU's products"


def _product_rate(document: Document, precision: str | None) -> float | None:
    rates = (document.limits or {}).get("rates")
    medians = [
        rate["median"]
        for rate in (rates if isinstance(rates, list) else [])
        if isinstance(rate, Mapping)
        and (rate.get("quantity"), rate.get("precision")) == ("macs", precision)
        and isinstance(rate.get("median"), (int, float))
    ]
    return max(medians, default=None)


_GAP = 30.0
_MOST = 300  # points of a curve: more than that many pixels' worth nobody sees
Points = list[tuple[float, float]]


def timeline_plot(result: Result) -> Markup | None:
    """Panels with one common time; None without latencies in time."""
    times = latencies(result)
    if len(times) < 2:
        return None
    panels: list[tuple[str, Mapping[str, Points]]] = [("latency, ms", {"latency": times})]
    panels += [
        (f"{title}, {unit}", found) for ending, (title, unit) in PANELS.items() if (found := curves(result, ending))
    ]
    moments = [time for _, members in panels for points in members.values() for time, _ in points]
    across = Scale(min(moments), max(moments), _LEFT, WIDTH - 8)
    marks, top = [], 22.0
    for index, (label, members) in enumerate(panels):
        bottom = top + (90 if index == 0 else 56)
        drawn, height = _panel(label, members, across, top, bottom, as_dots=index == 0)
        marks.append(drawn)
        top = bottom + height + _GAP
    end = top - _GAP
    title = f"{result.subject} {result.precision or ''}, batch {result.batch_size or 1}, in the course of time"
    about = f"{len(times)} latencies over {max(moments) - min(moments):.3g} s, with " + ", ".join(p[0] for p in panels)
    return figure(end + 36, title, about, [*marks, axis_below(across, end, end, "s")])


def _panel(
    label: str, members: Mapping[str, Points], across: Scale, top: float, bottom: float, *, as_dots: bool
) -> tuple[Markup, float]:
    """(marks, height of the legend below)."""
    up = Scale(*spread([value for points in members.values() for _, value in points]), bottom, top)
    class_of = colour(list(members))
    alone = "" if as_dots or len(members) > 1 else f" ({next(iter(members))})"
    marks = [axis_left(up, _LEFT, WIDTH - 8, label + alone)]
    for name, points in members.items():
        placed = [(across(time), up(value)) for time, value in _thin(points)]
        marks.append(dots(placed, f"fine {class_of(name)}") if as_dots else path(placed, class_of(name)))
    if len(members) == 1:
        return join(marks), 0.0
    keys, height = legend([(name, class_of(name)) for name in members], bottom + 16)
    return join([*marks, keys]), height


def _thin(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """At most `_MOST` of them; of each stretch the highest, for peaks are what one looks for."""
    if len(points) <= _MOST:
        return points
    step = -(-len(points) // _MOST)
    return [max(points[first : first + step], key=lambda point: point[1]) for first in range(0, len(points), step)]
