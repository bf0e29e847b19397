"""A model's JSON -> its layers and what each takes: Sequential or functional; chains nested in it are inlined.

Sources: the files that Keras 2 (tf_keras 2.21) and Keras 3 (3.15) write; both spellings of `inbound_nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import MAX_SIZE, Fields, class_names

MAX_LAYERS = 1000
_SEQUENTIAL = ("Sequential",)
_FUNCTIONAL = ("Functional", "Model")
_MAX_DEPTH = 8
_MODULES = ("keras", "tf_keras", "tensorflow")


@dataclass(frozen=True)
class Node:
    """A layer, or a nested model's `layers`, and the nodes that it takes; inputs take none and have none."""

    layer: Fields
    layers: tuple[Fields, ...]
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.layer.name


def parse_model(model: Any, depth: int = 0) -> list[Node]:
    """The nodes in an order in which each comes behind those that it takes, the output last.

    Args:
        model: {"class_name": "Sequential" or "Functional", "config": {...}}.

    Raises:
        BadInputFile: another kind of model, several outputs, layers that are used several times or not at all, nested
            models with branches.
    """
    class_name, config = _pair(model, "the model")
    if class_name not in _SEQUENTIAL + _FUNCTIONAL:
        raise BadInputFile(
            f"holds a model of class {class_name[:80]!r}; its own code would be needed to build it\n"
            "expected a Sequential or functional Keras model"
        )
    # The Keras of TensorFlow 1 wrote a Sequential's config as the bare list of its layers.
    entries = config if isinstance(config, Sequence) else config.get("layers")
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not 0 < len(entries) <= MAX_LAYERS:
        raise BadInputFile(f"the model's config has no list of 1 to {MAX_LAYERS} layers\nexpected one that Keras wrote")
    layers = [_layer(entry, i) for i, entry in enumerate(entries)]
    if len({layer.name for layer in layers}) != len(layers):
        raise BadInputFile("has layers of equal names\nexpected each under its own")
    nested = _nested(layers, depth)
    if class_name in _SEQUENTIAL:
        first = nested[layers[0].name][0].layer if layers[0].name in nested else layers[0]
        nodes = [Node(_input(first, entries[0], config), (), ())]
        for layer in layers:
            if layer.class_name != "InputLayer":
                nodes.append(Node(layer, _inlined(layer, nested), (nodes[-1].name,)))
        return nodes
    ends = _references(config.get("output_layers"))
    if len(ends) != 1:
        raise BadInputFile(f"has {len(ends)} outputs\nexpected one")
    return _in_order([_node(*pair, nested, config) for pair in zip(layers, entries, strict=True)], ends[0])


def _nested(layers: list[Fields], depth: int) -> dict[str, list[Node]]:
    """The nodes of the models among the layers, by the models' names; their layers know where they lie."""
    models = [layer for layer in layers if layer.class_name in _SEQUENTIAL + _FUNCTIONAL]
    if models and depth >= _MAX_DEPTH:
        raise models[0].fail(f"lies in more than {_MAX_DEPTH} models", "a model of layers")
    found = {}
    for layer, counted in zip(models, class_names([layer.class_name for layer in models]), strict=True):
        nodes = parse_model({"class_name": layer.class_name, "config": layer.values["model"]}, depth + 1)
        for before, node in pairwise(nodes):
            if node.inputs != (before.name,):
                raise node.layer.fail(f"takes {', '.join(node.inputs)[:80] or 'nothing'}", "no branches in its model")
        place = (counted, layer.name)
        found[layer.name] = [replace(node, layers=tuple(each.placed(place) for each in node.layers)) for node in nodes]
    return found


def _inlined(layer: Fields, nested: Mapping[str, list[Node]]) -> tuple[Fields, ...]:
    if layer.name not in nested:
        return (layer,)
    return tuple(each for node in nested[layer.name] for each in node.layers)


def _node(layer: Fields, entry: Mapping[str, Any], nested: Mapping[str, list[Node]], config: Any) -> Node:
    """Of a functional model."""
    used, first = entry.get("inbound_nodes"), layer.class_name == "InputLayer"
    if not isinstance(used, list):
        raise layer.fail(f"has inbound_nodes = {repr(used)[:40]}", "a list of what the layer is used on")
    if len(used) != (not first):
        raise layer.fail(f"is used {len(used)} times", "layers that are used once")
    if first:
        return Node(_input(layer, entry, config), (), ())
    return Node(layer, _inlined(layer, nested), tuple(_references(used)))


