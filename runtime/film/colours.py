"""Frames as encoders want them."""

from __future__ import annotations

import numpy as np

from ganrt.runtime.film.options import Frame
from ganrt.runtime.pictures import to_opencv


def as_rgb(frame: Frame) -> Frame:
    """Grey, RGB or RGBA, uint8 [h, w, c] -> RGB [h, w, 3], contiguous; alpha is dropped."""
    rgb = np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame[..., :3]
    return np.ascontiguousarray(rgb)


def for_opencv(frame: Frame) -> Frame:
    """The same in OpenCV's order."""
    return to_opencv(as_rgb(frame))


def even(frame: Frame) -> Frame:
    """Codecs halve the colour planes and would drop an odd row or column."""
    height, width = frame.shape[:2]
    if height % 2 == width % 2 == 0:
        return frame
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
