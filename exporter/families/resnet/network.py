"""The ResNet generator of SNGAN and its many relatives (Miyato et al. 2018, arXiv:1802.05957).

`linear` makes the first picture; each block doubles the side: norm, activation, upsampling, 3x3 convolution, norm,
activation, 3x3 convolution, added to the upsampled input behind a 1x1 convolution, if there is one. Norm, activation,
convolution and the last activation follow. Names are those of the keys that `reading.read_network` makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganrt.exporter.families.biggan_layers import Mixture, attend, modulate


@dataclass(frozen=True)
class Rules:
    """What weights do not hold.

    Attributes:
        bilinear: how the side is doubled: bilinear (corners not aligned), else nearest.
        eps: of all batch norms. offset: added to the gains that a condition gives.
        hidden: makes the activations; None for none. last: the one at the end, likewise.
    """

    bilinear: bool
    eps: float
    offset: float
    hidden: Callable[[], nn.Module | None]
    last: nn.Module | None


@dataclass(frozen=True)
class Convolved:
    """A convolution's channels and kernel, and whether it has a bias."""

    inputs: int
    outputs: int
    kernel: int
    bias: bool

    def layer(self) -> nn.Conv2d:
        """It keeps the side."""
        return nn.Conv2d(self.inputs, self.outputs, self.kernel, padding=self.kernel // 2, bias=self.bias)


@dataclass(frozen=True)
class Shape:
    """Hyperparameters.

    Attributes:
        blocks: the two convolutions of each, and that of its shortcut.
        attention: by the block that it follows, whether its convolutions have biases.
        last: the convolution that makes the picture.
        bottom: side of the first picture in pixels. first: values of z that `linear` takes.
        chunk: values of z that each block takes; 0 if the latent is not hierarchical.
        classes: 0 if there are none. embedding: size of the shared embedding; 0 where blocks take the classes.
        linear_bias: whether `linear` has one.
    """

    blocks: tuple[tuple[Convolved, Convolved, Convolved | None], ...]
    attention: Mapping[int, bool]
    last: Convolved
    bottom: int
    first: int
    chunk: int
    classes: int
    embedding: int
    linear_bias: bool

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return self.bottom << len(self.blocks)

    @property
    def dim(self) -> int:
        """Size of the latent."""
        return self.first + self.chunk * len(self.blocks)

    @property
    def conditions(self) -> int:
        """Values that each norm of a block takes; 0 where they are plain batch norms."""
        return (self.embedding or self.classes) + self.chunk


class Norm(nn.Module):
    """Batch norm by stored statistics, its gain and bias given by a condition: x * (offset + G c) + B c."""

    def __init__(self, channels: int, inputs: int, rules: Rules) -> None:
        super().__init__()
        self.gain = nn.Linear(inputs, channels, bias=False)
        self.bias = nn.Linear(inputs, channels, bias=False)
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.eps, self.offset = rules.eps, rules.offset

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gain, bias = self.offset + self.gain(condition), self.bias(condition)
        return modulate(x, cast(Tensor, self.running_mean), cast(Tensor, self.running_var), gain, bias, self.eps)


class Attention(nn.Module):
    """Self-attention with 2x2 pooled keys and values: x + gamma * o(attend(x)) (Zhang et al., arXiv:1805.08318)."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=bias)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=bias)
        self.g = nn.Conv2d(channels, channels // 2, 1, bias=bias)
        self.o = nn.Conv2d(channels // 2, channels, 1, bias=bias)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x + self.gamma * self.o(attend(self.theta(x), self.phi(x), self.g(x))))


class Block(nn.Module):
    """float32 [n, in, h, w] (and conditions [n, k]) -> [n, out, 2h, 2w].

    Where the shortcut's convolution is 1x1 it commutes with the upsampling, whose weights sum to one: it comes first,
    for a quarter of the work.
    """

    def __init__(self, shape: Shape, number: int, rules: Rules) -> None:
        super().__init__()
        first, second, shortcut = shape.blocks[number]
        self.bn1, self.bn2 = (_norm(each.inputs, shape, rules) for each in (first, second))
        self.conv1, self.conv2 = first.layer(), second.layer()
        self.conv_sc = nn.Identity() if shortcut is None else shortcut.layer()
        self.act1, self.act2 = (rules.hidden() or nn.Identity() for _ in range(2))
        self.bilinear = rules.bilinear

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        conditions = () if condition is None else (condition,)
        h = self.conv1(self._doubled(self.act1(self.bn1(x, *conditions))))
        h = self.conv2(self.act2(self.bn2(h, *conditions)))
        return cast(Tensor, h + self._doubled(self.conv_sc(x)))

    def _doubled(self, x: Tensor) -> Tensor:
        if self.bilinear:
            return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _norm(channels: int, shape: Shape, rules: Rules) -> nn.Module:
    if shape.conditions:
        return Norm(channels, shape.conditions, rules)
    return nn.BatchNorm2d(channels, rules.eps)


class Generator(nn.Module):
    """z float32 [n, dim] (and labels float32 [n, classes]) -> float32 [n, c, side, side]."""

    def __init__(self, shape: Shape, rules: Rules) -> None:
        super().__init__()
        self.shape = shape
        width = shape.blocks[0][0].inputs
        self.linear = nn.Linear(shape.first, width * shape.bottom**2, bias=shape.linear_bias)
        self.shared = Mixture(shape.classes, shape.embedding) if shape.embedding else nn.Identity()
        self.blocks = nn.ModuleList(Block(shape, i, rules) for i in range(len(shape.blocks)))
        places = shape.attention.items()
        self.attention = nn.ModuleDict({str(i): Attention(shape.blocks[i][1].outputs, bias) for i, bias in places})
        self.norm = nn.BatchNorm2d(shape.last.inputs, rules.eps)
        self.act, self.conv = rules.hidden() or nn.Identity(), shape.last.layer()
        self.last = rules.last or nn.Identity()

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        shape = self.shape
        h = self.linear(z[:, : shape.first]).reshape(-1, shape.blocks[0][0].inputs, shape.bottom, shape.bottom)
        y = None if labels is None else self.shared(labels)
        for i, block in enumerate(self.blocks):
            start = shape.first + shape.chunk * i
            parts = [] if y is None else [y]
            parts += [z[:, start : start + shape.chunk]] if shape.chunk else []
            h = block(h, torch.cat(parts, 1) if parts else None)
            if str(i) in self.attention:
                h = self.attention[str(i)](h)
        return cast(Tensor, self.last(self.conv(self.act(self.norm(h)))))
