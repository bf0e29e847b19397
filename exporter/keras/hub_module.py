"""TensorFlow Hub's modules of TensorFlow 1 (saved_model.pb, variables/), as far as BigGAN's need it.

A module's graph names its variables itself, without Keras' object paths. What is constant, such as statistics for each
truncation, lies in the graph alone, as one constant a table or as a Pack of one constant a row.

Sources: tensorflow/core/protobuf/saved_model.proto and meta_graph.proto, tensorflow/core/framework/graph.proto,
node_def.proto, attr_value.proto and tensor.proto.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.graphs.wire import BYTES, fields, message, messages, signed, text

TABLE = "statistics/"  # how the names of a graph's tables begin
ROWS = (50, 51)  # truncations 0.02 to 1, and 0 to 1
_STACK = re.compile(r"(.*?)(?:_([0-9]{1,6}))?")
_PASSES_ON = {"Identity", "Reshape", "Squeeze", "ExpandDims", "Cast", "StopGradient", "ReadVariableOp"}
_VARIABLES = {"Variable", "VariableV2", "VarHandleOp"}
_ASSIGNMENTS = {"Assign", "AssignVariableOp"}
_FLOAT = 1
_MAX_GRAPH = 512 * 2**20
_MAX_NODES = 1_000_000
_MAX_CHANNELS = 65_536
_MAX_VALUES = 2**26  # of all tables; BigGAN-deep's of 512 pixels have 2.7 million
_DEEPEST = 16  # nodes that pass a constant on, one after the other


@dataclass(frozen=True)
class _Node:
    op: str
    inputs: tuple[str, ...]
    data: memoryview  # the whole node: its attributes are parsed when they are asked for


def is_module(variables: Mapping[str, Tensor]) -> bool:
    """Whether variables are a graph's own, without Keras' object paths."""
    return bool(variables) and not any("/.ATTRIBUTES/" in name for name in variables)


def read_module(graph: bytes, variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A module's variables by name, and its graph's tables as `statistics/K`, in the order in which it makes them.

    Raises:
        BadInputFile: the graph is damaged, or far larger than any module's.
    """
    if len(graph) > _MAX_GRAPH:
        raise BadInputFile(f"saved_model.pb has {len(graph)} bytes\nexpected at most {_MAX_GRAPH}")
    try:
        tables = _tables(graph, variables)
    except ValueError as error:
        raise BadInputFile(
            f"saved_model.pb is damaged or truncated ({str(error)[:120]})\nexpected a whole module"
        ) from error
    return {**variables, **{f"{TABLE}{k}": table for k, table in enumerate(tables)}}


def _tables(graph: bytes, variables: Mapping[str, Tensor]) -> list[Tensor]:
    """Those of the first graph that has any; graphs for drawing go before graphs for training."""
    found = [(_tags(meta), definition) for meta in messages(graph, 2) for definition in messages(meta, 2)]
    for _, definition in sorted(found, key=lambda each: "train" in each[0]):
        tables = _tables_of(_nodes(definition), variables)
        if tables:
            return [tables[name] for name in _ordered(list(tables))]
    return []


