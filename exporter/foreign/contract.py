"""A foreign model made to keep the graph contract: inputs z and labels, the uint8 tail, one free axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ganrt.exporter.foreign.batch import free_batch
from ganrt.exporter.foreign.network import Interface, Tensor, tensors
from ganrt.exporter.foreign.onnx_model import walk
from ganrt.exporter.foreign.pictures import Pictures
from ganrt.exporter.graph import IR_VERSION, NATIVE, value_infos
from ganrt.exporter.tracing import OPSET
from ganrt.spec import IMAGE, LABELS, SOURCE, GeneratorSpec

_Step = tuple[str, list[str], dict[str, Any]]  # operator, further inputs, attributes
_PREFIX = "net."  # before every name of the foreign graph, so that none meets the contract's


def keep_contract(
    model: onnx.ModelProto, interface: Interface, pictures: Pictures, spec: GeneratorSpec
) -> onnx.ModelProto:
    """The model with the contract's inputs and outputs; the float picture stays inside as `native` [n, c, h, w].

    Args:
        model: opset 18, `ai.onnx` alone; not changed.
    """
    graph = onnx.GraphProto()
    graph.CopyFrom((free_batch(model) if interface.fixed else model).graph)
    kind = next(tensor.kind for tensor in tensors(graph.output) if tensor.name == interface.output)
    _prune(graph, interface.output)
    before, names = _entries(interface, pictures)
    after, names[interface.output] = _tail(interface.output, kind, pictures)
    _rename(graph.node, graph.initializer, names)
    nodes = [*before, *graph.node, *after]
    constants = [numpy_helper.from_array(value, name) for name, value in _constants(interface).items()]
    used = {name for node in nodes for name in node.input}
    whole = helper.make_graph(
        nodes,
        spec.family,
        value_infos(spec.inputs),
        value_infos(spec.outputs),
        [*graph.initializer, *(tensor for tensor in constants if tensor.name in used)],
        sparse_initializer=graph.sparse_initializer,
    )
    for i, node in enumerate(whole.node):
        node.name = f"{node.op_type}_{i}"
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION, producer_name="ganrt")


def _prune(graph: Any, output: str) -> None:
    """Drops what the picture does not depend on: other outputs' nodes and weights."""
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= {*node.input, *_inner_names(node)}
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(kept)]
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    copies = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in weights]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(copies)


def _inner_names(node: Any) -> set[str]:
    graphs = [inner for attribute in node.attribute for inner in (attribute.g, *attribute.graphs)]
    names = {name for graph in graphs for inner in walk(graph) for name in inner.input}
    return names | {value.name for graph in graphs for value in graph.output}


def _entries(interface: Interface, pictures: Pictures) -> tuple[list[Any], dict[str, str]]:
    """Nodes from the contract's inputs to the network's own, and the network's inputs' new names."""
    if interface.source is not None:
        made = _head(interface, pictures)
        return made, {interface.z.name: made[-1].output[0]}
    nodes: list[Any] = []
    names: dict[str, str] = {}
    for name, tensor in (("z", interface.z), ("labels", interface.labels)):
        if tensor is not None:
            numbers = name == "labels" and interface.numbers
            steps = (
                _numbers(tensor) if numbers else _steps(name, tensor, reshape=name == "z" and sum(interface.z_ones) > 0)
            )
            nodes += steps
            names[tensor.name] = steps[-1].output[0] if steps else name
    return nodes, names


def _head(interface: Interface, pictures: Pictures) -> list[Any]:
    """Nodes from `source` uint8 [n, h, w, c] to the network's own picture."""
    steps: list[_Step] = [("Cast", [], {"to": TensorProto.FLOAT})]
    if interface.source_layout == "nchw":
        steps.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if pictures.source_range == "tanh":
        steps += [("Div", ["half"], {}), ("Sub", ["unit"], {})]
    elif pictures.source_range == "sigmoid":
        steps.append(("Div", ["white"], {}))
    if interface.z.kind != TensorProto.FLOAT:
        steps.append(("Cast", [], {"to": interface.z.kind}))
    return list(_chain(steps, SOURCE, "source_native"))


def _numbers(tensor: Tensor) -> list[Any]:
    """Nodes from class weights to the number of the largest, which `with_class_rows` takes away again."""
    nodes = [helper.make_node("ArgMax", [LABELS], ["numbers"], axis=1, keepdims=int(len(tensor.dims) == 2))]
    if tensor.kind != TensorProto.INT64:
        nodes.append(helper.make_node("Cast", ["numbers"], ["numbers_cast"], to=tensor.kind))
    return nodes


def _steps(name: str, tensor: Tensor, *, reshape: bool) -> list[Any]:
    steps = []
    if reshape:
        steps.append(helper.make_node("Reshape", [name, f"{name}_shape"], [f"{name}_shaped"]))
    if tensor.kind != TensorProto.FLOAT:
        given = steps[-1].output[0] if steps else name
        steps.append(helper.make_node("Cast", [given], [f"{name}_cast"], to=tensor.kind))
    return steps


def _tail(output: str, kind: int, pictures: Pictures) -> tuple[list[Any], str]:
    """Nodes from the network's picture to `native` and on to `image`, and the new name of the network's picture."""
    to_native: list[_Step] = []
    if kind != TensorProto.FLOAT:
        to_native.append(("Cast", [], {"to": TensorProto.FLOAT}))
    if pictures.layout == "nhwc":
        to_native.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if pictures.range == "uint8":
        to_native.append(("Div", ["white"], {}))
    scale: list[_Step] = [("Mul", ["white"], {})]
    if pictures.range == "tanh":
        scale = [("Add", ["unit"], {}), ("Mul", ["half"], {})]
    to_image: list[_Step] = [
        *scale,
        ("Clip", ["black", "white"], {}),
        ("Round", [], {}),
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("Cast", [], {"to": TensorProto.UINT8}),
    ]
    first = _PREFIX + output if to_native else NATIVE
    return [*_chain(to_native, first, NATIVE), *_chain(to_image, NATIVE, IMAGE)], first


def _chain(steps: list[_Step], first: str, last: str) -> Iterable[Any]:
    for i, (operator, others, attributes) in enumerate(steps):
        made = last if i == len(steps) - 1 else f"{last}_{i}"
        yield helper.make_node(operator, [first, *others], [made], **attributes)
        first = made


def _constants(interface: Interface) -> dict[str, Any]:
    return {
        "z_shape": np.array(interface.z_shape(-1), np.int64),
        "unit": np.float32(1),
        "half": np.float32(127.5),
        "black": np.float32(0),
        "white": np.float32(255),
    }


def _rename(nodes: Any, weights: Any, names: dict[str, str]) -> None:
    """Gives every name the prefix (so that inner graphs need no scopes), but those in `names`; drops doc strings."""

    def new(name: str) -> str:
        return names.get(name, _PREFIX + name) if name else ""

    for part in (*nodes, *weights):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for tensor in weights:
        tensor.name = new(tensor.name)
    for node in nodes:
        node.input[:] = [new(name) for name in node.input]
        node.output[:] = [new(name) for name in node.output]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                for value in (*inner.input, *inner.output, *inner.value_info):
                    value.name = new(value.name)
                _rename(inner.node, inner.initializer, names)
