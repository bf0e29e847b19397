"""95 % intervals by the bootstrap: the same numbers for the same data, on every machine.

Efron's percentile interval (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13): the statistic
of many samples drawn with replacement from the images, and the 2.5th and 97.5th percentile of what it gave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

REPLICATES = 2000
MIN_SAMPLES = 8  # fewer cannot be resampled into an interval that means anything
_TAILS = (2.5, 97.5)
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def mean_estimate(values: F64) -> Estimate:
    """The mean of values [n], n >= 2."""
    replicates = _counts(len(values)) @ values / len(values)
    return _estimate(float(values.mean()), replicates)


def pair_estimate(distances: F64) -> Estimate:
    """The mean over all pairs i < j of symmetric distances [n, n], n >= 2: a U-statistic of second order.

    Whole images are resampled, not pairs, which depend on each other. An image that was drawn twice makes no pair
    with itself: those distances are 0 and would pull every replicate down by a share of about 1 / n.
    """
    counts = _counts(len(distances))
    pairs = len(distances) ** 2 - (counts**2).sum(axis=1)
    possible = pairs > 0  # else one image was drawn every time
    sums = np.einsum("rn,rn->r", counts @ distances, counts)
    return _estimate(pair_mean(distances), sums[possible] / pairs[possible])


def pair_mean(distances: F64) -> float:
    """The mean over all pairs i < j of symmetric distances [n, n]; 0 for fewer than two."""
    count = len(distances)
    return float(distances[np.triu_indices(count, 1)].mean()) if count > 1 else 0.0


def _counts(size: int) -> F64:
    """How often each of `size` images was drawn: float64 [replicates, size].

    From the raw words of PCG64, whose stream NumPy keeps from version to version, unlike its distributions'.
    """
    drawn = (np.random.PCG64(_SEED).random_raw(REPLICATES * size) % np.uint64(size)).astype(np.int64)
    cells = drawn.reshape(REPLICATES, size) + size * np.arange(REPLICATES)[:, None]
    counts = np.bincount(cells.ravel(), minlength=REPLICATES * size)
    return counts.reshape(REPLICATES, size).astype(np.float64)


def _estimate(value: float, replicates: F64) -> Estimate:
    low, high = np.percentile(replicates, _TAILS)
    return Estimate(value, float(low), float(high))
