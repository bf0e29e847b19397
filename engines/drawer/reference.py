"""A slow, obvious interpreter of a drawer's file: what portable C does, in numpy, an image at a time."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.drawer.program import (
    _HEADER,
    BINARY,
    BLOCK,
    INPUTS,
    MAGIC,
    OPERATORS,
    UNARY,
    VERSION,
    WORDS,
    checksum,
)
from ganrt.errors import BadInputFile

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@dataclass(frozen=True)
class Machine:
    """A file, opened."""

    words: I32
    constants: F32
    matrices: F32
    arena: int
    output: int
    dims: tuple[int, int, int]
    inputs: dict[str, tuple[int, int]]

    def draw(self, given: dict[str, F32]) -> NDArray[np.uint8]:
        """A picture, uint8 [h, w, c], of one image's inputs: z float32 [dim] and so on."""
        arena = np.zeros(self.arena, np.float32)
        for name, (offset, size) in self.inputs.items():
            arena[offset : offset + size] = np.asarray(given[name]).reshape(-1)
        for words in self.words:
            _RUN[OPERATORS[words[0]]](_Call(self, arena, words[1:], words[1:].view(np.float32)))
        count = int(np.prod(self.dims))
        drawn = arena[self.output : self.output + count].reshape(self.dims)
        return np.clip(np.rint(drawn), 0, 255).astype(np.uint8)


def read_machine(data: bytes) -> Machine:
    """Opens a file.

    Raises:
        BadInputFile: it is none, is damaged, or newer.
    """
    try:
        magic, version, size, low, high, *numbers = _HEADER.unpack_from(data)
    except struct.error as error:
        raise BadInputFile("the drawer's file is cut short") from error
    if magic != MAGIC or version != VERSION:
        raise BadInputFile(f"expected the file of a drawer, format {VERSION}: update ganrt, or make it again")
    body = data[_HEADER.size :]
    if len(body) != size or checksum(body) != (low, high):
        raise BadInputFile("the drawer's file is damaged: make it again")
    count, constants, matrices, half, arena, output, height, width, channels, *ports = numbers
    at = 4 * WORDS * count
    middle = at + 4 * constants
    stored = np.frombuffer(body, "<f2" if half else "<f4", matrices, middle)
    signed = [int(np.uint32(port).view(np.int32)) for port in ports[:6]]
    return Machine(
        np.frombuffer(body, "<i4", WORDS * count).reshape(count, WORDS),
        np.frombuffer(body, "<f4", constants, at),
        stored.astype(np.float32),
        arena,
        output,
        (height, width, channels),
        {name: (signed[k], signed[3 + k]) for k, name in enumerate(INPUTS) if signed[k] >= 0},
    )


@dataclass(frozen=True)
class _Call:
    machine: Machine
    arena: F32
    i: I32
    f: F32

    def view(self, offset: int, *shape: int) -> F32:
        """Of the arena."""
        return self.arena[offset : offset + int(np.prod(shape))].reshape(shape)

    def constant(self, offset: int, *shape: int) -> F32:
        return self.machine.constants[offset : offset + int(np.prod(shape))].reshape(shape)


