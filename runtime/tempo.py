"""Tempo: where on its path a walk is at a given frame. Positions count keyframes: 1.5 is half-way from 1 to 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError

F64: TypeAlias = NDArray[np.float64]

MAX_BEATS_PER_MINUTE = 1000.0


def linear(t: F64) -> F64:
    """Evenly."""
    return t


def smooth(t: F64) -> F64:
    """6 t^5 - 15 t^4 + 10 t^3 (Perlin, "Improving noise", 2002): twice differentiable, at rest at both ends."""
    eased: F64 = t * t * t * (t * (6.0 * t - 15.0) + 10.0)
    return eased


def in_out(t: F64) -> F64:
    """4 t^3, mirrored at the middle: a slow start and end, and a quick way between."""
    return np.where(t < 0.5, 4.0 * t**3, 1.0 - 4.0 * (1.0 - t) ** 3)


def hold(t: F64) -> F64:
    """Rests on the keyframe for the first half, then goes as `smooth`."""
    return smooth(np.maximum(2.0 * t - 1.0, 0.0))


EASES: dict[str, Callable[[F64], F64]] = {"linear": linear, "smooth": smooth, "in-out": in_out, "hold": hold}


def eased(position: F64, ease: str) -> F64:
    """Positions float64 [n] after easing within each segment; whole ones, the keyframes, stay.

    Raises UsageError for an unknown name.
    """
    whole = np.floor(position)
    result: F64 = whole + EASES[check_ease(ease)](position - whole)
    return result


def check_ease(ease: str) -> str:
    """`ease`, if there is one of that name; else UsageError."""
    if ease not in EASES:
        raise UsageError(f"ease '{ease}': expected {', '.join(EASES)}")
    return ease


def beat_duration(segments: int, beats_per_minute: float, beats: float) -> float:
    """Seconds that `segments` take at `beats` beats each.

    Over a whole number of frames each keyframe then lies within half a frame of its beat, also the last one.
    Raises UsageError for numbers that are not above 0, or more than 1000 beats a minute.
    """
    if not 0 < beats_per_minute <= MAX_BEATS_PER_MINUTE:
        raise UsageError(f"beats a minute {beats_per_minute}: expected above 0, at most {MAX_BEATS_PER_MINUTE:g}")
    if not 0 < beats < math.inf:
        raise UsageError(f"beats {beats}: expected the beats from keyframe to keyframe, above 0")
    return segments * beats * 60.0 / beats_per_minute
