"""Channels that a convolution computes and a Slice or Gather drops are not computed. Exact bit for bit.

Hugging Face's BigGAN-deep computes 128 channels of the picture and keeps three.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.forms.exchange import UNARY
from ganrt.graphs.columns import Columns, columns_of
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import (
    Replacement,
    attribute,
    constant,
    dims,
    drop,
    input_of,
    is_operator,
    only_producer,
    put_in_place,
)


class DropDeadChannels(GraphPass):
    """A choice of channels with constant indices, behind a convolution and any number of unary operators."""

    starts_at = ("Slice", "Gather")
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        kept = _kept(node)
        if kept is None:
            return False
        between = _unary_before(node)
        columns = columns_of(between[-1] if between else node)
        if columns is None or columns.layer.op_type not in ("Conv", "ConvTranspose"):
            return False
        if attribute(columns.layer, "group", 1) != 1:
            raise LeftAlone("the convolution before it has groups")
        _keep(columns, kept)
        for inner in between:
            inner.outputs[0].shape = None
        assert node.inputs[0] is not None
        put_in_place(node.outputs[0], node.inputs[0])
        drop(node)
        return True


def _unary_before(node: ir.Node) -> list[ir.Node]:
    """The unary operators before a node, the nearest first."""
    found: list[ir.Node] = []
    before = only_producer(node)
    while is_operator(before, *UNARY):
        found.append(before)
        before = only_producer(before)
    return found


def _kept(node: ir.Node) -> NDArray[np.int64] | None:
    """The channels that the node keeps, in its order; None if it is not about channels, or not constant."""
    shape = dims(node.inputs[0])
    if shape is None or len(shape) != 4 or shape[1] is None:
        return None
    channels = np.arange(shape[1])
    if node.op_type == "Gather":
        indices = constant(input_of(node, 1))
        if indices is None or indices.ndim != 1 or attribute(node, "axis", 0) not in (1, -3):
            return None
        return channels[indices]
    starts, ends, axes, steps = (constant(input_of(node, i)) for i in (1, 2, 3, 4))
    if starts is None or ends is None or axes is None or list(axes) not in ([1], [-3]):
        return None
    if input_of(node, 4) is not None and steps is None:
        return None
    step = 1 if steps is None else int(steps[0])
    return channels[int(starts[0]) : int(ends[0]) : step] if step > 0 else None


def _keep(columns: Columns, kept: NDArray[np.int64]) -> None:
    """Slices the stored weights themselves: nothing is rounded."""
    layer = columns.layer
    new = Replacement(layer)
    stored, bias = constant(layer.inputs[1]), constant(input_of(layer, 2))
    assert stored is not None
    arguments = [layer.inputs[0], new.weight("weight", stored.take(kept, columns.axis))]
    if bias is not None:
        arguments.append(new.weight("bias", bias[kept]))
    made = new.copy(layer, arguments, "kept")
    new.finish(made)
    made.shape = None  # it has fewer channels than what it replaced
