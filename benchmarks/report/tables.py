"""Tables, warnings and rows of plots as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.markup import Markup, tag

_LONG = 24  # characters: a cell with more wraps, and gets room for that
_STATES = {"wrong output": "wrong"} | {
    state: state for state in ("unstable", "interrupted", "regression", "improvement", "broken")
}


def html_table(table: Table, name: str) -> Markup:
    """A table that scrolls for itself where the window is narrow; the first cell of a row is its head.

    Args:
        name: what it is, for those who do not see what stands above it.
    """
    heads = (tag("th", head, scope="col", class_=side(right)) for head, right in _columns(table, table.head))
    rows = (
        tag("tr", *(_cell(cell, right, first=not index) for index, (cell, right) in enumerate(_columns(table, row))))
        for row in table.rows
    )
    return scrolling(tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows)), name)


def scrolling(table: Markup, name: str) -> Markup:
    """What may be wider than the window; the keyboard reaches it, or what is out of sight could not be scrolled to."""
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=name)


def figure_cell(cell: str, **attributes: object) -> Markup:
    """A number; what follows it in brackets, such as its interval, goes below it, smaller."""
    return tag("td", *_two_lines(cell, " [", " ("), class_="right", **attributes)


def side(right: bool) -> str | None:
    """The class of a column."""
    return "right" if right else None


def warning(text: object) -> Markup:
    """What stands out."""
    return tag("div", text, class_="warning", role="note")


def plots(figures: Sequence[Markup | None]) -> Markup | None:
    """Figures side by side; None for none."""
    given = [figure for figure in figures if figure is not None]
    return tag("div", *given, class_="plots") if given else None


def _columns(table: Table, cells: Sequence[str]) -> list[tuple[str, bool]]:
    return list(zip(cells, table.numeric, strict=True))


def _cell(cell: str, right: bool, *, first: bool) -> Markup:
    if right:
        return figure_cell(cell)
    if first:
        return tag("th", *_two_lines(cell, " ("), scope="row")
    classes = [_STATES.get(cell.split(":")[0].split(";")[0]), "long" if len(cell) > _LONG else None]
    return tag("td", cell, class_=" ".join(name for name in classes if name) or None)


def _two_lines(cell: str, *marks: str) -> tuple[str, Markup | None]:
    """Split at the first of `marks` that there is."""
    at = min((cell.index(mark) for mark in marks if mark in cell), default=len(cell))
    rest = cell[at:].strip()
    return cell[:at], tag("small", rest) if rest else None
