"""Bench documents as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from ganrt.benchmarks.document import Document
from ganrt.benchmarks.report.across import across_section
from ganrt.benchmarks.report.columns import Table, figures_table, layer_table, profile_name, timed_table
from ganrt.benchmarks.report.groups import Group, group_results, not_run_lines, with_figures
from ganrt.benchmarks.report.machines import limit_lines, machine_facts, machine_name, options_line
from ganrt.benchmarks.report.markdown import all_notes
from ganrt.benchmarks.report.page import Markup, bullets, html_table, join, page, plots, section, tag, warning
from ganrt.benchmarks.report.plots import energy_plot, latency_plot, throughput_plots, timeline_plot
from ganrt.benchmarks.report.words import METHOD

_OPEN_LAYERS = 30


def html_page(documents: Sequence[Document], names: Sequence[str] = ()) -> str:
    """The whole page.

    Args:
        names: the files' names, where there are several documents.
    """
    if len(documents) == 1:
        return page(f"Benchmark: {machine_name(documents[0].machine)}", document_parts(documents[0]))
    told = [PurePath(name).name for name in names]
    parts: list[object] = [across_section(documents, told)]
    for name, document in zip(told, documents, strict=True):
        title = f"{name}: {machine_name(document.machine)}"
        parts.append(tag("details", tag("summary", title), *document_parts(document)))
    return page(f"Benchmarks: {', '.join(told)}", parts)


def document_parts(document: Document) -> list[object]:
    """All that is said of one document."""
    groups = group_results(document.results)
    return [
        warning("Interrupted: what was measured until then.") if document.status == "interrupted" else None,
        _machine(document),
        section("Throughput by batch", plots(throughput_plots(document))) if throughput_plots(document) else None,
        *(_group(group) for group in groups if group.timed),
        _figures(groups),
        *(_layers(profile_name(profile), layer_table(profile)) for profile in document.profiles),
        section("Not run", bullets(not_run_lines(groups))),
        section("Notes", bullets(all_notes(document))),
        section("How it was measured", bullets(METHOD)),
    ]


def _machine(document: Document) -> Markup:
    facts = Table(("machine", "value"), tuple(machine_facts(document)), (False, False))
    limits = bullets(limit_lines(document))
    told = (
        [tag("h3", "Its measured limits"), limits]
        if limits
        else [tag("p", "Its limits were not measured.", class_="soft")]
    )
    return join(
        [html_table(facts, "The machine"), *told, tag("p", f"Options: {options_line(document)}.", class_="soft")]
    )


def _group(group: Group) -> Markup | None:
    lines = [plot for row in group.rows if (plot := timeline_plot(row.result))]
    times = tag("details", tag("summary", f"In the course of time ({len(lines)})"), plots(lines)) if lines else None
    table = html_table(timed_table(group), f"Results: {group.title}")
    return section(group.title, table, plots([latency_plot(group), energy_plot(group)]), times)


def _figures(groups: Sequence[Group]) -> Markup | None:
    results = with_figures(groups)
    return section("Figures", html_table(figures_table(results), "Figures")) if results else None


def _layers(engine: str, table: Table | None) -> Markup | None:
    if table is None:
        return None
    shown = html_table(Table(table.head, table.rows[:_OPEN_LAYERS], table.numeric), f"Layers of {engine}")
    rest = Table(table.head, table.rows[_OPEN_LAYERS:], table.numeric)
    more = (
        tag(
            "details", tag("summary", f"{len(rest.rows)} faster layers"), html_table(rest, f"Faster layers of {engine}")
        )
        if rest.rows
        else None
    )
    return section(f"Layers: {engine}", shown, more)
