"""The networks in a file, found by what they are: dictionaries of weights and modules, wherever they lie.

Training scripts write discriminators, averages, optimizers, losses and configurations beside the generator, under
names that never end. So none is looked for by name; names only tell averages (EMA), which training scripts draw their
samples with, from the weights that were averaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ganrt.exporter.readers.pickles import Array
from ganrt.exporter.source import File, Record, Source, State, is_module, state_of

_AVERAGES = {"ema", "avg", "average", "averaged", "running", "shadow", "smooth", "smoothed", "test", "polyak"}
_SHORT = {"GE", "Gs"}  # lightweight-gan's and StyleGAN's names of averages
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_GENERATOR = re.compile(r"^(net_?)?g(_|\d|$)|gen|decod|synth|^(my_?)?(model|net|network|gan)\d*$", re.IGNORECASE)
_WRAPPERS = ("_orig_mod",)  # torch.compile's
_MAX_DEPTH = 8
_MAX_NETWORKS = 200
_MAX_VISITED = 200_000
_MAX_PREFIXES = 6
_SHORT_LIST, _SHORT_TEXT = 16, 30
_NOTHING: State = {}
_TENSORFLOW = "dnnlib.tflib.network.Network"  # of NVIDIA's TensorFlow code


@dataclass
class _Walk:
    base: Source
    found: list[Source]
    optimizers: list[str]
    others: list[str]
    said: dict[str, Any]
    visited: int = 0


def find_networks(loaded: Any, base: Source) -> File:
    """The networks of a file, each a source.

    Whole dictionaries go before their parts: the parts of a state dict (by prefix) are networks that lie `within` it.

    Args:
        loaded: what a reader gave: dictionaries, lists, tensors, records. base: what all of them have in common.
    """
    walk = _Walk(base, [], [], [], {})
    _visit(loaded, "", walk, 0)
    parts = [part for network in walk.found if network.module is None for part in _parts(network)]
    networks = (*walk.found, *parts)[:_MAX_NETWORKS]
    sources = tuple(_told(network, networks) for network in networks)
    return File(base.path, sources, tuple(walk.optimizers), tuple(walk.others), walk.said)


def _told(source: Source, every: Sequence[Source]) -> Source:
    """With what lies beside it, and a note on what is taken of several networks and what is left."""
    names = [other.container for other in every if other.within == source.within]
    beside = tuple(name for name in names if name != source.container)
    average = " (averaged weights, EMA)" if source.average else ""
    notes: tuple[str, ...] = ()
    if beside:
        left = ", ".join(name or "(the whole)" for name in beside)[:200]
        notes = (f"{source.container or '(the whole)'} taken{average}; left: {left} (--network NAME takes another)",)
    elif source.average:
        notes = (f"{source.container or 'the file'} holds averaged weights (EMA)",)
    return replace(source, beside=beside, notes=notes)


def _visit(value: Any, name: str, walk: _Walk, depth: int, beside: State = _NOTHING) -> None:
    walk.visited += 1
    if depth > _MAX_DEPTH or walk.visited > _MAX_VISITED:
        return
    if is_module(value):
        tensors = state_of(value)
        if _is_network(tensors):
            walk.found.append(_network(walk.base, name, tensors, module=value, lone=beside))
        return
    if isinstance(value, Record) and value.path == _TENSORFLOW:
        walk.found.append(_network(walk.base, name, _variables(value, ""), module=value))
        return
    if isinstance(value, Record):
        value = value.entries or (value.state if isinstance(value.state, Mapping) else {})
    if _is_plain(value):
        walk.said[name] = list(value) if isinstance(value, tuple) else value
    if isinstance(value, (list, tuple)):
        trio = len(value) == 3 and all(isinstance(item, Record) and item.path == _TENSORFLOW for item in value)
        names = ("G", "D", "Gs") if trio else map(str, range(64))
        value = {key: item for key, item in zip(names, value, strict=False) if not isinstance(item, Tensor)}
    if not isinstance(value, Mapping):
        walk.others.append(name)
        return
    if {"state", "param_groups"} <= set(value):
        walk.optimizers.append(name)
        return
    tensors = {key: tensor for key, item in value.items() if (tensor := _tensor(item)) is not None and type(key) is str}
    if _is_network(tensors):
        walk.found.append(_network(walk.base, name, dict(tensors), lone=beside))
    for key, item in value.items():
        if _tensor(item) is None:
            _visit(item, f"{name}.{str(key)[:80]}".lstrip("."), walk, depth + 1, tensors)


def _variables(network: Record, prefix: str, depth: int = 0) -> dict[str, Tensor]:
    """The variables of a network of NVIDIA's TensorFlow code and of its parts, such as `mapping/Dense0/weight`."""
    state = network.state if isinstance(network.state, Mapping) else {}
    found = {}
    for entry in state.get("variables") or ():
        if isinstance(entry, (tuple, list)) and len(entry) == 2 and (tensor := _tensor(entry[1])) is not None:
            found[f"{prefix}{entry[0]}"] = tensor
    parts = state.get("components")
    for name, part in (parts if isinstance(parts, Mapping) else getattr(parts, "entries", {})).items():
        if isinstance(part, Record) and depth < _MAX_DEPTH:
            found |= _variables(part, f"{prefix}{name}/", depth + 1)
    return found


