"""Matrix products of one input with many constant matrices -> one product, split behind.

Exact: each column of the joined matrix gives what it gave alone. A conditional generator has two small matrices for
every norm, all read by the same condition.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from ganrt.graphs.passes import GraphPass
from ganrt.graphs.values import (
    Array,
    Replacement,
    attribute,
    constant,
    dims,
    drop,
    input_of,
    is_operator,
    put_in_place,
)


class JoinGemms(GraphPass):
    """Gemm (plain or transposed weights) and MatMul with two axes."""

    starts_at = ("Gemm", "MatMul")
    needs_shapes = True

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        x = node.inputs[0]
        if x is None or len(dims(x) or ()) != 2:
            return False
        readers = [other for other in node.graph or () if other in x.consumers() and _matrix(other, x) is not None]
        if len(readers) < 2 or readers[0] is not node:
            return False
        matrices = [_matrix(other, x) for other in readers]
        new = Replacement(node)
        pairs = [pair for pair in matrices if pair is not None]
        joined = new.weight("matrix", np.concatenate([matrix for matrix, _ in pairs], 1))
        bias = new.weight("bias", np.concatenate([vector for _, vector in pairs]))
        product = new.op("Gemm", [x, joined, bias], "joined")
        first, *others = new.split(product, [matrix.shape[1] for matrix, _ in pairs], 1)
        new.finish(first)
        for other, value in zip(readers[1:], others, strict=True):
            put_in_place(other.outputs[0], value)
            drop(other)
        return True


def _matrix(node: ir.Node, x: ir.Value) -> tuple[Array, Array] | None:
    """([in, out], bias [out]) of a node that multiplies x with a constant; None if it is another."""
    if not is_operator(node, "Gemm", "MatMul") or node.inputs[0] is not x:
        return None
    matrix, given = constant(node.inputs[1]), input_of(node, 2)
    bias = constant(given)
    if matrix is None or matrix.ndim != 2 or matrix.dtype not in (np.float32, np.float64):
        return None
    if node.op_type == "Gemm":
        if attribute(node, "transA", 0) or attribute(node, "alpha", 1.0) != 1 or attribute(node, "beta", 1.0) != 1:
            return None
        matrix = matrix.T if attribute(node, "transB", 0) else matrix
    if given is None:
        bias = np.zeros(matrix.shape[1], matrix.dtype)
    return None if bias is None or bias.shape != matrix.shape[1:] else (matrix, bias)
