"""What the passes need of a graph: constants, attributes, neighbours; and one way to put new nodes in place of old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

Array = NDArray[Any]
Attribute = int | float | str | Sequence[int]


def is_operator(node: ir.Node | None, *names: str) -> TypeGuard[ir.Node]:
    """Whether there is a node, and it is one of these standard operators."""
    return node is not None and node.domain == "" and node.op_type in names


def constant(value: ir.Value | None) -> Array | None:
    """What a value holds, if it is known before run time.

    None for the rest: an initialiser that is a graph input too can be replaced by the caller, and external data is
    another file's.
    """
    if value is None or value.is_graph_input():
        return None
    tensor = ir.convenience.get_const_tensor(value)
    if tensor is None or isinstance(tensor, ir.ExternalTensor):
        return None
    return np.asarray(tensor.numpy())


def weights(value: ir.Value | None, rank: int) -> Array | None:
    """A constant float32 or float64 tensor of `rank` axes, as float64; else None."""
    array = constant(value)
    if array is None or array.dtype not in (np.float32, np.float64) or array.ndim != rank:
        return None
    return array.astype(np.float64)


def scalar(value: ir.Value | None) -> float | None:
    """The one number that a constant holds, whatever its shape; else None."""
    array = constant(value)
    return float(array.reshape(())) if array is not None and array.size == 1 else None


def values_of(model: ir.Model) -> Iterator[ir.Value]:
    """Inputs, weights and what nodes make, of inner graphs too."""
    for graph in model.graphs():
        yield from dict.fromkeys((*graph.inputs, *graph.initializers.values(), *(v for n in graph for v in n.outputs)))


def input_of(node: ir.Node, index: int) -> ir.Value | None:
    """An input, None where it is left away."""
    return node.inputs[index] if index < len(node.inputs) else None


def attribute(node: ir.Node, name: str, default: Any) -> Any:
    """An attribute's value; ints come as tuples."""
    found = node.attributes.get(name)
    if found is None:
        return default
    return tuple(found.value) if isinstance(found.value, (list, tuple)) else found.value


def only_consumer(value: ir.Value) -> ir.Node | None:
    """The node that alone reads a value, once; None if there are others, in subgraphs too, or it is an output."""
    uses = list(value.uses())
    if len(uses) != 1 or value.is_graph_output():
        return None
    producer = value.producer()
    consumer = uses[0].node
    return consumer if producer is None or consumer.graph is producer.graph else None


def only_producer(node: ir.Node, index: int = 0) -> ir.Node | None:
    """The node that makes an input which nothing else reads."""
    value = input_of(node, index)
    if value is None or only_consumer(value) is None:
        return None
    return value.producer()


def sides(value: ir.Value | None) -> tuple[int, int] | None:
    """Height and width of an [n, c, h, w] value where both are known."""
    shape = dims(value)
    if shape is None or len(shape) != 4 or shape[2] is None or shape[3] is None:
        return None
    return shape[2], shape[3]


def dims(value: ir.Value | None) -> tuple[int | None, ...] | None:
    """A value's shape, None for an open axis; None where nothing is known."""
    if value is None or value.shape is None:
        return None
    return tuple(dim if isinstance(dim, int) else None for dim in value.shape)


def has_sides(value: ir.Value | None) -> bool:
    """False for what is the same for all pixels of a channel: a number, [c, 1, 1] or [n, c, 1, 1]."""
    shape = dims(value)
    return shape is None or len(shape) > 4 or any(side != 1 for side in shape[-2:])


class Replacement:
    """New nodes and weights in place of a node. Their names derive from its name, so that equal graphs stay equal."""

    def __init__(self, node: ir.Node) -> None:
        assert isinstance(node.graph, ir.Graph)
        self.node, self.graph = node, node.graph
        self._nodes: list[ir.Node] = []
        self._names = {value.name for value in self.graph.initializers.values()}
        for other in self.graph.all_nodes():
            self._names.update(value.name for value in other.outputs)
            self._names.add(other.name)

    def op(
        self, kind: str, inputs: Sequence[ir.Value | None], part: str, attributes: Mapping[str, Attribute] | None = None
    ) -> ir.Value:
        """A new node's (only) output; `part` tells the new nodes apart."""
        name = self._fresh(part)
        node = ir.node(kind, inputs, dict(attributes or {}), name=name)
        node.outputs[0].name = name
        self._nodes.append(node)
        return node.outputs[0]

    def copy(self, node: ir.Node, inputs: Sequence[ir.Value | None], part: str) -> ir.Value:
        """The (only) output of a node like `node`, with other inputs."""
        name = self._fresh(part)
        made = ir.Node(node.domain, node.op_type, inputs, list(node.attributes.values()), name=name)
        made.outputs[0].name = name
        self._nodes.append(made)
        return made.outputs[0]

    def split(self, value: ir.Value, sizes: Sequence[int], axis: int) -> list[ir.Value]:
        """A Split node's outputs."""
        lengths = self.weight("sizes", np.asarray(sizes, np.int64))
        name = self._fresh("split")
        node = ir.node("Split", [value, lengths], {"axis": axis}, num_outputs=len(sizes), name=name)
        for i, output in enumerate(node.outputs):
            output.name = f"{name}_{i}"
        self._nodes.append(node)
        return list(node.outputs)

    def weight(self, part: str, array: Array) -> ir.Value:
        """A new initialiser."""
        name = self._fresh(part)
        value = ir.val(name, const_value=ir.tensor(np.ascontiguousarray(array), name=name))
        self.graph.register_initializer(value)
        return value

    def finish(self, *made: ir.Value) -> None:
        """Puts the new nodes before the old one and `made` in place of its outputs (names, types, graph outputs)."""
        self.graph.insert_before(self.node, self._nodes)
        for old, new in zip(self.node.outputs, made, strict=True):
            put_in_place(old, new)
        drop(self.node)

    def _fresh(self, part: str) -> str:
        stem = f"{self.node.name}.{part}"
        name, count = stem, 1
        while name in self._names:
            count += 1
            name = f"{stem}_{count}"
        self._names.add(name)
        return name


def drop(node: ir.Node) -> None:
    """Takes a node that nothing reads any more out of its graph."""
    assert node.graph is not None
    node.graph.remove(node, safe=True)


def put_in_place(old: ir.Value, new: ir.Value) -> None:
    """All that read `old` read `new`, which takes its name, type and shape. `old`'s node is then idle."""
    name = old.name
    new.type, new.shape = old.type, old.shape
    old.replace_all_uses_with(new, replace_graph_outputs=True)
    old.name = f"{name}.replaced"
    new.name = name
