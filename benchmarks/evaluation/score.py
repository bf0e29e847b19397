"""The Inception-style score: exp of the mean KL divergence of p(y|x) from p(y) (Salimans et al., 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError

SPLITS = 10
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """The score over all pictures, 1 to the number of classes, and its mean and deviation over `splits` parts."""

    value: float
    splits: int
    mean: float
    deviation: float


def probabilities(classes: NDArray[np.floating]) -> Doubles:
    """Class outputs [n, k] -> float64 [n, k], rows of sum 1.

    Rows that are non-negative and sum to 1 within 0.001 are probabilities already; anything else is taken for logits.
    """
    x = np.asarray(classes, np.float64)
    if (x >= 0).all() and (np.abs(x.sum(axis=1) - 1) < 1e-3).all():
        return np.asarray(x / x.sum(axis=1, keepdims=True))
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def inception_style_score(p: Doubles) -> float:
    """Class probabilities float64 [n, k] -> 1 (all pictures alike to the classifier) to k (sure and balanced)."""
    marginal = p.mean(axis=0)
    ratio = np.divide(p, marginal, out=np.ones_like(p), where=p > 0)  # 0 log 0 = 0
    return float(np.exp((p * np.log(ratio)).sum(axis=1).mean()))


def score(classes: NDArray[np.floating], *, seed: int = 0) -> Score:
    """The score of pictures with class outputs [n, k]: logits or probabilities.

    The parts are drawn at random, since a folder's order follows its labels; each holds at least two pictures.

    Raises:
        UsageError: fewer than four pictures, or fewer than two classes.
    """
    count, width = classes.shape
    if count < 4 or width < 2:
        raise UsageError(f"score: {count} pictures and {width} classes; expected at least 4 and 2")
    p = probabilities(classes)
    parts = np.array_split(np.random.default_rng(seed).permutation(count), min(SPLITS, count // 2))
    values = [inception_style_score(p[rows]) for rows in parts]
    return Score(inception_style_score(p), len(parts), float(np.mean(values)), float(np.std(values, ddof=1)))
