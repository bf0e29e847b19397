"""A convolution's settings and constant weights, read from its node; what cannot be rewritten is refused here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.graphs.passes import LeftAlone
from ganrt.graphs.values import attribute, constant, input_of, weights

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Convolution:
    """A two-dimensional Conv or ConvTranspose of one group, without dilation.

    Attributes:
        x: what it reads.
        weight: float64 in the operator's own layout: Conv [out, in, h, w], ConvTranspose [in, out, h, w].
        bias: float64 [out], or None.
        dtype: of the weights in the file.
        pads: ((top, bottom), (left, right)).
        output_padding: of ConvTranspose, else zeros.
    """

    x: ir.Value
    weight: Matrix
    bias: Matrix | None
    dtype: np.dtype[np.floating]
    strides: tuple[int, int]
    pads: tuple[tuple[int, int], tuple[int, int]]
    output_padding: tuple[int, int]

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width."""
        return self.weight.shape[2], self.weight.shape[3]


def read_convolution(node: ir.Node) -> Convolution:
    """Raises LeftAlone where the settings or weights are others than `Convolution` can say."""
    weight, bias = weights(input_of(node, 1), 4), input_of(node, 2)
    x = node.inputs[0]
    if weight is None or x is None:
        raise LeftAlone("its weights are not a constant float tensor of four axes in the file")
    values = weights(bias, 1)
    if bias is not None and values is None:
        raise LeftAlone("its bias is not constant")
    if attribute(node, "group", 1) != 1:
        raise LeftAlone(f"it has {attribute(node, 'group', 1)} groups")
    if set(attribute(node, "dilations", (1, 1))) != {1}:
        raise LeftAlone("it is dilated")
    if attribute(node, "auto_pad", "NOTSET") != "NOTSET" or "output_shape" in node.attributes:
        raise LeftAlone("its padding is automatic")
    top, left, bottom, right = attribute(node, "pads", (0, 0, 0, 0))
    stored = constant(node.inputs[1])
    assert stored is not None
    return Convolution(
        x=x,
        weight=weight,
        bias=values,
        dtype=stored.dtype,
        strides=attribute(node, "strides", (1, 1)),
        pads=((top, bottom), (left, right)),
        output_padding=attribute(node, "output_padding", (0, 0)),
    )
