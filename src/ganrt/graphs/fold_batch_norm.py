"""Batch norm at inference into the layer before it, or the convolution behind it where that is exact.

In inference y = s x + t for each channel, s = scale / sqrt(variance + epsilon), t = shift - s mean (Ioffe and Szegedy
2015, arXiv:1502.03167). Computed in float64, rounded once.

Before: a layer's outputs s (W x + b) + t have weights s W and bias s b + t; exact for convolutions, plain and
transposed, and for Gemm and MatMul, directly or through a Reshape (and Transpose) to pictures.
Behind: W (s x + t) = (W s) x + W t. W t is the same at every pixel only if every pixel meets all taps: a padded
convolution meets zeros where it should meet t. So: no padding, or t = 0.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.columns import Columns, columns_of
from ganrt.graphs.convolution import Matrix
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import (
    Array,
    Replacement,
    attribute,
    constant,
    drop,
    input_of,
    is_operator,
    only_consumer,
    put_in_place,
    weights,
)


class FoldBatchNorm(GraphPass):
    """Into the layer before if it can, else into the convolution behind."""

    starts_at = ("BatchNormalization",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        if attribute(node, "training_mode", 0):
            raise LeftAlone("it computes statistics of its batch")
        scale, shift = affine_of(node)
        columns = columns_of(node)
        if columns is not None:
            _scale_outputs(columns, scale, shift)
            assert node.inputs[0] is not None
            put_in_place(node.outputs[0], node.inputs[0])
        elif not _fold_behind(node, scale, shift):
            raise LeftAlone("neither before nor behind it is a layer that it folds into exactly")
        drop(node)
        return True


def affine_of(node: ir.Node) -> tuple[Matrix, Matrix]:
    """s and t of each channel, float64 [c]; raises LeftAlone where they are not constant."""
    values = [weights(input_of(node, i), 1) for i in (1, 2, 3, 4)]
    scale, shift, mean, variance = values
    if scale is None or shift is None or mean is None or variance is None:
        raise LeftAlone("its parameters are not constant")
    # The attribute is a float32, as is every reader's.
    return affine(scale, shift, mean, variance, float(np.float32(attribute(node, "epsilon", 1e-5))))


def affine(scale: Matrix, shift: Matrix, mean: Matrix, variance: Matrix, epsilon: float) -> tuple[Matrix, Matrix]:
    """s and t of y = s x + t, of float64 [c] each."""
    factor = scale / np.sqrt(variance + epsilon)
    return factor, shift - mean * factor


def _scale_outputs(columns: Columns, scale: Matrix, shift: Matrix) -> None:
    """Gives the layer weights and a bias of its own; others may share those that it had."""
    layer, weight = columns.layer, columns.weight
    factors, shifts = columns.spread(scale), columns.spread(shift)
    bias = np.zeros(len(factors)) if columns.bias is None else columns.bias
    shape = [1] * weight.ndim
    shape[columns.axis] = -1
    new = Replacement(layer)
    scaled = new.weight("weight", (weight * factors.reshape(shape)).astype(columns.dtype))
    shifted = new.weight("bias", (bias * factors + shifts).astype(columns.dtype))
    kind = "Gemm" if layer.op_type == "MatMul" else layer.op_type
    attributes = {name: attribute(layer, name, None) for name in layer.attributes}
    new.finish(new.op(kind, [layer.inputs[0], scaled, shifted], "folded", attributes))


def _fold_behind(node: ir.Node, scale: Matrix, shift: Matrix) -> bool:
    layer = only_consumer(node.outputs[0])
    if layer is None or layer.inputs[0] is not node.outputs[0] or not _takes(layer, shift):
        return False
    transposed = layer.op_type == "ConvTranspose"
    weight, stored = weights(input_of(layer, 1), 4), constant(input_of(layer, 1))
    bias = weights(input_of(layer, 2), 1)
    if weight is None or stored is None or (input_of(layer, 2) is not None and bias is None):
        return False
    new = Replacement(layer)
    inputs_axis = 0 if transposed else 1
    shape = [1, 1, 1, 1]
    shape[inputs_axis] = -1
    shifted = (weight * shift.reshape(shape)).sum((inputs_axis, 2, 3)) + (0.0 if bias is None else bias)
    arguments = [node.inputs[0], _typed(new, "weight", weight * scale.reshape(shape), stored)]
    if bias is not None or np.any(shifted):
        arguments.append(_typed(new, "bias", shifted, stored))
    attributes = {name: attribute(layer, name, None) for name in layer.attributes}
    new.finish(new.op(layer.op_type, arguments, "folded", attributes))
    return True


def _takes(layer: ir.Node, shift: Matrix) -> bool:
    """Whether the layer sums the same of the shift at every pixel (see the top)."""
    if not is_operator(layer, "Conv", "ConvTranspose") or attribute(layer, "group", 1) != 1:
        return False
    if not np.any(shift):
        return True
    unpadded = attribute(layer, "auto_pad", "NOTSET") == "NOTSET" and not any(attribute(layer, "pads", (0,)))
    # A transposed convolution's pixels meet different taps, at its edges fewer.
    return layer.op_type == "Conv" and unpadded


def _typed(new: Replacement, part: str, array: Matrix, like: Array) -> ir.Value:
    return new.weight(part, array.astype(like.dtype))
