"""The batch sizes that a candidate may run at: those that give the very same bytes, so that an image does not depend
on its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ganrt.engines.ladder import pieces
from ganrt.runtime.tuning.candidates import SIZES, Candidate
from ganrt.runtime.tuning.samples import Samples, draw_in


def pinned(candidate: Candidate, batches: Sequence[int], samples: Samples, threads: int | None) -> Candidate:
    """The candidate as it will really run: at those of the measured sizes `batches` that agree."""
    if candidate.takes_any_batch:
        return candidate
    if len(batches) == 1:
        return candidate.at(tuple(batches))
    groups: dict[bytes, list[int]] = {}
    with candidate.open(threads) as engine:
        for size in batches:
            drawn = np.concatenate(list(draw_in(engine, samples.part(0, max(batches)), size)))
            groups.setdefault(drawn.tobytes(), []).append(size)
    best: list[int] = max(groups.values(), key=_usefulness)
    return candidate.at(tuple(best))


def widened(
    winner: Candidate, batches: Sequence[int], samples: Samples, threads: int | None, over: Callable[[], bool]
) -> Candidate:
    """The winner at further sizes that give the same bytes, for batches in between; what was measured runs as it did.

    Args:
        over: whether the time is spent.
    """
    if winner.takes_any_batch or winner.batches == (1,):
        return winner
    count, kept = max(batches), winner.batches
    with winner.at(SIZES).open(threads) as engine:
        expected = np.concatenate(list(draw_in(engine, samples.part(0, count), kept[0])))
        for size in SIZES:
            more = tuple(sorted({*kept, size}))
            same_pieces = all(pieces(batch, more) == pieces(batch, kept) for batch in batches)
            if size in kept or not same_pieces or over():
                continue
            if np.array_equal(np.concatenate(list(draw_in(engine, samples.part(0, count), size))), expected):
                kept = more
    return winner.at(kept)


def _usefulness(sizes: list[int]) -> tuple[bool, int, int]:
    """Of several groups of sizes that agree: the one that serves single images and large batches."""
    return 1 in sizes and len(sizes) > 1, len(sizes), max(sizes)
