"""Resizing with alpha: colours are premultiplied meanwhile, so that those of clear pixels bleed into no others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


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
    return resampled(image, max(1, round(height * size / longer)), max(1, round(width * size / longer)), way)
