"""Keras layers with their weights -> a torch module: a chain, or branches that are joined, as runs of layers.

Classes come in as numbers, for an Embedding; here as rows of class weights, whose product with the embedding is the
same for one class, and the mixture for several.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts, ValueRange, of_family
from ganrt.exporter.keras.config import Node, input_shape, parse_model
from ganrt.exporter.keras.fields import AS_ONNX, Fields, Within, class_names
from ganrt.exporter.keras.layers import LAYERS, in_channel_order, layer_steps
from ganrt.exporter.keras.steps import Crop, Reshape, Shape, Step
from ganrt.exporter.layers.activations import value_range
from ganrt.exporter.layers.network import AsPixel, Join, Layer, Network, Rows, Run, weights_of
from ganrt.exporter.loading import load_strictly, require_fit
from ganrt.exporter.source import Origin, State
from ganrt.spec import Latent, Output

_MOVES_ONLY = (nn.Unflatten, Reshape, Crop)  # what may follow the last activation without changing its range
_WHAT = "the Keras model that it describes"
_RAW = ""  # what a branch of z takes; no layer is called so
_JOINS: Mapping[str, Join] = {"Concatenate": "concat", "Add": "add", "Multiply": "multiply"}


@dataclass
class _Branch:
    """Steps one after another, from the inputs that are joined."""

    inputs: tuple[str, ...]
    join: Join
    start: Shape
    steps: list[Step] = field(default_factory=list)
    counts: list[tuple[Fields, int]] = field(default_factory=list)  # how many of them each layer made

    @property
    def shape(self) -> Shape:
        """Of what it gives."""
        return self.steps[-1].shape if self.steps else self.start

    def add(self, layer: Fields) -> None:
        """Puts a layer's steps behind it."""
        shape = self.shape
        steps = [_embedding(layer)] if layer.class_name == "Embedding" else layer_steps(layer, shape)
        if layer.class_name == "Reshape":
            self.steps = in_channel_order(self.steps, shape, steps[0].shape)
        else:
            self.steps += steps
        self.counts.append((layer, len(steps)))

    def by_layer(self) -> dict[int, list[Step]]:
        """The steps under each layer's `id`."""
        ends = itertools.accumulate(count for _, count in self.counts)
        return {id(layer): self.steps[end - count : end] for (layer, count), end in zip(self.counts, ends, strict=True)}


def keras_candidate(model: Mapping[str, Any], state: State, origin: Origin, facts: Facts, found: str) -> Candidate:
    """The generator with its weights.

    Args:
        found: how its architecture was found.

    Raises:
        BadInputFile: a layer that is not known, other inputs than one vector (or map of one pixel) and class numbers
            for an embedding, weights that do not fit, or no picture at the end.
        UsageError: nothing tells the range of the pictures.
    """
    nodes, state, notes = _generator_of(parse_model(model), state)
    branches = _lay_out(nodes)
    layers, end = [layer for node in nodes for layer in node.layers], branches.get(nodes[-1].name)
    if end is None or not is_picture(end.shape):
        shape = [] if end is None else list(end.shape)
        raise BadInputFile(f"draws {shape} values\nexpected a picture [h, w, c] of 1, 3 or 4 channels")
    z = _latent(nodes)
    steps = {key: made for branch in branches.values() for key, made in branch.by_layer().items()}
    owned = [(layer, steps.get(id(layer), [])) for layer in layers]
    tables = [step.variables["embeddings"] for _, made in owned for step in made if "embeddings" in step.variables]
    runs = _runs(branches, {z.name: "z", _RAW: "z"}, values_by_step(owned, state, origin, _WHAT))
    module = load_strictly(lambda: Network(runs), weights_of(runs), _WHAT)
    height, width, channels = end.shape
    return of_family(
        "keras",
        module,
        facts,
        f"{found}, and all {len(state)} keys match",
        value_range=_value_range(_last_activation(end.steps), facts),
        latent=Latent(dim=math.prod(input_shape(z.layer)), prior="normal", threshold=None, psi_mode="resample"),
        labels=tables[0][0] if tables else 0,
        output=Output(height=height, width=width, channels=channels),
        notes=(*origin.notes, *notes, *_policies(layers)),
    )


def _value_range(last: str | None, facts: Facts) -> ValueRange:
    if last is None and facts.settings.range is None:
        raise UsageError(
            "the network's last activation does not tell the range of its pictures\n"
            "expected --range tanh for [-1, 1] or --range sigmoid for [0, 1]"
        )
    if last is not None:
        facts.read("last", last)
    return value_range(last or "none", facts)


def _policies(layers: Sequence[Fields]) -> tuple[str, ...]:
    mixed = sorted({layer.policy() for layer in layers} - {"float32"})
    return (f"trained under the policy {', '.join(mixed)}; computed in float32 here",) if mixed else ()


def _latent(nodes: Sequence[Node]) -> Node:
    """The input that is z: the one that no embedding takes."""
    found = [node for node in nodes if not node.inputs and not _is_classes(node, nodes)]
    if len(found) != 1:
        names = ", ".join(node.name for node in found)[:200] or "class numbers alone"
        raise BadInputFile(f"takes {names}\nexpected one latent, and class numbers for an Embedding\n{AS_ONNX}")
    return found[0]


