"""Frames as encoders want them."""

from __future__ import annotations

import numpy as np

from ganrt.runtime.film.options import Frame
from ganrt.runtime.pictures import to_opencv


def as_rgb(frame: Frame) -> Frame:
    """Grey or RGB, uint8 [h, w, c] -> RGB [h, w, 3], contiguous."""
    return np.ascontiguousarray(np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame)


def for_opencv(frame: Frame) -> Frame:
    """Grey, RGB or RGBA in OpenCV's order, with 3 or 4 channels."""
    return to_opencv(frame if frame.shape[2] == 4 else as_rgb(frame))


def all_or_nothing(frame: Frame) -> Frame:
    """RGBA whose pixels are clear or opaque, as a gif's are: opaque from alpha 128 on."""
    if frame.shape[2] != 4:
        return frame
    opaque = frame[..., 3:] >= 128
    return np.where(opaque, np.maximum(frame, np.array([0, 0, 0, 255], np.uint8)), np.uint8(0))


def even(frame: Frame) -> Frame:
    """Codecs halve the colour planes and would drop an odd row or column."""
    height, width = frame.shape[:2]
    if height % 2 == width % 2 == 0:
        return frame
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
