"""What depends on nothing but constants is computed once, here.

Exact: by the operators' reference implementation. Random operators and results far larger than what they are made of
are left in the graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx.reference import ReferenceEvaluator

from ganrt.engines.forms.base import FormPass, LeftAlone
from ganrt.engines.forms.graph import Array, constant, drop

_NEVER = ("RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout")
_GROWTH, _FREE_BYTES = 4, 2**16  # a result may be so many times its inputs' size, and this small in any case


class FoldConstants(FormPass):
    """Any standard operator with one output, all of whose inputs are constants; without subgraphs."""

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        if node.domain != "" or node.op_type in _NEVER or len(node.outputs) != 1 or node.outputs[0].is_graph_output():
            return False
        given = {value.name or "": constant(value) for value in node.inputs if value is not None}
        subgraphs = any(value.type == ir.AttributeType.GRAPH for value in node.attributes.values())
        if node.op_type == "Constant" or not given or subgraphs:
            return False
        known = {name: array for name, array in given.items() if array is not None}
        if len(known) != len(given):
            return False
        result = _evaluate(node, known)
        if result.nbytes > max(_FREE_BYTES, _GROWTH * sum(array.nbytes for array in known.values())):
            raise LeftAlone(f"its constant result would take {result.nbytes} bytes")
        _replace(node, result)
        return True


def _evaluate(node: ir.Node, known: dict[str, Array]) -> Array:
    graph = node.graph
    assert isinstance(graph, ir.Graph)
    opset = onnx.helper.make_opsetid("", graph.opset_imports[""])
    inputs = [onnx.helper.make_empty_tensor_value_info(name) for name in known]
    output = onnx.helper.make_empty_tensor_value_info(node.outputs[0].name or "")
    made = onnx.helper.make_graph([ir.serde.serialize_node(node)], "one", inputs, [output])
    try:
        model = onnx.helper.make_model(made, opset_imports=[opset], ir_version=10)
        results: Any = ReferenceEvaluator(model).run(None, known)
        return np.asarray(results[0])
    except Exception as error:  # the reference has no common class of errors, and lacks some operators
        raise LeftAlone(f"its constants cannot be computed ({type(error).__name__})") from error


def _replace(node: ir.Node, result: Array) -> None:
    graph, output = node.graph, node.outputs[0]
    assert isinstance(graph, ir.Graph)
    name = output.name
    assert name is not None
    output.name = f"{name}.folded"
    value = ir.val(name, const_value=ir.tensor(result, name=name))
    graph.register_initializer(value)
    output.replace_all_uses_with(value)
    drop(node)
