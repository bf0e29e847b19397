"""Times candidates, in quick trials that tell who cannot win and side by side in shuffled rounds, and ranks them."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from ganrt.engines.protocol import Arrays, Engine
from ganrt.runtime.tuning.candidates import Candidate, Say
from ganrt.runtime.tuning.samples import Samples

_SLICE_S = 0.02
_ROUNDS = 30
_FEW = 3
_LEAST_ROUNDS = 3  # whatever the time: one call can be interrupted, the median of three hardly
_LONG_S = 0.5  # that a candidate is timed alone
_BEHIND = 1.5  # times slower than the best: not measured any closer
_FIRST = 5  # rounds in which a form may show that it is not hopeless
_HOPELESS = 1.1  # times slower than the best of a round, in each of them and at every batch size

Seconds = dict[int, float]  # of a batch, by its size
Times = Mapping[tuple[Candidate, int], float]  # median seconds of a batch
Rounds = Mapping[tuple[Candidate, int], Sequence[float]]  # of each round the median, of whoever was there to the end


@dataclass
class _Lane:
    """One candidate at one batch size."""

    candidate: Candidate
    batch: int
    engine: Engine
    inputs: Arrays
    times: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)

    def call(self) -> float:
        start = time.perf_counter()
        self.engine.run(self.inputs)
        self.times.append(time.perf_counter() - start)
        return self.times[-1]

    def slice(self) -> None:
        """One call and those that follow within a moment."""
        first = len(self.times)
        spent = self.call()
        while spent < _SLICE_S:
            spent += self.call()
        self.rounds.append(statistics.median(self.times[first:]))


def trial(
    candidate: Candidate, batches: Sequence[int], samples: Samples, threads: int | None, best: Mapping[int, float]
) -> Seconds:
    """The least seconds of a few calls, alone: enough to tell who cannot win.

    Args:
        best: the least seconds so far; who is far behind is not called again.
    """
    with candidate.open(threads) as engine:
        lanes = [_Lane(candidate, batch, engine, samples.part(0, batch)) for batch in batches]
        for lane in lanes:
            engine.run(lane.inputs)
            if lane.call() < _BEHIND * best.get(lane.batch, float("inf")):
                for _ in range(_FEW):
                    if sum(lane.times) < _LONG_S:
                        lane.slice()
        return {lane.batch: min(lane.times) for lane in lanes}


def run_rounds(
    candidates: Sequence[Candidate],
    batches: Sequence[int],
    samples: Samples,
    threads: int | None,
    budget_s: float,
    say: Say,
    progress: Callable[[int], object] = lambda _: None,
) -> Rounds:
    """All candidates at all batch sizes, in rounds of random order, until `budget_s` is spent, of which opening them is
    a part (at least three rounds).

    A candidate that fails is left out of the result, and one that was far behind in each of the first rounds.

    Args:
        say: told who failed, and why.
        progress: told the percentage that is done.
    """
    began = time.monotonic()
    with ExitStack() as opened:
        lanes: list[_Lane] = []
        for candidate in candidates:
            lanes += _warm_lanes(candidate, batches, samples, threads, opened, say)
        failed = _rounds(lanes, budget_s - (time.monotonic() - began), say, progress)
        return {(lane.candidate, lane.batch): lane.rounds for lane in lanes if lane.candidate not in failed}


def medians(rounds: Rounds) -> Times:
    return {lane: statistics.median(seconds) for lane, seconds in rounds.items()}


def _warm_lanes(
    candidate: Candidate,
    batches: Sequence[int],
    samples: Samples,
    threads: int | None,
    opened: ExitStack,
    say: Say,
) -> list[_Lane]:
    """Compiled and warm before the first timed call; none of a candidate that fails."""
    try:
        engine = opened.enter_context(candidate.open(threads))
        lanes = [_Lane(candidate, batch, engine, samples.part(0, batch)) for batch in batches]
        for lane in lanes:
            engine.run(lane.inputs)
    except Exception as error:  # a backend may fail in any way; the others go on
        say(left_out(candidate, error))
        return []
    return lanes


def _rounds(lanes: list[_Lane], budget_s: float, say: Say, progress: Callable[[int], object]) -> set[Candidate]:
    """Times all lanes; those whose candidate failed, or fell far behind, are in the result."""
    order, began = random.Random(0), time.monotonic()
    running, failed = list(lanes), set[Candidate]()
    for number in range(_ROUNDS):
        spent = time.monotonic() - began
        if number >= _LEAST_ROUNDS and spent * (number + 1) / number > budget_s:
            break
        if number == _FIRST:
            failed |= _hopeless(running)
            running = [lane for lane in running if lane.candidate not in failed]
        order.shuffle(running)
        for lane in running:
            try:
                if lane.candidate not in failed:
                    lane.slice()
            except Exception as error:
                failed.add(lane.candidate)
                say(left_out(lane.candidate, error))
        progress(round(100 * max((number + 1) / _ROUNDS, min(1.0, spent / max(budget_s, 1e-9)))))
    return failed


def _hopeless(lanes: Sequence[_Lane]) -> set[Candidate]:
    """Those that were far behind others of their precision in every round at every batch size; plain graphs are what
    others are compared with."""
    best: dict[tuple[str, int, int], float] = {}
    for _, place, seconds in _each_round(lanes):
        best[place] = min(seconds, best.get(place, seconds))
    near = {lane.candidate for lane, place, seconds in _each_round(lanes) if seconds <= _HOPELESS * best[place]}
    return {lane.candidate for lane in lanes if lane.candidate not in near and not lane.candidate.is_plain}


def _each_round(lanes: Sequence[_Lane]) -> Iterator[tuple[_Lane, tuple[str, int, int], float]]:
    """Each lane's seconds of a round, and what they are compared with: precision, batch size, number of the round."""
    for lane in lanes:
        for number, seconds in enumerate(lane.rounds):
            yield lane, (lane.candidate.precision, lane.batch, number), seconds


def left_out(candidate: Candidate, error: Exception) -> str:
    reason = str(error).strip() or type(error).__name__
    return f"{candidate.name} left out: {reason.splitlines()[0]}"


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
