"""A result in the course of time: latencies, and below them temperatures, clocks, power and load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.report.markup import Markup, join
from ganrt.benchmarks.report.svg import WIDTH, Scale, axis_below, axis_left, colour, dots, figure, legend, path, spread
from ganrt.benchmarks.report.telemetry import PANELS, curves, latencies

_LEFT = 52.0
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
