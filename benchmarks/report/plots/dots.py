"""Values with their intervals, a row each: what a comparison and a leaderboard show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganrt.benchmarks.fields import Interval
from ganrt.benchmarks.report.markup import Markup, join, tag
from ganrt.benchmarks.report.svg import WIDTH, Scale, dots, line, rows_figure
from ganrt.benchmarks.report.words import with_interval

_FAR = 6


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
        lambda index, y: _row(rows[index], scale, y - 4, unit), room=10, below=upright,
    )  # fmt: skip


def _row(row: Dot, scale: Scale, y: float, unit: str) -> Markup:
    class_ = f"c{row.colour % 8}"
    told = tag("title", f"{row.label}: {with_interval(row.value, row.interval)} {unit}")
    low, high = row.interval or (row.value, row.value)
    return tag(
        "g", told, join([line(scale(low), y, scale(high), y, class_), dots([(scale(row.value), y)], f"big {class_}")])
    )
