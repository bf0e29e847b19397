"""A chain's steps -> torch layers, with what weights do not say.

Activations, strides, paddings, upsampling and epsilons are not in a state dict. They are taken from options, from a
preset whose keys these are, or assumed; each is a `Fact`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.errors import UsageError
from ganrt.exporter.candidate import CHANNELS, Facts, ValueRange
from ganrt.exporter.layers.activations import hidden_activation, last_activation, value_range
from ganrt.exporter.layers.chain import LASTS, Chain, Op
from ganrt.exporter.layers.geometry import Geometry, Sized, settle
from ganrt.exporter.layers.items import Item, NotAChain
from ganrt.exporter.layers.network import AsPixel, Layer, picture_of
from ganrt.exporter.layers.presets import CHAIN_PRESETS, ChainPreset, preset_of
from ganrt.exporter.options import Settings

_LARGEST = 1024  # pixels a side, if nobody says more


@dataclass(frozen=True)
class Built:
    """Layers and the range of what they make; the layers beside the first `joined_at` of them: see `Chain`."""

    layers: tuple[Layer, ...]
    value_range: ValueRange
    beside: tuple[Layer, ...] = ()
    joined_at: int = 0


@dataclass(frozen=True)
class _Open:
    """What weights do not say: options go first, then the preset's values, which are assumed, with a note on it."""

    facts: Facts
    preset: ChainPreset
    note: str

    @property
    def settings(self) -> Settings:
        return self.facts.settings

    def assume(self, name: str, default: Any) -> Any:
        return self.facts.assume(name, default, self.note)


def build_chain(chain: Chain, items: Sequence[Item], facts: Facts) -> Built:
    """The layers, with all that is open taken from options, a preset, or assumed.

    Raises:
        NotAChain: no sizes fit.
        UsageError: an option that does not fit.
    """
    name = "" if any(item.module is not None for item in items) else preset_of(items)
    preset = CHAIN_PRESETS[name] if name else _usual(chain)
    still = _Open(facts, preset, f"as the preset {name}" if name else "")
    ops, last, found_range = _last_of(list(chain.ops), still)
    make_hidden, eps = _hidden(ops, still), iter(_epsilons([*ops, *chain.beside], still))
    sizes, whole = geometries(ops, still), facts.settings.norm == "layer"
    # What lies beside begins as the others do: with the same strides and paddings.
    first, second = (_Maker(make_hidden, eps, iter(sizes), whole) for _ in range(2))
    made = [first.layers(op) for op in ops]
    beside = tuple(layer for op in chain.beside for layer in second.layers(op))
    layers = [layer for each in made for layer in each]
    if last is not None:
        layers.append(Layer(last, {}))
    if chain.flat:
        layers.append(Layer(nn.Unflatten(1, _flat_shape(chain, facts)), {}))
    return Built(tuple(layers), found_range, beside, sum(map(len, made[: chain.joined_at])))


def _usual(chain: Chain) -> ChainPreset:
    """Transposed convolutions come with ReLU (Radford et al. 2016), most other generators with LeakyReLU."""
    transposed = any(op.kind == "transposed" for op in chain.ops)
    return ChainPreset("", activation=("relu", None) if transposed else ("leaky_relu", 0.2))


def _last_of(ops: list[Op], still: _Open) -> tuple[list[Op], nn.Module | None, ValueRange]:
    """(the steps before it, the last activation, the range that it gives): in the file, or not."""
    if ops[-1].kind == "act" and isinstance(ops[-1].module, LASTS):
        name = "sigmoid" if isinstance(ops[-1].module, (nn.Sigmoid, nn.Hardsigmoid)) else "tanh"
        still.facts.read("last", name)
        return ops[:-1], ops[-1].module, value_range(name, still.facts)
    return ops, *last_activation(still.facts, still.preset.last, still.note)


