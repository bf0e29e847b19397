"""A model's JSON -> the chain of its layers: Sequential, or a functional model without branches; nested ones inlined.

Sources: the files that Keras 2 (tf_keras 2.21) and Keras 3 (3.15) write; both spellings of `inbound_nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import Fields, class_names

MAX_LAYERS = 1000
_SEQUENTIAL = ("Sequential",)
_FUNCTIONAL = ("Functional", "Model")
_MAX_DEPTH = 8
_MODULES = ("keras", "tf_keras", "tensorflow")


@dataclass(frozen=True)
class Chain:
    """The layers in order, without inputs; `input_shape` without the batch: (features,) or (h, w, c)."""

    input_shape: tuple[int, ...]
    layers: tuple[Fields, ...]


def parse_model(model: Any, depth: int = 0) -> Chain:
    """Args: model: {"class_name": "Sequential" or "Functional", "config": {...}}.

    Raises:
        BadInputFile: another kind of model, branches, several inputs or outputs, no input shape.
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
    if class_name in _FUNCTIONAL:
        layers = _follow(layers, entries, config)
    nested = _nested(layers, depth)
    first = nested.get(layers[0].name)
    shape = _input_shape(layers, entries, config) if first is None else first.input_shape
    inlined = [inner for la in layers for inner in (nested[la.name].layers if la.name in nested else (la,))]
    return Chain(shape, tuple(la for la in inlined if la.class_name != "InputLayer"))


def _nested(layers: list[Fields], depth: int) -> dict[str, Chain]:
    """The models among the layers, by their names."""
    models = [layer for layer in layers if layer.class_name in _SEQUENTIAL + _FUNCTIONAL]
    if models and depth >= _MAX_DEPTH:
        raise models[0].fail(f"lies in more than {_MAX_DEPTH} models", "a model of layers")
    found = {}
    for layer, counted in zip(models, class_names([layer.class_name for layer in models]), strict=True):
        inner = parse_model({"class_name": layer.class_name, "config": layer.values["model"]}, depth + 1)
        place = (counted, layer.name)
        placed = (Fields(la.name, la.class_name, la.values, (place, *la.within)) for la in inner.layers)
        found[layer.name] = replace(inner, layers=tuple(placed))
    return found


@dataclass(frozen=True)
class Node:
    """A layer of a functional model, or a nested model's `layers`, and the nodes that it takes."""

    layer: Fields
    layers: tuple[Fields, ...]
    inputs: tuple[str, ...]


def is_branched(model: Any) -> bool:
    """Whether it is a functional model in which branches meet."""
    class_name, config = _pair(model, "the model")
    entries = config.get("layers") if class_name in _FUNCTIONAL and isinstance(config, Mapping) else None
    return isinstance(entries, list) and any(
        isinstance(entry, Mapping) and entry.get("class_name") in ("Concatenate", "Add", "Multiply")
        for entry in entries
    )


def nodes_of(model: Mapping[str, Any]) -> list[Node]:
    """The nodes of a functional model in an order in which each comes behind its inputs, the output last.

    Raises:
        BadInputFile: no model of layers that are used once, or several outputs.
    """
    entries, ends = model["config"]["layers"], _references(model["config"].get("output_layers"))
    if len(entries) > MAX_LAYERS or len(ends) != 1:
        raise BadInputFile(f"has {len(entries)} layers and {len(ends)} outputs\nexpected one output")
    layers = [_layer(entry, i) for i, entry in enumerate(entries)]
    nested = _nested(layers, 0)
    nodes = []
    for layer, entry in zip(layers, entries, strict=True):
        used = entry.get("inbound_nodes")
        if not isinstance(used, list):
            raise _no_nodes(layer, used)
        if len(used) != (layer.class_name != "InputLayer"):
            raise layer.fail(f"is used {len(used)} times", "layers that are used once")
        inner = nested[layer.name].layers if layer.name in nested else (layer,)
        nodes.append(Node(layer, inner, tuple(_references(used))))
    return _in_order(nodes, ends[0])


