"""Chains of shifts and scales of whole feature maps -> one scale and one shift.

((x - mean) / deviation) * gain + offset reads and writes the map four times; x * a + b with a = gain / deviation and
b = offset - mean * a twice, and a and b are small. Exact in real numbers. This is a conditional batch norm with frozen
statistics as a literal export of BigGAN has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from ganrt.graphs.convolution import Matrix
from ganrt.graphs.fold_batch_norm import affine_of
from ganrt.graphs.passes import GraphPass
from ganrt.graphs.values import (
    Replacement,
    attribute,
    constant,
    dims,
    drop,
    has_sides,
    is_operator,
    only_consumer,
)

_ARITHMETIC = ("Add", "Sub", "Mul", "Div")


@dataclass(frozen=True)
class Link:
    """One node of a chain: the index of its input that is the map, and the other operand (None for a batch norm)."""

    node: ir.Node
    position: int
    other: ir.Value | None


class JoinAffine(GraphPass):
    """Three or more of Add, Sub, Mul, Div (by something without sides of its own) and batch norms in a row."""

    starts_at = (*_ARITHMETIC, "BatchNormalization")
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        chain = _chain(node)
        if len(chain) < 3:  # two operators are as few as it gets
            return False
        last = chain[-1].node
        new = Replacement(last)
        joined = _Affine(new)
        for link in chain:
            joined.append(link)
        x = chain[0].node.inputs[chain[0].position]
        assert x is not None
        new.finish(joined.applied(x))
        for link in reversed(chain[:-1]):
            drop(link.node)
        return True


def _chain(node: ir.Node) -> list[Link]:
    """The node and those that alone read each other's results, as long as all of them shift or scale."""
    found: list[Link] = []
    reader: ir.Node | None = node
    while reader is not None:
        link = _link(reader)
        if link is None or (found and reader.inputs[link.position] is not found[-1].node.outputs[0]):
            break
        found.append(link)
        reader = only_consumer(reader.outputs[0])
    return found


def _link(node: ir.Node) -> Link | None:
    if is_operator(node, "BatchNormalization"):
        known = all(constant(value) is not None for value in node.inputs[1:])
        rank = len(dims(node.inputs[0]) or ())
        plain = known and rank == 4 and not attribute(node, "training_mode", 0) and len(node.outputs) == 1
        return Link(node, 0, None) if plain else None
    if not is_operator(node, *_ARITHMETIC) or len(node.inputs) != 2:
        return None
    small = [not has_sides(value) for value in node.inputs]
    if small[0] == small[1] or (node.op_type == "Div" and small[0]):
        return None
    position = small.index(False)
    return Link(node, position, node.inputs[1 - position]) if len(dims(node.inputs[position]) or ()) == 4 else None


class _Affine:
    """a and b of x * a + b, as values of the graph under construction; None for 1 and for 0."""

    def __init__(self, new: Replacement) -> None:
        self.new = new
        self.a: ir.Value | None = None
        self.b: ir.Value | None = None

    def append(self, link: Link) -> None:
        """What the link does to x * a + b."""
        kind, other = link.node.op_type, link.other
        if other is None:
            scale, shift = (self._weight(link, values) for values in affine_of(link.node))
            self._scale("Mul", scale)
            self._shift("Add", shift)
        elif kind in ("Mul", "Div"):
            self._scale(kind, other)
        elif kind == "Sub" and link.position == 1:
            self.a = self.new.op("Neg", [self.a], "a") if self.a is not None else self._weight(link, np.array([-1.0]))
            self.b = other if self.b is None else self.new.op("Sub", [other, self.b], "b")
        else:
            self._shift(kind, other)

    def applied(self, x: ir.Value) -> ir.Value:
        """x * a + b."""
        scaled = x if self.a is None else self.new.op("Mul", [x, self.a], "scaled")
        return scaled if self.b is None else self.new.op("Add", [scaled, self.b], "shifted")

    def _scale(self, kind: str, other: ir.Value) -> None:
        if self.a is None:
            self.a = other if kind == "Mul" else self.new.op("Reciprocal", [other], "a")
        else:
            self.a = self.new.op(kind, [self.a, other], "a")
        self.b = None if self.b is None else self.new.op(kind, [self.b, other], "b")

    def _shift(self, kind: str, other: ir.Value) -> None:
        if self.b is None:
            self.b = other if kind == "Add" else self.new.op("Neg", [other], "b")
        else:
            self.b = self.new.op(kind, [self.b, other], "b")

    def _weight(self, link: Link, values: Matrix) -> ir.Value:
        """Numbers [c] as [c, 1, 1], in the map's type."""
        x = link.node.inputs[link.position]
        assert x is not None
        assert x.dtype is not None
        return self.new.weight("channels", values.reshape(-1, 1, 1).astype(x.dtype.numpy()))
