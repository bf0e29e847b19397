"""How diverse and how sharp pictures are, without a downloaded network."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.pixels import comparable, over
from ganrt.runtime.intervals import pair_mean

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