def _in_order(nodes: list[Node], end: str) -> list[Node]:
    """Each behind its inputs, as Keras lists them; `end` last."""
    left, done = {node.layer.name: node for node in nodes}, list[Node]()
    while left:
        ready = [node for node in left.values() if not any(name in left for name in node.inputs)]
        ready = [node for node in ready if node.layer.name != end or len(left) == 1]
        known = {node.layer.name for node in done}
        if not ready or any(name not in known for node in ready for name in node.inputs):
            raise BadInputFile("has layers that take each other, or none, or lie behind its output\nexpected a graph")
        done.append(ready[0])
        del left[ready[0].layer.name]
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


def _follow(layers: list[Fields], entries: Sequence[Any], config: Mapping[str, Any]) -> list[Fields]:
    """The layers in the order in which the picture passes them."""
    by_name = {layer.name: layer for layer in layers}
    before = {layer.name: _predecessors(entry, layer) for layer, entry in zip(layers, entries, strict=True)}
    ends = _references(config.get("output_layers"))
    if len(by_name) != len(layers) or len(ends) != 1:
        raise BadInputFile(
            f"has {len(ends)} outputs or layers of equal names\nexpected one output and a chain of layers"
        )
    chain: list[Fields] = []
    name: str | None = ends[0]
    while name is not None:
        if name not in by_name or len(chain) > len(layers):
            raise BadInputFile(f"refers to a layer {name[:80]!r} that it has not\nexpected a chain of layers")
        chain.append(by_name[name])
        name = before[name][0] if before[name] else None
    if len(chain) != len(layers):
        others = ", ".join(sorted(set(by_name) - {layer.name for layer in chain}))
        raise BadInputFile(f"has layers beside the chain to its output: {others[:200]}\nexpected no branches")
    return chain[::-1]


def _predecessors(entry: Mapping[str, Any], layer: Fields) -> list[str]:
    nodes = entry.get("inbound_nodes")
    found = _references(nodes)
    wanted = 0 if layer.class_name == "InputLayer" else 1
    if not isinstance(nodes, list):
        raise _no_nodes(layer, nodes)
    if len(nodes) != wanted or len(found) != wanted:
        raise layer.fail(f"is used {len(nodes)} times on {len(found)} inputs", "a chain of layers, each used once")
    return found


def _no_nodes(layer: Fields, given: object) -> BadInputFile:
    return layer.fail(f"has inbound_nodes = {repr(given)[:40]}", "a list of what the layer is used on")


def _references(value: Any) -> list[str]:
    """The layers named in ["name", 0, 0], [["name", 0, 0, {}]] or Keras 3's {"keras_history": ["name", 0, 0]}."""
    if isinstance(value, Mapping):
        return [name for item in value.values() for name in _references(item)]
    if not isinstance(value, list):
        return []
    if len(value) in (3, 4) and isinstance(value[0], str) and all(isinstance(v, int) for v in value[1:3]):
        return [value[0]]
    return [name for item in value for name in _references(item)]


def _input_shape(layers: list[Fields], entries: Sequence[Any], config: Any) -> tuple[int, ...]:
    first = layers[0]
    candidates = [first.values.get("batch_shape"), first.values.get("batch_input_shape")]
    if isinstance(config, Mapping):
        candidates.append(config.get("build_input_shape"))
    built = entries[0].get("build_config")
    candidates.append(built.get("input_shape") if isinstance(built, Mapping) else None)
    shape = next((shape for shape in candidates if isinstance(shape, list)), None)
    if shape is None:
        raise first.fail("does not say the shape of its input", "a model that was built before it was saved")
    sizes = Fields(first.name, first.class_name, {f"input axis {i}": size for i, size in enumerate(shape)})
    if len(shape) not in (2, 4):
        raise first.fail(f"takes inputs of shape {shape!s:.80}", "latents [n, dim] or [n, 1, 1, dim]")
    return tuple(sizes.integer(f"input axis {i}") for i in range(1, len(shape)))
