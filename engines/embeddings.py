"""The class embeddings of a conditional generator, out of its ONNX file: what its `labels` are multiplied with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.onnx_file import OnnxFile
from ganrt.errors import BadInputFile, UsageError
from ganrt.graphs.reader import Graph, Node, Weight
from ganrt.spec import LABELS

F64 = NDArray[np.float64]
_PASSING = ("Identity", "Cast")  # operators that hand a value on
_IGNORED = ("Shape", "Size")  # operators that read a shape, not the labels


def class_embeddings(onnx_file: OnnxFile) -> F64:
    """One row a class, float64 [count, dim]: exactly the weights that MatMul and Gemm multiply `labels` with.

    Several such products are put side by side in the order of the graph. A bias, the same for all classes, is left
    out.

    Raises:
        UsageError: the generator has no classes, or does something else with its labels than multiply them, so that
            no table of embeddings exists; the message names the operator.
        BadInputFile: the graph is damaged.
    """
    try:
        return _embeddings(onnx_file)
    except RecursionError as error:
        raise BadInputFile(f"{onnx_file.path}: its graph runs in circles") from error


def _embeddings(onnx_file: OnnxFile) -> F64:
    spec = onnx_file.spec()
    if spec.labels is None:
        raise UsageError(f"{onnx_file.path}: generator '{spec.name}' has no classes")
    graph = onnx_file.graph
    tables = []
    for value, node in _uses(graph):
        table = _table(graph, node, value)
        if table is None or table.ndim != 2 or len(table) != spec.labels.count:
            raise UsageError(
                f"{onnx_file.path}: its labels go into {node.operator}, not into a product with a table of weights "
                f"[{spec.labels.count}, dim]\nsuch a generator has no class embeddings to compare"
            )
        tables.append(table)
    if not tables:
        raise UsageError(f"{onnx_file.path}: its graph does not use its labels, so there are no embeddings to compare")
    return np.concatenate(tables, axis=1)


def _uses(graph: Graph) -> Iterator[tuple[str, Node]]:
    """(name of the value there, node) wherever the labels are used, through operators that hand them on."""
    names = [LABELS]
    for node in graph.nodes:  # in topological order, says the ONNX standard
        for value in set(names).intersection(node.inputs):
            if node.operator in _PASSING:
                names += node.outputs
            elif node.operator not in _IGNORED:
                yield value, node


def _table(graph: Graph, node: Node, labels: str) -> F64 | None:
    """The right factor of a product whose left factor alone is the labels, [count, dim]; None if it is no such."""
    product = node.operator in ("MatMul", "Gemm") and len(node.inputs) >= 2
    if not product or node.inputs[0] != labels or labels in node.inputs[1:]:
        return None
    table = _constant(graph, node.inputs[1])
    if node.operator == "MatMul" or table is None:
        return table
    if node.attributes.get("transA", 0):
        return None
    alpha = node.attributes.get("alpha", 1.0)
    table = table.T if node.attributes.get("transB", 0) else table
    return table * alpha if isinstance(alpha, (int, float)) else None


def _constant(graph: Graph, value: str) -> F64 | None:
    """A weight, perhaps handed on or transposed on the way; None if the value is not a constant matrix."""
    weight = graph.weight(value)
    if weight is not None:
        return _floats(weight)
    node = graph.producer(value)
    if node is None:
        return None
    if node.operator == "Constant":
        given = node.attributes.get("value")
        return _floats(given) if isinstance(given, Weight) else None
    inner = _constant(graph, node.inputs[0]) if node.operator in (*_PASSING, "Transpose") and node.inputs else None
    if inner is None or node.operator != "Transpose":
        return inner
    return inner.T if node.attributes.get("perm", (1, 0)) == (1, 0) else None


def _floats(weight: Weight) -> F64 | None:
    array = weight.array()
    return None if array is None else array.astype(np.float64)
