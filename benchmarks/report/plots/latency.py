"""How the latencies of a group's subjects are distributed."""

from __future__ import annotations

import numpy as np

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.report.groups import Group
from ganrt.benchmarks.report.markup import Markup, join, tag
from ganrt.benchmarks.report.svg import WIDTH, Scale, line, rows_figure, spread
from ganrt.benchmarks.report.words import number

_BINS = 64
_HEIGHT = 30.0
_FAR = 6  # a longest latency so many times the shortest is drawn by logarithms


def latency_plot(group: Group) -> Markup | None:
    """A histogram a subject, all on one scale, with its median."""
    results = [row.result for row in group.rows if len(row.result.latencies_us) > 1]
    values = [value / 1e3 for result in results for value in result.latencies_us]
    if not results or min(values) <= 0:
        return None
    log = max(values) > _FAR * min(values)
    low, high = (min(values) * 0.95, max(values) * 1.05) if log else spread(values)
    scale = Scale(max(low, 0.0), high, 8, WIDTH - 14, log)
    labels = [_label(result) for result in results]
    title = f"Latency, {group.title}"
    about = "One histogram a subject with its median: " + "; ".join(labels)
    return rows_figure(
        title, about, labels, scale, "ms (by logarithms)" if log else "ms",
        lambda index, y: _histogram(results[index], scale, y, index), room=_HEIGHT,
    )  # fmt: skip


def _label(result: Result) -> str:
    latency = result.latency_ms
    told = f": median {number(latency.p50)} ms" if latency and latency.p50 is not None else ""
    return f"{result.subject} {result.precision or ''}".strip() + told


def _histogram(result: Result, scale: Scale, y: float, index: int) -> Markup:
    at = np.array([scale(value / 1e3) for value in result.latencies_us])
    counts, edges = np.histogram(at, bins=_BINS, range=(scale.start, scale.end))
    heights = counts / counts.max() * _HEIGHT
    bins = zip(heights, edges[:-1], edges[1:], strict=True)
    outline = "".join(f"M{left:g} {y:g}V{y - up:.1f}H{right:g}V{y:g}" for up, left, right in bins if up)
    shape = tag("path", tag("title", _label(result)), d=outline, class_=f"area c{index % 8}")
    latency = result.latency_ms
    median = [] if latency is None or latency.p50 is None else [_median(scale(latency.p50), y, index)]
    return join([line(scale.start, y, scale.end, y, "grid"), shape, *median])


def _median(x: float, y: float, index: int) -> Markup:
    return line(x, y, x, y - _HEIGHT, f"c{index % 8}")
