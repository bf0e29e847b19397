"""Arithmetic on pictures that several parts share: premultiplied alpha, likeness, the reduced form of large ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REDUCED_SIDE = 256
_SSIM_SIDE, _SSIM_SIGMA = 11, 1.5
LARGEST_WHOLE = 2**20  # values (h * w * c) of a picture that is kept whole: its PNG always fits into a spec


def comparable(pictures: NDArray[np.generic]) -> NDArray[np.float64]:
    """Pictures as they are compared, in levels: float64 [..., h, w, c] of values from 0 to 255.

    RGBA has straight alpha; its colours are multiplied by alpha / 255, since nobody sees those of clear pixels. Grey
    and RGB stay as they are.
    """
    levels: NDArray[np.float64] = pictures.astype(np.float64)
    if levels.shape[-1] == 4:
        levels[..., :3] *= levels[..., 3:] / 255
    return levels


def ssim(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Structural similarity of two pictures uint8 [h, w, c], RGBA premultiplied, mean over pixels and channels.

    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity": Gaussian
    window of 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03.
    """
    x, y = comparable(a), comparable(b)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    )
    return float(similarity.mean())


def _blur(x: NDArray[np.float64]) -> NDArray[np.float64]:
    import cv2  # large, and most who import this module compare nothing

    return np.asarray(cv2.GaussianBlur(x, (_SSIM_SIDE, _SSIM_SIDE), _SSIM_SIGMA), np.float64)


def one_level(channels: int) -> int:
    """How far two comparable pictures are apart, at most, whose values differ by one level.

    Two with alpha: one in a colour and one in alpha make (c + a - 1) / 255, at most 2.
    """
    return 2 if channels == 4 else 1


def reduction(height: int, width: int, channels: int) -> int | None:
    """The side of the squares that `reduce` averages for a canary of this size; None: it is kept whole.

    Pictures of more than 2^20 values are reduced to sides of at most 256.
    """
    if height * width * channels <= LARGEST_WHOLE:
        return None
    return -(-max(height, width) // REDUCED_SIDE)


def reduce(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The averages of squares of `side` pixels: uint8 [h, w, c] -> uint8 [ceil(h / side), ceil(w / side), c].

    Squares at the right and lower edge have fewer pixels. Averages are exact and rounded half up; colours of RGBA are
    weighted by their alpha, and 0 where the whole square is clear (docs/model-format.md).
    """
    levels = picture.astype(np.int64)
    if levels.shape[2] != 4:
        return _rounded(_sums(levels, side), _sums(np.ones_like(levels), side))
    alpha = levels[..., 3:]
    opacity = _sums(alpha, side)
    colour = _rounded(_sums(levels[..., :3] * alpha, side), np.maximum(opacity, 1))
    return np.concatenate([colour, _rounded(opacity, _sums(np.ones_like(alpha), side))], axis=2)


def _sums(values: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    for axis in (0, 1):
        values = np.add.reduceat(values, np.arange(0, values.shape[axis], side), axis=axis)
    return values


def _rounded(total: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.uint8]:
    return ((2 * total + count) // (2 * count)).astype(np.uint8)


def over(pictures: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """RGBA over a colour: uint8 [..., h, w, 4] -> RGB [..., h, w, 3], to the nearest; others stay as they are."""
    if pictures.shape[-1] != 4:
        return pictures
    alpha = pictures[..., 3:].astype(np.uint32)
    behind = np.array(colour, np.uint32)
    return ((pictures[..., :3] * alpha + behind * (255 - alpha) + 127) // 255).astype(np.uint8)
