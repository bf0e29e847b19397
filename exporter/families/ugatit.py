"""U-GAT-IT's generator (Kim et al. 2020, arXiv:1907.10830), light and full, as znxlwm/UGATIT-pytorch has it.

A ResNet whose bottleneck is weighted by two classifiers' weights (the class activation map), and whose decoder mixes
instance and layer norm by a learned rho. What scales the decoder comes from the pooled features (light), or from all
of them, which settles the picture's side (full). Variances of the mixed norms are unbiased, those of the encoder's
instance norms are not. The first of the three outputs is the picture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts, of_family
from ganrt.exporter.families.cyclegan import ResidualBlock
from ganrt.exporter.families.instance_norm import InstanceNorm, norm_of, plane_mean, standardised, whole_mean
from ganrt.exporter.families.pictures import require_pictures
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import ImageInput, Output

DEFAULT_EPS = 1e-5
DEFAULT_SIDE = 256
MULTIPLE_OF = 4
LOWEST_SIDE = 16
_MOST_BLOCKS = 64
_WHAT = "a U-GAT-IT generator"


class MixedNorm(nn.Module):
    """rho IN(x) + (1 - rho) LN(x), with a gain and a bias of its own or given for each picture, [n, c, 1, 1]."""

    def __init__(self, channels: int, eps: float, *, own: bool) -> None:
        super().__init__()
        self.eps = eps
        self.rho = nn.Parameter(torch.empty(1, channels, 1, 1))
        if own:
            self.gamma, self.beta = (nn.Parameter(torch.empty(1, channels, 1, 1)) for _ in range(2))

    def forward(self, x: Tensor, gain: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        channels, height, width = x.shape[1:]
        plane, whole = height * width, channels * height * width
        by_plane = standardised(x, plane_mean, self.eps, plane / (plane - 1))
        by_picture = standardised(x, whole_mean, self.eps, whole / (whole - 1))
        mixed = self.rho * by_plane + (1 - self.rho) * by_picture
        return mixed * (self.gamma if gain is None else gain) + (self.beta if bias is None else bias)


class AdaptiveBlock(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, bias=False) for _ in range(2))
        self.norm1, self.norm2 = (MixedNorm(width, eps, own=False) for _ in range(2))

    def forward(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        made = functional.relu(self.norm1(self.conv1(_reflected(x)), gain, bias))
        made = self.norm2(self.conv2(_reflected(made)), gain, bias)
        return x + made  # type: ignore[no-any-return]


def _reflected(x: Tensor) -> Tensor:
    return functional.pad(x, (1, 1, 1, 1), mode="reflect")


class Generator(nn.Module):
    """source float32 [n, c, h, w] in [-1, 1] -> float32 [n, c, h, w] in [-1, 1].

    Args:
        features: what the first layer of the scales takes: the bottleneck's width (light), or all of its values.
    """

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int, features: int, eps: float) -> None:
        super().__init__()
        wide = 4 * width
        self.pooled = features == wide
        layers: list[nn.Module] = []
        for a, b, kernel, stride in ((inputs, width, 7, 1), (width, 2 * width, 3, 2), (2 * width, wide, 3, 2)):
            convolution = nn.Conv2d(a, b, kernel, stride, bias=False)
            layers += [nn.ReflectionPad2d(kernel // 2), convolution, InstanceNorm(eps), nn.ReLU()]
        norm = norm_of("plain", eps)
        residual = [ResidualBlock(wide, dropout=False, bias=False, norm=norm) for _ in range(blocks)]
        self.DownBlock = nn.Sequential(*layers, *residual)
        self.gap_fc, self.gmp_fc = (nn.Linear(wide, 1, bias=False) for _ in range(2))
        self.conv1x1 = nn.Conv2d(2 * wide, wide, 1)
        second = nn.Linear(wide, wide, bias=False)
        self.FC = nn.Sequential(nn.Linear(features, wide, bias=False), nn.ReLU(), second, nn.ReLU())
        self.gamma, self.beta = (nn.Linear(wide, wide, bias=False) for _ in range(2))
        self.blocks = [f"UpBlock1_{i + 1}" for i in range(blocks)]
        for name in self.blocks:
            self.add_module(name, AdaptiveBlock(wide, eps))
        layers = []
        for n in (wide, wide // 2):
            convolution = nn.Conv2d(n, n // 2, 3, bias=False)
            layers += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), convolution]
            layers += [MixedNorm(n // 2, eps, own=True), nn.ReLU()]
        last = nn.Conv2d(width, outputs, 7, bias=False)
        self.UpBlock2 = nn.Sequential(*layers, nn.ReflectionPad2d(3), last, nn.Tanh())

    def forward(self, source: Tensor) -> Tensor:
        x = self.DownBlock(source)
        weighted = [x * fc.weight[:, :, None, None] for fc in (self.gap_fc, self.gmp_fc)]
        x = functional.relu(self.conv1x1(torch.cat(weighted, 1)))
        features = self.FC(plane_mean(x).flatten(1) if self.pooled else x.flatten(1))
        gain, bias = (layer(features)[:, :, None, None] for layer in (self.gamma, self.beta))
        for name in self.blocks:
            x = self.get_submodule(name)(x, gain, bias)
        return self.UpBlock2(x)  # type: ignore[no-any-return]


class UGATIT(Family):
    task = "translate"
    settings: Mapping[str, str] = {
        "size": f"of a light one's pictures, sides divisible by {MULTIPLE_OF}, default {DEFAULT_SIDE}x{DEFAULT_SIDE}",
        "norm_eps": f"the norms' epsilon, default {DEFAULT_EPS:g}",
    }
    keys = KeyCondition(
        all_of=("DownBlock.1.weight", "gap_fc.weight", "FC.0.weight", "UpBlock1_1.norm1.rho", "UpBlock2.2.weight")
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        state, facts = source.tensors, Facts(settings)
        inputs, width, features, outputs = _read(state)
        numbers = [int(found[1]) for key in state if (found := re.match(r"UpBlock1_(\d{1,3})\.", key))]
        blocks = min(max(numbers, default=1), _MOST_BLOCKS)  # one that is missing is named by strict loading
        height, wide = _size(features, width, settings, facts)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        make = partial(Generator, inputs, outputs, width, blocks, features, eps)
        module = load_strictly(make, state, f"{_WHAT} of {blocks} blocks")
        image = ImageInput(height=height, width=wide, channels=inputs)
        output = Output(height=height, width=wide, channels=outputs)
        matched = f"all {len(state)} keys match ({'light' if features == 4 * width else 'full'}, {blocks} blocks)"
        return of_family("ugatit", module, facts, matched, image=image, output=output)


def _read(state: State) -> tuple[int, int, int, int]:
    """(channels in, first width, values that the scales take, channels out)."""
    width, inputs, *_ = sizes(state, "DownBlock.1.weight", 4, _WHAT)
    features = sizes(state, "FC.0.weight", 2, _WHAT)[1]
    outputs = sizes(state, "UpBlock2.11.weight", 4, _WHAT)[0]
    require_pictures(inputs, outputs)
    return inputs, width, features, outputs


def _size(features: int, width: int, settings: Settings, facts: Facts) -> tuple[int, int]:
    """A light one's is open; a full one's is a square that `features` values of 4 `width` channels make."""
    if features == 4 * width:
        size = settings.pixels((DEFAULT_SIDE, DEFAULT_SIDE), low=LOWEST_SIDE, multiple_of=MULTIPLE_OF)
        facts.assume("size", (DEFAULT_SIDE, DEFAULT_SIDE))
        return size
    side = 4 * isqrt(features // (4 * width))
    if (side // 4) ** 2 * 4 * width != features or side < LOWEST_SIDE:
        raise BadInputFile(f"FC.0.weight takes {features} values, which are no square of {4 * width} channels")
    if settings.size not in (None, (side, side)):
        raise UsageError(f"--size: a full U-GAT-IT has its own, {side}x{side}\nleave --size away")
    facts.read("size", f"{side}x{side}")
    return side, side
