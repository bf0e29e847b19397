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

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.config import Chain, Node, is_branched, nodes_of, parse_model
from ganrt.exporter.keras.fields import AS_ONNX, Fields, Within, class_names
from ganrt.exporter.keras.layers import LAYERS, in_channel_order, layer_steps
from ganrt.exporter.keras.steps import Crop, Reshape, Shape, Step
from ganrt.exporter.layers.network import AsPixel, Join, Layer, Rows, Run, weights_of
from ganrt.exporter.layers.network import Network as Runs
from ganrt.exporter.loading import load_strictly, require_fit
from ganrt.exporter.source import Origin, State

_CHANNELS = (1, 3, 4)
_MOVES_ONLY = (nn.Unflatten, Reshape, Crop)  # what may follow the last activation without changing its range
_JOINS: Mapping[str, Join] = {"Concatenate": "concat", "Add": "add", "Multiply": "multiply"}


@dataclass(frozen=True)
class Network:
    """A built generator.

    Attributes:
        module: eval mode, float32.
        dim: of the latent. shape: (height, width, channels) of the picture.
        last: what the last activation is; None for any other, or none.
        policies: the dtype policies that the layers were trained under. classes: how many it takes weights of.
        keys: how many there are. notes: what was chosen.
    """

    module: nn.Module
    dim: int
    shape: tuple[int, int, int]
    last: Literal["tanh", "sigmoid"] | None
    policies: frozenset[str]
    classes: int
    keys: int
    notes: tuple[str, ...] = ()


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

    def add(self, layer: Fields, tables: bool = False) -> None:
        """Puts a layer's steps behind it; those of an embedding only where there may be `tables`."""
        shape, table = self.shape, tables and layer.class_name == "Embedding"
        steps = [_embedding(layer)] if table else layer_steps(layer, shape)
        if layer.class_name == "Reshape":
            self.steps = in_channel_order(self.steps, shape, steps[0].shape)
        else:
            self.steps += steps
        self.counts.append((layer, len(steps)))

    def by_layer(self) -> dict[int, list[Step]]:
        """The steps under each layer's `id`."""
        ends = itertools.accumulate(count for _, count in self.counts)
        return {id(layer): self.steps[end - count : end] for (layer, count), end in zip(self.counts, ends, strict=True)}


def build_network(model: Mapping[str, Any], state: State, origin: Origin, what: str) -> Network:
    """Args: what: names the expected network in errors.

    Raises:
        BadInputFile: a layer that is not known, other inputs than one vector (or map of one pixel) and class numbers
            for an embedding, weights that do not fit, or no picture at the end.
    """
    notes: tuple[str, ...] = ()
    if is_branched(model):
        nodes = nodes_of(model)
        branches, layers = _lay_out(nodes)
        (z,) = [node for node in nodes if node.layer.class_name == "InputLayer" and not _is_classes(node, nodes)]
        name, dim, end = z.layer.name, _vector(z)[0], branches[nodes[-1].layer.name]
    else:
        chain, state, notes = _generator_of(parse_model(model), state)
        name, dim, end = "z", math.prod(chain.input_shape), _chained(chain)
        branches, layers = {"picture": end}, list(chain.layers)
    if not end.counts or not is_picture(end.shape):
        raise BadInputFile(f"draws {list(end.shape)} values\nexpected a picture [h, w, c] of 1, 3 or 4 channels")
    steps = {key: made for branch in branches.values() for key, made in branch.by_layer().items()}
    owned = [(layer, steps.get(id(layer), [])) for layer in layers]
    tables = [step.variables["embeddings"] for _, made in owned for step in made if "embeddings" in step.variables]
    runs = _runs(branches, {name: "z"}, values_by_step(owned, state, origin, what))
    height, width, channels = end.shape
    return Network(
        module=load_strictly(lambda: Runs(runs), weights_of(runs), what),
        dim=dim,
        shape=(height, width, channels),
        last=_last_activation(end.steps),
        policies=frozenset(layer.policy() for layer in layers),
        classes=tables[0][0] if tables else 0,
        keys=len(state),
        notes=notes,
    )


def _chained(chain: Chain) -> _Branch:
    branch, shape = _Branch(("z",), "concat", chain.input_shape), chain.input_shape
    if len(shape) == 3:
        pixel = shape[:2] == (1, 1)  # nothing to transpose
        branch.steps.append(Step(lambda: AsPixel() if pixel else Reshape((math.prod(shape),), shape), shape))
        branch.counts.append((Fields("z", "InputLayer", {}), 1))
    for layer in chain.layers:
        branch.add(layer)
    return branch


def _generator_of(chain: Chain, state: State) -> tuple[Chain, State, tuple[str, ...]]:
    """Of a whole GAN, whose picture goes into a nested discriminator, the generator with its weights; others as they
    are. And what there is to say."""
    first = chain.layers[0].within[:1] if chain.layers else ()
    inside = [layer for layer in chain.layers if layer.within[:1] == first]
    if not first or len(inside) == len(chain.layers) or is_picture(_chained(chain).shape):
        return chain, state, ()
    generator = Chain(chain.input_shape, tuple(inside))
    if not is_picture(_chained(generator).shape):
        return chain, state, ()
    counted, name = first[0]
    kept = {key: tensor for key, tensor in state.items() if key.startswith((f"layers/{counted}/", f"{name}/"))}
    left = dict.fromkeys(la.within[0][1] if la.within else la.name for la in chain.layers[len(inside) :])
    return generator, kept, (f"a whole GAN: its generator {name!r} taken; left: {', '.join(left)[:200]}",)


def is_picture(shape: Shape) -> bool:
    """Whether a shape is (height, width, 1, 3 or 4)."""
    return len(shape) == 3 and shape[2] in _CHANNELS


def _lay_out(nodes: Sequence[Node]) -> tuple[dict[str, _Branch], list[Fields]]:
    """The branches by the name of the node that they end at, and the layers in Keras' order."""
    uses = [name for node in nodes for name in node.inputs]
    branches: dict[str, _Branch] = {}
    layers: list[Fields] = []
    shapes: dict[str, Shape] = {}
    for layer in [layer for node in nodes for layer in node.layers]:
        if layer.class_name not in (*LAYERS, *_JOINS, "InputLayer", "Embedding"):
            layer_steps(layer, ())  # refuses it: what lies around it may be as strange, and says less
    for node in nodes:
        name, layer = node.layer.name, node.layer
        if layer.class_name == "InputLayer":
            shapes[name] = () if _is_classes(node, nodes) else _vector(node)
            continue
        if layer.class_name in _JOINS:
            branches[name] = _joined(node, [shapes[key] for key in node.inputs])
        else:
            if len(node.inputs) != 1:
                expected = f"Concatenate, Add or Multiply where branches meet\n{AS_ONNX}"
                raise layer.fail(f"takes {len(node.inputs)} inputs", expected)
            before = node.inputs[0]
            alone = uses.count(before) == 1 and before in branches
            branches[name] = branches.pop(before) if alone else _Branch((before,), "concat", shapes[before])
            for each in node.layers:
                branches[name].add(each, tables=True)
        layers += node.layers
        shapes[name] = branches[name].shape
    return branches, layers


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
    expected = {
        key: torch.empty(step.variables[name], device="meta") for step, names in keys for name, key in names.items()
    }
    require_fit(expected, state, what)
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
