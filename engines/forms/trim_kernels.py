"""Rows and columns of zeros at a transposed kernel's edges go away, and padding with them.

Keras' 'same' padding for kernel 5 and stride 2 is exported as a kernel of 6 with a row of zeros on top and a column on
the left, which costs 36 taps for 25. Exact bit for bit: what is left away adds zeros.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.convolution import Matrix, read_convolution
from ganrt.graphs.passes import GraphPass
from ganrt.graphs.values import Replacement


class TrimKernels(GraphPass):
    """An edge of zeros is dropped where padding cuts off a row at that end, which is then kept in its place."""

    starts_at = ("ConvTranspose",)

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        convolution = read_convolution(node)
        weight, pads = convolution.weight, [*convolution.pads]
        for axis in (0, 1):
            zeros = _zero_edges(np.moveaxis(weight, 2 + axis, 0))
            before, after = (min(zero, pad) for zero, pad in zip(zeros, pads[axis], strict=True))
            weight = np.moveaxis(np.moveaxis(weight, 2 + axis, 0)[before : weight.shape[2 + axis] - after], 0, 2 + axis)
            pads[axis] = (pads[axis][0] - before, pads[axis][1] - after)
        if weight.shape == convolution.weight.shape:
            return False
        new = Replacement(node)
        trimmed = new.weight("weight", weight.astype(convolution.dtype))
        attributes = {
            "kernel_shape": weight.shape[2:],
            "strides": convolution.strides,
            "pads": [pads[0][0], pads[1][0], pads[0][1], pads[1][1]],
            "output_padding": convolution.output_padding,
        }
        new.finish(new.op("ConvTranspose", [convolution.x, trimmed, *node.inputs[2:]], "trimmed", attributes))
        return True


def _zero_edges(rows: Matrix) -> tuple[int, int]:
    """How many of the first and of the last rows are all zeros; one row at least is left in between."""
    used = np.flatnonzero(np.any(rows, axis=(1, 2, 3)))
    if not len(used):
        return 0, len(rows) - 1
    return int(used[0]), int(len(rows) - 1 - used[-1])
