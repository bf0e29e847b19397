"""Writes the figures of docs/performance.md from the documents in benchmarks/results.

python tools/make_performance_section.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from ganrt.benchmarks.document import Document, Result, read_document
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.groups import Group, Row, group_results, is_ours
from ganrt.benchmarks.report.machines import machine_name
from ganrt.benchmarks.report.markdown import escape, insert, markdown_table
from ganrt.benchmarks.report.ratios import costs
from ganrt.benchmarks.report.words import NONE, date, number, pictures, plain, times

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- performance: begin -->", "<!-- performance: end -->"
EMPTY = "No run is recorded yet: `python tools/bench_suite.py -o benchmarks/results/NAME.json` makes one."
HEAD = (
    "Made by `python tools/make_performance_section.py` from `benchmarks/results/`. A row is the fastest of ganrt's "
    "backends. “speed” is its speed over that of the fastest peer, which took turns with it in the same run and was "
    "asked for the same precision: of `fastest` ours is as fast as its gate allows, and the peers run as they come, "
    "most in FP32. In brackets the 95 % confidence interval. Pictures were compared with the FP32 "
    "reference in that run."
)
TABLE = ("model", "scenario", "batch", "precision", "backend", "p50 ms", "images/s", "speed", "peer", "pictures")
NUMERIC = (False, False, True, False, False, True, True, True, False, False)


def section(documents: Sequence[tuple[str, Document]]) -> str:
    """What stands between the markers.

    Args:
        documents: (the file's name, the document) of each run.
    """
    if not documents:
        return EMPTY
    return "\n\n".join([fill(HEAD, 120), *(_run(name, document) for name, document in documents)])


def read_all(folder: Path) -> list[tuple[str, Document]]:
    """Every document of a folder, by name.

    Raises:
        BadInputFile: a file that is no document.
    """
    return [(path.name, read_document(path)) for path in sorted(folder.glob("*.json"))]


def _run(name: str, document: Document) -> str:
    groups = group_results(document.results)
    link = f"[all results](../benchmarks/results/{name})"
    state = ", interrupted" if document.status == "interrupted" else ""
    title = f"**{escape(machine_name(document.machine))}**, {escape(plain(document.machine.get('os')))}, "
    about = f"{title}ganrt {escape(document.ganrt)}, {date(document.created)}{state}; {link}."
    rows = tuple(_row(group, row) for group in groups for row in _best_of_ours(group))
    table = markdown_table(Table(TABLE, rows, NUMERIC)) if rows else []
    figures = [_figures(result) for group in groups for row in group.rows if (result := row.result).figures]
    return "\n\n".join("\n".join(part) for part in ([about], table, [line for line in figures if line]) if part)


def _best_of_ours(group: Group) -> list[Row]:
    """The fastest of each precision that was asked for."""
    best: dict[str, Row] = {}
    for row in group.rows:
        if is_ours(row.result.subject) and costs(row.result):
            known = best.get(_precision(row.result))
            if known is None or costs(row.result)[0].value < costs(known.result)[0].value:
                best[_precision(row.result)] = row
    return list(best.values())


def _row(group: Group, row: Row) -> tuple[str, ...]:
    result, latency = row.result, row.result.latency_ms
    pair = row.against.interval if row.against else None
    speed = times(row.against.value) if row.against else NONE
    return (
        group.model.name,
        group.scenario.replace("_", " "),
        str(group.batch_size or NONE),
        _precision(result),
        _runner(result),
        number(latency.p50 if latency else None),
        number(result.images_per_second),
        f"{speed} [{pair[0]:.3g}, {pair[1]:.3g}]" if pair else speed,
        _peer(row.peer, result) if row.peer else NONE,
        pictures(result),
    )


def _precision(result: Result) -> str:
    """What it computes in, and what was asked for where that is no precision of its own."""
    found = result.precision or NONE
    return f"fastest: {found}" if result.asked_precision == "fastest" else found


def _peer(peer: Result, ours: Result) -> str:
    return _runner(peer) + (f" {peer.precision}" if peer.precision != ours.precision else "")


def _runner(result: Result) -> str:
    return result.subject + ("" if result.status == "ok" else f" ({result.status})")


def _figures(result: Result) -> str | None:
    """One item of a list: a job's figures, or those of our backends (peak memory, parts of a start)."""
    if not is_ours(result.subject):
        return None
    of = result.entry if result.subject == "ganrt" and result.entry else f"{result.scenario}, {result.subject}"
    told = ", ".join(f"{name} {plain(value)}" for name, value in result.figures.items())
    return f"- {escape(of.replace('_', ' '))}, {escape(result.model.name)}: {escape(told)}"


if __name__ == "__main__":
    PAGE.write_text(insert(PAGE.read_text("utf-8"), section(read_all(RESULTS)), BEGIN, END), "utf-8")
    print(PAGE)
