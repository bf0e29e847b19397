"""Convolutions with few outputs -> one of a whole tile of pixels: the last layer of most generators.

Engines compute sixteen outputs side by side, and three cost what sixteen do. A tile of s x s pixels has s^2 times the
outputs of one pixel and reads a window of kernel + s - 1, in steps of s: for three outputs and kernel 3 (s = 2) that is
16 taps for four pixels in place of 36, for kernel 7 (CycleGAN) 64 in place of 196. Exact: each pixel's taps lie in the
window at its own place, with zeros around them; DepthToSpace puts the pixels where they belong.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
import onnx_ir as ir

from ganrt.engines.forms.phase_nodes import FEW_OUTPUTS, crop
from ganrt.graphs.convolution import Convolution, Matrix, read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, attribute, constant, input_of, sides


class TileOutputs(GraphPass):
    """Any kernel but 1x1, stride 1, where a tile of at least 2x2 pixels fits into sixteen outputs."""

    starts_at = ("Conv",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        stored = constant(input_of(node, 1))
        if stored is None or stored.ndim != 4 or attribute(node, "group", 1) != 1:
            return False
        side = isqrt(FEW_OUTPUTS // max(1, len(stored)))
        if side < 2 or stored.shape[2:] == (1, 1):
            return False
        convolution = read_convolution(node)
        source = sides(convolution.x)
        if convolution.strides != (1, 1):
            raise LeftAlone("it has few outputs, but strides")
        if source is None:
            raise LeftAlone("it has few outputs, but its picture's size is not fixed")
        new = Replacement(node)
        new.finish(_tiled(new, convolution, source, side))
        return True


def _tiled(new: Replacement, convolution: Convolution, source: tuple[int, int], side: int) -> ir.Value:
    axes = zip(source, convolution.kernel, convolution.pads, strict=True)
    more = [-(size + sum(pads) - kernel + 1) % side for size, kernel, pads in axes]  # up to the next whole tile
    (top, bottom), (left, right) = convolution.pads
    inputs = [convolution.x, new.weight("tile.weight", _windows(convolution.weight, side).astype(convolution.dtype))]
    if convolution.bias is not None:
        bias = np.tile(convolution.bias, side**2)
        inputs.append(new.weight("tile.bias", bias.astype(convolution.dtype)))
    attributes = {
        "kernel_shape": [size + side - 1 for size in convolution.kernel],
        "pads": [top, left, bottom + more[0], right + more[1]],
        "strides": [side, side],
    }
    made = new.op("Conv", inputs, "tile", attributes)
    made = new.op("DepthToSpace", [made], "pixels", {"blocksize": side, "mode": "DCR"})
    return crop(new, made, *more)


def _windows(weight: Matrix, side: int) -> Matrix:
    """[out, in, h, w] -> [side * side * out, in, h + side - 1, w + side - 1], pixels of the tile row by row."""
    outputs, inputs, height, width = weight.shape
    made = np.zeros((side, side, outputs, inputs, height + side - 1, width + side - 1))
    for a in range(side):
        for b in range(side):
            made[a, b, :, :, a : a + height, b : b + width] = weight
    return made.reshape(-1, *made.shape[3:])
