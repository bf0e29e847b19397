"""A walk at a constant speed to the eye: as much picture changes from each frame to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between
from ganrt.runtime.frames import walk_frames
from ganrt.runtime.generator import Generator
from ganrt.runtime.walk_path import Walk

F64: TypeAlias = NDArray[np.float64]
Picture: TypeAlias = NDArray[np.uint8]

_SIDE = 32  # pictures are compared at this size: the eye follows shapes, not single pixels
_SLOWEST = 1e-3  # of the mean distance: a stretch where nothing changes is passed quickly, but has its length


def picture_distance(a: Picture, b: Picture) -> float:
    """Mean absolute difference, in grey levels, of pictures averaged down to at most 32 x 32 (areas, no aliasing)."""
    return float(np.abs(_small(a) - _small(b)).mean(dtype=np.float64))


def _small(picture: Picture) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    size = (min(width, _SIDE), min(height, _SIDE))
    return np.asarray(cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def even_pace(walk: Walk, generator: Generator, samples: int = 64) -> Walk:
    """The same walk, at a constant speed measured by `picture_distance`; its frames are again computed by index.

    The path's length in pictures is measured on a fixed grid, from which nothing of the rate or the machine's speed
    shows: the same walk gets the same pace. Of a walk by beats each segment is paced by itself, so that keyframes
    stay on their beats; else segments that change much take longer.

    Args:
        samples: pictures drawn a segment, 2 to 1000.

    Raises:
        UsageError: a drift, which has no end and no constant length; or the generator does not have what the walk asks.
    """
    samples = integer_between("samples", samples, 2, 1000)
    if walk.method == "drift":
        raise UsageError("pace: a drift has no keyframes to go between; expected slerp, lerp or cubic")
    grid = replace(walk, duration=float(walk.segments), ease="linear", pace=None)
    lengths = _lengths(walk_frames(generator, grid, samples), walk.loop).reshape(walk.segments, samples)
    lengths = np.maximum(lengths, _SLOWEST * lengths.mean())
    if not lengths.any():
        return walk
    if walk.by_beat:
        lengths /= lengths.sum(axis=1, keepdims=True)
    travelled = np.concatenate([[0.0], np.cumsum(lengths)])
    pace = travelled * (walk.segments / travelled[-1])
    pace[-1] = walk.segments
    return replace(walk, pace=pace)


def _lengths(pictures: Iterable[Picture], loop: bool) -> F64:
    """The distances from each picture to the next, in a loop back to the first too."""
    distances: list[float] = []
    first = before = None
    for picture in pictures:
        if before is None:
            first = picture
        else:
            distances.append(picture_distance(before, picture))
        before = picture
    if loop and first is not None and before is not None:
        distances.append(picture_distance(before, first))
    return np.array(distances)
