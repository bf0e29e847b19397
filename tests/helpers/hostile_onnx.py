"""ONNX models with one tensor in another file, at each place where the format allows a tensor.

Places: onnx.proto (GraphProto, SparseTensorProto, AttributeProto, FunctionProto, TrainingInfoProto).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PLACES = (
    "initializer",
    "sparse initializer",
    "sparse indices",
    "attribute",
    "attribute list",
    "sparse attribute",
    "sparse attribute list",
    "inner graph",
    "inner graph, sparse",
    "graph list",
    "function",
    "function, inner graph",
    "function default",
    "training",
)


def external(name: str = "elsewhere", location: str = "secret.bin") -> TensorProto:
    """A float32 [1] that lies in the file `location`."""
    tensor = numpy_helper.from_array(np.ones(1, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="length", value="4")
    return tensor


def plant(model: onnx.ModelProto, place: str, tensor: TensorProto) -> onnx.ModelProto:
    """Puts `tensor` at one of PLACES, mostly where nothing uses it."""
    graph = model.graph
    if place == "initializer":
        graph.initializer.append(tensor)
    elif place == "sparse initializer":
        graph.sparse_initializer.append(_sparse(tensor))
    elif place == "sparse indices":
        sparse = _sparse(numpy_helper.from_array(np.ones(1, np.float32), "values"))
        sparse.indices.CopyFrom(tensor)
        graph.sparse_initializer.append(sparse)
    elif place.startswith("function"):
        _plant_function(model, place, tensor)
    elif place == "training":
        model.training_info.add().algorithm.initializer.append(tensor)
    else:
        graph.node.append(_node(place, tensor))
    return model


def _plant_function(model: onnx.ModelProto, place: str, tensor: TensorProto) -> None:
    """A function that adds the tensor to the latent, called in the graph."""
    opset = [helper.make_opsetid("", 18)]
    if place == "function default":
        node = helper.make_node("Constant", [], ["c"])
        node.attribute.add(name="value", ref_attr_name="given", type=onnx.AttributeProto.TENSOR)
    elif place == "function":
        node = helper.make_node("Constant", [], ["c"], value=tensor)
    else:
        node = _node("inner graph", tensor)
        node.output[0] = "c"
    body = [helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))), node]
    body.append(helper.make_node("Add", ["x", "c"], ["y"]))
    made = helper.make_function("local", "Shift", ["x"], ["y"], body, opset)
    if place == "function default":
        made.attribute_proto.append(helper.make_attribute("given", tensor))
    model.functions.append(made)
    model.opset_import.append(helper.make_opsetid("local", 1))
    first = model.graph.node[0]
    for position, name in enumerate(first.input):
        first.input[position] = "shifted" if name == "z" else name
    model.graph.node.insert(0, helper.make_node("Shift", ["z"], ["shifted"], domain="local"))


def _node(place: str, tensor: TensorProto) -> onnx.NodeProto:
    """An operator with the tensor in one of its attributes."""
    if place == "attribute":
        return helper.make_node("Constant", [], ["extra"], value=tensor)
    if place == "sparse attribute":
        return helper.make_node("Constant", [], ["extra"], sparse_value=_sparse(tensor))
    output = helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, [1])
    inner = helper.make_graph([], "inner", [], [output], [] if "sparse" in place else [tensor])
    if place == "inner graph, sparse":
        inner.sparse_initializer.append(_sparse(tensor))
    if place.startswith("inner graph"):
        return helper.make_node("If", ["yes"], ["extra"], then_branch=inner, else_branch=inner)
    node = helper.make_node("Constant", [], ["extra"], value_float=1.0)
    attribute = node.attribute.add(name="more")
    if place == "attribute list":
        attribute.type = onnx.AttributeProto.TENSORS
        attribute.tensors.append(tensor)
    elif place == "sparse attribute list":
        attribute.type = onnx.AttributeProto.SPARSE_TENSORS
        attribute.sparse_tensors.append(_sparse(tensor))
    else:
        assert place == "graph list", place
        attribute.type = onnx.AttributeProto.GRAPHS
        attribute.graphs.append(inner)
    return node


def _sparse(values: TensorProto) -> onnx.SparseTensorProto:
    made = onnx.SparseTensorProto(dims=[4])
    made.values.CopyFrom(values)
    made.indices.CopyFrom(numpy_helper.from_array(np.zeros(1, np.int64), "indices"))
    return made
