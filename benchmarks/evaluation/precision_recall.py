"""Improved precision and recall (Kynkäänniemi et al., 2019, arXiv:1904.06991), with k-nearest-neighbour manifolds.

A set's manifold is the union of balls about its points, each reaching to the point's k-th nearest neighbour in the
set (itself not counted). Precision is the share of fake points on the real manifold, recall the share of real points
on the fake one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError

_ROWS = 1024  # of a block of distances: memory grows with n, not with its square
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class PrecisionRecall:
    """How many of `count` points a side lie on the other side's manifold."""

    count: int
    fake_on_real: int
    real_on_fake: int

    @property
    def precision(self) -> float:
        """0 to 1."""
        return self.fake_on_real / self.count

    @property
    def recall(self) -> float:
        """0 to 1."""
        return self.real_on_fake / self.count


def precision_recall(
    real: NDArray[np.floating], fake: NDArray[np.floating], neighbours: int = 3, *, seed: int = 0
) -> PrecisionRecall:
    """Precision and recall of features [n, d] and [m, d].

    The two sets are to be of one size: of the larger one, points drawn at random (by `seed`) are taken.

    Raises:
        UsageError: no more than `neighbours` points in a set.
    """
    count = min(len(real), len(fake))
    if not 1 <= neighbours < count:
        raise UsageError(
            f"precision and recall: {neighbours} neighbours, {len(real)} real and {len(fake)} fake pictures; expected "
            "more pictures of each than neighbours, and at least one neighbour"
        )
    random = np.random.default_rng(seed)
    x, y = (_drawn(np.asarray(side, np.float64), count, random) for side in (real, fake))
    centre = x.mean(axis=0)  # small numbers: less is lost where squares are subtracted
    x, y = x - centre, y - centre
    return PrecisionRecall(count, _covered(y, x, neighbours), _covered(x, y, neighbours))


def _drawn(points: Doubles, count: int, random: np.random.Generator) -> Doubles:
    return points if len(points) == count else points[np.sort(random.permutation(len(points))[:count])]


def _covered(points: Doubles, manifold: Doubles, neighbours: int) -> int:
    """How many of the points lie in at least one ball of the manifold."""
    squared_radii = _squared_radii(manifold, neighbours)
    # A copy is at distance 0, give or take float32's last bits: a network's rounding may depend on the batch.
    squared_radii += 1e-12 * np.square(manifold).sum(axis=1)
    return sum(int((block <= squared_radii).any(axis=1).sum()) for _, block in _squared_distances(points, manifold))


def _squared_radii(points: Doubles, neighbours: int) -> Doubles:
    radii = []
    for first, block in _squared_distances(points, points):
        rows = np.arange(len(block))
        block[rows, first + rows] = np.inf  # not its own neighbour
        radii.append(np.partition(block, neighbours - 1, axis=1)[:, neighbours - 1])
    return np.concatenate(radii)


def _squared_distances(a: Doubles, b: Doubles) -> Iterator[tuple[int, Doubles]]:
    """Squared Euclidean distances [rows, len(b)] of some rows of a, and the number of the first."""
    squares = np.square(b).sum(axis=1)
    for first in range(0, len(a), _ROWS):
        rows = a[first : first + _ROWS]
        yield first, np.maximum(np.square(rows).sum(axis=1)[:, None] + squares - 2 * (rows @ b.T), 0)
