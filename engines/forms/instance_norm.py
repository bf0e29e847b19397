"""Instance norm written as means and quotients -> one InstanceNormalization.

Exact in real numbers: (x - mean) / sqrt(mean((x - mean)^2) + eps) over each picture's channel is what the operator
computes (Ulyanov et al. 2016, arXiv:1607.08022). How well it is computed is the engine's affair: some add up all
pixels one after another, which costs digits on large pictures. The form's check decides.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, attribute, constant, dims, input_of, is_operator, scalar


class JoinInstanceNorm(GraphPass):
    """x [n, c, h, w]; means along both sides at once, or along one and then the other."""

    starts_at = ("Div",)
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        found = _match(node)
        if found is None:
            return False
        x, eps = found
        shape = dims(x)
        if shape is None or len(shape) != 4 or shape[1] is None or x.dtype is None:
            raise LeftAlone("it is an instance norm of an unknown number of channels")
        ones = np.ones(shape[1], x.dtype.numpy())
        new = Replacement(node)
        inputs = [x, new.weight("scale", ones), new.weight("shift", np.zeros_like(ones))]
        new.finish(new.op("InstanceNormalization", inputs, "norm", {"epsilon": eps}))
        return True


def _match(node: ir.Node) -> tuple[ir.Value, float] | None:
    """(x, eps) if the node is the last of an instance norm of x."""
    centred, root = (_producer(value) for value in node.inputs)
    if not is_operator(centred, "Sub") or not is_operator(root, "Sqrt"):
        return None
    x, mean = centred.inputs
    total = _producer(root.inputs[0])
    if x is None or _mean_of(mean) is not x or not is_operator(total, "Add"):
        return None
    variance, eps = total.inputs[0], scalar(total.inputs[1])
    if eps is None:
        variance, eps = total.inputs[1], scalar(total.inputs[0])
    square = _producer(_mean_of(variance))
    if eps is None or not is_operator(square, "Mul"):
        return None
    return (x, eps) if all(value is centred.outputs[0] for value in square.inputs) else None


def _mean_of(value: ir.Value | None) -> ir.Value | None:
    """What a value is the mean of, over both sides."""
    reduced: list[int] = []
    while is_operator(node := _producer(value), "ReduceMean") and len(reduced) < 2:
        axes = constant(input_of(node, 1))
        if axes is None or not attribute(node, "keepdims", 1):
            return None
        reduced += [int(axis) % 4 for axis in axes]
        value = node.inputs[0]
    return value if sorted(reduced) == [2, 3] else None


def _producer(value: ir.Value | None) -> ir.Node | None:
    return None if value is None else value.producer()
