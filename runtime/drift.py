"""Drift: an endless path through the prior that never repeats; any moment is computed without those before it.

Random latents g[0], g[1], ... (stream 2 of latent spec 1) are the control points of a uniform cubic B-spline, divided
by the norm of its four weights: z(t) = sum_j B_j(t) g[i + j] / sqrt(sum_j B_j(t)^2). A sum of independent normal
values whose squared weights add up to one is normal again: at every moment z is distributed as the prior is, which
Perlin's gradient noise, whose variance goes up and down, is not. The path is twice continuously differentiable.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.latents import Distribution, Stream, apply_distribution, make_distributions, onehot, sample
from ganrt.runtime.sampling import Truncation
from ganrt.spec import Latent

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]

LEAST_PERIOD = 4  # a spline's four weights must meet four different points
_TINY = 2.0**-33  # the smallest probability that latent spec 1 draws


@dataclass(frozen=True)
class Drift:
    """The path of one seed. `period`: after so many points it is back where it began; None: never."""

    seed: int
    truncation: Truncation
    period: int | None = None

    def __call__(self, latent: Latent, t: F64) -> F32:
        """z at the moments t, in control points (float64 [n], 0 to 2^53): float32 [n, dim]."""
        whole = np.floor(t)
        points = whole.astype(np.int64)[:, None] + np.arange(4)
        if self.period is not None:
            points %= self.period
        distinct, where = np.unique(points, return_inverse=True)
        seeds = np.full(len(distinct), self.seed, np.uint64)
        drawn = sample(seeds, distinct.astype(np.uint64), latent.dim, stream=Stream.DRIFT).astype(np.float64)
        weights = _weights(t - whole)
        # A sum row by row, so that no row depends on how many there are.
        normal = sum(weights[:, j, None] * drawn[where.reshape(points.shape)[:, j]] for j in range(4))
        return self._by_distribution(latent, np.asarray(normal))

    def _by_distribution(self, latent: Latent, normal: F64) -> F32:
        """Standard normal values -> values of the prior, by their probabilities; choices are those of image 0."""
        z = np.empty(normal.shape, np.float32)
        choices = 0
        for part, distribution in make_distributions(latent.dim, **self.truncation.arguments(latent)):
            where = slice(part.first, part.stop)
            if distribution is None:
                z[:, where] = onehot(np.array([self.seed], np.uint64), np.zeros(1, np.uint64), part.dim, choices)
                choices += 1
            else:
                z[:, where] = self._values(distribution, normal[:, where])
        return z

    @staticmethod
    def _values(distribution: Distribution, normal: F64) -> F32:
        if distribution.threshold == 0.0:
            return np.zeros(normal.shape, np.float32)
        if not distribution.uniform and distribution.threshold is None:
            return (normal * distribution.factor).astype(np.float32)
        u = np.fromiter((math.erfc(-x * math.sqrt(0.5)) * 0.5 for x in normal.flat), np.float64, normal.size)
        values = apply_distribution(distribution, np.clip(u, _TINY, 1.0 - _TINY)).astype(np.float32)
        values = values.reshape(normal.shape)
        values *= np.float32(distribution.factor)
        return values


def _weights(f: F64) -> F64:
    """The four weights of a uniform cubic B-spline at f in [0, 1), of norm one: float64 [n, 4]."""
    g = 1.0 - f
    weights = np.stack(
        [g**3, 4.0 - 6.0 * f**2 + 3.0 * f**3, 4.0 - 6.0 * g**2 + 3.0 * g**3, f**3],
        axis=1,
    )
    normed: F64 = weights / np.sqrt(np.sum(weights * weights, axis=1, keepdims=True))
    return normed
