"""Class numbers in a graph become rows of class weights, so that mixtures of classes work.

A graph that looks a class up (an embedding's Gather, a OneHot) takes its number, which `ArgMax(labels)` gives: then
`0.5 circle, 0.5 square` draws a circle. Each float tensor that is made of numbers alone is a table with a row for each
class; the row of class weights times that table is the same for one class, and the mixture of the rows for several.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx_ir.passes.common import RemoveUnusedNodesPass

from ganrt.errors import BadInputFile
from ganrt.exporter.graph import with_native_output
from ganrt.exporter.session import Session
from ganrt.graphs.files import check, infer_shapes, to_bytes
from ganrt.graphs.values import Replacement, is_operator
from ganrt.spec import LABELS, GeneratorSpec, Z

_FLOATS = (ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.DOUBLE)
_COUNTS = ("Shape", "Size")  # they depend on how many there are, not on values


def with_class_rows(model: ir.Model, spec: GeneratorSpec) -> ir.Model:
    """The model without `ArgMax(labels)`, or as it is where nothing takes class numbers.

    Raises:
        BadInputFile: the numbers are used otherwise than to look something up.
    """
    if spec.labels is None:
        return model
    made = model.clone()
    infer_shapes(made)
    numbers = _class_numbers(made)
    if not numbers:
        return model
    found = _lookups(made, numbers)
    for value, table in _tables(made, spec, found):
        _replace(value, table, next(given for given in made.graph.inputs if given.name == LABELS))
    RemoveUnusedNodesPass()(made)
    if _class_numbers(made):
        raise BadInputFile(
            "the class numbers are compared or counted, which has no meaning for mixtures of classes\n"
            "expected that forward looks them up, in an nn.Embedding or as one_hot"
        )
    made.producer_version = None  # as in files of earlier versions: their bytes stay the same
    check(made)
    return made


def _class_numbers(model: ir.Model) -> list[ir.Value]:
    return [node.outputs[0] for node in model.graph if node.op_type == "ArgMax" and _made_of_labels(node.inputs[0])]


def _made_of_labels(value: ir.Value | None) -> bool:
    """Whether a tensor is `labels`, at most cast or reshaped."""
    while value is not None and value.name != LABELS:
        node = value.producer()
        moved = is_operator(node, "Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze")
        value = node.inputs[0] if node is not None and moved else None
    return value is not None


def _lookups(model: ir.Model, numbers: list[ir.Value]) -> list[ir.Value]:
    """The float tensors that are made of class numbers and constants."""
    classes, pictures = set(numbers), set(model.graph.inputs)
    found = []
    for node in model.graph:
        given = {value for value in node.inputs if value is not None}
        if classes & set(node.outputs) or node.op_type in _COUNTS:
            continue
        if pictures & given:
            pictures.update(node.outputs)
        elif classes & given and len(node.outputs) == 1 and node.outputs[0].dtype in _FLOATS:
            found.append(node.outputs[0])
            pictures.update(node.outputs)
        elif classes & given:
            classes.update(node.outputs)
    return found


def _tables(model: ir.Model, spec: GeneratorSpec, values: list[ir.Value]) -> list[tuple[ir.Value, NDArray[np.float32]]]:
    """What is made of every class, [count, ...], for each value that is a table of them."""
    assert spec.labels is not None
    assert spec.latent is not None
    if not values:
        return []
    count = spec.labels.count
    asked = model.clone()
    named = ir.convenience.create_value_mapping(asked.graph)
    asked.graph.outputs[:] = [named[value.name or ""] for value in values]
    session = Session(to_bytes(asked))
    z, eye = np.zeros((count, spec.latent.dim), np.float32), np.eye(count, dtype=np.float32)
    forward, backward = (session.run({Z: z, LABELS: rows}) for rows in (eye, eye[::-1].copy()))
    return [
        (value, table)
        for value, table, reverse in zip(values, forward, backward, strict=True)
        # Each row of its own class alone, else it is no table.
        if table.shape[:1] == (count,) and np.array_equal(table, reverse[::-1])
    ]


def _replace(value: ir.Value, table: NDArray[np.float32], labels: ir.Value) -> None:
    """A value becomes labels @ table, in the table's shape."""
    node = value.producer()
    assert node is not None
    new = Replacement(node)
    mixed = new.op("MatMul", [labels, new.weight("rows", table.reshape(len(table), -1))], "mixed")
    if table.ndim != 2:
        shape = new.weight("shape", np.array([-1, *table.shape[1:]], np.int64))
        mixed = new.op("Reshape", [mixed, shape], "shaped")
    new.finish(mixed)


def check_mixtures(model: ir.Model, spec: GeneratorSpec) -> str:
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
    values = {Z: z, LABELS: rows} | ({"truncation": np.ones(3, np.float32)} if len(model.graph.inputs) > 2 else {})
    first, last, mixed = Session(with_native_output(model)).run(values)[1]
    if np.array_equal(first, last):
        return "two different classes give the same picture"
    if np.array_equal(mixed, first) or np.array_equal(mixed, last):
        raise BadInputFile(
            "a mixture of two classes draws one of the two: the network takes the class with the largest weight\n"
            "expected that the rows of class weights are used as they are, such as rows @ embedding.weight"
        )
    return ""
