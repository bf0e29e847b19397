"""Paths between latents: straight, along the sphere, and smooth through keyframes.

All of it is computed in double and rounded to float32 once. These functions use the mathematical library, so
their results are equal across machines to within float32 rounding, not bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ganrt.errors import UsageError
from ganrt.runtime.edits import Edit as Edit
from ganrt.runtime.edits import edit as edit
from ganrt.runtime.edits import parse_edits as parse_edits

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]

# Angles to 0 or pi below this (radians) count as parallel or antipodal; float32 cannot tell them apart.
SMALLEST_ANGLE = 1e-8
LARGEST = 1e30  # of a latent's values: nothing below overflows float32 on the way
LATEST = 1e15  # of times: double still tells moments between keyframes apart


def lerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> F32:
    """The straight line (1 - t) * a + t * b, exactly a at t = 0 and b at t = 1.

    a, b: values up to 1e30, [dim] or [n, dim]; t: in [0, 1], a number or [n].
    Returns float32 [dim] if a and b are single and t is a number, else [n, dim]. Raises UsageError.
    """
    start, end, parts = _path_arguments(a, b, t)
    return ((1.0 - parts) * start + parts * end).astype(np.float32)


def slerp(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> F32:
    """The great arc from a to b, row by row (Shoemake, 1985; for latents White, 2016, arXiv:1609.04468).

    sin((1 - t) w) / sin(w) * a + sin(t w) / sin(w) * b with w the angle between them, so that equal norms are
    kept. Shapes, ranges and errors as for `lerp`. Where the arc is not defined:
    parallel, or one of them zero: the straight line, which is the limit;
    antipodal: half a turn through the coordinate axis that is farthest from a, the norm going evenly from |a|
    to |b|. (The straight line would pass through zero, a latent that no prior draws.)
    """
    start, end, parts = _path_arguments(a, b, t)
    start, end, parts = np.broadcast_arrays(start, end, parts)
    result = (1.0 - parts) * start + parts * end
    angle = _angle(start, end)
    arc = (angle > SMALLEST_ANGLE) & (np.pi - angle > SMALLEST_ANGLE)
    w, part = angle[arc][..., None], parts[arc]
    result[arc] = (np.sin((1.0 - part) * w) * start[arc] + np.sin(part * w) * end[arc]) / np.sin(w)
    opposite = np.pi - angle <= SMALLEST_ANGLE
    result[opposite] = _half_turn(start[opposite], end[opposite], parts[opposite])
    return result.astype(np.float32)


def _angle(a: F64, b: F64) -> F64:
    """The angle between rows, in [0, pi], exact also near 0 and pi (Kahan); 0 where one of them is zero."""
    norm_a, norm_b = _norm(a), _norm(b)
    a, b = a * norm_b, b * norm_a
    angle: F64 = 2.0 * np.arctan2(_norm(a - b), _norm(a + b))[..., 0]
    return angle


def _norm(a: F64) -> F64:
    norm: F64 = np.sqrt(np.sum(a * a, axis=-1, keepdims=True))
    return norm


def _half_turn(a: F64, b: F64, t: F64) -> F64:
    """From a to b where b points away from a; all float64 [m, dim]."""
    norm_a, norm_b = _norm(a), _norm(b)
    unit = a / norm_a
    side = np.zeros_like(unit)
    rows = np.arange(len(unit))
    axis = np.argmin(np.abs(unit), axis=-1)
    side[rows, axis] = 1.0
    side -= unit[rows, axis][:, None] * unit
    length = _norm(side)
    # In one dimension no direction is perpendicular: the path then goes through zero all the same.
    side = np.divide(side, length, out=np.zeros_like(side), where=length > SMALLEST_ANGLE)
    path: F64 = ((1.0 - t) * norm_a + t * norm_b) * (np.cos(np.pi * t) * unit + np.sin(np.pi * t) * side)
    return path


def _path_arguments(a: ArrayLike, b: ArrayLike, t: ArrayLike) -> tuple[F64, F64, F64]:
    """a and b as float64 [..., dim], t as [..., 1] in [0, 1]."""
    start, end = finite("a", a), finite("b", b)
    parts = finite("t", t)
    if start.ndim not in (1, 2) or end.ndim not in (1, 2) or start.shape[-1] != end.shape[-1]:
        raise UsageError(f"a, b: given shapes {start.shape} and {end.shape}, accepted are [dim] or [n, dim], dim equal")
    if parts.ndim > 1 or not bool(np.all((parts >= 0.0) & (parts <= 1.0))):
        raise UsageError("t: accepted is a number or numbers [n], from 0 to 1")
    rows = {len(x) for x, many in ((start, start.ndim == 2), (end, end.ndim == 2), (parts, parts.ndim == 1)) if many}
    if len(rows - {1}) > 1:
        raise UsageError(f"a, b, t: given {sorted(rows)} rows, accepted are as many in each, or one")
    return start, end, parts[..., None]


def finite(name: str, values: ArrayLike, largest: float = LARGEST) -> F64:
    """An array of numbers in [-largest, largest] as float64; raises UsageError."""
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.array([], dtype=object)
    if array.dtype.kind not in "fiu" or not bool(np.all(np.abs(array.astype(np.float64)) <= largest)):
        raise UsageError(f"{name}: accepted are finite numbers up to {largest:g}, in rows of one length")
    return array.astype(np.float64)


@dataclass(frozen=True, eq=False)
class CubicPath:
    """A cubic spline through keyframes at t = 0, 1, 2, ...: twice continuously differentiable. See `cubic_path`."""

    keyframes: F64  # [k, dim]
    bends: F64  # [k, dim]: the second derivatives at the keyframes
    closed: bool

    @property
    def length(self) -> int:
        """The largest t of an open path, the period of a closed one."""
        return len(self.keyframes) if self.closed else len(self.keyframes) - 1

    def __call__(self, t: ArrayLike) -> F32:
        """The path at t, exactly a keyframe where t is whole.

        t: up to 1e15, a number or [m]; in [0, length] if the path is open, taken modulo `length` if it is closed.
        Returns float32 [dim] for a number, else [m, dim]. Raises UsageError.
        """
        times = finite("t", t, LATEST)
        if times.ndim > 1:
            raise UsageError(f"t: given shape {times.shape}, accepted are a number or [m]")
        if not self.closed and not bool(np.all((times >= 0) & (times <= self.length))):
            raise UsageError(f"t: accepted are times from 0 to {self.length}, the last keyframe of this open path")
        whole = np.floor(times)
        f = (times - whole)[..., None]
        left = whole.astype(np.int64) % len(self.keyframes)
        right = (left + 1) % len(self.keyframes)
        g = 1.0 - f
        line = g * self.keyframes[left] + f * self.keyframes[right]
        bend = (g**3 - g) * self.bends[left] + (f**3 - f) * self.bends[right]
        path: F32 = (line + bend / 6.0).astype(np.float32)
        return path


def cubic_path(keyframes: ArrayLike, closed: bool = True) -> CubicPath:
    """The smooth path through keyframes (de Boor, A Practical Guide to Splines, chapter IV; uniform knots).

    keyframes: [k, dim], k >= 1, values up to 1e30. closed: back to the first keyframe, a periodic spline of period k;
    else the natural spline, without bend at both ends. Raises UsageError.
    """
    knots = finite("keyframes", keyframes)
    if knots.ndim != 2 or 0 in knots.shape:
        raise UsageError(f"keyframes: given shape {knots.shape}, accepted are one or more rows [k, dim]")
    return CubicPath(knots, _periodic_bends(knots) if closed else _natural_bends(knots), closed)


def _periodic_bends(knots: F64) -> F64:
    """Solve m[i-1] + 4 m[i] + m[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1]), all indices modulo k: circulant, so by FFT."""
    count = len(knots)
    right_side = 6.0 * (np.roll(knots, 1, axis=0) - 2.0 * knots + np.roll(knots, -1, axis=0))
    eigenvalues = 4.0 + 2.0 * np.cos(2.0 * np.pi * np.arange(count // 2 + 1) / count)
    bends: F64 = np.fft.irfft(np.fft.rfft(right_side, axis=0) / eigenvalues[:, None], n=count, axis=0)
    return bends


def _natural_bends(knots: F64) -> F64:
    """The same equations inside, and no bend at both ends: tridiagonal, so by elimination."""
    bends = np.zeros_like(knots)
    if len(knots) < 3:
        return bends
    right_side = 6.0 * (knots[:-2] - 2.0 * knots[1:-1] + knots[2:])
    ratios = [0.0]
    for i in range(1, len(knots) - 1):
        ratios.append(1.0 / (4.0 - ratios[-1]))
        bends[i] = (right_side[i - 1] - bends[i - 1]) * ratios[-1]
    for i in range(len(knots) - 3, 0, -1):
        bends[i] -= ratios[i] * bends[i + 1]
    return bends
