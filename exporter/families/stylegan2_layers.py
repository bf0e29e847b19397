"""StyleGAN2's synthesis (Karras et al. 2020, arXiv:1912.04958) in plain operators, for any batch.

Convolving with weights W[o, i] s[i] d[o], another kernel for every picture, is d * conv(x * s, W): one constant kernel.
With the squares Q[o, i] = sum(W[o, i]^2) over the kernel, d = (sum(s^2 Q) + eps)^-1/2. Rows of W are scaled to length 1
and each row's eps with it, which changes nothing and keeps half precision in range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganrt.exporter.families.style_space import GAIN, SLOPE, TINY

TAPS = 4  # of the blur, in both directions


@dataclass(frozen=True)
class Block:
    """One resolution: `inputs` channels come in (0: the constant), `outputs` go out."""

    side: int
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Config:
    """A synthesis network.

    Attributes:
        architecture: "skip" (every block adds its picture), "resnet" or "orig" (the last block's alone).
        clamp: the limit of activations; None for none. noisy: the layers that add a plane of noise.
    """

    w_dim: int
    channels: int
    blocks: tuple[Block, ...]
    architecture: str
    clamp: float | None
    noisy: frozenset[str]

    @property
    def side(self) -> int:
        return self.blocks[-1].side

    @property
    def count(self) -> int:
        """How many styles there are."""
        return 2 * len(self.blocks)

    @property
    def layers(self) -> list[tuple[str, int, int]]:
        """(name, channels of its style, which style it takes) of every modulated layer, in the order of their use."""
        found = []
        for i, block in enumerate(self.blocks):
            first, last = 2 * i - 1, block is self.blocks[-1]
            if i:
                found.append((f"b{block.side}.conv0", block.inputs, first))
            found.append((f"b{block.side}.conv1", block.outputs, first + 1))
            if last or self.architecture == "skip":
                found.append((f"b{block.side}.torgb", block.outputs, first + 2))
        return found


class StyledConv(nn.Module):
    """(x [n, inputs, h, w], style [n, inputs]) -> [n, outputs, h, w], or twice the sides with `up`.

    Args:
        gain: of the result; `noise` adds a plane, the same for all pictures and channels.
    """

    eps: Tensor
    plane: Tensor | None

    def __init__(self, inputs: int, outputs: int, *, up: bool, noise: int | None, gain: float, clamp: float | None):
        super().__init__()
        self.up, self.gain = up, gain
        self.limit = None if clamp is None else clamp * gain
        shape = (inputs, outputs) if up else (outputs, inputs)  # as torch's two convolutions want it
        self.weight = nn.Parameter(torch.zeros(*shape, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs, 1, 1))
        self.register_buffer("eps", torch.zeros(outputs))
        self.register_buffer("blur", torch.zeros(outputs, 1, TAPS, TAPS) if up else None)
        self.register_buffer("plane", None if noise is None else torch.zeros(noise, noise))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        squares = self.weight.square().sum(dim=(2, 3))
        sums = style.square() @ (squares if self.up else squares.T) + self.eps
        scale = torch.rsqrt(sums) * (GAIN * self.gain)
        x = x * style[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight, stride=2)
            x = F.conv2d(x, self.get_buffer("blur"), padding=1, groups=x.shape[1])
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * scale[:, :, None, None]
        if self.plane is not None:
            x = x + self.plane
        x = F.leaky_relu(x + self.bias, SLOPE)
        return x if self.limit is None else x.clamp(-self.limit, self.limit)


class ToRGB(nn.Module):
    """(x [n, inputs, h, w], style [n, inputs]) -> [n, channels, h, w]."""

    def __init__(self, inputs: int, channels: int, clamp: float | None) -> None:
        super().__init__()
        self.limit = clamp
        self.conv = nn.Conv2d(inputs, channels, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        y: Tensor = self.conv(x * style[:, :, None, None])
        return y if self.limit is None else y.clamp(-self.limit, self.limit)


class Doubled(nn.Module):
    """x [n, c, h, w] -> [n, c, 2h, 2w]: zeros between, then the filter, which is in the kernel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.zeros(channels, 1, TAPS, TAPS))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, self.get_buffer("kernel"), stride=2, padding=1, groups=x.shape[1])


