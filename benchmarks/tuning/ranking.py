"""Who is ahead: the speed against the best plain graph, over all batch sizes that were measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganrt.benchmarks.tuning.candidates import Candidate
from ganrt.benchmarks.tuning.race import Times

_TOLERATED = 1 / 0.97  # slower than the best plain graph by no more than measurements scatter


def speedup(candidate: Candidate, times: Times, batches: Sequence[int]) -> float:
    """Geometric mean over the batch sizes of how much faster than the best plain graph it is."""
    return math.exp(sum(math.log(_ratio(candidate, times, batch)) for batch in batches) / len(batches))


def ranked(finalists: Sequence[Candidate], times: Times, batches: Sequence[int]) -> list[Candidate]:
    """Those that are nowhere slower than the best plain graph first, by their mean; then by their worst batch."""

    def rank(candidate: Candidate) -> tuple[bool, float]:
        worst = min(_ratio(candidate, times, batch) for batch in batches)
        never_slower = worst >= 1 / _TOLERATED
        return not never_slower, -(speedup(candidate, times, batches) if never_slower else worst)

    return sorted(finalists, key=rank)


def unless_hardly(
    order: Sequence[Candidate], default: Candidate, times: Times, batches: Sequence[int]
) -> list[Candidate]:
    """The same order, but where the first is hardly faster than what runs untuned, that goes first: another backend or
    graph changes the last bits of pictures, and nobody gains by it."""
    untuned = [one for one in order if one.is_plain and one.backend == default.backend]
    if not untuned or speedup(order[0], times, batches) > _TOLERATED * speedup(untuned[0], times, batches):
        return list(order)
    return [untuned[0], *(one for one in order if one is not untuned[0])]


def _ratio(candidate: Candidate, times: Times, batch: int) -> float:
    """1 where no plain graph was measured."""
    plain = [seconds for (other, size), seconds in times.items() if size == batch and other.is_plain]
    return min(plain) / times[candidate, batch] if plain else 1.0
