"""Who is ahead: the speed against the best plain graph, over all batch sizes that were measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganrt.runtime.tuning.candidates import Candidate
from ganrt.runtime.tuning.race import Rounds, Times

_TOLERATED = 1 / 0.97  # slower than the best plain graph by no more than measurements scatter
_PROVEN = 0.75  # of the rounds that a winner must win against what runs untuned


def speedup(candidate: Candidate, times: Times, batches: Sequence[int]) -> float:
    """How much faster than the best plain graph it is: a geometric mean over the batch sizes."""
    return _mean({batch: _ratio(candidate, times, batch) for batch in batches})


def _mean(ratios: dict[int, float]) -> float:
    """Geometric; a single picture counts as much as all larger batches together."""
    larger = len(ratios) - 1
    weights = {batch: 1.0 if not larger else 0.5 if batch == 1 else 0.5 / larger for batch in ratios}
    return math.exp(sum(weights[batch] * math.log(ratio) for batch, ratio in ratios.items()))


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


def rounds_won(candidate: Candidate, untuned: Candidate, rounds: Rounds, batches: Sequence[int]) -> tuple[int, int]:
    """In how many rounds it was faster than what runs untuned, and of how many. Both ran within a moment of each other
    in a round, so what slows a machine down for longer slows both."""
    pairs = {batch: list(zip(rounds[untuned, batch], rounds[candidate, batch], strict=False)) for batch in batches}
    count = min(map(len, pairs.values()))
    means = [_mean({batch: pairs[batch][i][0] / pairs[batch][i][1] for batch in batches}) for i in range(count)]
    return sum(mean > 1 for mean in means), count


def is_proven(won: int, of: int) -> bool:
    """Whether that many rounds tell a winner from a restless machine."""
    return won >= _PROVEN * of


def _ratio(candidate: Candidate, times: Times, batch: int) -> float:
    """1 where no plain graph was measured."""
    plain = [seconds for (other, size), seconds in times.items() if size == batch and other.is_plain]
    return min(plain) / times[candidate, batch] if plain else 1.0
