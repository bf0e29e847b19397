"""Reads what matters of an ONNX file without the onnx package: what it says of itself, and what is connected with what.

An ONNX file is a protocol buffer; the field numbers below are from the public onnx.proto. Only the parts needed are
decoded, everything else is skipped by its length, and nothing of the file is executed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.graphs.wire import BYTES, VARINT, fields, message, packed, signed, text

DAMAGED = (ValueError, IndexError, OverflowError, RecursionError, struct.error)  # what reading a damaged file raises
_OWN = ("", "ai.onnx")  # the domain of ONNX's own operators
_FLOAT, _INT64, _FLOAT16, _DOUBLE = 1, 7, 10, 11
_NUMPY_TYPES = {_FLOAT: np.float32, _FLOAT16: np.float16, _DOUBLE: np.float64}


@dataclass(frozen=True)
class Weight:
    """One tensor; `values` is a flat view of floating-point data, `integers` of int64; None for other types."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[np.floating] | None
    external: bool
    integers: NDArray[np.int64] | None = None

    def array(self) -> NDArray[np.floating] | None:
        """In its shape; None where it holds no floating-point numbers, or not as many as its shape says."""
        if self.values is None or self.values.size != np.prod(self.shape, dtype=np.int64):
            return None
        return self.values.reshape(self.shape)


Attribute = float | str | tuple[int, ...] | Weight


@dataclass(frozen=True)
class Node:
    """One operator; of its attributes those that are numbers, texts, lists of integers or tensors."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


@dataclass(frozen=True)
class Graph:
    """The nodes in order, and the initializers by name."""

    nodes: tuple[Node, ...] = ()
    weights: tuple[Weight, ...] = ()

    def weight(self, name: str) -> Weight | None:
        """An initializer."""
        return next((weight for weight in self.weights if weight.name == name), None)

    def producer(self, value: str) -> Node | None:
        """The node that makes a value; None for inputs and weights."""
        return next((node for node in self.nodes if value in node.outputs), None)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What is in an ONNX file.

    Attributes:
        operators: of the graph and of the graphs within it.
        foreign: those of them that are not ONNX's own, with their domain, such as com.microsoft.Gelu.
        weights: every tensor of the file, wherever it stands: initializers, attributes, inner graphs, functions.
        functions: names of the local functions.
    """

    ir_version: int
    opset: int
    producer: str
    metadata: dict[str, str]
    graph: Graph
    operators: tuple[str, ...]
    foreign: tuple[str, ...]
    weights: tuple[Weight, ...]
    functions: tuple[str, ...]


def read_contents(data: bytes) -> Contents:
    """Reads an ONNX file's bytes; raises one of `DAMAGED` where they are none."""
    reader, unused = _Reader(), _Reader()
    unused.weights = reader.weights  # of training and functions the tensors count, not the operators
    ir_version = opset = 0
    producer, graph = "", Graph()
    metadata: dict[str, str] = {}
    functions: list[str] = []
    for number, _, value in fields(memoryview(data)):
        if number == 1 and isinstance(value, int):
            ir_version = value
        elif number == 2:
            producer = text(value)
        elif number == 7:
            graph = reader.graph(message(value))
        elif number == 8:
            opset = max(opset, _opset(message(value)))
        elif number == 14:
            entry = {n: text(v) for n, _, v in fields(message(value))}
            metadata[entry.get(1, "")] = entry.get(2, "")
        elif number == 20:  # how to train: an initialization and an algorithm, both graphs
            for _, _, training in fields(message(value)):
                unused.graph(message(training))
        elif number == 25:
            functions.append(unused.function(message(value)))
    return Contents(
        ir_version=ir_version,
        opset=opset,
        producer=producer,
        metadata=metadata,
        graph=graph,
        operators=tuple(reader.operators),
        foreign=tuple(reader.foreign),
        weights=tuple(reader.weights),
        functions=tuple(functions),
    )


