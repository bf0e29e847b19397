"""What depends on nothing but constants is computed once, here.

Exact: by the operators' reference implementation. Random operators and results far larger than what they are made of
are left in the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx.reference import ReferenceEvaluator

from ganrt.graphs.files import one_node
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Array, constant, drop

_NEVER = ("RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout")
_GROWTH, _FREE_BYTES = 4, 2**16  # a result may be so many times its inputs' size, and this small in any case


class FoldConstants(GraphPass):
    """Any standard operator with one output, all of whose inputs are constants; without subgraphs."""

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        if node.domain != "" or node.op_type in _NEVER or len(node.outputs) != 1 or node.outputs[0].is_graph_output():
            return False
        known = [constant(value) for value in node.inputs if value is not None]
        arrays = [array for array in known if array is not None]
        subgraphs = any(value.type == ir.AttributeType.GRAPH for value in node.attributes.values())
        if node.op_type == "Constant" or not known or len(arrays) < len(known) or subgraphs:
            return False
        results = evaluate(node)
        if results[0].nbytes > max(_FREE_BYTES, _GROWTH * sum(array.nbytes for array in arrays)):
            raise LeftAlone(f"its constant result would take {results[0].nbytes} bytes")
        make_constant(node, results)
        return True


def evaluate(node: ir.Node) -> list[Array]:
    """What a node gives whose inputs are constants; raises LeftAlone where that cannot be computed."""
    known = {value.name or "": constant(value) for value in node.inputs if value is not None}
    inputs, outputs = (
        [onnx.helper.make_empty_tensor_value_info(name) for name in names]
        for names in (known, [value.name or "" for value in node.outputs])
    )
    try:
        results: Any = ReferenceEvaluator(one_node(node, inputs, outputs)).run(None, known)
        return [np.asarray(result) for result in results]
    except Exception as error:  # the reference has no common class of errors, and lacks some operators
        raise LeftAlone(f"its constants cannot be computed ({type(error).__name__})") from error


def make_constant(node: ir.Node, results: Sequence[Array]) -> list[ir.Value]:
    """Initialisers, of the same names, in place of what a node makes."""
    graph, made = node.graph, []
    assert isinstance(graph, ir.Graph)
    for output, result in zip(node.outputs, results, strict=True):
        name = output.name
        assert name is not None
        output.name = f"{name}.folded"
        value = ir.val(name, const_value=ir.tensor(result, name=name))
        graph.register_initializer(value)
        output.replace_all_uses_with(value)
        made.append(value)
    drop(node)
    return made
