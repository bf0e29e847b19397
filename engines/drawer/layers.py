"""ONNX -> a drawer's program: dense layers, convolutions, norms, and resizing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.drawer.lowering import (
    F32,
    Lowering,
    NoDrawerError,
    Operand,
    Shape,
    Value,
    Window,
    attribute,
    constant_of,
    ints_of,
    numbers,
    value_of,
    word,
)
from ganrt.engines.drawer.program import Buffer, Constant, Field
from ganrt.graphs.reader import Node


def _dense(at: Lowering, value: Value, weights: F32, bias: F32 | None, shape: Shape, image: bool) -> Value:
    """weights [inputs, outputs]."""
    flat = at.as_flat(value)
    flat = Value(flat.buffer, (1, 1, flat.buffer.size))
    made = at.new(shape, image)
    column = Value(made.buffer, (1, 1, made.buffer.size))
    at.layer(flat, column, weights[None], bias, Window())
    return made


def gemm(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, weights = value_of(given[0]), np.asarray(constant_of(given[1]), np.float32)
    if attribute(node, "transA", 0) or len(value.shape) != 1:
        raise NoDrawerError("expected rows times a matrix")
    weights = weights.T if attribute(node, "transB", 0) else weights
    weights = weights * np.float32(attribute(node, "alpha", 1.0))
    bias = None
    if len(given) > 2 and given[2] is not None:
        bias = np.asarray(constant_of(given[2]), np.float32).reshape(-1) * np.float32(attribute(node, "beta", 1.0))
        bias = np.broadcast_to(bias, weights.shape[1:])
    return _dense(at, value, weights, bias, (weights.shape[1],), image=False)


def matmul(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    one, two = given
    if isinstance(one, Value) and not isinstance(two, Value):
        return gemm(at, replace(node, attributes={}), given)
    left, right = value_of(one), value_of(two)
    if left.image or len(left.shape) != 2 or len(right.shape) != 2 or left.shape[1] != right.shape[0]:
        raise NoDrawerError("expected a small matrix times the channels of a picture")
    right = at.as_image(right)
    made = at.new((left.shape[0], right.shape[1]), image=True)
    fields = (left.buffer, *left.shape, right.buffer, right.shape[1], made.buffer)
    at.emit("mix", fields, [left.buffer, right.buffer], made.buffer)
    return made


def _window(node: Node, kernel: Shape) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    """Strides, dilations and pads."""
    if word(node, "auto_pad", "NOTSET") not in ("NOTSET", "VALID") or len(kernel) != 2:
        raise NoDrawerError("expected two dimensions, and pads in numbers")
    (sy, sx), (dy, dx) = numbers(node, "strides", (1, 1)), numbers(node, "dilations", (1, 1))
    top, left, bottom, right = numbers(node, "pads", (0, 0, 0, 0))
    return (sy, sx), (dy, dx), (top, left, bottom, right)


def _bias(given: list[Operand | None]) -> F32 | None:
    return np.asarray(constant_of(given[2]), np.float32) if len(given) > 2 and given[2] is not None else None


def conv(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, weights = at.as_image(value_of(given[0])), np.asarray(constant_of(given[1]), np.float32)
    if attribute(node, "group", 1) != 1:
        raise NoDrawerError("expected one group")
    outputs, inputs, *kernel = weights.shape
    (sy, sx), (dy, dx), (top, left, bottom, right) = _window(node, tuple(kernel))
    _, height, width = value.shape
    out_height = (height + top + bottom - dy * (kernel[0] - 1) - 1) // sy + 1
    out_width = (width + left + right - dx * (kernel[1] - 1) - 1) // sx + 1
    made = at.new((outputs, out_height, out_width), image=True)
    window = Window((kernel[0], kernel[1]), (sy, sx), (top, left), (dy, dx), (out_height, out_width))
    taps = weights.transpose(2, 3, 1, 0).reshape(-1, inputs, outputs)
    at.layer(value, made, taps, _bias(given), window)
    return made


def conv_transpose(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    """In its exact phases: outputs y with equal y mod stride see the same taps, as a convolution of their own."""
    value, weights = at.as_image(value_of(given[0])), np.asarray(constant_of(given[1]), np.float32)
    inputs, outputs, *kernel = weights.shape
    strides, dilations, (top, left, bottom, right) = _window(node, tuple(kernel))
    if attribute(node, "group", 1) != 1 or dilations != (1, 1) or "output_shape" in node.attributes:
        raise NoDrawerError("expected one group, no dilation, and no output_shape")
    extra = numbers(node, "output_padding", (0, 0))
    _, height, width = value.shape
    out_height = strides[0] * (height - 1) + kernel[0] - top - bottom + extra[0]
    out_width = strides[1] * (width - 1) + kernel[1] - left - right + extra[1]
    bias = _bias(given)
    if height == width == 1 and (top, left, bottom, right, *extra) == (0,) * 6:
        matrix = weights.transpose(0, 2, 3, 1).reshape(inputs, -1)  # one place: each tap is an output of its own
        wide = None if bias is None else np.tile(bias, kernel[0] * kernel[1])
        return _dense(at, value, matrix, wide, (outputs, out_height, out_width), image=True)
    made = at.new((outputs, out_height, out_width), image=True)
    for y, rows in _phases(kernel[0], strides[0], top, out_height):
        for x, columns in _phases(kernel[1], strides[1], left, out_width):
            taps = weights[:, :, rows.taps][:, :, :, columns.taps].transpose(2, 3, 0, 1).reshape(-1, inputs, outputs)
            window = Window(
                kernel=(len(rows.taps), len(columns.taps)),
                pads=(rows.pad, columns.pad),
                count=(rows.count, columns.count),
                step=strides,
                start=(y, x),
            )
            at.layer(value, made, taps, bias, window)
    return made


@dataclass(frozen=True)
class _Phase:
    taps: list[int]
    pad: int
    count: int


def _phases(kernel: int, stride: int, before: int, size: int) -> list[tuple[int, _Phase]]:
    """Output y = stride * q + r has the taps k = r + before mod stride, from input q + (r + before - k) / stride."""
    made = []
    for r in range(min(stride, size)):
        taps = list(range((r + before) % stride, kernel, stride))[::-1]
        if not taps:  # a kernel smaller than its stride: only the bias; one tap of zeros outside would do
            raise NoDrawerError("a kernel smaller than its stride")
        first = (r + before - taps[0]) // stride
        made.append((r, _Phase(taps, -first, (size - r + stride - 1) // stride)))
    return made


def batch_norm(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at.as_image(value_of(given[0])) if len(value_of(given[0]).shape) > 1 else value_of(given[0])
    scale, shift, mean, variance = (np.asarray(constant_of(one), np.float64) for one in given[1:5])
    factor = scale / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
    shape = (-1, *([1] * (len(value.shape) - 1)))
    scaled = at.binary("mul", value, factor.astype(np.float32).reshape(shape))
    return at.binary("add", scaled, (shift - mean * factor).astype(np.float32).reshape(shape))


def instance_norm(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at.as_image(value_of(given[0]))
    made = replace(value, buffer=Buffer(value.buffer.size))
    scale, shift = (Constant(np.asarray(constant_of(one), np.float32)) for one in given[1:3])
    epsilon = attribute(node, "epsilon", 1e-5)
    fields = (value.buffer, made.buffer, prod(value.shape[1:]), value.shape[0], scale, shift, epsilon)
    at.emit("instance_norm", fields, [value.buffer], made.buffer, value.buffer)
    return made


def prelu(at: Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value = value_of(given[0])
    return at.binary("prelu", value, constant_of(given[1]))


def resize(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at.as_image(value_of(given[0]))
    mode = word(node, "mode", "nearest")
    if mode not in ("nearest", "linear") or node.attributes.get("antialias"):
        raise NoDrawerError(f"the mode {mode}")
    scales = None if len(given) < 3 or given[2] is None else np.asarray(constant_of(given[2]), np.float64).reshape(-1)
    sizes = None if len(given) < 4 else ints_of(given[3])
    channels, height, width = value.shape
    if sizes:
        out = (sizes[2], sizes[3])
        ratios = (out[0] / height, out[1] / width)
    else:
        assert scales is not None
        ratios = (float(scales[2]), float(scales[3]))
        out = (int(height * ratios[0]), int(width * ratios[1]))
    made = at.new((channels, *out), image=True)
    tables = [
        _positions(before, after, ratio, mode, node)
        for before, after, ratio in zip((height, width), out, ratios, strict=True)
    ]
    fields: list[Field] = [value.buffer, *value.dims, made.buffer, *out, Constant(tables[0]), Constant(tables[1])]
    at.emit("resize", fields, [value.buffer], made.buffer)
    return made


def _positions(before: int, after: int, ratio: float, mode: str, node: Node) -> F32:
    """Of each output position the two inputs between which it lies, and how far: float32 [after, 3]."""
    place = np.arange(after, dtype=np.float64)
    convention = word(node, "coordinate_transformation_mode", "half_pixel")
    if convention == "asymmetric":
        at = place / ratio
    elif convention == "align_corners":
        at = place * ((before - 1) / (after - 1) if after > 1 else 0.0)
    elif convention == "half_pixel" or (convention == "pytorch_half_pixel" and after > 1):
        at = (place + 0.5) / ratio - 0.5
    else:
        raise NoDrawerError(f"the convention {convention}")
    if mode == "nearest":
        rounding: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
            "round_prefer_floor": lambda x: np.ceil(x - 0.5),
            "round_prefer_ceil": lambda x: np.floor(x + 0.5),
            "floor": lambda x: np.floor(x),
            "ceil": lambda x: np.ceil(x),
        }
        low = np.clip(rounding[word(node, "nearest_mode", "round_prefer_floor")](at), 0, before - 1)
        return np.stack([low, low, np.zeros(after)], axis=1).astype(np.float32)
    at = np.clip(at, 0, before - 1)
    low = np.floor(at)
    return np.stack([low, np.minimum(low + 1, before - 1), at - low], axis=1).astype(np.float32)
