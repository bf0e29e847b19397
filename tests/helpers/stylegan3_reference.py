"""StyleGAN3 written out from the paper and the published facts, in float64: zeros, pads, filters, one after the other.

Nothing is folded, cropped early or shared. `Wrong` turns on mistakes that are easily made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from stylegan2_reference import Net as MappingNet
from stylegan2_reference import mapping, style_of
from torch import Tensor

State = dict[str, Tensor]


@dataclass(frozen=True)
class Wrong:
    """Mistakes; none by default."""

    flipped_filters: bool = False
    no_magnitude: bool = False
    no_transform: bool = False
    one_shift: bool = False  # the padding of an odd total goes to the other side
    turned_back: bool = False  # the turn in the other direction
    no_clamp: bool = False
    no_scale: bool = False


NONE = Wrong()


@dataclass(frozen=True)
class Net:
    """What the original's constructor would be told."""

    side: int = 16
    z_dim: int = 10
    w_dim: int = 12
    classes: int = 0
    layers: int = 4  # and the one that makes the picture
    critical: int = 1
    channel_base: int = 64
    channel_max: int = 10
    channels: int = 3
    radial: bool = False  # -r
    clamp: float | None = 256.0

    @property
    def kernel(self) -> int:
        return 1 if self.radial else 3

    @property
    def mapping(self) -> MappingNet:
        return MappingNet(z_dim=self.z_dim, w_dim=self.w_dim, classes=self.classes, layers=2)

    def schedule(self) -> list[dict[str, Any]]:
        """Of the layers 0 to N: rate, side and channels (appendix C of the paper, NVlabs/stylegan3's defaults)."""
        found = []
        for i in range(self.layers + 1):
            e = min(i / (self.layers - self.critical), 1)
            cutoff = 2 * (self.side / 2 / 2) ** e
            stop = 2**2.1 * (self.side / 2 * 2**0.3 / 2**2.1) ** e
            rate = 2 ** math.ceil(math.log2(min(2 * stop, self.side)))
            size = self.side if i >= self.layers - 1 else rate + 20
            width = self.channels if i == self.layers else round(min(self.channel_base / 2 / cutoff, self.channel_max))
            found.append({"rate": rate, "side": size, "width": width})
        return found

    def plan(self) -> list[dict[str, Any]]:
        """Of each layer all that it needs."""
        schedule, plan = self.schedule(), []
        for i, now in enumerate(schedule):
            before, last = schedule[max(i - 1, 0)], i == self.layers
            middle = max(before["rate"], now["rate"]) * (1 if last else 2)
            up, down = (1, 1) if last else (middle // before["rate"], middle // now["rate"])
            kernel = 1 if last else self.kernel
            up_taps, down_taps = (1, 1) if last else (6 * up, 6 * down)
            total = (now["side"] - 1) * down + 1 - (before["side"] + kernel - 1) * up + up_taps + down_taps - 2
            low = (total + up) // 2
            plan.append(
                {
                    "name": f"L{i}_{now['side']}_{now['width']}", "inputs": before["width"], "outputs": now["width"],
                    "kernel": kernel, "up": up, "down": down, "up_taps": up_taps, "down_taps": down_taps,
                    "padding": (low, total - low), "last": last,
                    "radial": self.radial and not last and i < self.layers - self.critical,
                }
            )  # fmt: skip
        return plan


def random_state(net: Net, seed: int = 0) -> State:
    """Random weights under NVIDIA's keys; the filters are not symmetric, so that turning them round shows."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int, scale: float = 1.0) -> Tensor:
        return torch.randn(shape, generator=generator) * scale

    def taps(*shape: int) -> Tensor:
        values = torch.rand(shape, generator=generator) + 0.1
        return values / values.sum()

    plan, state = net.plan(), {}
    inputs = net.z_dim
    if net.classes:
        state |= {"mapping.embed.weight": random(net.w_dim, net.classes), "mapping.embed.bias": random(net.w_dim)}
        inputs += net.w_dim
    for i in range(2):
        state |= {f"mapping.fc{i}.weight": random(net.w_dim, inputs, scale=100)}
        state |= {f"mapping.fc{i}.bias": random(net.w_dim, scale=20)}
        inputs = net.w_dim
    state["mapping.w_avg"] = random(net.w_dim, scale=0.5)
    first = plan[0]["inputs"]
    state["synthesis.input.weight"] = random(first, first)
    state["synthesis.input.affine.weight"] = random(4, net.w_dim, scale=0.3)
    state["synthesis.input.affine.bias"] = torch.tensor([1.0, 0.0, 0.0, 0.0])
    angle = 0.4
    turn = [[math.cos(angle), math.sin(angle), 0.1], [-math.sin(angle), math.cos(angle), -0.2], [0.0, 0.0, 1.0]]
    state["synthesis.input.transform"] = torch.tensor(turn)
    state["synthesis.input.freqs"] = random(first, 2, scale=1.5)
    state["synthesis.input.phases"] = torch.rand(first, generator=generator) - 0.5
    for layer in plan:
        key = f"synthesis.{layer['name']}"
        state[f"{key}.weight"] = random(layer["outputs"], layer["inputs"], layer["kernel"], layer["kernel"])
        state[f"{key}.bias"] = random(layer["outputs"], scale=0.2)
        state[f"{key}.affine.weight"] = random(layer["inputs"], net.w_dim)
        state[f"{key}.affine.bias"] = 1 + random(layer["inputs"], scale=0.2)
        state[f"{key}.magnitude_ema"] = torch.rand((), generator=generator) + 0.5
        if not layer["last"]:
            state[f"{key}.up_filter"] = taps(layer["up_taps"])
            down = (layer["down_taps"],) * (2 if layer["radial"] else 1)
            state[f"{key}.down_filter"] = taps(*down)
    return state


def pictures(
    state: State, net: Net, z: Tensor, psi: Tensor, labels: Tensor | None = None, wrong: Wrong = NONE
) -> Tensor:
    """z [n, z_dim], psi [n], labels [n, classes] -> float64 [n, channels, side, side]."""
    average, made = state["mapping.w_avg"].double(), []
    for i in range(len(z)):
        w = mapping(state, net.mapping, z[i].double(), None if labels is None else labels[i].double())
        w = average + float(psi[i].double()) * (w - average)
        x = first_signal(state, net, w, wrong)
        for layer in net.plan():
            x = through(state, net, layer, x, w, wrong)
        made.append(x if wrong.no_scale else x * 0.25)
    return torch.stack(made)


def first_signal(state: State, net: Net, w: Tensor, wrong: Wrong) -> Tensor:
    """The sines, sampled point by point after their coordinates are moved."""
    key, schedule = "synthesis.input", net.schedule()[0]
    c, s, x0, y0 = (style_of(state, key, w) / style_of(state, key, w)[:2].norm()).tolist()
    if wrong.turned_back:
        s = -s
    turn = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=torch.float64)
    shift = torch.tensor([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], dtype=torch.float64)
    stored = torch.eye(3, dtype=torch.float64) if wrong.no_transform else state[f"{key}.transform"].double()
    moved = turn @ shift @ stored
    frequencies, phases = state[f"{key}.freqs"].double(), state[f"{key}.phases"].double()
    side, rate = schedule["side"], schedule["rate"]
    places = ((torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 - 1) * (side / 2 / rate)
    y, x = torch.meshgrid(places, places, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)]).flatten(1)  # [3, side * side]
    coordinates = (moved @ points)[:2]
    waves = torch.sin(2 * math.pi * (frequencies @ coordinates + phases[:, None])).unflatten(1, (side, side))
    norms = (frequencies @ moved[:2, :2]).norm(dim=1)
    amplitudes = (1 - (norms - 2) / (rate / 2 - 2)).clamp(0, 1)
    weight = state[f"{key}.weight"].double() / math.sqrt(len(frequencies))
    return torch.einsum("oc,chw->ohw", weight, waves * amplitudes[:, None, None])


def through(state: State, net: Net, layer: dict[str, Any], x: Tensor, w: Tensor, wrong: Wrong) -> Tensor:
    key = f"synthesis.{layer['name']}"
    weight, style = state[f"{key}.weight"].double(), style_of(state, key, w)
    gain = 1.0 if wrong.no_magnitude else float(state[f"{key}.magnitude_ema"].double()) ** -0.5
    if layer["last"]:
        kernel = weight * style[None, :, None, None] / math.sqrt(weight[0].numel())
    else:
        weight = weight / weight.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        kernel = weight * (style / style.square().mean().sqrt())[None, :, None, None]
        kernel = kernel / (kernel.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
    x = F.conv2d(x[None], kernel * gain, padding=layer["kernel"] - 1)[0]
    x = x + state[f"{key}.bias"].double()[:, None, None]
    if layer["last"]:
        return clamped(x, net, wrong)
    up_filter, down_filter = state[f"{key}.up_filter"].double(), state[f"{key}.down_filter"].double()
    low, high = layer["padding"]
    if wrong.one_shift:
        low, high = low + 1, high - 1
    up = layer["up"]
    spread = torch.zeros(len(x), x.shape[1] * up, x.shape[2] * up, dtype=torch.float64)
    spread[:, ::up, ::up] = x
    x = separably(F.pad(spread, (low, high, low, high)), up_filter, wrong) * up**2
    x = clamped(torch.where(x > 0, x, 0.2 * x) * math.sqrt(2), net, wrong)
    x = filtered(x, down_filter, wrong) if down_filter.ndim == 2 else separably(x, down_filter, wrong)
    return x[:, :: layer["down"], :: layer["down"]]


def clamped(x: Tensor, net: Net, wrong: Wrong) -> Tensor:
    return x if net.clamp is None or wrong.no_clamp else x.clamp(-net.clamp, net.clamp)


def separably(x: Tensor, taps: Tensor, wrong: Wrong) -> Tensor:
    """By the outer product of the taps with themselves: columns, then rows."""
    return filtered(filtered(x, taps[:, None], wrong), taps[None], wrong)


def filtered(x: Tensor, taps: Tensor, wrong: Wrong) -> Tensor:
    """A true convolution, without padding, of every channel by itself; a few at a time, for torch unfolds them all."""
    kernel = taps if wrong.flipped_filters else taps.flip(0, 1)
    return torch.cat([F.conv2d(part, kernel[None, None])[:, 0] for part in x[:, None].split(8)])


def describe(net: Net) -> Any:
    """The classes and attributes of StyleGAN3's modules, for `nvidia_pickles.persistent`."""
    layers = {layer["name"]: layer for layer in net.plan()}

    def attributes(name: str, below: Any) -> tuple[str, dict[str, Any]]:
        part = name.rpartition(".")[2]
        if part in layers:
            layer = layers[part]
            low, high = layer["padding"]
            return "SynthesisLayer", {
                "conv_clamp": net.clamp, "up_factor": layer["up"], "down_factor": layer["down"],
                "padding": [low, high, low, high], "is_torgb": layer["last"], "conv_kernel": layer["kernel"],
            }  # fmt: skip
        if part == "affine" or part == "embed" or part.startswith("fc"):
            rate, inputs = 0.01 if part.startswith("fc") else 1.0, below[f"{name}.weight"].shape[1]
            activation = "lrelu" if part.startswith("fc") else "linear"
            gains = {"weight_gain": rate / math.sqrt(inputs), "bias_gain": rate}
            return "FullyConnectedLayer", {"activation": activation, **gains}
        whole = {"": "Generator", "mapping": "MappingNetwork", "synthesis": "SynthesisNetwork"}
        extra = {"synthesis": {"output_scale": 0.25}, "input": {"sampling_rate": 16, "bandwidth": 2}}
        return whole.get(part, "SynthesisInput"), extra.get(part, {})

    return attributes
