"""The layer before a node whose outputs are the node's channels, each alone: where a factor for each channel can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from ganrt.graphs.convolution import Matrix
from ganrt.graphs.values import attribute, constant, dims, input_of, is_operator, only_producer, weights


@dataclass(frozen=True)
class Columns:
    """A layer with constant weights.

    Attributes:
        weight, bias: float64; `dtype` is the file's.
        axis: of `weight`, along which the outputs lie.
        spread: float64 [channels] -> [outputs of the layer]: the channel's value at each of the layer's outputs.
    """

    layer: ir.Node
    weight: Matrix
    bias: Matrix | None
    dtype: np.dtype[np.floating]
    axis: int
    spread: Callable[[Matrix], Matrix]


def columns_of(node: ir.Node) -> Columns | None:
    """The layer behind a node's first input, if nothing else reads what is between; None if there is none."""
    producer = only_producer(node)
    if is_operator(producer, "Conv", "ConvTranspose", "Gemm", "MatMul"):
        return _columns(producer, lambda channels: channels)
    last = False
    if is_operator(producer, "Transpose"):
        if attribute(producer, "perm", ()) != (0, 3, 1, 2):
            return None
        producer, last = only_producer(producer), True
    if not is_operator(producer, "Reshape"):
        return None
    pixels, layer = _pixels(producer, last), only_producer(producer)
    if pixels is None or not is_operator(layer, "Gemm", "MatMul"):
        return None
    return _columns(layer, lambda channels: np.tile(channels, pixels) if last else np.repeat(channels, pixels))


def _pixels(reshape: ir.Node, last: bool) -> int | None:
    """Height times width of [n, outputs] -> [n, c, h, w] (or [n, h, w, c]); None if it is another reshape."""
    shape, given = dims(reshape.outputs[0]), dims(reshape.inputs[0])
    target = constant(input_of(reshape, 1))
    if shape is None or given is None or target is None or len(given) != 2 or len(shape) != 4:
        return None
    if target[0] not in (-1, 0) or given[1] is None:
        return None
    channels = shape[3] if last else shape[1]
    return given[1] // channels if channels and given[1] % channels == 0 and _whole(shape[1:], given[1]) else None


def _whole(shape: tuple[int | None, ...], outputs: int) -> bool:
    """Whether each row of the matrix becomes one picture."""
    return None not in shape and int(np.prod([side or 0 for side in shape])) == outputs


def _columns(layer: ir.Node, spread: Callable[[Matrix], Matrix]) -> Columns | None:
    convolves = layer.op_type in ("Conv", "ConvTranspose")
    value = input_of(layer, 1)
    weight, stored, bias = weights(value, 4 if convolves else 2), constant(value), input_of(layer, 2)
    values = weights(bias, 1)
    if weight is None or stored is None or (bias is not None and values is None):
        return None
    if layer.op_type == "ConvTranspose" and attribute(layer, "group", 1) != 1:
        return None
    if layer.op_type == "Gemm" and not _plain(layer):
        return None
    if layer.op_type == "MatMul" and len(dims(layer.inputs[0]) or ()) != 2:
        return None
    axis = 0 if layer.op_type == "Conv" or attribute(layer, "transB", 0) else 1
    if values is not None and len(values) != weight.shape[axis]:
        return None  # one bias for all outputs
    return Columns(layer, weight, values, stored.dtype, axis, spread)


def _plain(gemm: ir.Node) -> bool:
    return attribute(gemm, "alpha", 1.0) == 1 and attribute(gemm, "beta", 1.0) == 1 and not attribute(gemm, "transA", 0)
