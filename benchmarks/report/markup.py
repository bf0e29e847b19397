"""HTML and SVG as text that is safe by construction: what is not `Markup` is escaped, whatever it holds.

tag("p", "a < b", class_="note")  ->  <p class="note">a &lt; b</p>
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

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
