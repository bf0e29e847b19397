"""How much slower one result is than another, with a confidence interval.

The interval joins the two stored ones: MOVER (Donner and Zou 2012, "Closed-form confidence intervals for functions of
the normal mean and standard deviation"; Zou and Donner 2008) for the difference of two logarithms,
log a - log b -+ sqrt((distance to a's limit)^2 + (distance to b's opposite limit)^2). It takes the two as independent,
which is right for two runs, and careful for two runners that were slow at the same moments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from ganrt.benchmarks.document import Interval, Result
from ganrt.benchmarks.options import PROCESSES
from ganrt.benchmarks.statistics import narrowed


@dataclass(frozen=True)
class Cost:
    """One quantity of a result as a time, in milliseconds: less is better."""

    name: str
    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Ratio:
    """One time over another; the interval is None where one of the two has none."""

    value: float
    interval: Interval | None

    def inverse(self) -> Ratio:
        """Speed over speed."""
        pair = self.interval
        return Ratio(1 / self.value, None if pair is None else (1 / pair[1], 1 / pair[0]))


def costs_within_run(result: Result) -> tuple[Cost, ...]:
    """As `costs`, beside other results of the same run: what drifts from run to run is the same for all of them."""
    return tuple(
        replace(cost, interval=narrowed(cost.interval, cost.value, result.between_runs)) if cost.interval else cost
        for cost in costs(result)
    )


def costs(result: Result) -> tuple[Cost, ...]:
    """What a result is judged by: of `offline` the time per image; else the median, and p99 where it has an interval.

    Empty where nothing was measured, or where it is no time of a real machine.
    """
    if result.scenario == "offline" and result.images_per_second and _real(1e3 / result.images_per_second):
        rate, pair = result.images_per_second, result.images_per_second_interval
        return (Cost("time per image", 1e3 / rate, (1e3 / pair[1], 1e3 / pair[0]) if pair and pair[0] else None),)
    latency = result.latency_ms
    if latency is None or latency.p50 is None or not _real(latency.p50):
        return ()
    median = Cost("p50", latency.p50, _median_interval(result))
    if latency.p99 is None or not _real(latency.p99) or "p99" not in result.latency_intervals:
        return (median,)
    return median, Cost("p99", latency.p99, result.latency_intervals["p99"])


def _real(milliseconds: float) -> bool:
    """From a femtosecond to thirty years: ratios of such times are finite."""
    return 1e-12 <= milliseconds <= 1e12


def ratio(cost: Cost, base: Cost) -> Ratio:
    """`cost` over `base`; both above 0."""
    value = cost.value / base.value
    if cost.interval is None or base.interval is None or min(cost.interval[0], base.interval[0]) <= 0:
        return Ratio(value, None)
    down = math.hypot(_log(cost.value, cost.interval[0]), _log(base.interval[1], base.value))
    up = math.hypot(_log(cost.interval[1], cost.value), _log(base.value, base.interval[0]))
    return Ratio(value, (value * math.exp(-down), value * math.exp(up)))


def _log(larger: float, smaller: float) -> float:
    """The distance of two logarithms; 0 where an estimate lies outside its own interval."""
    return max(0.0, math.log(larger / smaller))


def _median_interval(result: Result) -> Interval | None:
    """The stored one; for processes, whose times are independent, the one by order statistics."""
    if "p50" in result.latency_intervals:
        return result.latency_intervals["p50"]
    values = sorted(result.latencies_us)
    if result.scenario not in PROCESSES or (rank := _rank(len(values))) is None:
        return None
    return values[rank] / 1e3, values[-1 - rank] / 1e3


@cache
def _rank(count: int) -> int | None:
    """The highest r for which the r-th least and r-th greatest of n (from 0) hold the median with 95 %: the binomial
    law (David and Nagaraja, "Order Statistics", 7.1). None below six samples."""
    tail, best = 0.0, None
    for rank in range(count // 2):
        tail += math.comb(count, rank) / 2**count
        if tail > 0.025:
            break
        best = rank
    return best


Key = tuple[object, ...]


@dataclass(frozen=True)
class Matched:
    """Pairs that measured the same thing, in the first one's order, and what only one of the two ran."""

    pairs: tuple[tuple[Result, Result], ...]
    only_first: tuple[Result, ...]
    only_second: tuple[Result, ...]


def key_of(result: Result) -> Key:
    """Model (by its hash, by its name where there is none), scenario, rate of frames, runner, batch, precision and
    threads."""
    model = result.model.sha256 or result.model.name
    place = (result.scenario, result.deadline_ms, result.subject)
    return (model, *place, result.batch_size, result.asked_precision or result.precision, result.threads)


def match(first: Sequence[Result], second: Sequence[Result]) -> Matched:
    """Results that were not run count as absent. Of several with one key those of the same entry of the suite belong
    together, then the first to the first."""
    waiting: dict[Key, list[Result]] = {}
    for result in _ran(second):
        waiting.setdefault(key_of(result), []).append(result)
    pairs, alone = [], []
    for result in _ran(first):
        others = waiting.get(key_of(result))
        if not others:
            alone.append(result)
            continue
        same = next((other for other in others if other.entry == result.entry), others[0])
        others.remove(same)
        pairs.append((result, same))
    return Matched(tuple(pairs), tuple(alone), tuple(result for others in waiting.values() for result in others))


def place_of(result: Result) -> str:
    """ "avatars-1, single stream, batch 1, ganrt/onnxruntime fp32, 2 threads"."""
    parts = [
        result.model.name,
        result.scenario.replace("_", " "),
        f"batch {result.batch_size}" if result.batch_size else None,
        f"{result.subject} {result.precision or ''}".strip(),
        f"{result.threads} threads" if result.threads else None,
    ]
    return ", ".join(part for part in parts if part)


def _ran(results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.status != "not_run"]
