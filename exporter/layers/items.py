"""Layers as a file names them: the items of a state dict, or of a pickled module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.source import Record, State, is_module

Kind = Literal["linear", "conv", "norm", "prelu", "embedding", "other"]
MAX_ITEMS = 500
_NORMS = ("weight", "bias", "running_mean", "running_var")
_LINEAR_DIMS, _CONV_DIMS = 2, 4


@dataclass(frozen=True)
class Item:
    """One layer.

    Attributes:
        name: its key's prefix, such as "main.3".
        tensors: by the last part of the key.
        module: the layer with all its options, where the file holds them; on the meta device.
        gap: how many layers without weights follow it within the same Sequential; None where numbers do not tell.
        lead: how many of them lie before it, where it is the first in its Sequential.
    """

    name: str
    kind: Kind
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    module: nn.Module | None = None
    gap: int | None = None
    lead: int = 0

    @property
    def weight(self) -> Tensor:
        return self.tensors["weight"]

    @property
    def features(self) -> int:
        """Of a norm: how many channels it has."""
        first = next(iter(self.tensors.values()))
        return first.shape[0]


class NotAChain(BadInputFile):
    """It is no plain chain of layers; the message says where."""


def items_of(state: State) -> list[Item]:
    """The layers that own a state dict's tensors, in its order; counters are left out.

    Raises:
        NotAChain: a tensor of no known layer.
    """
    owned: dict[str, dict[str, Tensor]] = {}
    for key, tensor in state.items():
        owner, _, name = key.rpartition(".")
        if name != "num_batches_tracked":
            owned.setdefault(owner, {})[name] = tensor
    if len(owned) > MAX_ITEMS:
        raise NotAChain(f"has {len(owned)} layers\nexpected at most {MAX_ITEMS}")
    return _placed(Item(name, _kind(name, tensors), tensors) for name, tensors in owned.items())


def _placed(items: Iterable[Item]) -> list[Item]:
    """With what numbers say about the layers between them."""
    items = list(items)
    names = [item.name for item in items]
    return [
        replace(item, gap=_gap(item.name, after), lead=_lead(before, item.name))
        for before, item, after in zip(["", *names], items, [*names[1:], ""], strict=False)
    ]


def _kind(name: str, tensors: Mapping[str, Tensor]) -> Kind:
    weight = tensors.get("weight")
    if set(tensors) <= {"weight", "bias"} and weight is not None:
        if weight.ndim == _CONV_DIMS:
            return "conv"
        if weight.ndim == _LINEAR_DIMS:
            return "linear"
        if weight.ndim == 1 and "bias" not in tensors:
            return "prelu"
    if set(tensors) <= set(_NORMS) and all(tensor.ndim in (1, 3) for tensor in tensors.values()):
        _check_norm(name, tensors)
        return "norm"
    shown = ", ".join(f"{name}.{key} {list(tensor.shape)}".lstrip(".") for key, tensor in list(tensors.items())[:3])
    raise NotAChain(f"holds {shown}, which is no linear, convolution or norm")


def _check_norm(name: str, tensors: Mapping[str, Tensor]) -> None:
    if len({tensor.shape for tensor in tensors.values()}) > 1:
        shown = ", ".join(f"{key} {list(tensor.shape)}" for key, tensor in tensors.items())
        raise NotAChain(f"{name} has tensors of different sizes: {shown}")
    for pair in (_NORMS[:2], _NORMS[2:]):
        missing = [key for key in pair if key not in tensors]
        if len(missing) == 1:
            raise NotAChain(f"{name} is a norm without {missing[0]}")
    integers = [key for key, tensor in tensors.items() if not tensor.is_floating_point()]
    if integers:
        raise NotAChain(f"{name}.{integers[0]} is of {str(tensors[integers[0]].dtype).removeprefix('torch.')}")


def _gap(name: str, following: str) -> int | None:
    """From `main.1` to `main.3` one; None where they do not lie in one Sequential."""
    (place, _, number), (other, _, then) = name.rpartition("."), following.rpartition(".")
    if place != other or not (number.isdecimal() and then.isdecimal()) or max(len(number), len(then)) > 6:
        return None
    between = int(then) - int(number) - 1
    return between if between >= 0 else None


def _lead(before: str, name: str) -> int:
    """Before `conv_blocks.1`, behind `l1.0`, there is one."""
    place, _, number = name.rpartition(".")
    first = place != before.rpartition(".")[0] and number.isdecimal() and len(number) <= 6
    return int(number) if place and first else 0


def natural(items: Iterable[Item]) -> list[Item]:
    """Sorted by name, numbers by value: safetensors files do not keep the order."""

    def key(item: Item) -> list[tuple[int, int, str]]:
        parts = re.split(r"(\d+)", item.name)
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]

    return _placed(sorted(items, key=key))


def refuse_blocks(items: Iterable[Item]) -> None:
    """Raises NotAChain for residual blocks, by their form: parts that hold the same several convolutions by name.

    Layers in a Sequential have numbers; a class with `conv1` and `conv2` has a `forward` of its own, and such classes
    most often add what came in. No weight tells.
    """
    owned: dict[str, set[str]] = {}
    for item in items:
        owner, _, name = item.name.rpartition(".")
        if item.kind == "conv" and owner and not name.isdecimal():
            owned.setdefault(owner, set()).add(name)
    blocks = [owner for owner, names in owned.items() if len(names) > 1 and list(owned.values()).count(names) > 1]
    if blocks:
        shown = ", ".join(blocks[:3])[:80]
        raise NotAChain(f"{shown} are blocks of a class of its own, and what its forward adds is not in the file")


def norms_attached(items: list[Item]) -> list[Item] | None:
    """Each norm moved behind the next layer that has its channels: `conv1..4`, then `bn1..3`. None if that fails.

    Activations that are shared go last.
    """
    big = [item for item in items if item.kind in ("conv", "linear")]
    norms = [item for item in items if item.kind == "norm"]
    made: list[Item] = []
    for item in big:
        made.append(replace(item, gap=None))
        sizes = set(item.weight.shape[:2]) if item.kind == "conv" else {item.weight.shape[0]}
        if norms and norms[0].features in sizes:
            made.append(replace(norms.pop(0), gap=None))
    others = [item for item in items if item.kind == "other"]
    if norms or len(made) + len(others) != len(items) or any(item.tensors for item in others):
        return None
    return made + others


# ---- pickled modules ------------------------------------------------------------------------------------------------

_SIMPLE: Mapping[str, tuple[str, ...]] = {
    # class -> the attributes that its constructor takes, by the same names
    "Linear": ("in_features", "out_features"),
    "Conv2d": ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode"),
    "ConvTranspose2d": (
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "dilation",
    ),
    "BatchNorm1d": ("num_features", "eps", "affine", "track_running_stats"),
    "BatchNorm2d": ("num_features", "eps", "affine", "track_running_stats"),
    "SyncBatchNorm": ("num_features", "eps", "affine", "track_running_stats"),
    "InstanceNorm2d": ("num_features", "eps", "affine", "track_running_stats"),
    "GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "Embedding": ("num_embeddings", "embedding_dim"),
    "PReLU": ("num_parameters",),
    "ReLU": (), "ReLU6": (), "Tanh": (), "Sigmoid": (), "SELU": (), "SiLU": (), "Mish": (), "GELU": ("approximate",),
    "Hardsigmoid": (), "Hardswish": (), "Softplus": ("beta", "threshold"),
    "LeakyReLU": ("negative_slope",), "ELU": ("alpha",), "CELU": ("alpha",), "Hardtanh": ("min_val", "max_val"),
    "Upsample": ("size", "scale_factor", "mode", "align_corners"),
    "UpsamplingNearest2d": ("size", "scale_factor"), "UpsamplingBilinear2d": ("size", "scale_factor"),
    "PixelShuffle": ("upscale_factor",), "Flatten": ("start_dim", "end_dim"),
    "Unflatten": ("dim", "unflattened_size"), "ZeroPad2d": ("padding",), "ReflectionPad2d": ("padding",),
    "ReplicationPad2d": ("padding",), "AvgPool2d": ("kernel_size", "stride", "padding"),
}  # fmt: skip
_NOTHING = {"Identity", "Dropout", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"}
_KINDS: Mapping[str, Kind] = {
    "Linear": "linear", "Conv2d": "conv", "ConvTranspose2d": "conv", "Embedding": "embedding", "PReLU": "prelu",
    "BatchNorm1d": "norm", "BatchNorm2d": "norm", "SyncBatchNorm": "norm", "InstanceNorm2d": "norm",
    "GroupNorm": "norm", "LayerNorm": "norm",
}  # fmt: skip
_TORCH = "torch.nn.modules."


def items_of_module(module: Record, state: State) -> list[Item]:
    """The layers of a pickled module in the order in which it holds them, with their options.

    Args:
        state: the module's state dict, spectral norm folded.

    Raises:
        NotAChain: a layer of torch that is not known, or a class of the owner's with weights of its own.
    """
    found = list(_layers(module, "", 0))
    if len(found) > MAX_ITEMS:
        raise NotAChain(f"has more than {MAX_ITEMS} layers")
    tensors = {item.name: item.tensors for item in items_of(state)}
    return [replace(item, tensors=tensors.get(item.name, {})) for item in found]


def owner_classes(module: Record, depth: int = 0) -> set[str]:
    """The classes in a pickled module whose `forward` is the owner's: any that torch does not have."""
    own = {module.name} if not module.module.startswith(_TORCH) else set()
    children = [child for child in dict(module.state.get("_modules") or {}).values() if is_module(child)]
    return own.union(*(owner_classes(child, depth + 1) for child in children if depth < 30))


