"""The results as a plain table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.groups import Row, group_results, not_run_lines, with_figures
from ganrt.benchmarks.report.words import NONE, number, pictures, plain, printable, times, with_interval

_HEAD = ("runner", "precision", "p50 ms", "p99 ms", "images/s", "against", "pictures", "status")
_NUMERIC = (False, False, True, True, True, True, False, False)


def text_table(results: Sequence[Result]) -> list[str]:
    """Lines: each group with its title, then figures, then what is doubtful or was not run, with the reason.

    `against` is the speed over that of the fastest peer of the group, at the same precision.
    """
    groups = group_results(results)
    shown = [group for group in groups if group.timed]
    rows = tuple(_row(row) for group in shown for row in group.rows)
    head, *lines = (f"  {line}" for line in aligned(Table(_HEAD, rows, _NUMERIC)))
    told = [head] if shown else []
    for group in shown:
        told += [group.title, *lines[: len(group.rows)]]
        lines = lines[len(group.rows) :]
    figures = [f"{_whose(result)}: {plain(result.figures)}" for result in with_figures(groups) if result.figures]
    doubtful = dict.fromkeys(
        f"{result.status.replace('_', ' ')}: {_whose(result)}: {result.reason}"
        for result in results
        if result.status not in ("ok", "not_run")
    )
    missing = [f"not run: {line}" for line in not_run_lines(groups)]
    return [printable(line) for line in (*told, *figures, *doubtful, *missing)]


def aligned(table: Table) -> list[str]:
    """The table's head and rows in columns; numbers to the right."""
    widths = [max(len(row[i]) for row in (table.head, *table.rows)) for i in range(len(table.head))]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, table.numeric, strict=True)
        ).rstrip()
        for row in (table.head, *table.rows)
    ]


def _row(row: Row) -> tuple[str, ...]:
    result, latency = row.result, row.result.latency_ms
    return (
        result.subject,
        result.precision or NONE,
        number(latency.p50 if latency else None),
        number(latency.p99 if latency else None),
        with_interval(result.images_per_second, result.images_per_second_interval),
        "fastest peer" if row.peer is result else times(row.against.value) if row.against else NONE,
        pictures(result),
        result.status + _late(result),
    )


def _late(result: Result) -> str:
    return "" if result.missed_deadlines is None else f", {result.missed_deadlines} of {result.samples} late"


def _whose(result: Result) -> str:
    batch = f", batch {result.batch_size}" if result.batch_size else ""
    return f"{result.entry or result.scenario}, {result.subject} {result.precision or ''}".rstrip() + batch
