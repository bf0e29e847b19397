"""Times candidates side by side: shuffled rounds, medians, the slow ones out early."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from ganrt.benchmarks.tuning.candidates import Candidate
from ganrt.benchmarks.tuning.samples import Samples
from ganrt.engines.protocol import Arrays, Engine

_SLICE_S = 0.02
_ROUNDS = 30
_FEW = 3

Times = Mapping[tuple[Candidate, int], float]  # median seconds of a batch


@dataclass
class _Lane:
    """One candidate at one batch size."""

    candidate: Candidate
    batch: int
    engine: Engine
    inputs: Arrays
    times: list[float] = field(default_factory=list)

    def slice(self) -> None:
        """One call and those that follow within a moment."""
        began = time.perf_counter()
        while True:
            start = time.perf_counter()
            self.engine.run(self.inputs)
            end = time.perf_counter()
            self.times.append(end - start)
            if end - began >= _SLICE_S:
                return


def heat(candidate: Candidate, batch: int, samples: Samples, threads: int | None) -> float:
    """The least seconds of a few calls, alone: enough to tell who cannot win."""
    with candidate.open(threads) as engine:
        lane = _Lane(candidate, batch, engine, samples.part(0, batch))
        engine.run(lane.inputs)
        for _ in range(_FEW):
            lane.slice()
            if sum(lane.times) > 2.0:
                break
        return min(lane.times)


def race(
    candidates: Sequence[Candidate],
    batches: Sequence[int],
    samples: Samples,
    threads: int | None,
    budget_s: float,
    progress: Callable[[int], object] = lambda _: None,
) -> Times:
    """All candidates at all batch sizes, in rounds of random order, until `budget_s` is spent (at least three rounds).

    Args:
        progress: told the percentage that is done.
    """
    with ExitStack() as opened:
        engines = [opened.enter_context(candidate.open(threads)) for candidate in candidates]
        lanes = [
            _Lane(candidate, batch, engine, samples.part(0, batch))
            for candidate, engine in zip(candidates, engines, strict=True)
            for batch in batches
        ]
        for lane in lanes:  # compiled and warm before the first timed call
            lane.engine.run(lane.inputs)
            lane.engine.run(lane.inputs)
        _rounds(lanes, budget_s, progress)
        return {(lane.candidate, lane.batch): statistics.median(lane.times) for lane in lanes}


def _rounds(lanes: list[_Lane], budget_s: float, progress: Callable[[int], object]) -> None:
    order, began = random.Random(0), time.monotonic()
    for number in range(_ROUNDS):
        spent = time.monotonic() - began
        if number >= _FEW and spent * (number + 1) / number > budget_s:
            break
        order.shuffle(lanes)
        for lane in lanes:
            lane.slice()
        progress(round(100 * max((number + 1) / _ROUNDS, min(1.0, spent / budget_s))))