def _layers(module: Record, name: str, depth: int) -> Iterator[Item]:
    if depth > 30:
        raise NotAChain("holds modules nested without end")
    of_torch = module.module.startswith(_TORCH)
    if of_torch and (module.name in _NOTHING or module.name.endswith("Loss")):
        return
    if of_torch and module.name in _SIMPLE:
        yield Item(name, _KINDS.get(module.name, "other"), {}, _rebuilt(module, name))
        return
    if _own(module) or (of_torch and module.name not in ("Sequential", "ModuleList", "ModuleDict", "DataParallel")):
        raise NotAChain(f"{name or 'the module'} is of class {module.name}, which is no layer that is known")
    for child_name, child in dict(module.state.get("_modules") or {}).items():
        if is_module(child):
            yield from _layers(child, f"{name}.{child_name}".lstrip("."), depth + 1)


def _own(module: Record) -> dict[str, Tensor]:
    groups = (dict(module.state.get(group) or {}) for group in ("_parameters", "_buffers"))
    return {
        name: value
        for group in groups
        for name, value in group.items()
        if isinstance(value, Tensor) and name != "num_batches_tracked"
    }


def _rebuilt(module: Record, name: str) -> nn.Module:
    state = module.state
    options = {key: _plain(state[key]) for key in _SIMPLE[module.name] if key in state}
    if module.name in ("Linear", "Conv2d", "ConvTranspose2d"):
        options["bias"] = "bias" in _own(module)
    kind = "BatchNorm2d" if module.name == "SyncBatchNorm" else module.name
    if kind.startswith("Upsampling"):
        options["mode"], kind = ("nearest" if kind.startswith("UpsamplingN") else "bilinear"), "Upsample"
        options |= {"align_corners": True} if options["mode"] == "bilinear" else {}
    if kind in ("BatchNorm1d", "BatchNorm2d") and not isinstance(_own(module).get("running_mean"), Tensor):
        raise NotAChain(f"{name} ({module.name}) has no running statistics: its pictures depend on each other")
    try:
        with torch.device("meta"):
            made: nn.Module = getattr(nn, kind)(**options)
    except Exception as error:  # options of any type and size
        raise NotAChain(f"{name} ({module.name}) has options that make no layer: {str(error)[:80]}") from error
    return made.eval()


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
