"""The top-level nodes and weights of an ONNX graph, read without the onnx package.

Complements `onnx_file`: that tells what a file holds, this what is connected with what. Field numbers are those of
the public onnx.proto.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.onnx_file import OnnxFile, Weight, parse_tensor
from ganrt.engines.protobuf import fields, message, packed, signed, text
from ganrt.errors import BadInputFile


@dataclass(frozen=True)
class Node:
    """One operator; of its attributes those that are numbers, lists of integers or tensors."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, float | tuple[int, ...] | Weight] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """The nodes in order, and the initializers by name."""

    nodes: tuple[Node, ...]
    weights: dict[str, Weight]

    def producer(self, value: str) -> Node | None:
        """The node that makes a value; None for inputs and weights."""
        return next((node for node in self.nodes if value in node.outputs), None)


def read_graph(onnx_file: OnnxFile) -> Graph:
    """The graph of a file that `read_onnx` has read.

    Raises:
        BadInputFile: it is damaged where `read_onnx` does not look.
    """
    try:
        return _parse(onnx_file)
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        raise BadInputFile(f"{onnx_file.path} is not an ONNX file, or it is damaged ({error})") from error


def _parse(onnx_file: OnnxFile) -> Graph:
    nodes: list[Node] = []
    weights: dict[str, Weight] = {}
    graphs = [message(value) for number, _, value in fields(memoryview(onnx_file.data)) if number == 7]
    for number, _, value in (part for graph in graphs for part in fields(graph)):
        if number == 1:
            nodes.append(_node(message(value)))
        elif number == 5:
            weight = parse_tensor(message(value))
            weights[weight.name] = weight
    return Graph(tuple(nodes), weights)


def as_array(weight: Weight) -> NDArray[np.floating] | None:
    """A weight in its shape; None where it holds no floating-point numbers, or not as many as its shape says."""
    if weight.values is None or weight.values.size != np.prod(weight.shape, dtype=np.int64):
        return None
    return weight.values.reshape(weight.shape)


def _node(data: memoryview) -> Node:
    operator = ""
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, float | tuple[int, ...] | Weight] = {}
    for number, _, value in fields(data):
        if number == 1:
            inputs.append(text(value))
        elif number == 2:
            outputs.append(text(value))
        elif number == 4:
            operator = text(value)
        elif number == 5:
            name, given = _attribute(message(value))
            if given is not None:
                attributes[name] = given
    return Node(operator, tuple(inputs), tuple(outputs), attributes)


def _attribute(data: memoryview) -> tuple[str, float | tuple[int, ...] | Weight | None]:
    """Name and value: a number (fields 2 and 3), a tensor (5), or integers (8, one by one or packed)."""
    name = ""
    value: float | Weight | None = None
    integers: list[int] = []
    for number, _, part in fields(data):
        if number == 1:
            name = text(part)
        elif number == 2 and not isinstance(part, int):
            (value,) = struct.unpack("<f", part)
        elif number == 3 and isinstance(part, int):
            value = signed(part)
        elif number == 5 and not isinstance(part, int):
            value = parse_tensor(part)
        elif number == 8:
            integers += [signed(part)] if isinstance(part, int) else [signed(i) for i in packed(part)]
    return name, tuple(integers) if integers else value
