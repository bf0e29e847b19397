"""Results that belong side by side: one model, scenario and batch size, each beside the fastest peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganrt.benchmarks.document import Model, Result
from ganrt.benchmarks.report.ratios import Cost, Ratio, costs, costs_within_run, ratio
from ganrt.benchmarks.report.words import model_name

OURS = "ganrt"


@dataclass(frozen=True)
class Row:
    """A result, and its speed over that of the fastest peer, which may be itself; None where none can be compared."""

    result: Result
    against: Ratio | None
    peer: Result | None


@dataclass(frozen=True)
class Group:
    """Runners that were measured in turn with each other, and those that were not run."""

    model: Model
    scenario: str
    batch_size: int | None
    rows: tuple[Row, ...]
    not_run: tuple[Result, ...]

    @property
    def title(self) -> str:
        """ "avatars-1 (f0477c18), single stream, batch 16"."""
        batch = f", batch {self.batch_size}" if self.batch_size else ""
        return f"{model_name(self.model)}, {self.scenario.replace('_', ' ')}{batch}"

    @property
    def timed(self) -> bool:
        """Whether there are latencies, and not figures alone."""
        return any(row.result.latency_ms for row in self.rows)


def is_ours(runner: str) -> bool:
    """Whether a runner is one of this package's backends."""
    return runner == OURS or runner.startswith(f"{OURS}/")


def group_results(results: Sequence[Result]) -> list[Group]:
    """In the order in which models, scenarios and batches first appear; a runner that did not run is told once."""
    found: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        model = result.model
        found.setdefault((model.name, model.sha256, result.scenario, result.batch_size), []).append(result)
    return [_group(members) for members in found.values()]


def _group(members: Sequence[Result]) -> Group:
    first = members[0]
    ran = [result for result in members if result.status != "not_run"]
    rows = tuple(_row(result, ran) for result in ran)
    missing = {(result.subject, result.reason): result for result in members if result.status == "not_run"}
    return Group(first.model, first.scenario, first.batch_size, rows, tuple(missing.values()))


def _row(result: Result, ran: Sequence[Result]) -> Row:
    own, peer = costs_within_run(result), _fastest_peer(result, ran)
    if not own or peer is None:
        return Row(result, None, None)
    return Row(result, ratio(own[0], costs_within_run(peer)[0]).inverse(), peer)


def _fastest_peer(result: Result, ran: Sequence[Result]) -> Result | None:
    """Of those asked for the same precision, threads and device. Unstable ones count: none is left out."""
    like = (_asked(result), result.threads, result.device, result.deadline_ms)
    peers = [
        other
        for other in ran
        if not is_ours(other.subject)
        and costs(other)
        and (_asked(other), other.threads, other.device, other.deadline_ms) == like
    ]
    return min(peers, key=lambda peer: _time(costs(peer)), default=None)


def _asked(result: Result) -> str | None:
    """`fastest` is one group, whatever each runner then computes in."""
    return result.asked_precision or result.precision


def _time(found: Sequence[Cost]) -> float:
    return found[0].value


def with_figures(groups: Sequence[Group]) -> list[Result]:
    """Results that hold what is no latency, and those of groups without any latency."""
    return [row.result for group in groups for row in group.rows if row.result.figures or not group.timed]


def not_run_lines(groups: Sequence[Group]) -> list[str]:
    """Each runner that was not run, once for each reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for group in groups:
        for result in group.not_run:
            where = f"{group.model.name} {group.scenario}"
            reasons.setdefault((result.subject, result.reason or ""), []).append(where)
    return [
        f"{runner}: {reason}" + (f" ({_few(list(dict.fromkeys(places)))})" if len(groups) > 1 else "")
        for (runner, reason), places in reasons.items()
    ]


def _few(places: Sequence[str]) -> str:
    return ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
