"""Resizing with alpha: colours are premultiplied meanwhile, so that those of clear pixels bleed into no others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_BLOCK = 17  # pixels


def resampled(image: Pixels, height: int, width: int, way: int) -> Pixels:
    """uint8 [h, w, c] -> uint8 [height, width, c], computed in float32 by one of OpenCV's ways, `cv2.INTER_...`.

    Where the result is clear, its colour is 0.
    """
    channels = image.shape[2]
    values = image.astype(np.float32)
    if channels == 4:
        values[..., :3] *= values[..., 3:] / 255
    values = np.asarray(cv2.resize(values, (width, height), interpolation=way), np.float32)
    values = values.reshape(height, width, channels)
    if channels == 4:
        values[..., 3:] = values[..., 3:].clip(0, 255)
        values[..., :3] *= 255 / np.maximum(values[..., 3:], 1 / 255)
        values[values[..., 3] < 0.5] = 0
    return np.asarray(values.clip(0, 255).round(), np.uint8)


def fitted(image: Pixels, size: int) -> Pixels:
    """The longer side gets `size` pixels: by area averages where it shrinks, by Lanczos where it grows."""
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer == size:
        return image
    way = cv2.INTER_AREA if size < longer else cv2.INTER_LANCZOS4
    return resampled(image, *fitted_sides(height, width, size), way)


def fitted_sides(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of what `fitted` makes of such a picture."""
    longer = max(height, width)
    return max(1, round(height * size / longer)), max(1, round(width * size / longer))


def continued(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA whose clear pixels have the colours around them: what a lossy encoder mixes with those that are seen.

    Such encoders halve the colours' resolution and work in blocks of 8 pixels; a box of 17 reaches over both. Clear
    pixels that are farther away become black. Pixels that are seen, and alpha, are left as they are.
    """
    alpha = image[..., 3].astype(np.float32)
    weights = cv2.blur(alpha, (_BLOCK, _BLOCK), borderType=cv2.BORDER_REPLICATE)[..., None]
    seen = cv2.blur(image[..., :3] * alpha[..., None], (_BLOCK, _BLOCK), borderType=cv2.BORDER_REPLICATE)
    near = np.divide(seen, weights, out=np.zeros_like(seen), where=weights > 0.5)  # of 255
    colours = np.where(alpha[..., None] == 0, near.round().clip(0, 255).astype(np.uint8), image[..., :3])
    return np.concatenate([colours, image[..., 3:]], axis=2)
