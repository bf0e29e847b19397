"""A model made ready to be rewritten: constants as initialisers, a name for every node, a type for every tensor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ganrt.errors import BadInputFile

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model, and what shape inference says of it.

    Attributes:
        types: element type of every tensor, as `TensorProto` numbers them.
        weights: initialisers that no caller can replace.
    """

    model: onnx.ModelProto
    types: dict[str, int]
    weights: dict[str, onnx.TensorProto]

    @cached_property
    def readers(self) -> dict[str, list[onnx.NodeProto]]:
        """Which nodes read a tensor."""
        found: dict[str, list[onnx.NodeProto]] = {}
        for node in self.model.graph.node:
            for name in dict.fromkeys(node.input):
                found.setdefault(name, []).append(node)
        return found

    def is_float(self, name: str) -> bool:
        """Whether a tensor is in FP32."""
        return self.types.get(name) == FLOAT

    def array(self, name: str) -> NDArray[np.generic]:
        """A weight's values."""
        return np.asarray(numpy_helper.to_array(self.weights[name]))


def prepare(data: bytes) -> Prepared:
    """Reads a model and infers its types, strictly.

    Raises:
        BadInputFile: it has subgraphs (If, Loop, Scan), functions, or types that cannot be inferred.
    """
    model = onnx.load_model_from_string(data)
    graph = model.graph
    for node in graph.node:
        if any(attribute.type in (attribute.GRAPH, attribute.GRAPHS) for attribute in node.attribute):
            raise BadInputFile(f"operator {node.op_type} ({node.name}) holds a graph: only FP32 runs it")
    _lift_constants(graph)
    _name_nodes(graph)
    graph.ClearField("value_info")
    try:
        inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except onnx.shape_inference.InferenceError as error:
        raise BadInputFile(f"the types of this graph cannot be inferred: {str(error).splitlines()[0]}") from error
    values = [*inferred.graph.input, *inferred.graph.value_info, *inferred.graph.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    replaceable = {value.name for value in graph.input}
    weights = {tensor.name: tensor for tensor in graph.initializer if tensor.name not in replaceable}
    for node in graph.node:
        for name in node.output:
            if name and name not in types:
                raise BadInputFile(f"the type of tensor '{name}' ({node.op_type}) cannot be inferred")
    return Prepared(model, types, weights)


def _lift_constants(graph: onnx.GraphProto) -> None:
    kept = []
    for node in graph.node:
        value = _constant(node)
        if value is None:
            kept.append(node)
        else:
            graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
    if len(kept) < len(graph.node):
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in kept]
        graph.ClearField("node")
        graph.node.extend(nodes)


def _constant(node: onnx.NodeProto) -> NDArray[np.generic] | None:
    if node.op_type != "Constant" or node.domain not in ("", "ai.onnx"):
        return None
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    attribute = node.attribute[0]
    value = helper.get_attribute_value(attribute)
    if attribute.name == "value":
        return np.asarray(numpy_helper.to_array(value))
    return np.asarray(value, kinds[attribute.name]) if attribute.name in kinds else None


def _name_nodes(graph: onnx.GraphProto) -> None:
    """Unique names: layers are told apart by them."""
    seen: set[str] = set()
    for number, node in enumerate(graph.node):
        name = node.name or f"{node.op_type}_{number}"
        while name in seen:
            name += "_"
        node.name = name
        seen.add(name)
