"""Class numbers in a graph become rows of class weights, so that mixtures of classes work.

A graph that looks a class up (an embedding's Gather, a OneHot) takes its number, which `ArgMax(labels)` gives: then
`0.5 circle, 0.5 square` draws a circle. Each float tensor that is made of numbers alone is a table with a row for each
class; the row of class weights times that table is the same for one class, and the mixture of the rows for several.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from ganrt.errors import BadInputFile
from ganrt.exporter.session import Session
from ganrt.spec import LABELS, GeneratorSpec, Z

_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE)
_NUMBERS = "ArgMax"
_COUNTS = ("Shape", "Size")  # they depend on how many there are, not on values


def with_class_rows(model: onnx.ModelProto, spec: GeneratorSpec) -> onnx.ModelProto:
    """The model without `ArgMax(labels)`, or as it is where nothing takes class numbers.

    Raises:
        BadInputFile: the numbers are used otherwise than to look something up.
    """
    numbers = _class_numbers(model)
    if spec.labels is None or not numbers:
        return model
    tables = _tables(model, spec, _lookups(model, numbers))
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for i, node in enumerate(made.graph.node):
        if node.output[0] in tables:
            _replace(made, i, tables[node.output[0]])
    _drop_unused(made)
    if _class_numbers(made):
        raise BadInputFile(
            "the class numbers are compared or counted, which has no meaning for mixtures of classes\n"
            "expected that forward looks them up, in an nn.Embedding or as one_hot"
        )
    onnx.checker.check_model(made, full_check=True)
    return made


def _class_numbers(model: onnx.ModelProto) -> set[str]:
    taken = [node for node in model.graph.node if node.op_type == _NUMBERS]
    return {node.output[0] for node in taken if _made_of_labels(model, node.input[0])}


def _made_of_labels(model: onnx.ModelProto, name: str) -> bool:
    """Whether a tensor is `labels`, at most cast or reshaped."""
    makers = {made: node for node in model.graph.node for made in node.output}
    while name != LABELS:
        node = makers.get(name)
        if node is None or node.op_type not in ("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze"):
            return False
        name = node.input[0]
    return True


def _lookups(model: onnx.ModelProto, numbers: set[str]) -> list[onnx.NodeProto]:
    """The nodes that make a float tensor of class numbers and constants."""
    inferred = onnx.shape_inference.infer_shapes(model)
    kinds = {value.name: value.type.tensor_type.elem_type for value in inferred.graph.value_info}
    kinds |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    classes, pictures = set(numbers), {value.name for value in model.graph.input}
    found = []
    for node in model.graph.node:
        if set(node.output) & numbers or node.op_type in _COUNTS:
            continue
        if pictures & set(node.input):
            pictures |= set(node.output)
        elif classes & set(node.input):
            if kinds.get(node.output[0]) in _FLOATS:
                found.append(node)
                pictures |= set(node.output)
            else:
                classes |= set(node.output)
    return found


def _tables(model: onnx.ModelProto, spec: GeneratorSpec, nodes: list[onnx.NodeProto]) -> dict[str, NDArray[np.float32]]:
    """What each node makes of every class: [count, ...] by the node's output."""
    assert spec.labels is not None
    assert spec.latent is not None
    count = spec.labels.count
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    del asked.graph.output[:]
    asked.graph.output.extend(helper.make_tensor_value_info(n.output[0], onnx.TensorProto.FLOAT, None) for n in nodes)
    session = Session(asked.SerializeToString()) if nodes else None
    z = np.zeros((count, spec.latent.dim), np.float32)
    eye = np.eye(count, dtype=np.float32)
    forward = session.run({Z: z, LABELS: eye}) if session else []
    backward = session.run({Z: z, LABELS: eye[::-1].copy()}) if session else []
    tables = {}
    for node, table, reverse in zip(nodes, forward, backward, strict=True):
        # Each row of its own class alone, else it is no table.
        if table.shape[:1] == (count,) and np.array_equal(table, reverse[::-1]):
            tables[node.output[0]] = table
    return tables


def _replace(model: onnx.ModelProto, index: int, table: NDArray[np.float32]) -> None:
    """Node `index` becomes labels @ table, in the table's shape."""
    node, name = model.graph.node[index], f"class_rows_{index}"
    flat = table.reshape(len(table), -1)
    model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(flat), name))
    output = node.output[0]
    rows = output if table.ndim == 2 else f"{name}_flat"
    nodes = [helper.make_node("MatMul", [LABELS, name], [rows], name=f"MatMul_{name}")]
    if table.ndim != 2:
        shape = np.array([-1, *table.shape[1:]], np.int64)
        model.graph.initializer.append(numpy_helper.from_array(shape, f"{name}_shape"))
        nodes.append(helper.make_node("Reshape", [rows, f"{name}_shape"], [output], name=f"Reshape_{name}"))
    node.CopyFrom(nodes[0])
    if len(nodes) > 1:
        model.graph.node.insert(index + 1, nodes[1])


def _drop_unused(model: onnx.ModelProto) -> None:
    """Nodes and weights that nothing takes any more; the float picture inside stays, verification reads it."""
    needed, kept = {value.name for value in model.graph.output}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(node.input)
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in reversed(kept)]
    weights = [onnx.TensorProto.FromString(t.SerializeToString()) for t in model.graph.initializer if t.name in needed]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(weights)


def check_mixtures(model: onnx.ModelProto, spec: GeneratorSpec) -> str:
    """A note where the classes change nothing; "" else.

    Raises:
        BadInputFile: half of one class and half of another draw one of the two.
    """
    if spec.labels is None or spec.labels.count < 2 or spec.latent is None:
        return ""
    count = spec.labels.count
    rows = np.zeros((3, count), np.float32)
    rows[0, 0] = rows[1, count - 1] = 1
    rows[2, 0] = rows[2, count - 1] = 0.5
    z = np.tile(np.random.default_rng(3).standard_normal((1, spec.latent.dim), np.float32), (3, 1))
    values = {Z: z, LABELS: rows} | ({"truncation": np.ones(3, np.float32)} if len(model.graph.input) > 2 else {})
    first, last, mixed = _natives(model, values)
    if np.array_equal(first, last):
        return "two different classes give the same picture"
    if np.array_equal(mixed, first) or np.array_equal(mixed, last):
        raise BadInputFile(
            "a mixture of two classes draws one of the two: the network takes the class with the largest weight\n"
            "expected that the rows of class weights are used as they are, such as rows @ embedding.weight"
        )
    return ""


def _natives(model: onnx.ModelProto, values: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    from ganrt.exporter.graph import with_native_output

    made: NDArray[np.float32] = Session(with_native_output(model).SerializeToString()).run(values)[1]
    return made
