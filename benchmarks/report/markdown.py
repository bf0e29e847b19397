"""A document as Markdown (GitHub's)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ganrt.benchmarks.document import Document
from ganrt.benchmarks.report.columns import Table, figures_table, layer_table, profile_name, timed_table
from ganrt.benchmarks.report.groups import Group, group_results, not_run_lines, with_figures
from ganrt.benchmarks.report.machines import limit_lines, machine_facts, machine_name, options_line
from ganrt.benchmarks.report.telemetry import notes
from ganrt.benchmarks.report.words import METHOD, plain
from ganrt.errors import BadInputFile

_MOST_LAYERS = 30


def markdown_page(document: Document) -> str:
    """The whole page."""
    groups = group_results(document.results)
    parts = [
        [f"# Benchmark: {escape(machine_name(document.machine))}"],
        _warning(document),
        markdown_table(Table(("machine", ""), tuple(machine_facts(document)), (False, False))),
        [f"- {escape(line)}" for line in limit_lines(document)],
        [f"Options: {escape(options_line(document))}."],
        *(part for group in groups if group.timed for part in _group(group)),
        *_figures(groups),
        *_layers(document),
        *_list("Not run", not_run_lines(groups)),
        *_list("Notes", all_notes(document)),
        *_list("How it was measured", METHOD),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def markdown_table(table: Table) -> list[str]:
    """Lines of a table; numbers to the right."""
    rule = "|".join("---:" if numeric else "---" for numeric in table.numeric)
    return [_line(table.head), f"|{rule}|", *(_line(row) for row in table.rows)]


def insert(page: str, text: str, begin: str, end: str, name: str = "the page") -> str:
    """The page with `text` between two markers.

    Args:
        name: of the page, for the error.

    Raises:
        BadInputFile: it does not have both, once each and in that order.
    """
    before, opened, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not opened or not closed or begin in after or end in before + after:
        raise BadInputFile(f"{name}: expected {begin} and then {end}, once each")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def escape(text: str) -> str:
    """Text that Markdown leaves as it is: no markup, no HTML, no links, one line."""
    line = re.sub(r"\s+", " ", text)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*\[\]|~#!])", r"\\\1", line)
    return re.sub(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", r"\\_", line)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(escape(cell) for cell in cells) + " |"


def _warning(document: Document) -> list[str]:
    return ["**Interrupted: what was measured until then.**"] if document.status == "interrupted" else []


def _group(group: Group) -> list[list[str]]:
    return [[f"## {escape(group.title)}"], markdown_table(timed_table(group))]


def _figures(groups: list[Group]) -> list[list[str]]:
    results = with_figures(groups)
    return [["## Figures"], markdown_table(figures_table(results))] if results else []


def _layers(document: Document) -> list[list[str]]:
    parts: list[list[str]] = []
    for profile in document.profiles:
        table = layer_table(profile)
        if table is not None:
            about = f"## Layers: {escape(profile_name(profile))}"
            shown = Table(table.head, table.rows[:_MOST_LAYERS], table.numeric)
            left = len(table.rows) - len(shown.rows)
            parts += [[about], markdown_table(shown), [f"And {left} faster layers."] if left else []]
    return parts


def all_notes(document: Document) -> list[str]:
    """What readers should know of single results, and what could not be read; each once."""
    machine = document.machine.get("notes")
    found = [plain(note) for note in machine] if isinstance(machine, list) else []
    for result in document.results:
        found += [f"{result.subject}: {note}" for note in result.notes]
        found += notes(result)
    return list(dict.fromkeys(found))


def _list(title: str, lines: Iterable[str]) -> list[list[str]]:
    items = [f"- {escape(line)}" for line in lines]
    return [[f"## {title}"], items] if items else []