class SynthesisBlock(nn.Module):
    """One resolution of the network: see `Config`."""

    def __init__(self, config: Config, index: int) -> None:
        super().__init__()
        block = config.blocks[index]
        planes = [block.side if f"b{block.side}.conv{i}" in config.noisy else None for i in (0, 1)]
        residual = config.architecture == "resnet" and index > 0
        gain = math.sqrt(0.5) if residual else 1.0
        inputs, outputs, clamp = block.inputs, block.outputs, config.clamp
        self.conv0 = StyledConv(inputs, outputs, up=True, noise=planes[0], gain=1.0, clamp=clamp) if index else None
        self.conv1 = StyledConv(outputs, outputs, up=False, noise=planes[1], gain=gain, clamp=clamp)
        last = index == len(config.blocks) - 1
        self.torgb = ToRGB(outputs, config.channels, clamp) if last or config.architecture == "skip" else None
        self.doubled = Doubled(config.channels) if config.architecture == "skip" and index else None
        self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), Doubled(outputs)) if residual else None

    def forward(self, x: Tensor, picture: Tensor | None, styles: list[Tensor]) -> tuple[Tensor, Tensor | None]:
        """`styles`: those not used yet, from which this block takes its own."""
        before = x
        if self.conv0 is not None:
            x = self.conv0(x, styles.pop(0))
        x = self.conv1(x, styles.pop(0))
        if self.skip is not None:
            x = x + self.skip(before)
        if self.torgb is not None:
            part: Tensor = self.torgb(x, styles.pop(0))
            picture = part if picture is None or self.doubled is None else self.doubled(picture) + part
        return x, picture


class Synthesis(nn.Module):
    """The styles [n, width] of `Config.layers`, in their order -> [n, channels, side, side], about [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.const = nn.Parameter(torch.zeros(config.blocks[0].outputs, 4, 4))
        self.names = [f"b{block.side}" for block in config.blocks]
        for i, name in enumerate(self.names):
            self.add_module(name, SynthesisBlock(config, i))

    def forward(self, styles: Sequence[Tensor]) -> Tensor:
        x: Tensor = self.const[None]
        picture: Tensor | None = None
        left = list(styles)
        for name in self.names:
            x, picture = self.get_submodule(name)(x, picture, left)
        assert picture is not None
        return picture


def pack_styled(
    weight: Tensor, bias: Tensor, *, up: bool, gain: float, eps: float = TINY, plane: Tensor | None, blur: Tensor
) -> dict[str, Tensor]:
    """The tensors of a `StyledConv`.

    Args:
        weight: [outputs, inputs, 3, 3] as stored. plane: [side, side], times its strength. blur: [4, 4], of sum 1.
        eps: added to the squares of `weight` as it is given.
    """
    exact = weight.double()
    squares = exact.square().sum(dim=(1, 2, 3))
    squares = torch.where(squares > 0, squares, torch.ones_like(squares))
    rows = exact / squares.sqrt()[:, None, None, None]
    packed = {
        "weight": (rows.transpose(0, 1) if up else rows).float().contiguous(),
        "bias": (bias.double() * GAIN * gain).float()[:, None, None],
        "eps": (eps / squares).float(),
    }
    if up:
        packed["blur"] = kernels(blur.flip(0, 1), len(weight))  # a convolution; torch's correlates
    if plane is not None:
        packed["plane"] = (plane.double() * GAIN * gain).float()
    return packed


def kernels(blur: Tensor, channels: int) -> Tensor:
    """[4, 4] -> [channels, 1, 4, 4] with the gain of 4 that zeros between pixels need."""
    return (blur * 4)[None, None].repeat(channels, 1, 1, 1)