def _tables_of(nodes: Mapping[str, _Node], variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # A variable's first value is no table of its own, nor is a row of one.
    parts = {name for node in nodes.values() if node.op in _ASSIGNMENTS for name in node.inputs[1:]}
    parts |= {name for node in nodes.values() if _packs(node) for name in node.inputs}
    tables: dict[str, Tensor] = {}
    left = _MAX_VALUES
    for name in nodes:
        table = None if name in parts else _table(name, nodes, variables)
        if table is not None:
            tables[name] = table
            left -= table.numel()
        if left < 0:
            raise ValueError(f"tables of more than {_MAX_VALUES} values")
    return tables


def _tags(meta: bytes) -> list[str]:
    return [tag.decode("utf-8", "replace") for info in messages(meta, 1) for tag in messages(info, 4)]


def _ordered(names: list[str]) -> list[str]:
    """By the numbers that TensorFlow gives to equal names (stack, stack_1, ...), else as the graph has them."""
    parts = [match for name in names if (match := _STACK.fullmatch(name))]
    if len({match[1] for match in parts}) > 1:
        return names
    return [match[0] for match in sorted(parts, key=lambda match: int(match[2] or 0))]


def _nodes(definition: bytes) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    for number, wire, value in fields(memoryview(definition)):
        if (number, wire) == (1, BYTES):
            name, node = _node(message(value))
            nodes[name] = node
            if len(nodes) > _MAX_NODES:
                raise ValueError(f"more than {_MAX_NODES} nodes")
    return nodes


def _node(data: memoryview) -> tuple[str, _Node]:
    name = op = ""
    inputs: list[str] = []
    for number, _, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            op = text(value)
        elif number == 3 and bytes(message(value)[:1]) != b"^":  # those order nodes, and carry nothing
            inputs.append(text(value).partition(":")[0])
    return name, _Node(op, tuple(inputs), data)


def _attribute(node: _Node, name: bytes) -> dict[int, int | memoryview]:
    """The fields of an attribute's value (attr_value.proto); none if there is no such attribute."""
    for number, _, entry in fields(node.data):
        if number == 5:
            pair = {tag: message(value) for tag, _, value in fields(message(entry))}
            if bytes(pair.get(1, b"")) == name:
                return {tag: value for tag, _, value in fields(pair.get(2, memoryview(b"")))}
    return {}


def _packs(node: _Node) -> bool:
    return node.op == "Pack" and len(node.inputs) in ROWS


def _table(name: str, nodes: Mapping[str, _Node], variables: Mapping[str, Tensor]) -> Tensor | None:
    """The table that a node makes; None if it makes something else."""
    node = nodes[name]
    if _packs(node):
        rows = [_value(row, nodes, variables) for row in node.inputs]
        known = [row.flatten() for row in rows if row is not None]
        fits = (
            len(known) == len(rows)
            and len({len(row) for row in known}) == 1
            and _attribute(node, b"axis").get(3, 0) == 0
        )
        return torch.stack(known) if fits else None
    if node.op == "Const" or node.op in _VARIABLES:
        value = _value(name, nodes, variables)
        if (
            value is not None
            and value.ndim > 1
            and value.shape[0] in ROWS
            and value.numel() == math.prod((value.shape[0], value.shape[-1]))
        ):
            return value.flatten(1)
    return None


def _value(name: str, nodes: Mapping[str, _Node], variables: Mapping[str, Tensor]) -> Tensor | None:
    """What is constant, or a variable, behind nodes that only pass it on; None for anything else."""
    for _ in range(_DEEPEST):
        node = nodes.get(name)
        if node is None:
            return None
        if node.op == "Const":
            return _constant(message(_attribute(node, b"value").get(8, memoryview(b""))))
        if node.op in _VARIABLES:
            shared = message(_attribute(node, b"shared_name").get(2, memoryview(b"")))
            return variables.get(bytes(shared).decode("utf-8", "replace") or name)
        if node.op not in _PASSES_ON or not node.inputs:
            return None
        name = node.inputs[0]
    return None


def _constant(data: memoryview) -> Tensor | None:
    """A float32 tensor of at most 51 rows (tensor.proto); None for what is none."""
    kind, shape, content = 0, [], bytearray()
    for number, _, value in fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2:
            shape = [_size(message(dim)) for tag, _, dim in fields(message(value)) if tag == 2]
        elif number in (4, 5):  # tensor_content, or float_val: packed, or one by one
            content += message(value)
    count = math.prod(shape)
    if kind != _FLOAT or not shape or not 0 < count <= ROWS[1] * _MAX_CHANNELS:
        return None
    if not content or len(content) % 4 or len(content) > 4 * count:
        raise ValueError(f"a constant of shape {shape} with {len(content)} bytes")
    given = torch.frombuffer(content, dtype=torch.float32)
    return torch.cat([given, given[-1:].expand(count - len(given))]).reshape(shape)  # the last one stands for the rest


def _size(dim: memoryview) -> int:
    sizes = [signed(value) for tag, _, value in fields(dim) if tag == 1 and isinstance(value, int)]
    return sizes[-1] if sizes and sizes[-1] > 0 else 0
