"""The Fréchet distance between two sets of features, each taken for a Gaussian.

    |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2))

(Dowson and Landau, 1982), the squared 2-Wasserstein distance; with one certain Inception network as the extractor it
is the FID of Heusel et al. (2017). Covariances are never formed: with C = R^T R the last trace is the sum of the
singular values of R1 R2^T, which is real, has no negative term and holds for singular covariances as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError

GROUPS = 10
_NORMAL = 1.959964  # the normal distribution's 97.5 % quantile
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)  # Student's, 1 to GROUPS - 1 degrees


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's score interval of a share of independent successes (Wilson, 1927); count at least 1."""
    share, square = successes / count, _NORMAL**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = _NORMAL / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    low = centre - half if successes else 0.0  # exactly, where rounding leaves 1e-19
    return low, centre + half if successes < count else 1.0


def jackknife(value: float, without: Sequence[float]) -> tuple[float, float]:
    """The delete-a-group jackknife's interval about `value` (Kott, 2001), with Student's quantile.

    Args:
        without: the statistic without the first group, without the second and so on; 2 to GROUPS groups of nearly
            equal size.
    """
    groups = len(without)
    mean = sum(without) / groups
    error = math.sqrt((groups - 1) / groups * sum((one - mean) ** 2 for one in without))
    half = _STUDENT[groups - 2] * error
    return value - half, value + half


Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Count, mean float64 [d], and `root` float64 [r, d]: root^T root is the sum of (x - mean)(x - mean)^T."""

    count: int
    mean: Doubles
    root: Doubles


@dataclass(frozen=True)
class FrechetDistance:
    """A distance, its 95 % interval from `groups` groups, and what to hold it against.

    Attributes:
        floor: between two random parts of the real set, `floor_pictures` each: half of it, or as many as there are
            fakes where these are fewer.
        at_floor: between the first of these parts and as many fakes: only this has the floor's bias.
    """

    value: float
    interval: tuple[float, float]
    groups: int
    floor: float
    at_floor: float
    floor_pictures: int


def moments(features: NDArray[np.floating]) -> Moments:
    """Features [n, d], n at least 1 -> their moments, in double precision."""
    x = np.asarray(features, np.float64)
    mean = x.mean(axis=0)
    return Moments(len(x), mean, _root(x - mean))


def merged(parts: Sequence[Moments]) -> Moments:
    """The moments of several sets taken together (the pairwise update of Chan, Golub and LeVeque, 1979)."""
    count = sum(part.count for part in parts)
    mean = np.sum([part.mean * (part.count / count) for part in parts], axis=0)
    between = [np.sqrt(part.count) * (part.mean - mean)[None] for part in parts]
    return Moments(count, mean, _root(np.concatenate([*(part.root for part in parts), *between])))


def distance(first: Moments, second: Moments) -> float:
    """The Fréchet distance between two Gaussians with these means and unbiased covariances."""
    a, b = (one.root / np.sqrt(one.count - 1) for one in (first, second))
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    value = np.square(first.mean - second.mean).sum() + np.square(a).sum() + np.square(b).sum() - 2 * overlap
    return max(0.0, float(value))  # rounding may leave -1e-16 of what was subtracted


def frechet_distance(real: NDArray[np.floating], fake: NDArray[np.floating], *, seed: int = 0) -> FrechetDistance:
    """The distance between features [n, d] and [m, d], n and m at least 4.

    The interval is a delete-a-group jackknife: up to ten random groups of either set, the same group of both left out
    at once. It covers the chance of the sample; it does not cover the bias, which is upwards and falls like 1 / n. The
    floor shows that bias for the number of pictures that it is taken of: it would be 0 were there no end of them.

    Raises:
        UsageError: fewer than four pictures in a set.
    """
    if min(len(real), len(fake)) < 4:
        raise UsageError(f"Fréchet distance: {len(real)} real, {len(fake)} fake pictures; expected at least 4 of each")
    groups = min(GROUPS, len(real) // 2, len(fake) // 2)
    random = np.random.default_rng(seed)
    of_real, of_fake = (_grouped(np.asarray(x), groups, random) for x in (real, fake))
    value = distance(merged(of_real), merged(of_fake))
    without = [distance(merged(_but(of_real, i)), merged(_but(of_fake, i))) for i in range(groups)]
    low, high = jackknife(value, without)
    return FrechetDistance(value, (max(0.0, low), high), groups, *_floor(real, fake, random))


def _floor(
    real: NDArray[np.floating], fake: NDArray[np.floating], random: np.random.Generator
) -> tuple[float, float, int]:
    """See `FrechetDistance`: real against real, real against fake, and how many pictures each part has."""
    count = min(len(real) // 2, len(fake))
    shuffled = random.permutation(len(real))
    first, second = moments(real[shuffled[:count]]), moments(real[shuffled[count : 2 * count]])
    some_fakes = moments(fake[random.permutation(len(fake))[:count]])
    return distance(first, second), distance(first, some_fakes), count


def _grouped(features: NDArray[np.floating], groups: int, random: np.random.Generator) -> list[Moments]:
    """At random, since a folder's order follows its labels."""
    return [moments(features[rows]) for rows in np.array_split(random.permutation(len(features)), groups)]


def _but(parts: list[Moments], left_out: int) -> list[Moments]:
    return parts[:left_out] + parts[left_out + 1 :]


def _root(rows: Doubles) -> Doubles:
    """At most d rows with the same root^T root."""
    return rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))
