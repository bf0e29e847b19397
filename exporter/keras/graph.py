"""A functional Keras model with branches -> a torch module: z and classes, each through layers of its own, joined.

Classes come in as numbers, for an Embedding; here as rows of class weights, whose product with the embedding is the
same for one class, and the mixture for several.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ganrt.errors import BadInputFile
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.keras.config import Node, nodes_of
from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.keras.layers import in_channel_order, layer_steps
from ganrt.exporter.keras.matching import values_by_step
from ganrt.exporter.keras.network import Network, is_picture, last_activation
from ganrt.exporter.keras.state import Origin
from ganrt.exporter.keras.steps import Shape, Step
from ganrt.exporter.layers.network import Join, Layer, Rows, Run, weights_of
from ganrt.exporter.layers.network import Network as Runs
from ganrt.exporter.source import State

_JOINS: Mapping[str, Join] = {"Concatenate": "concat", "Add": "add", "Multiply": "multiply"}


@dataclass
class _Branch:
    """Steps one after another, from the inputs that are joined."""

    inputs: tuple[str, ...]
    join: Join
    shape: Shape
    steps: list[Step] = field(default_factory=list)
    counts: list[tuple[Fields, int]] = field(default_factory=list)  # how many of them each layer made

    def by_layer(self) -> dict[int, list[Step]]:
        """The steps under each layer's `id`."""
        ends = itertools.accumulate(count for _, count in self.counts)
        return {id(layer): self.steps[end - count : end] for (layer, count), end in zip(self.counts, ends, strict=True)}


def build_graph(model: Mapping[str, Any], state: State, origin: Origin, what: str) -> Network:
    """As `build_network`, of a functional model whose layers make no chain.

    Raises:
        BadInputFile: other inputs than one vector and class numbers for an embedding, layers that are not known, or
            weights that do not fit.
    """
    nodes = nodes_of(model)
    branches, layers = _lay_out(nodes)
    values = values_by_step(layers, state, origin, what)
    (z,) = [node for node in nodes if node.layer.class_name == "InputLayer" and not _is_classes(node, nodes)]
    tables = [step.variables["embeddings"] for _, steps in layers for step in steps if "embeddings" in step.variables]
    last = branches[nodes[-1].layer.name]
    if not last.steps or not is_picture(last.steps[-1].shape):
        raise BadInputFile("draws no picture\nexpected a picture [h, w, c] of 1, 3 or 4 channels")
    runs = _runs(branches, {z.layer.name: "z"}, values)
    module = load_strictly(lambda: Runs(runs), weights_of(runs), what)
    height, width, channels = last.steps[-1].shape
    policies = frozenset(layer.policy() for layer, _ in layers)
    dim, classes = _vector(z)[0], tables[0][0] if tables else 0
    return Network(module, dim, (height, width, channels), last_activation(last.steps), policies, classes)


def _lay_out(nodes: Sequence[Node]) -> tuple[dict[str, _Branch], list[tuple[Fields, list[Step]]]]:
    """The branches by the name of the node that they end at, and each layer's steps in Keras' order."""
    uses = [name for node in nodes for name in node.inputs]
    branches: dict[str, _Branch] = {}
    layers: list[Fields] = []
    shapes: dict[str, Shape] = {}
    for node in nodes:
        name, layer = node.layer.name, node.layer
        if layer.class_name == "InputLayer":
            shapes[name] = () if _is_classes(node, nodes) else _vector(node)
            continue
        if layer.class_name in _JOINS:
            branches[name] = _joined(node, [shapes[key] for key in node.inputs])
        else:
            if len(node.inputs) != 1:
                raise layer.fail(f"takes {len(node.inputs)} inputs", "Concatenate, Add or Multiply where branches meet")
            before = node.inputs[0]
            alone = uses.count(before) == 1 and before in branches
            branch = branches.pop(before) if alone else _Branch((before,), "concat", shapes[before])
            branches[name] = branch
            _add(branch, node)
        layers += node.layers
        made = branches[name]
        shapes[name] = made.steps[-1].shape if made.steps else made.shape
    found = {key: steps for branch in branches.values() for key, steps in branch.by_layer().items()}
    return branches, [(layer, found.get(id(layer), [])) for layer in layers]


def _add(branch: _Branch, node: Node) -> None:
    """Puts a layer's steps, or a nested model's, behind a branch."""
    for layer in node.layers:
        shape = branch.steps[-1].shape if branch.steps else branch.shape
        steps = [_embedding(layer)] if layer.class_name == "Embedding" else layer_steps(layer, shape)
        if layer.class_name == "Reshape":
            branch.steps = in_channel_order(branch.steps, shape, steps[0].shape)
        else:
            branch.steps += steps
        branch.counts.append((layer, len(steps)))


def _embedding(layer: Fields) -> Step:
    classes, width = layer.integer("input_dim"), layer.integer("output_dim")
    variables = {"embeddings": (classes, width)}
    return Step(lambda: Rows(classes, width), (width,), variables, lambda v: {"weight": v["embeddings"]})


def _joined(node: Node, shapes: list[Shape]) -> _Branch:
    join = _JOINS[node.layer.class_name]
    if join == "concat":
        node.layer.require("axis", -1, len(shapes[0]))
        if len({shape[:-1] for shape in shapes}) > 1:
            raise node.layer.fail(f"joins {shapes}", "pictures of one size")
        return _Branch(node.inputs, join, (*shapes[0][:-1], sum(shape[-1] for shape in shapes)))
    if len(set(shapes)) > 1:
        raise node.layer.fail(f"joins {shapes}", "equal shapes")
    return _Branch(node.inputs, join, shapes[0])


def _is_classes(node: Node, nodes: Sequence[Node]) -> bool:
    return any(other.layer.class_name == "Embedding" and node.layer.name in other.inputs for other in nodes)


def _vector(node: Node) -> Shape:
    shape = node.layer.values.get("batch_shape") or node.layer.values.get("batch_input_shape")
    if not isinstance(shape, list) or len(shape) != 2 or type(shape[1]) is not int or not 0 < shape[1] <= 2**16:
        raise node.layer.fail(f"takes inputs of shape {shape!s:.80}", "latents [n, dim], and classes for an Embedding")
    return (shape[1],)


def _runs(branches: Mapping[str, _Branch], names: Mapping[str, str], values: Mapping[int, Any]) -> tuple[Run, ...]:
    def layer(step: Step) -> Layer:
        with torch.device("meta"):
            module = step.make()
        return Layer(module, step.state(values[id(step)]) if step.variables else {})

    def source(name: str) -> str:
        return f"to {name}" if name in branches else names.get(name, "labels")

    return tuple(
        Run(f"to {name}", tuple(map(source, branch.inputs)), tuple(map(layer, branch.steps)), branch.join)
        for name, branch in branches.items()
    )
