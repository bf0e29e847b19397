"""Strides and paddings, which weights do not hold: the likeliest that give a picture of a usual size.

A transposed convolution makes (n - 1) s - 2p + k + o rows of n (torch's documentation). Most generators double the
side with every one; where that ends in no usual size, the cheapest other way is taken. All of it is an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_USUAL = {16, 28, 32, 64, 128, 256, 512, 1024}
_RARE = {8, 20, 24, 36, 40, 48, 56, 60, 80, 96, 100, 112, 120, 160, 192, 200, 224, 240, 300, 320, 384, 400, 480, 600}
_MAX_SIDE = 4096
_ODD_SIZE = 4
_NO_UPSAMPLING = 2.5  # less unlikely than a first kernel that is not the first picture


@dataclass(frozen=True)
class Geometry:
    """Of one layer, both axes alike."""

    stride: int
    padding: int
    extra: int = 0  # torch's output_padding


@dataclass(frozen=True)
class Sized:
    """A layer whose output's side is open.

    Attributes:
        kernel: 0 for an upsampling by `factor`.
        stride, padding: where an option says them.
        hinted: an upsampling that may as well be something else: gaps between numbers tell of it, and no weight.
    """

    transposed: bool
    kernel: int
    stride: int | None = None
    padding: int | None = None
    factor: int = 2
    hinted: bool = False


def choices(layer: Sized, side: int) -> list[tuple[float, Geometry, int]]:
    """(how unlikely, geometry, the output's side), none smaller than a pixel."""
    if not layer.kernel:
        none = [(_NO_UPSAMPLING, Geometry(1, 0), side)] if layer.hinted else []
        return [(0, Geometry(layer.factor, 0), layer.factor * side), *none]
    k = layer.kernel
    if not layer.transposed:
        paddings = [(k - 1) // 2, 0] if layer.padding is None else [layer.padding]
        strides = [1] if layer.stride is None else [layer.stride]
        made = [(2.0 * i, Geometry(s, p), (side + 2 * p - k) // s + 1) for s in strides for i, p in enumerate(paddings)]
        return [each for each in made if each[2] > 0]
    found = []
    for cost, geometry in _transposed(k, layer.stride, layer.padding, side == 1):
        rows = (side - 1) * geometry.stride - 2 * geometry.padding + k + geometry.extra
        if rows > 0:
            found.append((cost, geometry, rows))
    return found


def _transposed(k: int, stride: int | None, padding: int | None, first: bool) -> list[tuple[float, Geometry]]:
    if first and stride is None and padding is None:
        # From one pixel: the kernel is the first picture; the stride means nothing.
        return [(0, Geometry(1, 0)), *((3 + c, g) for c, g in _transposed(k, None, None, first=False) if g.padding)]
    strides = [2, 1, 4] if stride is None else [stride]
    made: list[tuple[float, Geometry]] = []
    for s in strides:
        same = max((k - s + 1) // 2, 0)  # what makes the output s times as large
        for i, p in enumerate(dict.fromkeys([same, 0, 1]) if padding is None else [padding]):
            exact = s + 2 * p - k
            cost = {2: 0.0, 1: 1.0 if k % 2 else 3.0, 4: 0.5 if k in (6, 8) else 5.0}.get(s, 0.0) + 2 * i
            if 0 <= exact < s:
                made.append((cost, Geometry(s, p, exact)))
            if exact != 0:
                made.append((cost + 1, Geometry(s, p)))
    return made


def settle(layers: Sequence[Sized], start: int, target: int | None) -> tuple[list[Geometry], int] | None:
    """The cheapest geometry for all layers, and the side that it ends in; None if `target` cannot be reached."""
    paths: dict[int, tuple[float, list[Geometry]]] = {start: (0.0, [])}
    for layer in layers:
        following: dict[int, tuple[float, list[Geometry]]] = {}
        for side, (spent, path) in paths.items():
            for cost, geometry, rows in choices(layer, side):
                if rows <= _MAX_SIDE and (rows not in following or following[rows][0] > spent + cost):
                    following[rows] = spent + cost, [*path, geometry]
        paths = following
    if target is not None:
        paths = {side: path for side, path in paths.items() if side == target}
    if not paths:
        return None
    side = min(paths, key=lambda side: (paths[side][0] + _oddness(side), -side))
    return paths[side][1], side


def _oddness(side: int) -> int:
    return 0 if side in _USUAL else 1 if side in _RARE else _ODD_SIZE