def _is_plain(value: Any) -> bool:
    """Such as an option of training has."""
    if isinstance(value, (list, tuple)):
        return 0 < len(value) <= _SHORT_LIST and all(isinstance(item, (int, float, str)) for item in value)
    return isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= _SHORT_TEXT)


def _tensor(value: Any) -> Tensor | None:
    return value if isinstance(value, Tensor) else value.values if isinstance(value, Array) else None


def _is_network(tensors: State) -> bool:
    """A linear layer or a convolution at least."""
    return any(tensor.is_floating_point() and tensor.ndim >= 2 for tensor in tensors.values())


def _network(
    base: Source, name: str, tensors: dict[str, Tensor], *, module: Record | None = None, lone: State = _NOTHING
) -> Source:
    """Without the count that torch's AveragedModel keeps beside its weights."""
    averaged = tensors.pop("n_averaged", None) is not None if module is None else False
    average = averaged or is_average(name)
    return replace(base, container=name, tensors=tensors, average=average, module=module, lone=lone)


def _parts(network: Source) -> Iterator[Source]:
    """Networks side by side under prefixes of one state dict, such as `generator.` and `discriminator.`."""
    for name, tensors in _by_prefix(_unwrapped(network.tensors)).items():
        whole = f"{network.container}.{name}".lstrip(".")
        if sum(tensor.ndim > 1 for tensor in tensors.values()) > 1:
            average = network.average or is_average(name)
            yield replace(network, container=whole, tensors=tensors, average=average, within=network.container)


def _by_prefix(tensors: State) -> dict[str, dict[str, Tensor]]:
    groups: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        head, _, rest = key.partition(".")
        if rest:
            groups.setdefault(head, {})[rest] = tensor
    return groups if len(groups) > 1 else {}


def _unwrapped(tensors: State) -> State:
    return list(spellings(tensors))[-1]


def spellings(tensors: State) -> Iterator[State]:
    """The tensors under their keys, then without the prefix that all keys share, and so on."""
    named = {_without_wrappers(key): tensor for key, tensor in tensors.items()}
    tensors = named if len(named) == len(tensors) else tensors
    yield tensors
    for _ in range(_MAX_PREFIXES):
        heads = {key.partition(".")[0] for key in tensors}
        if len(heads) != 1 or not all("." in key for key in tensors):
            return
        tensors = {key.partition(".")[2]: tensor for key, tensor in tensors.items()}
        yield tensors


def _without_wrappers(key: str) -> str:
    return ".".join(part for part in key.split(".") if part not in _WRAPPERS)


def names_generator(name: str) -> bool:
    """Whether a name ends in what whole generators are called: `netG`, `generator_A`, `decoder`, `model`."""
    return is_average(name) or bool(_GENERATOR.search(name.rpartition(".")[2]))


def is_average(name: str) -> bool:
    """Whether a name says that its weights are averages: `g_ema`, `avgG`, `g_running`, `generator_test`, `GE`."""
    words = [word for part in re.split(r"[^A-Za-z]+", name) for word in _WORD.findall(part)]
    return any(word.lower() in _AVERAGES or word in _SHORT for word in words)