def _layer(call: _Call) -> None:
    (a, h, w, c, o, oh, ow, oc, kh, kw, sy, sx, top, left, dy, dx, ny, nx, py, px, y0, x0, matrix, bias, act) = (
        int(one) for one in call.i[:25]
    )
    blocks = -(-oc // BLOCK)
    weights = call.machine.matrices[matrix : matrix + blocks * kh * kw * c * BLOCK].reshape(blocks, kh * kw, c, BLOCK)
    weights = weights.transpose(1, 2, 0, 3).reshape(kh * kw, c, -1)[..., :oc]
    given = np.zeros((ny, nx, kh, kw, c), np.float32)
    for ky in range(kh):
        for kx in range(kw):
            rows, columns = np.arange(ny) * sy - top + ky * dy, np.arange(nx) * sx - left + kx * dx
            fit_rows, fit_columns = (rows >= 0) & (rows < h), (columns >= 0) & (columns < w)
            source = call.view(a, h, w, c)[np.ix_(rows[fit_rows], columns[fit_columns])]
            given[:, :, ky, kx][np.ix_(fit_rows, fit_columns)] = source
    made = (given.reshape(ny * nx, -1) @ weights.reshape(kh * kw * c, oc)).reshape(ny, nx, oc)
    if bias >= 0:
        made = made + call.constant(bias, oc)
    target = call.view(o, oh, ow, oc)
    target[y0 : y0 + ny * py : py, x0 : x0 + nx * px : px] = _activated(UNARY[act], made, float(call.f[25]), 0.0)


def _activated(name: str, x: F32, a: float, b: float) -> F32:
    with np.errstate(over="ignore", invalid="ignore"):
        rules: dict[str, Callable[[], NDArray[np.floating]]] = {
            "none": lambda: x,
            "relu": lambda: np.maximum(x, 0),
            "leaky_relu": lambda: np.where(x < 0, np.float32(a) * x, x),
            "elu": lambda: np.where(x < 0, a * np.expm1(x), x),
            "selu": lambda: b * np.where(x < 0, a * np.expm1(x), x),
            "tanh": lambda: np.tanh(x),
            "sigmoid": lambda: 1 / (1 + np.exp(-x)),
            "hard_sigmoid": lambda: np.clip(a * x + b, 0, 1),
            "softplus": lambda: np.logaddexp(x, 0),
            "clip": lambda: np.clip(x, np.float32(a), np.float32(b)),
            "round": lambda: np.rint(x),
            "neg": lambda: -x,
            "abs": lambda: np.abs(x),
            "exp": lambda: np.exp(x),
            "sqrt": lambda: np.sqrt(x),
            "softsign": lambda: x / (1 + np.abs(x)),
        }
        return rules[name]().astype(np.float32)


def _unary(call: _Call) -> None:
    kind, a, o, count = (int(one) for one in call.i[:4])
    call.view(o, count)[:] = _activated(UNARY[kind], call.view(a, count).copy(), float(call.f[4]), float(call.f[5]))


def _binary(call: _Call) -> None:
    kind, o, *rest = (int(one) for one in call.i[:15])
    dims = rest[:3]
    one, two = (
        (call.constant(at, *own) if is_constant else call.view(at, *own).copy())
        for at, is_constant, *own in (rest[3:8], rest[8:13])
    )
    rules: dict[str, Callable[[], NDArray[np.generic]]] = {
        "add": lambda: one + two,
        "sub": lambda: one - two,
        "mul": lambda: one * two,
        "div": lambda: one / two,
        "max": lambda: np.maximum(one, two),
        "min": lambda: np.minimum(one, two),
        "greater": lambda: one > two,
        "less": lambda: one < two,
        "prelu": lambda: np.where(one < 0, one * two, one),
    }
    call.view(o, *dims)[:] = rules[BINARY[kind]]()


def _copy(call: _Call) -> None:
    numbers = [int(one) for one in call.i[:17]]
    a, source, start, box = numbers[0], numbers[1:4], numbers[4:7], numbers[7:10]
    o, target, at = numbers[10], numbers[11:14], numbers[14:17]
    region = tuple(slice(s, s + n) for s, n in zip(start, box, strict=True))
    place = tuple(slice(s, s + n) for s, n in zip(at, box, strict=True))
    call.view(o, *target)[place] = call.view(a, *source)[region]


def _fill(call: _Call) -> None:
    call.view(int(call.i[0]), int(call.i[1]))[:] = call.f[2]


def _transpose(call: _Call) -> None:
    a, o, rows, columns = (int(one) for one in call.i[:4])
    call.view(o, columns, rows)[:] = call.view(a, rows, columns).T


def _depth_to_space(call: _Call) -> None:
    a, h, w, c, o, block, crd = (int(one) for one in call.i[:7])
    thin = c // block**2
    given = call.view(a, h, w, c)
    parts = given.reshape(h, w, thin, block, block) if crd else given.reshape(h, w, block, block, thin)
    order = (0, 3, 1, 4, 2) if crd else (0, 2, 1, 3, 4)
    call.view(o, h * block, w * block, thin)[:] = parts.transpose(order).reshape(h * block, w * block, thin)


def _resize(call: _Call) -> None:
    a, h, w, c, o, oh, ow, rows, columns = (int(one) for one in call.i[:9])
    given = call.view(a, h, w, c)
    for axis, (table, count) in enumerate(((rows, oh), (columns, ow))):
        low, high, part = call.constant(table, count, 3).T
        shape = [1, 1, 1]
        shape[axis] = count
        first, second = (given.take(one.astype(int), axis) for one in (low, high))
        given = first + (second - first) * part.reshape(shape)
    call.view(o, oh, ow, c)[:] = given


def _mix(call: _Call) -> None:
    m, rows, inner, a, pixels, o = (int(one) for one in call.i[:6])
    call.view(o, pixels, rows)[:] = call.view(a, pixels, inner) @ call.view(m, rows, inner).T


def _instance_norm(call: _Call) -> None:
    a, o, pixels, channels, scale, shift = (int(one) for one in call.i[:6])
    given = call.view(a, pixels, channels).astype(np.float64)
    normal = (given - given.mean(axis=0)) / np.sqrt(given.var(axis=0) + float(call.f[6]))
    call.view(o, pixels, channels)[:] = normal * call.constant(scale, channels) + call.constant(shift, channels)


_RUN: dict[str, Callable[[_Call], None]] = {
    "layer": _layer,
    "unary": _unary,
    "binary": _binary,
    "copy": _copy,
    "fill": _fill,
    "transpose": _transpose,
    "depth_to_space": _depth_to_space,
    "resize": _resize,
    "mix": _mix,
    "instance_norm": _instance_norm,
}
