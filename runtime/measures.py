"""How diverse and how sharp pictures are, without a downloaded network, and 95 % intervals of that by the bootstrap.

The same numbers for the same data, on every machine: Efron's percentile interval (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, chapter 13): the statistic of many samples drawn with replacement from the images, and the 2.5th
and 97.5th percentile of what it gave.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.pixels import comparable, over

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


FEATURE_SIDE = 16
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601

F64 = NDArray[np.float64]


def features(images: NDArray[np.uint8]) -> F64:
    """Images uint8 [n, h, w, c] -> float64 [n, 16 * 16 * c]: area averages in [0, 1]; a space without any download.

    RGBA counts premultiplied.
    """
    seen = (comparable(image) if image.shape[2] == 4 else image for image in images)
    small = [cv2.resize(image, (FEATURE_SIDE, FEATURE_SIDE), interpolation=cv2.INTER_AREA) for image in seen]
    return np.reshape(np.asarray(small, np.float64) / 255, (len(images), -1))


def distances(x: F64) -> F64:
    """Euclidean distances between the rows of x [n, d]: symmetric [n, n]."""
    table = np.zeros((len(x), len(x)))
    for i in range(len(x) - 1):
        table[i, i + 1 :] = table[i + 1 :, i] = np.linalg.norm(x[i + 1 :] - x[i], axis=1)
    return table


def diversity(images: NDArray[np.uint8]) -> float:
    """Mean Euclidean distance over all pairs of images in the space of `features`; 0 for fewer than two."""
    return pair_mean(distances(features(images)))


def sharpness(images: NDArray[np.uint8]) -> F64:
    """The variance of the Laplacian of each picture's luma: uint8 [n, h, w, c] -> float64 [n].

    A focus measure (Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000): little in a
    blurred picture, much where there are edges, texture or noise. Luma as in BT.601 in [0, 255], transparent pixels
    laid over white, the Laplacian [0 1 0; 1 -4 1; 0 1 0] with mirrored borders. It grows with contrast and falls
    with size, so compare pictures of one generator only.
    """
    return np.array([cv2.Laplacian(_luma(image), cv2.CV_64F, ksize=1).var() for image in images], np.float64)


def _luma(image: NDArray[np.uint8]) -> F64:
    """uint8 [h, w, c] -> float64 [h, w] in [0, 255]."""
    pixels = over(image, (255, 255, 255)).astype(np.float64)
    luma: F64 = pixels @ np.array(_LUMA) if pixels.shape[2] == 3 else pixels[..., 0]
    return luma
