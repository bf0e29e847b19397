"""Two runs side by side: how much slower the second is, and whether its interval supports that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ganrt.benchmarks.document import Document, Result
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.report.machines import differences
from ganrt.benchmarks.report.matching import Matched, match, place_of
from ganrt.benchmarks.report.ratios import Cost, Ratio, costs, ratio
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
