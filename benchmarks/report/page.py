"""HTML and SVG as text that is safe by construction (what is not `Markup` is escaped, whatever it holds), and the parts
of a page: one file, nothing from outside, light and dark.

tag("p", "a < b", class_="note")  ->  <p class="note">a &lt; b</p>
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.words import printable

_VOID = ("meta", "br", "hr")
_NAME = re.compile(r"[a-z][a-zA-Z0-9-]*")


class Markup(str):
    """Text that is markup already; made by `tag` and `join` alone, and from files of this package."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. Attributes: `class_` is "class", an underscore is a hyphen; those that are None are left out.

    Raises:
        ValueError: a name that no element or attribute has.
    """
    given = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    told = "".join(f' {_checked(key)}="{_escape(value)}"' for key, value in given)
    if name in _VOID:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{_checked(name)}{told}>{join(children)}</{name}>")


def join(parts: Iterable[object]) -> Markup:
    """Parts one after the other; strings are escaped, None is nothing."""
    return Markup("".join(part if isinstance(part, Markup) else _escape(part) for part in parts if part is not None))


def _escape(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return escape(printable(text), quote=True)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of an element or attribute")
    return name


_DATA = Path(__file__).parents[1] / "data"


def page(title: str, parts: Sequence[object], script: str | None = None) -> str:
    """A whole document. Nothing may be loaded from anywhere: the policy says so to the browser, too.

    Args:
        script: the name of a file in `data`.
    """
    scripts = "'unsafe-inline'" if script else "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {scripts}; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", _own("report.css")),
    )
    body = tag("body", tag("main", tag("h1", title), *parts), tag("script", _own(script)) if script else None)
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _own(name: str) -> Markup:
    """A file of this package, which neither holds anything of a document nor ends its own element."""
    return Markup((_DATA / name).read_text("utf-8"))


def bullets(lines: Sequence[object]) -> Markup | None:
    """A list; None for no lines."""
    return tag("ul", *(tag("li", item) for item in lines)) if lines else None


def section(title: str, *parts: object) -> Markup | None:
    """A heading and what belongs to it; None where that is nothing."""
    given = [part for part in parts if part is not None]
    return tag("section", tag("h2", title), join(given)) if given else None


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
