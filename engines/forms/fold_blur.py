"""A transposed convolution and the blur behind it as one transposed convolution with a larger kernel.

StyleGAN2 doubles a map by a transposed convolution of 3x3 and smooths what it made by a filter of 4x4, the same for all
channels but by itself for each (Karras et al. 2019, arXiv:1812.04948). Both are linear, with no crop between, so one
kernel of 6x6 does both: four times the multiplications, and no map of the larger side to write and read between.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.convolution import Convolution, Matrix, read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, attribute, dims, drop, input_of, only_producer, weights


class FoldBlur(GraphPass):
    """A depthwise convolution of stride 1 behind a transposed one without bias, padding and output padding.

    With its kernel k and the filter b, the joined kernel is the full convolution of k with b turned round. The blur's
    padding p of b's length T crops T - 1 - p from the joined result, which is its padding.
    """

    starts_at = ("Conv",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        before, blur = only_producer(node), weights(input_of(node, 1), 4)
        if before is None or before.op_type != "ConvTranspose" or blur is None or blur.shape[1] != 1:
            return False
        shape = dims(node.inputs[0])
        if shape is None or attribute(node, "group", 1) != shape[1] or len(blur) != shape[1]:
            return False
        pads = _pads(node, blur)
        layer = read_convolution(before)
        if layer.bias is not None or np.any(layer.pads) or any(layer.output_padding):
            raise LeftAlone("the transposed convolution before it has a bias or crops its result")
        new = Replacement(node)
        joined = new.weight("weight", _joined(layer, blur).astype(layer.dtype))
        attributes = {
            "kernel_shape": [a + b - 1 for a, b in zip(layer.kernel, blur.shape[2:], strict=True)],
            "strides": layer.strides,
            "pads": pads,
        }
        new.finish(new.op("ConvTranspose", [layer.x, joined, *node.inputs[2:]], "blurred", attributes))
        drop(before)
        return True


def _pads(node: ir.Node, blur: Matrix) -> list[int]:
    """Those of the joined layer: top, left, bottom, right."""
    if set(attribute(node, "strides", (1, 1))) | set(attribute(node, "dilations", (1, 1))) != {1}:
        raise LeftAlone("it steps over pixels")
    if attribute(node, "auto_pad", "NOTSET") != "NOTSET":
        raise LeftAlone("its padding is automatic")
    pads = attribute(node, "pads", (0, 0, 0, 0))
    crops = [length - 1 - pad for length, pad in zip((*blur.shape[2:], *blur.shape[2:]), pads, strict=True)]
    if min(crops) < 0:
        raise LeftAlone("it pads more than its filter is long")
    return crops


def _joined(layer: Convolution, blur: Matrix) -> Matrix:
    """[in, out, k, k] with [out, 1, t, t] -> [in, out, k + t - 1, k + t - 1]."""
    (height, width), (rows, columns) = layer.kernel, blur.shape[2:]
    made = np.zeros((*layer.weight.shape[:2], height + rows - 1, width + columns - 1))
    for i in range(rows):
        for j in range(columns):
            taps = blur[:, 0, rows - 1 - i, columns - 1 - j]
            made[:, :, i : i + height, j : j + width] += layer.weight * taps[None, :, None, None]
    return made
