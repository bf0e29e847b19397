"""A comparison as lines for a terminal, as Markdown and as a page of HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganrt.benchmarks.document import Document
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.compare import MEANING, METHOD, Change, Comparison
from ganrt.benchmarks.report.html import document_parts
from ganrt.benchmarks.report.machines import machine_name
from ganrt.benchmarks.report.markdown import escape, markdown_table
from ganrt.benchmarks.report.markup import Markup, tag
from ganrt.benchmarks.report.plots.dots import Dot, dots_plot
from ganrt.benchmarks.report.style import bullets, page, section
from ganrt.benchmarks.report.tables import html_table, plots, warning
from ganrt.benchmarks.report.terminal import aligned
from ganrt.benchmarks.report.words import NONE, date, number, percent, printable, times

_COLOURS = {"regression": 7, "broken": 7, "slower": 4, "improvement": 2, "faster": 2}


def comparison_lines(comparison: Comparison) -> list[str]:
    """Aligned columns, then what is in one only, then the warnings."""
    table = _table([*comparison.changes, *comparison.figures])
    lists = [f"{title}: {line}" for title, lines in _lists(comparison) for line in lines]
    rows = aligned(table) if table.rows else []
    return [printable(line) for line in (*rows, *lists, summary(comparison))]


def summary(comparison: Comparison) -> str:
    """One line: how many of which verdict."""
    verdicts = [change.verdict for change in comparison.changes]
    counts = ", ".join(f"{verdicts.count(word)} {word}" for word in MEANING if word in verdicts)
    return f"{len(verdicts)} compared, tolerance {percent(comparison.tolerance)}: {counts or 'nothing'}"


def comparison_markdown(comparison: Comparison, names: tuple[str, str], documents: Sequence[Document]) -> str:
    """The page."""
    parts = [
        [f"# {escape(names[0])} and {escape(names[1])}"],
        [f"- {escape(line)}" for line in _about(names, documents)],
        [f"{summary(comparison)}."],
        markdown_table(_table(comparison.changes)) if comparison.changes else [],
        ["## Figures, not judged"] if comparison.figures else [],
        markdown_table(_table(comparison.figures)) if comparison.figures else [],
    ]
    for title, lines in (*_lists(comparison), ("the words", _words(comparison)), ("how it was compared", METHOD)):
        if lines:
            parts += [[f"## {title.capitalize()}"], [f"- {escape(line)}" for line in lines]]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def comparison_page(comparison: Comparison, names: tuple[str, str], documents: Sequence[Document]) -> str:
    """The page, with both documents below."""
    judged = html_table(_table(comparison.changes), "Changes") if comparison.changes else None
    figures = html_table(_table(comparison.figures), "Figures") if comparison.figures else None
    whole = [
        tag("details", tag("summary", line), *document_parts(document))
        for line, document in zip(_about(names, documents), documents, strict=True)
    ]
    parts = [
        bullets(_about(names, documents)),
        warning(bullets(comparison.warnings)) if comparison.warnings else None,
        tag("p", tag("strong", f"{summary(comparison)}.")),
        section("Changes", _plots(comparison.changes), judged),
        section("Figures, not judged", figures),
        *(section(title.capitalize(), bullets(lines)) for title, lines in _lists(comparison) if title != "warning"),
        section("The words", bullets(_words(comparison))),
        section("How it was compared", bullets(METHOD)),
        section("Both runs", *whole),
    ]
    return page(f"{names[0]} and {names[1]}", parts)


def _plots(changes: Sequence[Change]) -> Markup | None:
    """All ratios below each other."""
    rows = [
        Dot(_label(change), change.ratio.value, change.ratio.interval, _COLOURS.get(change.verdict, 6))
        for change in changes
        if change.ratio is not None
    ]
    plot = dots_plot("Time of the second run over that of the first: right of the line is slower", "ratio", rows, 1.0)
    return plots([plot])


def _label(change: Change) -> str:
    return f"{change.verdict}{' (unstable)' if change.unstable else ''}: {change.quantity}, {change.place}"


def _table(changes: Sequence[Change]) -> Table:
    rows = tuple(
        (
            change.place,
            change.quantity,
            number(change.before),
            number(change.after),
            times(change.ratio.value) if change.ratio else NONE,
            _bounds(change),
            change.verdict + (": one of the two is unstable" if change.unstable else ""),
        )
        for change in changes
    )
    head = ("what", "quantity", "first", "second", "ratio", "95 % interval", "verdict")
    return Table(head, rows, (False, False, True, True, True, True, False))


def _bounds(change: Change) -> str:
    pair = change.ratio.interval if change.ratio else None
    return f"{pair[0]:.3f} to {pair[1]:.3f}" if pair else NONE


def _lists(comparison: Comparison) -> Iterator[tuple[str, Sequence[str]]]:
    yield "only in the first", comparison.only_first
    yield "only in the second", comparison.only_second
    yield "warning", comparison.warnings


def _words(comparison: Comparison) -> list[str]:
    used = {change.verdict for change in comparison.changes}
    return [f"{word}: {meaning}" for word, meaning in MEANING.items() if word in used]


def _about(names: tuple[str, str], documents: Sequence[Document]) -> list[str]:
    return [
        f"{which}: {name}, {machine_name(document.machine)}, {date(document.created)}, ganrt {document.ganrt}"
        for which, name, document in zip(("first", "second"), names, documents, strict=True)
    ]
