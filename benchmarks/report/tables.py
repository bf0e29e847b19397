"""Tables, warnings and rows of plots as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.markup import Markup, tag


def html_table(table: Table, caption: str | None = None) -> Markup:
    """A table that scrolls for itself where the window is narrow; the row's first cell is its head."""
    head = tag(
        "tr", *(tag("th", name, scope="col", class_=_side(right)) for name, right in _columns(table, table.head))
    )
    rows = (
        tag("tr", *(_cell(cell, right, first=not index) for index, (cell, right) in enumerate(_columns(table, row))))
        for row in table.rows
    )
    given = tag("caption", caption) if caption else None
    # It can be reached by the keyboard, or what is out of sight could not be scrolled to.
    return tag(
        "div", tag("table", given, tag("thead", head), tag("tbody", *rows)),
        class_="scroll", tabindex="0", role="region", aria_label=caption or table.head[0],
    )  # fmt: skip


def warning(text: object) -> Markup:
    """A paragraph that stands out."""
    return tag("p", text, class_="warning", role="note")


def plots(figures: Sequence[Markup | None]) -> Markup | None:
    """Figures side by side; None for none."""
    given = [figure for figure in figures if figure is not None]
    return tag("div", *given, class_="plots") if given else None


def _columns(table: Table, cells: Sequence[str]) -> list[tuple[str, bool]]:
    return list(zip(cells, table.numeric, strict=True))


def _cell(cell: str, right: bool, *, first: bool) -> Markup:
    state = cell.split(":")[0].split(";")[0]
    known = state if state in ("unstable", "interrupted", "regression", "improvement") else None
    class_ = _side(right) or known or ("wrong" if state == "wrong output" else None)
    if len(cell) > 40 and not right:
        class_ = f"{class_ or ''} long".strip()
    return tag("th", cell, scope="row", class_=class_) if first else tag("td", cell, class_=class_)


def _side(right: bool) -> str | None:
    return "right" if right else None
