"""The look of a page, and the skeleton around its parts: one file, nothing from outside, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganrt.benchmarks.report.markup import Markup, join, tag

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