def _in_order(nodes: list[Node], end: str) -> list[Node]:
    """Each behind its inputs, as Keras lists them; `end` last."""
    left, done = {node.name: node for node in nodes}, list[Node]()
    while left:
        ready = [node for node in left.values() if not any(name in left for name in node.inputs)]
        ready = [node for node in ready if node.name != end or len(left) == 1]
        known = {node.name for node in done}
        if not ready or any(name not in known for node in ready for name in node.inputs):
            raise BadInputFile("has layers that take each other, or none, or lie behind its output\nexpected a graph")
        done.append(left.pop(ready[0].name))
    taken = {end, *(name for node in nodes for name in node.inputs)}
    if beside := ", ".join(node.name for node in done if node.name not in taken):
        raise BadInputFile(f"has layers beside the way to its output: {beside[:200]}\nexpected all on it")
    return done


def _pair(entry: Any, what: str) -> tuple[str, Any]:
    if isinstance(entry, Mapping):
        name, config = entry.get("class_name"), entry.get("config")
        if isinstance(name, str) and isinstance(config, (Mapping, list)):
            return name, config
    raise BadInputFile(f"the JSON of {what} has no class_name and config\nexpected the JSON that Keras writes")


def _layer(entry: Any, i: int) -> Fields:
    class_name, config = _pair(entry, f"layer {i}")
    if class_name in _SEQUENTIAL + _FUNCTIONAL:
        name = config.get("name") if isinstance(config, Mapping) else None
        return Fields(str(name or entry.get("name") or f"layer {i}"), class_name, {"model": config})
    if not isinstance(config, Mapping):
        raise BadInputFile(f"layer {i} ({class_name[:80]}) has no config\nexpected the JSON that Keras writes")
    # A user's own class may have the name of one of Keras'; Keras 3 says where it came from.
    module, registered = entry.get("module"), entry.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        class_name = registered
    elif isinstance(module, str) and module.partition(".")[0] not in _MODULES:
        class_name = f"{module}.{class_name}"
    return Fields(str(config.get("name") or entry.get("name") or f"layer {i}"), class_name, config)


def _references(value: Any) -> list[str]:
    """The layers named in ["name", 0, 0], [["name", 0, 0, {}]] or Keras 3's {"keras_history": ["name", 0, 0]}."""
    if isinstance(value, Mapping):
        return [name for item in value.values() for name in _references(item)]
    if not isinstance(value, list):
        return []
    if len(value) in (3, 4) and isinstance(value[0], str) and all(isinstance(v, int) for v in value[1:3]):
        return [value[0]]
    return [name for item in value for name in _references(item)]


def _input(first: Fields, entry: Mapping[str, Any], config: Any) -> Fields:
    """The input of a model, with its shape under `batch_shape`: of an InputLayer, else of the first layer."""
    built = entry.get("build_config")
    candidates = [
        first.values.get("batch_shape"),
        first.values.get("batch_input_shape"),
        config.get("build_input_shape") if isinstance(config, Mapping) else None,
        built.get("input_shape") if isinstance(built, Mapping) else None,
    ]
    name = first.name if first.class_name == "InputLayer" else f"{first.name} (its input)"
    return Fields(name, "InputLayer", {"batch_shape": next((s for s in candidates if isinstance(s, list)), None)})


def input_shape(layer: Fields) -> tuple[int, ...]:
    """Of a model's input, without the batch: (features,) or (h, w, c).

    Raises:
        BadInputFile: it does not say it, or takes something else.
    """
    shape = layer.values["batch_shape"]
    if shape is None:
        raise layer.fail("does not say the shape of its input", "a model that was built before it was saved")
    sizes = shape[1:]
    if len(sizes) not in (1, 3) or not all(type(size) is int and 0 < size <= MAX_SIZE for size in sizes):
        expected = "latents [n, dim] or [n, 1, 1, dim], and classes for an Embedding"
        raise layer.fail(f"takes inputs of shape {shape!s:.80}", expected)
    return tuple(sizes)