class _Reader:
    """Reads graphs, and collects the operators and tensors of all that it meets."""

    def __init__(self) -> None:
        self.operators: list[str] = []
        self.foreign: list[str] = []
        self.weights: list[Weight] = []

    def graph(self, data: memoryview) -> Graph:
        nodes: list[Node] = []
        weights: list[Weight] = []
        for number, _, value in fields(data):
            if number == 1:
                nodes.append(self._node(message(value)))
            elif number == 5:
                weights.append(self._tensor(message(value)))
            elif number == 15:
                self._sparse(message(value))
        return Graph(tuple(nodes), tuple(weights))

    def function(self, data: memoryview) -> str:
        """A local function's name."""
        name = ""
        for number, _, value in fields(data):
            if number == 1:
                name = text(value)
            elif number == 7:
                self._node(message(value))
            elif number == 11:  # an attribute with its default
                self._attribute(message(value))
        return name

    def _node(self, data: memoryview) -> Node:
        operator, domain = "", ""
        names: dict[int, list[str]] = {1: [], 2: []}
        attributes: dict[str, Attribute] = {}
        for number, _, value in fields(data):
            if number in names:
                names[number].append(text(value))
            elif number == 4:
                operator = text(value)
                self.operators.append(operator)
            elif number == 7:
                domain = text(value)
            elif number == 5:
                name, given = self._attribute(message(value))
                if given is not None:
                    attributes[name] = given
        if domain not in _OWN:
            self.foreign.append(f"{domain}.{operator}")
        return Node(operator, tuple(names[1]), tuple(names[2]), attributes)

    def _attribute(self, data: memoryview) -> tuple[str, Attribute | None]:
        """Name and value: a number (2, 3), a text (4), a tensor (5), or integers (8). Others are only gone through:
        tensors (10), a graph (6), graphs (11), a sparse tensor (22), sparse tensors (23)."""
        name = ""
        value: float | str | Weight | None = None
        integers: list[int] = []
        for number, _, part in fields(data):
            if isinstance(part, int):
                if number == 3:
                    value = signed(part)
                elif number == 8:
                    integers.append(signed(part))
            elif number == 1:
                name = text(part)
            elif number == 2:
                (value,) = struct.unpack("<f", part)
            elif number == 4:
                value = bytes(part).decode("utf-8", "replace")
            elif number == 5:
                value = self._tensor(part)
            elif number == 8:
                integers += map(signed, packed(part))
            elif number == 10:
                self._tensor(part)
            elif number in (6, 11):
                self.graph(part)
            elif number in (22, 23):
                self._sparse(part)
        return name, tuple(integers) if integers else value

    def _sparse(self, data: memoryview) -> None:
        """A SparseTensorProto's values and indices."""
        for number, _, value in fields(data):
            if number in (1, 2):
                self._tensor(message(value))

    def _tensor(self, data: memoryview) -> Weight:
        """A TensorProto."""
        shape: list[int] = []
        name, kind, external = "", 0, False
        raw: memoryview | None = None
        whole: list[int] = []
        for number, wire, value in fields(data):
            if number == 1:
                shape += [value] if wire == VARINT and isinstance(value, int) else packed(message(value))
            elif number == 2 and isinstance(value, int):
                kind = value
            elif number == 8:
                name = text(value)
            elif number in (4, 9, 10) and wire == BYTES and kind in (0, _FLOAT, _DOUBLE, _FLOAT16):
                # float_data, raw_data and double_data are little-endian arrays of the element type
                raw = message(value)
            elif number in (7, 9) and kind == _INT64:  # int64_data is varints
                whole += [value] if isinstance(value, int) else packed(value) if number == 7 else _words(value)
            elif number == 13 or (number == 14 and value == 1):
                external = True
        dtype = _NUMPY_TYPES.get(kind)
        values = None if raw is None or dtype is None else np.frombuffer(raw, np.dtype(dtype).newbyteorder("<"))
        integers = np.array([signed(one) for one in whole], np.int64) if kind == _INT64 else None
        self.weights.append(Weight(name, tuple(shape), values, external, integers))
        return self.weights[-1]


def _words(data: memoryview) -> list[int]:
    return [int(one) for one in np.frombuffer(data, "<u8")]


def _opset(data: memoryview) -> int:
    values = {number: value for number, _, value in fields(data)}
    domain = text(values[1]) if 1 in values else ""
    version = values.get(2, 0)
    return version if domain in _OWN and isinstance(version, int) else 0
