"""Element-wise work before pixels are spread (nearest upsampling, DepthToSpace) instead of after: bit for bit the same.

Upsampling copies pixels, and DepthToSpace moves them; what is done to each number alone may as well be done before.
Before upsampling there are fewer numbers, and before DepthToSpace an activation sits next to its convolution, where
every engine fuses the two.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx_ir as ir

from ganrt.engines.forms.upsampling import nearest_scale
from ganrt.graphs.passes import GraphPass
from ganrt.graphs.values import (
    Replacement,
    attribute,
    constant,
    dims,
    drop,
    input_of,
    is_operator,
    only_consumer,
    only_producer,
)

ACTIVATIONS = ("Relu", "LeakyRelu", "Elu", "Selu", "Softplus", "HardSigmoid", "HardSwish", "Mish", "Tanh", "Sigmoid")
UNARY = (*ACTIVATIONS, "Abs", "Ceil", "Clip", "Exp", "Floor", "Neg", "Reciprocal", "Round", "Sqrt", "Identity")
BINARY = ("Add", "Sub", "Mul", "Div", "Max", "Min")
_FUSED_INTO_CONVOLUTIONS = ("Relu", "LeakyRelu")


class UpsampleLate(GraphPass):
    """Nearest upsampling sinks below what treats pixels alike: activations, batch norm, scales, 1x1 convolutions."""

    starts_at = ("Resize",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        if nearest_scale(node) is None:
            return False
        return _sink(node, _same_for_every_pixel)


class ActivateEarly(GraphPass):
    """Activations rise above DepthToSpace, and ReLUs above the Concat of its phases, to their convolutions."""

    starts_at = ("DepthToSpace",)

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        return _sink(node, lambda below, _: is_operator(below, *ACTIVATIONS), _distribute)


class ShuffleLate(GraphPass):
    """DepthToSpace sinks below everything that treats numbers alike, the tail of the graph too.

    The tensor before the tail then holds phases, not a picture.
    """

    starts_at = ("DepthToSpace",)

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        return _sink(node, _same_for_every_number)


def _same_for_every_number(node: ir.Node, value: ir.Value) -> bool:
    if is_operator(node, *UNARY):
        return node.inputs[0] is value and all(
            constant(other) is not None for other in node.inputs[1:] if other is not None
        )
    if is_operator(node, *BINARY) and len(node.inputs) == 2:
        held = [constant(other) for other in node.inputs if other is not value]
        return len(held) == 1 and held[0] is not None and held[0].size == 1 and held[0].ndim <= 4
    return False


def _same_for_every_pixel(node: ir.Node, value: ir.Value) -> bool:
    if _same_for_every_number(node, value):
        return True
    if is_operator(node, "BatchNormalization"):
        return node.inputs[0] is value and not attribute(node, "training_mode", 0) and len(node.outputs) == 1
    if is_operator(node, "Conv"):
        return node.inputs[0] is value and is_pointwise(node)
    if is_operator(node, *BINARY) and len(node.inputs) == 2:
        others = [dims(other) for other in node.inputs if other is not value]
        return len(others) == 1 and others[0] is not None and len(others[0]) == 4 and others[0][2:] == (1, 1)
    return False


def is_pointwise(node: ir.Node) -> bool:
    """Whether a Conv is 1x1 and makes each pixel from the one in its place."""
    shape = dims(input_of(node, 1))
    unpadded = attribute(node, "auto_pad", "NOTSET") == "NOTSET" and not any(attribute(node, "pads", ()))
    every_pixel = set(attribute(node, "strides", (1,))) == {1}
    return shape is not None and shape[2:] == (1, 1) and unpadded and every_pixel


def _sink(
    spread: ir.Node,
    may_pass: Callable[[ir.Node, ir.Value], bool],
    then: Callable[[ir.Node], None] = lambda _: None,
) -> bool:
    """Moves a node below those behind it, one by one, as long as they do not mind; whether it moved.

    `then` is called with each node that came to lie above it.
    """
    moved = False
    while True:
        value = spread.outputs[0]
        below = only_consumer(value)
        if below is None or len(below.outputs) != 1 or not may_pass(below, value):
            return moved
        above, spread, moved = *_exchange(spread, below), True
        then(above)


def _exchange(spread: ir.Node, below: ir.Node) -> tuple[ir.Node, ir.Node]:
    """spread -> below becomes below -> spread; returns both anew. The end keeps its name."""
    value, new = spread.outputs[0], Replacement(below)
    inputs = [spread.inputs[0] if other is value else other for other in below.inputs]
    first = new.copy(below, inputs, "early")
    second = new.copy(spread, [first, *spread.inputs[1:]], "late")
    new.finish(second)
    drop(spread)
    made = first.producer(), second.producer()
    assert made[0] is not None
    assert made[1] is not None
    return made[0], made[1]


def _distribute(activation: ir.Node) -> None:
    """Concat -> ReLU becomes ReLUs -> Concat, if it joins nothing but convolutions that nothing else reads."""
    concat = only_producer(activation)
    if not is_operator(activation, *_FUSED_INTO_CONVOLUTIONS) or not is_operator(concat, "Concat"):
        return
    parts = [value for value in concat.inputs if value is not None]
    if not all(is_operator(part.producer(), "Conv") and only_consumer(part) is concat for part in parts):
        return
    new = Replacement(activation)
    activated = [new.copy(activation, [part], f"phase{i}") for i, part in enumerate(parts)]
    new.finish(new.copy(concat, activated, "phases"))
    drop(concat)