def _hidden(ops: list[Op], still: _Open) -> Callable[[], nn.Module | None]:
    named = [op.module for op in ops if op.kind == "act" and op.module is not None]
    if named:
        still.facts.read("activation", ", ".join(dict.fromkeys(type(module).__name__ for module in named)))
    if not any(op.kind == "act" and op.module is None for op in ops):
        return lambda: None
    return hidden_activation(still.facts, still.preset.activation, still.note)


def _epsilons(ops: list[Op], still: _Open) -> list[float]:
    norms = [op for op in ops if op.kind == "norm"]
    if not norms:
        return []
    if all(op.module is not None for op in norms):
        still.facts.read("norm_eps", tuple(dict.fromkeys(float(getattr(op.module, "eps", 0)) for op in norms)))
        return []
    if any("running_mean" not in op.layer.tensors and op.layer.tensors["weight"].ndim == 1 for op in norms):
        still.facts.assume("norm", "instance", "of vectors always layer")
    usual = still.preset.eps
    values = [usual[min(i, len(usual) - 1)] for i in range(len(norms))]
    given = still.assume("norm_eps", tuple(values) if len(set(values)) > 1 else values[0])
    if isinstance(given, float):
        return [given] * len(norms)
    if len(given) != len(norms):
        raise UsageError(f"--norm-eps has {len(given)} values; expected one, or one for each of {len(norms)} norms")
    return list(given)


def geometries(ops: list[Op], still: _Open) -> list[Geometry]:
    """Of the convolutions and upsamplings whose options are not in the file.

    Raises:
        NotAChain: no sizes fit, or they are hardly meant. UsageError: an option that does not fit.
    """
    sized = [op for op in ops if op.kind in ("conv", "transposed", "up")]
    if any(op.module is not None for op in sized) or not sized:
        return []
    size = still.settings.size
    if size is not None and size[0] != size[1]:
        raise UsageError(f"--size {size[0]}x{size[1]}: expected a square: this network begins with one")
    plan = _plan(sized, still)
    start = next((op.size[1] for op in ops if op.kind == "reshape"), 1)
    found = settle(plan, start, size[0] if size else None)
    if found is None:
        if size is None:
            raise NotAChain("has layers whose pictures have no pixels")
        raise UsageError(f"--size {size[0]}x{size[1]}: no strides and paddings of these layers give it")
    settled, side = found
    if size is None and side > _LARGEST:
        raise NotAChain(
            f"would make pictures of {side}x{side}, which few chains do\nsay --size {side}x{side} if it does"
        )
    _tell(sized, plan, settled, side, still)
    return settled


def _plan(sized: Sequence[Op], still: _Open) -> list[Sized]:
    """What is known of each: kernels, and strides and paddings that options or the preset say."""
    count = sum(op.kind != "up" for op in sized)
    strides = _each(still.settings.stride or still.preset.strides, count, "--stride")
    paddings = _each(still.settings.padding or still.preset.paddings, count, "--padding")
    plan = []
    for op in sized:
        if op.kind == "up":
            hinted = still.settings.size is not None and not op.size[0]
            plan.append(Sized(False, 0, factor=op.size[0] or 2, hinted=hinted))
        else:
            plan.append(Sized(op.kind == "transposed", op.layer.weight.shape[-1], next(strides), next(paddings)))
    return plan


def _each(values: tuple[int, ...], count: int, option: str) -> Iterator[int | None]:
    if values and len(values) not in (1, count):
        raise UsageError(f"{option} has {len(values)} values; expected one, or one for each of {count} convolutions")
    return iter(values if len(values) == count else [values[0] if values else None] * count)


