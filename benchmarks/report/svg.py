"""Plots as inline SVG, from scales and marks; colours are the page's (`page.py`), so that light and dark both work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ganrt.benchmarks.report.page import Markup, join, tag
from ganrt.benchmarks.report.words import number

WIDTH = 480  # of the view box: on a telephone the letters then still have ten pixels
COLOURS = 8
_MOST_LETTERS = 64


@dataclass(frozen=True)
class Scale:
    """From values `low` to `high` to pixels `start` to `end`; by logarithms where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (_log(self.low), _log(self.high), _log(value)) if self.log else (self.low, self.high, value)
        share = (at - low) / (high - low) if high > low else 0.5
        return round(self.start + min(1.02, max(-0.02, share)) * (self.end - self.start), 2)

    def ticks(self) -> list[float]:
        """Round values within the scale, two to eight of them: fewer where there is little room."""
        if self.log:
            return _log_ticks(self.low, self.high)
        return _ticks(self.low, self.high, 5 if abs(self.end - self.start) > 80 else 3)


def _log(value: float) -> float:
    return math.log10(max(value, 1e-15))


def _ticks(low: float, high: float, wanted: int) -> list[float]:
    if high <= low:
        return [low]
    raw = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(_log(low)), math.ceil(_log(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**d for d in decades for f in factors if low * 0.999 <= f * 10.0**d <= high * 1.001]
        if len(found) <= 8:
            break
    return found[:: -(-len(found) // 8)] if len(found) > 1 else _ticks(low, high, 5)


def figure(height: float, title: str, description: str, marks: Iterable[object]) -> Markup:
    """A plot that says what it is to those who do not see it."""
    view = f"0 0 {WIDTH} {height:g}"
    return tag(
        "figure",
        tag("svg", *marks, viewBox=view, role="img", aria_label=f"{title}. {description}"),
        tag("figcaption", title),
    )


def rows_figure(
    title: str,
    description: str,
    labels: Sequence[str],
    scale: Scale,
    unit: str,
    draw: Callable[[int, float], Markup],
    *,
    room: float = 18,
    below: Markup | None = None,
) -> Markup:
    """A plot of rows above one horizontal scale, the label of each above its marks.

    Args:
        draw: (number of the row, y of its bottom) -> its marks, at most `room` high.
        below: more, drawn first: a line through all rows, say.
    """
    step = room + 23
    bottom = 4 + step * len(labels)
    rows = [
        join([draw(index, 4 + step * (index + 1) - 4), text(4, 4 + step * index + 12, _fitting(label))])
        for index, label in enumerate(labels)
    ]
    marks = [axis_below(scale, 4, bottom, unit), below, *rows]
    return figure(bottom + 36, title, description, marks)


def text(x: float, y: float, content: str, anchor: str = "start", class_: str | None = None) -> Markup:
    """Words at a point."""
    return tag("text", content, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A line through points."""
    return tag("path", d="M" + "L".join(f"{x:g} {y:g}" for x, y in points), class_=class_)


def dots(points: Sequence[tuple[float, float]], class_: str) -> Markup:
    """A dot at each point: strokes without length and with round ends, one element for all of them."""
    return tag("path", d="".join(f"M{x:g} {y:g}h0" for x, y in points), class_=f"dots {class_}")


def axis_below(scale: Scale, top: float, bottom: float, label: str) -> Markup:
    """Grid lines, values and the label of a horizontal scale."""
    marks = [
        join([line(scale(at), top, scale(at), bottom, "grid"), text(scale(at), bottom + 15, _short(at), "middle")])
        for at in scale.ticks()
    ]
    return join([*marks, text(scale.end, bottom + 31, label, "end", "label")])


def axis_left(scale: Scale, left: float, right: float, label: str) -> Markup:
    """The same for a vertical scale."""
    marks = [
        join([line(left, scale(at), right, scale(at), "grid"), text(left - 5, scale(at) + 4, _short(at), "end")])
        for at in scale.ticks()
    ]
    return join([*marks, text(4, scale.end - 9, label, "start", "label")])


def legend(names: Sequence[tuple[str, str]], top: float) -> tuple[Markup, float]:
    """(marks, height) of (name, class) in rows that fit the width."""
    marks, x, y = [], 4.0, top
    for name, class_ in names:
        width = 26 + 7.2 * len(name)
        if x > 4 and x + width > WIDTH:
            x, y = 4.0, y + 17
        marks += [line(x, y - 4, x + 14, y - 4, class_), text(x + 19, y, name)]
        x += width
    return join(marks), y - top + 17 if names else 0.0


def colour(names: Sequence[str]) -> Callable[[str], str]:
    """Name -> the class of its colour; the eight colours repeat."""
    known = {name: f"c{index % COLOURS}" for index, name in enumerate(dict.fromkeys(names))}
    return lambda name: known[name]


def spread(values: Sequence[float], room: float = 0.06) -> tuple[float, float]:
    """Least and greatest with a margin; never of no extent."""
    low, high = min(values), max(values)
    margin = room * (high - low) or abs(high) * 0.05 or 1.0
    return low - margin, high + margin


def _fitting(label: str) -> str:
    """As much of a label as the width has room for; the whole of it is in the table below, and in the description."""
    return label if len(label) <= _MOST_LETTERS else label[: _MOST_LETTERS - 1] + "\u2026"


def _short(value: float) -> str:
    if value and abs(value) >= 1e6:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else number(round(value, 10))
