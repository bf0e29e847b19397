"""A convolution of a 1x1 picture, plain or transposed -> one Gemm.

Exact: each output pixel meets one tap of the kernel, so the layer is the product of the input with the kernel's taps
laid out as [in, out * height * width]; taps that padding cuts off are not stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from ganrt.graphs.convolution import Convolution, Matrix, read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, constant, input_of, is_operator, sides


class PixelToGemm(GraphPass):
    """Both convolutions, any kernel, stride and padding, where the input's sides are known to be 1."""

    starts_at = ("Conv", "ConvTranspose")
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        if sides(input_of(node, 0)) != (1, 1):
            return False
        convolution = read_convolution(node)
        matrix = _matrix(convolution, transposed=node.op_type == "ConvTranspose")
        if matrix.size > 4 * convolution.weight.size:
            raise LeftAlone("its output is mostly padding")
        inputs, channels, height, width = matrix.shape
        new = Replacement(node)
        weight = matrix.reshape(inputs, -1).astype(convolution.dtype)
        arguments = [_vector(new, convolution.x), new.weight("matrix", weight)]
        if convolution.bias is not None:
            bias = np.repeat(convolution.bias, height * width).astype(convolution.dtype)
            arguments.append(new.weight("bias", bias))
        shape = new.weight("shape", np.asarray([-1, channels, height, width], np.int64))
        new.finish(new.op("Reshape", [new.op("Gemm", arguments, "gemm"), shape], "picture"))
        return True


def _matrix(convolution: Convolution, transposed: bool) -> Matrix:
    """[in, out, height, width]: the weight between each input channel and each output value."""
    axes = zip(convolution.kernel, convolution.strides, convolution.pads, convolution.output_padding, strict=True)
    if transposed:
        met = [_taps(range(pads[0], k + extra - pads[1]), k) for k, _, pads, extra in axes]
    else:  # output row r begins at input row stride * r - pads[0]
        met = [
            _taps([pads[0] - stride * r for r in range((1 + sum(pads) - k) // stride + 1)], k)
            for k, stride, pads, _ in axes
        ]
    weight = convolution.weight if transposed else convolution.weight.swapaxes(0, 1)
    matrix: Matrix = np.einsum("yt,xu,iotu->ioyx", *met, weight)
    return matrix


def _taps(wanted: Sequence[int], kernel: int) -> Matrix:
    """[len(wanted), kernel]: which tap each output row meets; no tap if it is outside of the kernel."""
    met: Matrix = (np.asarray(wanted)[:, None] == np.arange(kernel)).astype(np.float64)
    return met


def _vector(new: Replacement, x: ir.Value) -> ir.Value:
    """x [n, c, 1, 1] as [n, c]: what it was unsqueezed from, if it was."""
    producer = x.producer()
    if is_operator(producer, "Unsqueeze"):
        axes, source = constant(input_of(producer, 1)), producer.inputs[0]
        if source is not None and axes is not None and sorted(int(axis) % 4 for axis in axes) == [2, 3]:
            return source
    return new.op("Flatten", [x], "vector", {"axis": 1})
