"""Joules an image."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.report.groups import Group
from ganrt.benchmarks.report.markup import Markup, tag
from ganrt.benchmarks.report.svg import WIDTH, Scale, rows_figure
from ganrt.benchmarks.report.telemetry import joules_per_image
from ganrt.benchmarks.report.words import number

_Bar = tuple[str, float, int]


def energy_plot(group: Group) -> Markup | None:
    """A bar a subject and source; None where no energy was read."""
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
