"""U-Nets that translate pictures: pix2pix (Isola et al. 2017, arXiv:1611.07004) and its copies.

`nested`: junyanz/pytorch-CycleGAN-and-pix2pix's unet_128 and unet_256, each level a `model` within the one around it.
`listed`: eriklindernoren/PyTorch-GAN's pix2pix, DiscoGAN and DualGAN, with `down1..N`, `up1..N-1` and `final`. They
differ in what a skip carries: nested ones take the rectified sum of both parts, the older one first; listed ones the
leaky one, after the newer part. All convolutions are 4x4 and halve or double the side; the innermost has no norm on
its way down, nor the outermost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts, of_family
from ganrt.exporter.families.instance_norm import STATISTICS, norm_of
from ganrt.exporter.families.pictures import Sides, require_pictures
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

DEFAULT_EPS = 1e-5
SLOPE = 0.2
_LEVELS = range(3, 11)
_LISTED = {"final.0": "final", "final.2": "final"} | {
    f"{part}{i + 1}.model.{place}": f"{part}{kind}.{i}"
    for i in range(_LEVELS[-1])
    for part in ("down", "up")
    for place, kind in ((0, ""), (1, "_norm"))
}
_DOWN = re.compile(r"down\.([0-9]{1,2})\..+")


@dataclass(frozen=True)
class Shape:
    """Hyperparameters.

    Attributes:
        inputs, outputs: channels. down: of each level; up: of each level but the last, from the innermost out.
        nested: see above. biased: whether the convolutions before norms have biases.
        norm: "batch"; "affine" or "plain" instance norm. resized: whether the last level doubles by repetition.
    """

    inputs: int
    outputs: int
    down: tuple[int, ...]
    up: tuple[int, ...]
    nested: bool
    biased: bool
    norm: str
    resized: bool


class UNet(nn.Module):
    """source float32 [n, c, h, w] in [-1, 1] -> float32 [n, c, h, w] in [-1, 1]; sides divisible by 2 ** levels."""

    def __init__(self, shape: Shape, eps: float) -> None:
        super().__init__()
        self.nested = shape.nested
        norm, levels = norm_of(shape.norm, eps), len(shape.down)
        ends = (0, levels - 1)
        self.down = nn.ModuleList(
            nn.Conv2d(a, b, 4, 2, 1, bias=shape.biased)
            for a, b in zip((shape.inputs, *shape.down), shape.down, strict=False)
        )
        self.down_norm = nn.ModuleList(
            nn.Identity() if i in ends else norm(width) for i, width in enumerate(shape.down)
        )
        skips = (0, *reversed(shape.down[:-1]))
        before = [a + b for a, b in zip((shape.down[-1], *shape.up), skips, strict=True)]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, 2, 1, bias=shape.biased) for a, b in zip(before, shape.up, strict=False)
        )
        self.up_norm = nn.ModuleList(norm(width) for width in shape.up)
        self.final: nn.Module = nn.ConvTranspose2d(before[-1], shape.outputs, 4, 2, 1)
        if shape.resized:
            self.final = nn.Conv2d(before[-1], shape.outputs, 4, padding=1)
        self.resized = shape.resized

    def forward(self, source: Tensor) -> Tensor:
        x, skips = source, []
        for i, (convolution, norm) in enumerate(zip(self.down, self.down_norm, strict=True)):
            x = norm(convolution(_leaky(x) if i else x))
            skips.append(x)
        x = skips.pop()
        x = functional.relu(x) if self.nested else _leaky(x)
        for convolution, norm in zip(self.up, self.up_norm, strict=True):
            made, skip = functional.relu(norm(convolution(x))), skips.pop()
            x = torch.cat([functional.relu(skip), made] if self.nested else [made, _leaky(skip)], 1)
        if self.resized:
            x = functional.pad(functional.interpolate(x, scale_factor=2.0), (1, 0, 1, 0))
        return torch.tanh(self.final(x))


def _leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE)


class UNets(Family):
    task = "translate"
    settings: Mapping[str, str] = {
        "size": "of the pictures, sides divisible by 2 to the number of levels, which is the default",
        "dynamic": "leaves height and width open",
        "norm_eps": f"the norms' epsilon, default {DEFAULT_EPS:g}",
        "norm_statistics": "of batch norms: running (default), or each picture's own, as pix2pix's test script has it",
    }
    keys = (
        KeyCondition(all_of=("model.model.0.weight", "model.model.1.model.1.weight", "model.model.3.weight")),
        KeyCondition(
            all_of=("down1.model.0.weight", "down2.model.0.weight", "up1.model.0.weight", "final.2.weight"),
            none_of=("fc.weight",),
        ),
        KeyCondition(
            all_of=("down1.model.0.weight", "down2.model.0.weight", "up1.model.0.weight", "final.0.weight"),
            none_of=("fc.weight",),
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = _renamed(source.tensors)
        shape = infer_shape(state, nested="model.model.0.weight" in source.tensors)
        facts = Facts(settings)
        side = 2 ** len(shape.down)
        image, output = Sides(side, side, side).read(facts, shape.inputs, shape.outputs)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        if shape.norm == "batch" and facts.assume("norm_statistics", "running") == "picture":
            shape = replace(shape, norm="affine")
        unused = [key for key in state if key.endswith(STATISTICS)] if shape.norm != "batch" else []
        kept = {key: tensor for key, tensor in state.items() if key not in unused}
        module = load_strictly(partial(UNet, shape, eps), kept, f"a U-Net of {len(shape.down)} levels")
        matched = f"all {len(state)} keys match ({len(shape.down)} levels, {shape.norm} norm)"
        notes = ("dropout is off; the training code's test script leaves it on",) if shape.nested else ()
        return of_family("unet", module, facts, matched, image=image, output=output, notes=notes)


def infer_shape(state: State, *, nested: bool) -> Shape:
    """Reads the hyperparameters from `_renamed`'s shapes.

    Raises:
        BadInputFile: no whole U-Net; the message names what is missing or misshapen.
    """
    levels = max((int(found[1]) + 1 for key in state if (found := _DOWN.fullmatch(key))), default=0)
    needed = [*(f"down.{i}.weight" for i in range(levels)), *(f"up.{i}.weight" for i in range(levels - 1))]
    if levels not in _LEVELS or (missing := [key for key in (*needed, "final.weight") if key not in state]):
        what = f"; missing: {', '.join(missing)[:200]}" if levels in _LEVELS else ""
        raise BadInputFile(f"has {levels} levels{what}\nexpected a whole U-Net of {_LEVELS[0]} to {_LEVELS[-1]}")
    for key in (*needed, "final.weight"):
        if state[key].ndim != 4 or tuple(state[key].shape[2:]) != (4, 4) or 0 in state[key].shape:
            raise BadInputFile(f"{key} has shape {list(state[key].shape)}\nexpected a kernel of 4x4")
    down = tuple(state[f"down.{i}.weight"].shape[0] for i in range(levels))
    up = tuple(state[f"up.{i}.weight"].shape[1] for i in range(levels - 1))
    inputs, final = state["down.0.weight"].shape[1], state["final.weight"]
    resized = not nested and final.shape[1] == up[-1] + down[0] and final.shape[0] in CHANNELS
    outputs = final.shape[0] if resized else final.shape[1]
    require_pictures(inputs, outputs)
    weighted = "up_norm.0.weight" in state
    norm = "batch" if weighted and "up_norm.0.running_mean" in state else "affine" if weighted else "plain"
    return Shape(inputs, outputs, down, up, nested, "up.0.bias" in state, norm, resized)


def _renamed(state: State) -> dict[str, Tensor]:
    """The keys of `UNet`; others as they are, which strict loading names."""
    places = _nested(state) if "model.model.0.weight" in state else _LISTED
    made = {}
    for key, tensor in state.items():
        owner, _, name = key.rpartition(".")
        made[f"{places[owner]}.{name}" if owner in places else key] = tensor
    return made


def _nested(state: State) -> dict[str, str]:
    places = {"model.model.0": "down.0", "model.model.3": "final"}
    levels, inside = 1, "model.model.1.model"
    while f"{inside}.3.model.1.weight" in state and levels < _LEVELS[-1]:
        places |= {f"{inside}.1": f"down.{levels}", f"{inside}.2": f"down_norm.{levels}"}
        levels, inside = levels + 1, f"{inside}.3.model"
    places |= {f"{inside}.1": f"down.{levels}", f"{inside}.3": "up.0", f"{inside}.4": "up_norm.0"}
    for i in range(1, levels):
        inside = inside.removesuffix(".3.model")
        places |= {f"{inside}.5": f"up.{i}", f"{inside}.6": f"up_norm.{i}"}
    return places