def _generator_of(nodes: list[Node], state: State) -> tuple[list[Node], State, tuple[str, ...]]:
    """Of a whole GAN, whose picture goes into a discriminator, the nested generator with its weights; others as they
    are. And what there is to say."""
    first = next((i for i, node in enumerate(nodes) if node.layers and node.layers[0].within), len(nodes))
    before, after = nodes[: first + 1], nodes[first + 1 :]
    if not after or sum(bool(node.layers) for node in before) != 1 or _draws(nodes) or not _draws(before):
        return nodes, state, ()
    counted, name = before[-1].layers[0].within[0]
    kept = {key: tensor for key, tensor in state.items() if key.startswith((f"layers/{counted}/", f"{name}/"))}
    left = ", ".join(node.name for node in after)[:200]
    return before, kept, (f"a whole GAN: its generator {name!r} taken; left: {left}",)


def _draws(nodes: Sequence[Node]) -> bool:
    end = _lay_out(nodes).get(nodes[-1].name)
    return end is not None and is_picture(end.shape)


def is_picture(shape: Shape) -> bool:
    """Whether a shape is (height, width, 1, 3 or 4)."""
    return len(shape) == 3 and shape[2] in CHANNELS


def _lay_out(nodes: Sequence[Node]) -> dict[str, _Branch]:
    """The branches by the name of the node that they end at."""
    uses = [name for node in nodes for name in node.inputs]
    branches: dict[str, _Branch] = {}
    shapes: dict[str, Shape] = {}
    for layer in [layer for node in nodes for layer in node.layers]:
        if layer.class_name not in (*LAYERS, *_JOINS, "Embedding"):
            layer_steps(layer, ())  # refuses it: what lies around it may be as strange, and says less
    for node in nodes:
        if not node.inputs:
            shapes[node.name] = () if _is_classes(node, nodes) else input_shape(node.layer)
            if len(shapes[node.name]) == 3:
                branches[node.name] = _as_map(node.layer, shapes[node.name])
            continue
        if node.layer.class_name in _JOINS:
            branches[node.name] = _joined(node, [shapes[key] for key in node.inputs])
        else:
            if len(node.inputs) != 1:
                expected = f"Concatenate, Add or Multiply where branches meet\n{AS_ONNX}"
                raise node.layer.fail(f"takes {len(node.inputs)} inputs", expected)
            before = node.inputs[0]
            alone = uses.count(before) == 1 and before in branches
            branches[node.name] = branches.pop(before) if alone else _Branch((before,), "concat", shapes[before])
            for each in node.layers:
                branches[node.name].add(each)
        shapes[node.name] = branches[node.name].shape
    return branches


def _as_map(layer: Fields, shape: Shape) -> _Branch:
    """z, a vector, as the map that a model takes."""
    pixel = shape[:2] == (1, 1)  # nothing to transpose
    step = Step(lambda: AsPixel() if pixel else Reshape((math.prod(shape),), shape), shape)
    return _Branch((_RAW,), "concat", shape, [step], [(layer, 1)])


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


def _last_activation(steps: Sequence[Step]) -> Literal["tanh", "sigmoid"] | None:
    """What the last of the steps that do more than move values is; None for any other."""
    with torch.device("meta"):
        modules = [step.make() for step in steps]
    while modules and isinstance(modules[-1], _MOVES_ONLY):
        modules.pop()
    last = modules[-1] if modules else None
    return "tanh" if isinstance(last, nn.Tanh) else "sigmoid" if isinstance(last, nn.Sigmoid) else None


Owned = Sequence[tuple[Fields, Sequence[Step]]]  # each layer with its steps


def values_by_step(network: Owned, state: State, origin: Origin, what: str) -> dict[int, dict[str, Tensor]]:
    """The Keras variables of each step, under the step's `id`.

    Raises:
        BadInputFile: missing, unexpected or misshapen keys, all of them named.
    """
    keys = _keys(network, origin)
    require_fit({key: step.variables[name] for step, names in keys for name, key in names.items()}, state, what)
    return {id(step): {name: state[key] for name, key in names.items()} for step, names in keys}


def _keys(network: Owned, origin: Origin) -> list[tuple[Step, dict[str, str]]]:
    """For each step with weights: variable -> key."""
    owning = [(layer, step) for layer, steps in network for step in steps if step.variables]
    if origin.naming == "class":
        owners = [name for name, (_, steps) in zip(_class_owners(network), network, strict=True) if _owns(steps)]
    elif origin.naming == "name":
        owners = ["/".join([*(name for _, name in layer.within), layer.name]) for layer, _ in owning]
    else:
        spare = [f"layer_with_weights-{k} ({layer.name})" for k, (layer, _) in enumerate(owning)]
        owners = [*origin.owners, *spare[len(origin.owners) :]]
    found = []
    for owner, (_, step) in zip(owners, owning, strict=False):
        # Files that count variables do so in the order of `get_weights`.
        names = {n: f"{owner}/{i if origin.naming == 'class' else n}" for i, n in enumerate(step.variables)}
        found.append((step, names))
    return found


def _class_owners(network: Owned) -> list[str]:
    """Where `.weights.h5` has each layer's variables; each nested model counts its classes anew."""
    counted: dict[Within, Iterator[str]] = {
        within: iter(class_names([layer.class_name for layer, _ in network if layer.within == within]))
        for within in {layer.within for layer, _ in network}
    }
    return [
        "".join(f"layers/{model}/" for model, _ in layer.within) + f"layers/{next(counted[layer.within])}/vars"
        for layer, _ in network
    ]


def _owns(steps: Sequence[Step]) -> bool:
    return any(step.variables for step in steps)