def _tell(sized: Sequence[Op], plan: Sequence[Sized], settled: Sequence[Geometry], side: int, still: _Open) -> None:
    """Where sides grow, strides are an assumption, unless options say them all."""
    made = [geometry for geometry, layer in zip(settled, plan, strict=True) if layer.kernel]
    grown = [
        layer
        for layer, op in zip(plan, sized, strict=True)
        if layer.transposed or (not layer.kernel and not op.size[0])
    ]
    left = [
        following.layer.name
        for layer, geometry, following in zip(plan, settled, sized[1:], strict=False)
        if layer.hinted and geometry.stride == 1
    ]
    given = still.settings.stride and still.settings.padding and len(grown) == len(made)
    if left or (grown and not given):
        where = f"paddings {','.join(str(g.padding) for g in made)}; {side}x{side} pixels (--padding, --size)"
        where += f"; by --size no upsampling before {', '.join(left)}, and others may be meant" if left else ""
        shown = ",".join(str(g.stride) for g in made)
        still.facts.open("stride", shown, "; ".join(filter(None, (where, still.note))))


@dataclass(frozen=True)
class _Maker:
    """Makes layers from what is settled: activations, epsilons and geometries in their order, and whether norms
    without statistics go over all channels."""

    hidden: Callable[[], nn.Module | None]
    eps: Iterator[float]
    geometries: Iterator[Geometry]
    whole: bool

    def layers(self, op: Op) -> list[Layer]:
        """The torch layer of a step; none for an activation that is none."""
        if op.kind in ("act", "pixel", "reshape", "up", "module"):
            made = op.module or self._weightless(op)
            return [] if made is None else [Layer(made, {})]
        weights = dict(op.layer.tensors)
        if op.module is not None:
            return [Layer(op.module, weights, op.layer.name)]
        with torch.device("meta"):
            return [Layer(self._weighted(op, weights), weights, op.layer.name)]

    def _weightless(self, op: Op) -> nn.Module | None:
        if op.kind == "act":
            return self.hidden()
        if op.kind == "pixel":
            return AsPixel()
        if op.kind == "reshape":
            return nn.Unflatten(1, (op.size[0], op.size[1], op.size[1]))
        factor = next(self.geometries).stride
        if op.size[0]:
            return nn.PixelShuffle(factor)
        return nn.Upsample(scale_factor=2, mode="nearest") if factor > 1 else None

    def _weighted(self, op: Op, weights: dict[str, Tensor]) -> nn.Module:
        inputs, outputs = op.size
        bias = "bias" in weights
        if op.kind == "linear":
            return nn.Linear(inputs, outputs, bias)
        if op.kind == "prelu":
            return nn.PReLU(op.layer.weight.numel())
        if op.kind == "norm":
            return self._norm(weights, inputs, outputs == 1)
        kernel = op.layer.weight.shape[-1]
        geometry = next(self.geometries)
        if op.kind == "conv":
            return nn.Conv2d(inputs, outputs, kernel, geometry.stride, geometry.padding, bias=bias)
        return nn.ConvTranspose2d(inputs, outputs, kernel, geometry.stride, geometry.padding, geometry.extra, bias=bias)

    def _norm(self, weights: dict[str, Tensor], features: int, flat: bool) -> nn.Module:
        affine, eps = "weight" in weights, next(self.eps)
        if "running_mean" in weights:
            return (nn.BatchNorm1d if flat else nn.BatchNorm2d)(features, eps, affine=affine)
        shape = next(iter(weights.values())).shape
        if flat or len(shape) > 1:
            return nn.LayerNorm(list(shape), eps)
        return nn.GroupNorm(1, features, eps) if self.whole else nn.InstanceNorm2d(features, eps, affine=affine)


def _flat_shape(chain: Chain, facts: Facts) -> tuple[int, int, int]:
    """Channels, height and width of a picture that a linear layer makes."""
    default = picture_of(chain.outputs)
    if default is None and facts.settings.output_shape is None:
        raise NotAChain(
            f"makes {chain.outputs} values, which are no square picture\nsay its shape: --output-shape 1x28x28"
        )
    shown = "x".join(map(str, facts.settings.output_shape or default or ()))
    shape: tuple[int, int, int] = facts.assume("output_shape", default, shown=shown)
    if prod(shape) != chain.outputs or shape[0] not in CHANNELS:
        raise UsageError(f"--output-shape {shown}: expected a picture of {chain.outputs} values")
    return shape
