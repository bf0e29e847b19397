"""A model's JSON -> the chain of its layers: Sequential, or a functional model without branches.

Sources: the files that Keras 2 (tf_keras 2.21) and Keras 3 (3.15) write; both spellings of `inbound_nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import Fields

MAX_LAYERS = 1000
_SEQUENTIAL = ("Sequential",)
_FUNCTIONAL = ("Functional", "Model")
_MODULES = ("keras", "tf_keras", "tensorflow")


@dataclass(frozen=True)
class Chain:
    """The layers in order, without inputs; `input_shape` without the batch: (features,) or (h, w, c)."""

    input_shape: tuple[int, ...]
    layers: tuple[Fields, ...]


def parse_model(model: Any) -> Chain:
    """Args: model: {"class_name": "Sequential" or "Functional", "config": {...}}.

    Raises:
        BadInputFile: another kind of model, branches, several inputs or outputs, nested models, no input shape.
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
    return Chain(_input_shape(layers, entries, config), tuple(la for la in layers if la.class_name != "InputLayer"))


def _pair(entry: Any, what: str) -> tuple[str, Any]:
    if isinstance(entry, Mapping):
        name, config = entry.get("class_name"), entry.get("config")
        if isinstance(name, str) and isinstance(config, (Mapping, list)):
            return name, config
    raise BadInputFile(f"the JSON of {what} has no class_name and config\nexpected the JSON that Keras writes")


def _layer(entry: Any, i: int) -> Fields:
    class_name, config = _pair(entry, f"layer {i}")
    if class_name in _SEQUENTIAL + _FUNCTIONAL:
        raise BadInputFile(f"layer {i} is a model of its own ({class_name})\nexpected a model of plain layers")
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
    uses = len(nodes) if isinstance(nodes, list) else -1
    if uses != wanted or len(found) != wanted:
        raise layer.fail(f"is used {max(0, uses)} times on {len(found)} inputs", "a chain of layers, each used once")
    return found


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
