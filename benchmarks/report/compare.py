"""Two runs side by side: how much slower the second is, and whether its interval supports that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from ganrt.benchmarks.document import Document, Json, Result
from ganrt.benchmarks.report.columns import Table
from ganrt.benchmarks.report.html import document_parts
from ganrt.benchmarks.report.machines import differences, machine_name
from ganrt.benchmarks.report.markdown import escape, markdown_table
from ganrt.benchmarks.report.page import Markup, bullets, html_table, page, plots, section, tag, warning
from ganrt.benchmarks.report.plots import Dot, dots_plot
from ganrt.benchmarks.report.ratios import Cost, Matched, Ratio, costs, match, place_of, ratio
from ganrt.benchmarks.report.terminal import aligned
from ganrt.benchmarks.report.words import NONE, date, number, percent, printable, times
from ganrt.errors import UsageError

MEANING = {
    "regression": "slower by more than the tolerance; the whole interval says so",
    "slower": "slower, but perhaps within the tolerance",
    "same": "no difference that the interval supports, and none beyond the tolerance",
    "unclear": "the interval is too wide to tell",
    "faster": "faster, but perhaps within the tolerance",
    "improvement": "faster by more than the tolerance; the whole interval says so",
    "no interval": "too few samples for a verdict",
    "broken": "had a speed, and draws wrong pictures now",
}
FAILING = ("regression", "broken")
METHOD = (
    "The ratio is the second run's time over the first's: above 1 is slower. Judged are the median (of offline the "
    "time an image) and p99, where both runs have an interval of it.",
    "The 95 % interval of a ratio joins the two that the files hold, on logarithms (MOVER: Donner and Zou 2012), as "
    "those of independent runs. Whole processes have none in the file; theirs comes from order statistics and needs "
    "six of them.",
    "The intervals of the files hold what differs between fresh processes, where several shared a run; what lasts "
    "longer than a run, such as a warmer room or another load, is in neither: compare runs made by turns.",
)


@dataclass(frozen=True)
class Change:
    """One quantity of one result in both runs, in milliseconds; `figure`s have no verdict."""

    place: str
    quantity: str
    before: float | None
    after: float | None
    ratio: Ratio | None
    verdict: str
    unstable: bool

    def as_json(self) -> Json:
        """For --json."""
        bounds = self.ratio.interval if self.ratio else None
        return {**asdict(self), "ratio": self.ratio.value if self.ratio else None, "interval": bounds}


@dataclass(frozen=True)
class Comparison:
    """What two documents say of each other."""

    tolerance: float
    changes: tuple[Change, ...]
    figures: tuple[Change, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def failing(self) -> list[Change]:
        """Regressions beyond the tolerance, and pictures that became wrong."""
        return [change for change in self.changes if change.verdict in FAILING]

    def as_json(self) -> Json:
        """For --json."""
        return {
            "tolerance": self.tolerance,
            "regressions": len(self.failing),
            "changes": [change.as_json() for change in self.changes],
            "figures": [change.as_json() for change in self.figures],
            "only_first": list(self.only_first),
            "only_second": list(self.only_second),
            "warnings": list(self.warnings),
        }


def compare(first: Document, second: Document, tolerance: float = 0.05) -> Comparison:
    """Compares what both measured.

    Args:
        tolerance: how much slower the second may be, 0 to 10: 0.05 is five per cent.

    Raises:
        UsageError: a tolerance that makes no sense.
    """
    if not 0 <= tolerance <= 10:
        raise UsageError(f"tolerance {tolerance}: expected 0 to 10, such as 0.05 for five per cent")
    matched = match(first.results, second.results)
    return Comparison(
        tolerance,
        tuple(change for pair in matched.pairs for change in _changes(*pair, tolerance)),
        tuple(change for pair in matched.pairs for change in _figures(*pair)),
        tuple(place_of(result) for result in matched.only_first),
        tuple(place_of(result) for result in matched.only_second),
        tuple(_warnings(first, second, matched)),
    )


def _changes(before: Result, after: Result, tolerance: float) -> list[Change]:
    place, unstable = place_of(before), "unstable" in (before.status, after.status)
    old, new = costs(before), {cost.name: cost for cost in costs(after)}
    if old and after.status == "wrong_output":
        return [Change(place, "pictures", old[0].value, None, None, "broken", unstable)]
    return [_change(place, cost, new[cost.name], tolerance, unstable) for cost in old if cost.name in new]


def _change(place: str, before: Cost, after: Cost, tolerance: float, unstable: bool) -> Change:
    found = ratio(after, before)
    return Change(place, before.name, before.value, after.value, found, verdict(found, tolerance), unstable)


def verdict(found: Ratio, tolerance: float) -> str:
    """A word of `MEANING` for a ratio of times."""
    if found.interval is None:
        return "no interval"
    (low, high), most = found.interval, 1 + tolerance
    if low > most:
        return "regression"
    if high < 1 / most:
        return "improvement"
    if low > 1 or high < 1:
        return "slower" if low > 1 else "faster"
    return "same" if low >= 1 / most and high <= most else "unclear"


def _figures(before: Result, after: Result) -> list[Change]:
    """Figures of both, which have no intervals: told, and not judged."""
    place, found = place_of(before), []
    for name, old in before.figures.items():
        new = after.figures.get(name)
        if isinstance(old, float) and isinstance(new, float):
            value = Ratio(new / old, None) if old > 0 and new > 0 else None
            found.append(Change(place, name, old, new, value, "not judged", False))
    return found


def _warnings(first: Document, second: Document, matched: Matched) -> list[str]:
    found = [f"the {name} run was interrupted" for name, run in _both(first, second) if run.status == "interrupted"]
    changed = differences(first.machine, second.machine)
    if changed:
        found.append("the machines differ: " + "; ".join(changed))
    if first.ganrt != second.ganrt:
        found.append(f"measured by ganrt {first.ganrt} and {second.ganrt}")
    found += [
        f"{place_of(before)}: on {before.device} in the first run, on {after.device} in the second"
        for before, after in matched.pairs
        if before.device != after.device
    ]
    found += [
        f"the {name} run: {count} results were measured in one process: their intervals hold within that run only"
        for (name, _), index in zip(_both(first, second), (0, 1), strict=True)
        if (count := sum(_of_one_process(pair[index]) for pair in matched.pairs))
    ]
    doubtful = [
        f"{place_of(result)} ({name} run): {result.status}: {result.reason}"
        for pair in matched.pairs
        for (name, _), result in zip(_both(first, second), pair, strict=True)
        if result.status in ("unstable", "interrupted", "wrong_output")
    ]
    return [*found, *doubtful] + ([] if matched.pairs else ["the two have nothing in common"])


def _of_one_process(result: Result) -> bool:
    return result.processes < 2 and bool(result.latency_intervals)


def _both(first: Document, second: Document) -> Sequence[tuple[str, Document]]:
    return ("first", first), ("second", second)


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
