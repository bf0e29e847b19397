"""Keeps the layers in FP32 whose rounding costs most, one by one, until the worst picture passes the gate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ganrt.engines.precisions.judge import LEAST, Judge, Score
from ganrt.engines.precisions.layers import Layers
from ganrt.engines.precisions.prepared import Prepared
from ganrt.engines.precisions.table import Island
from ganrt.errors import NegativeResult

_FEW = 4  # samples, the worst ones, that a single layer's cost is measured on

Make = Callable[[frozenset[str]], Prepared]  # from the names of the layers that stay in FP32
Progress = Callable[[str, int], object]


@dataclass(frozen=True)
class Found:
    """A graph that passed, and the layers that had to stay in FP32 for it."""

    prepared: Prepared
    score: Score
    islands: tuple[Island, ...]


def search(layers: Layers, make: Make, judge: Judge, gate: float, progress: Progress) -> Found:
    """The graph with as many layers in the lower precision as pass the gate.

    Args:
        layers: those that can be in the lower precision.
        gate: dB.

    Raises:
        NegativeResult: not even with one layer in the lower precision is the gate reached.
    """
    kept: list[Island] = []
    prepared, score = _attempt(make, kept, judge, progress)
    first = score
    costs = {} if score.psnr >= gate else _costs(layers, make, judge, _worst(score, _FEW), progress)
    for number, (name, cost) in enumerate(sorted(costs.items(), key=lambda item: -item[1])):
        if number == len(costs) - 1:
            raise NegativeResult(_refusal(gate, first, score, len(layers)))
        kept.append(Island(name, f"alone {_decibels(cost)}"))
        prepared = make(_names(kept))
        # The worst ones first: most attempts fail on them already.
        score = judge.score(prepared, _worst(score if len(score.errors) == len(judge) else first, LEAST))
        if score.psnr >= gate:
            prepared, score = _attempt(make, kept, judge, progress)
            if score.psnr >= gate:
                break
    if score.psnr < gate:
        raise NegativeResult(_refusal(gate, first, score, len(layers)))
    return Found(prepared, score, tuple(kept))


def _attempt(make: Make, kept: Sequence[Island], judge: Judge, progress: Progress) -> tuple[Prepared, Score]:
    prepared = make(_names(kept))
    what = f"judging, {len(kept)} layers kept in FP32" if kept else "judging"
    return prepared, judge.score(prepared, progress=lambda percent: progress(what, percent))


def _costs(
    layers: Layers, make: Make, judge: Judge, chosen: Sequence[int], progress: Progress
) -> dict[str, float]:
    """The worst error of each layer, when it alone is in the lower precision."""
    costs = {}
    for number, name in enumerate(layers):
        progress("measuring layers", round(100 * number / len(layers)))
        alone = make(frozenset(layers) - {name})
        costs[name] = float(judge.score(alone, chosen).errors.max())
    return costs


def _worst(score: Score, count: int) -> list[int]:
    return [int(i) for i in np.argsort(-score.errors, kind="stable")[:count]]


def _names(kept: Sequence[Island]) -> frozenset[str]:
    return frozenset(island.name for island in kept)


def _decibels(cost: float) -> str:
    return "identical" if cost == 0 else "not finite" if np.isinf(cost) else f"{-10 * np.log10(cost):.1f} dB"


def _refusal(gate: float, first: Score, last: Score, count: int) -> str:
    broken = f", '{first.broken}' is not finite" if first.broken else ""
    return (
        f"the worst picture has a PSNR of {first.psnr:.1f} dB to FP32{broken}; the gate is {gate:g} dB\n"
        f"keeping all but one of its {count} layers in FP32 gives {last.psnr:.1f} dB; "
        "accept less with --gate, or stay with FP32"
    )
