"""The residual generators of SNGAN, BigGAN and their many relatives (Miyato et al. 2018, arXiv:1802.05957; Brock et al.
2018, arXiv:1809.11096).

`linear` makes the first picture; each block doubles the side: norm, activation, upsampling, 3x3 convolution, norm,
activation, 3x3 convolution, added to the upsampled input behind a 1x1 convolution, if there is one. BigGAN-deep's
blocks have four convolutions, and only every second one doubles. Norm, activation, convolution and the last activation
follow.
A script's own names are the matter of `reading.Script`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganrt.exporter.families.statistics import Grid, row_weights
from ganrt.exporter.layers.network import Rows

Gains = Literal["linear", "rows", "joined", "table"]


@dataclass(frozen=True)
class Rules:
    """What weights do not hold.

    Attributes:
        eps: of all batch norms but the last one, whose is `last_eps` if that is given.
        hidden: makes the activations; None for none. last: the one at the end, likewise.
        bilinear: how the side is doubled: bilinear (corners not aligned), else nearest.
        offset: added to the gains that a condition gives.
        added: the gain is added too, not multiplied by; see `ganrt.exporter.families.biggan_checkpoint`.
        latent_first: conditions are (z, class), else (class, z).
        grid: the truncations that rows of statistics belong to; without a truncation there must be one row. None: the
            statistics are those of training.
    """

    eps: float
    hidden: Callable[[], nn.Module | None]
    last: nn.Module | None
    last_eps: float | None = None
    bilinear: bool = False
    offset: float = 0.0
    added: bool = False
    latent_first: bool = False
    grid: Grid | None = None


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
class BlockShape:
    """Two convolutions, or BigGAN-deep's four, and that of the shortcut; whether the block doubles the side."""

    convolutions: tuple[Convolved, ...]
    shortcut: Convolved | None
    doubles: bool


@dataclass(frozen=True)
class Shape:
    """Hyperparameters.

    Attributes:
        attention: by the block that it follows, whether its convolutions have biases, and whether it pools.
        last: the convolution that makes the picture.
        bottom: side of the first picture in pixels.
        dim: size of the latent. first: values that `linear` takes.
        chunk: values of z that each block takes; 0 if the latent is not hierarchical.
        whole: `linear` and all norms take the class's embedding and all of z.
        classes: 0 if there are none. embedding: size of the shared embedding; 0 where blocks take the classes.
        gains: a condition's gains and biases come from a linear map each, from a table each with a row for each class,
            or from one map or table with the gains beside the biases.
        linear_bias: whether `linear` has one.
    """

    blocks: tuple[BlockShape, ...]
    attention: Mapping[int, tuple[bool, bool]]
    last: Convolved
    bottom: int
    dim: int
    first: int
    chunk: int
    whole: bool
    classes: int
    embedding: int
    gains: Gains
    linear_bias: bool

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return self.bottom << sum(block.doubles for block in self.blocks)

    @property
    def width(self) -> int:
        """Channels of the first picture."""
        return self.blocks[0].convolutions[0].inputs

    @property
    def conditions(self) -> int:
        """Values that each norm of a block takes; 0 where they are plain batch norms."""
        return self.first if self.whole else (self.embedding or self.classes) + self.chunk


class Statistics(nn.Module):
    """Of a norm: mean and variance [c]; or with a grid tables [rows, c], of which weights [n, rows] choose [n, c].

    It is called with what comes into the norm, which it does not change: `ganrt.exporter.evidence` looks on.
    """

    def __init__(self, channels: int, grid: Grid | None) -> None:
        super().__init__()
        names = ("running_mean", "running_var") if grid is None else ("means", "variances")
        size = (channels,) if grid is None else (grid.rows, channels)
        for name, value in zip(names, (torch.zeros(size), torch.ones(size)), strict=True):
            self.register_buffer(name, value)

    def forward(self, _: Tensor, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        mean, variance = self.buffers()
        return (mean.flatten(), variance.flatten()) if rows is None else (rows @ mean, rows @ variance)


class Norm(nn.Module):
    """Batch norm by stored statistics, its gain and bias given by a condition: x * (offset + G c) + B c."""

    def __init__(self, channels: int, shape: Shape, rules: Rules) -> None:
        super().__init__()
        self.rules = rules
        self.bn = Statistics(channels, rules.grid)
        if shape.gains in ("joined", "table"):
            kind = Rows if shape.gains == "table" else nn.Linear
            self.embed = kind(shape.conditions, 2 * channels)
        else:
            self.gain, self.bias = (_matrix(shape, channels) for _ in range(2))

    def forward(self, x: Tensor, condition: Tensor, rows: Tensor | None) -> Tensor:
        if hasattr(self, "embed"):
            gain, bias = self.embed(condition).chunk(2, 1)
        else:
            gain, bias = self.gain(condition), self.bias(condition)
        gain = self.rules.offset + gain
        if self.rules.added:
            gain, bias = torch.ones_like(gain), gain + bias
        mean, variance = self.bn(x, rows)
        return modulate(x, mean, variance, gain, bias, self.rules.eps)


def _matrix(shape: Shape, channels: int) -> nn.Module:
    if shape.gains == "rows":
        return Rows(shape.conditions, channels)
    return nn.Linear(shape.conditions, channels, bias=False)


class SelectedNorm(nn.Module):
    """Batch norm by the statistics of a truncation, with a trained gain and bias."""

    def __init__(self, channels: int, grid: Grid, eps: float) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.bn = Statistics(channels, grid)
        self.eps = eps

    def forward(self, x: Tensor, _: Tensor | None, rows: Tensor | None) -> Tensor:
        mean, variance = self.bn(x, rows)
        return modulate(x, mean, variance, self.weight, self.bias, self.eps)


class PlainNorm(nn.BatchNorm2d):
    """Batch norm that no condition changes."""

    def forward(self, x: Tensor, *_: Tensor | None) -> Tensor:
        return super().forward(x)


def _norm(channels: int, shape: Shape, rules: Rules) -> nn.Module:
    return Norm(channels, shape, rules) if shape.conditions else PlainNorm(channels, rules.eps)


class Attention(nn.Module):
    """Self-attention: x + gamma * o(attend(x)) (Zhang et al., arXiv:1805.08318); without pooling, without `o` too."""

    def __init__(self, channels: int, bias: bool, pooled: bool) -> None:
        super().__init__()
        inner = channels // 2 if pooled else channels
        self.pooled = pooled
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=bias)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=bias)
        self.g = nn.Conv2d(channels, inner, 1, bias=bias)
        self.o = nn.Conv2d(inner, channels, 1, bias=bias) if pooled else nn.Identity()
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        seen = attend(self.theta(x), self.phi(x), self.g(x), pooled=self.pooled)
        return cast(Tensor, x + self.gamma * self.o(seen))


class Block(nn.Module):
    """float32 [n, in, h, w] (and conditions [n, k], and weights of rows) -> [n, out, 2h, 2w].

    The shortcut's 1x1 convolution commutes with the upsampling, whose weights sum to one: it comes first, for a quarter
    of the work.
    """

    def __init__(self, shape: Shape, block: BlockShape, rules: Rules) -> None:
        super().__init__()
        first, second = block.convolutions
        self.bn1, self.bn2 = (_norm(each.inputs, shape, rules) for each in (first, second))
        self.conv1, self.conv2 = first.layer(), second.layer()
        self.conv_sc = nn.Identity() if block.shortcut is None else block.shortcut.layer()
        self.act1, self.act2 = (rules.hidden() or nn.Identity() for _ in range(2))
        self.bilinear = rules.bilinear

    def forward(self, x: Tensor, condition: Tensor | None, rows: Tensor | None) -> Tensor:
        h = self.conv1(self._doubled(self.act1(self.bn1(x, condition, rows))))
        h = self.conv2(self.act2(self.bn2(h, condition, rows)))
        return cast(Tensor, h + self._doubled(self.conv_sc(x)))

    def _doubled(self, x: Tensor) -> Tensor:
        if self.bilinear:
            return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        return upsample(x)


class DeepBlock(nn.Module):
    """float32 [n, in, h, w], conditions [n, k] -> [n, out, h, w], or twice the side. The shortcut drops channels."""

    def __init__(self, shape: Shape, block: BlockShape, rules: Rules) -> None:
        super().__init__()
        self.outputs, self.doubles = block.convolutions[-1].outputs, block.doubles
        self.conv1, self.conv2, self.conv3, self.conv4 = (each.layer() for each in block.convolutions)
        self.bn1, self.bn2, self.bn3, self.bn4 = (_norm(each.inputs, shape, rules) for each in block.convolutions)
        self.act = rules.hidden() or nn.Identity()

    def forward(self, x: Tensor, condition: Tensor | None, rows: Tensor | None) -> Tensor:
        h = self.conv1(self.act(self.bn1(x, condition, rows)))
        h, x = self.act(self.bn2(h, condition, rows)), x[:, : self.outputs]
        if self.doubles:
            h, x = upsample(h), upsample(x)
        h = self.conv3(self.act(self.bn3(self.conv2(h), condition, rows)))
        return cast(Tensor, self.conv4(self.act(self.bn4(h, condition, rows))) + x)


class Generator(nn.Module):
    """z float32 [n, dim] (and labels float32 [n, classes], truncation float32 [n]) -> float32 [n, c, side, side].

    Labels are weights of classes; where there are classes and no labels, all of the first class.
    """

    def __init__(self, shape: Shape, rules: Rules) -> None:
        super().__init__()
        self.shape, self.rules = shape, rules
        self.shared = Rows(shape.classes, shape.embedding) if shape.embedding else nn.Identity()
        self.linear = nn.Linear(shape.first, shape.width * shape.bottom**2, bias=shape.linear_bias)
        self.blocks = nn.ModuleList()
        for i, block in enumerate(shape.blocks):
            kind = DeepBlock if len(block.convolutions) == 4 else Block
            layers: list[nn.Module] = [kind(shape, block, rules)]
            if i in shape.attention:
                layers.append(Attention(block.convolutions[-1].outputs, *shape.attention[i]))
            self.blocks.append(nn.ModuleList(layers))
        eps, width = rules.last_eps or rules.eps, shape.last.inputs
        norm = PlainNorm(width, eps) if rules.grid is None else SelectedNorm(width, rules.grid, eps)
        self.output_layer = nn.ModuleList([norm, rules.hidden() or nn.Identity(), shape.last.layer()])
        self.last = rules.last or nn.Identity()

    def forward(self, z: Tensor, labels: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        rows = None if truncation is None or self.rules.grid is None else row_weights(truncation, self.rules.grid)
        y = None
        if self.shape.classes:
            # One for each picture, without a tensor of the batch's size, which would have to be traced as a symbol.
            y = self.shared(z[:, :1].clamp(1, 1) if labels is None else labels)
        first, conditions = self._conditions(z, y)
        h = self.linear(first).reshape(-1, self.shape.width, self.shape.bottom, self.shape.bottom)
        for layers, condition in zip(self.blocks, conditions, strict=True):
            block, *attention = cast(nn.ModuleList, layers)
            h = block(h, condition, rows)
            for layer in attention:
                h = layer(h)
        norm, act, conv = self.output_layer
        return cast(Tensor, self.last(conv(act(norm(h, None, rows)))))

    def _conditions(self, z: Tensor, y: Tensor | None) -> tuple[Tensor, list[Tensor | None]]:
        """What `linear` takes, and what each block."""
        shape, count = self.shape, len(self.shape.blocks)
        if shape.whole:
            both = self._joined(y, z)
            return both, [both] * count
        if not shape.chunk:
            return z, [y] * count
        starts = [shape.first + shape.chunk * i for i in range(count)]
        return z[:, : shape.first], [self._joined(y, z[:, start : start + shape.chunk]) for start in starts]

    def _joined(self, y: Tensor | None, z: Tensor) -> Tensor:
        if y is None:
            return z
        return torch.cat([z, y] if self.rules.latent_first else [y, z], 1)


def modulate(x: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, bias: Tensor, eps: float) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * gain + bias as one multiplication and one addition of pictures.

    Args:
        x: float32 [n, c, h, w]. The others: float32 [c], or [n, c] where each picture has its own.
    """
    scale = gain * torch.rsqrt(variance + eps)
    shift = bias - mean * scale
    return x * scale[..., None, None] + shift[..., None, None]


def upsample(x: Tensor) -> Tensor:
    """Nearest upsampling by 2: float32 [n, c, h, w] -> [n, c, 2h, 2w]."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def attend(theta: Tensor, phi: Tensor, g: Tensor, *, pooled: bool = True) -> Tensor:
    """softmax(theta^T phi) over the places of phi, applied to g; no scaling by 1/sqrt(d) (SAGAN, arXiv:1805.08318).

    Args:
        theta, phi: float32 [n, c / 8, h, w]. g: [n, c / 2, h, w], or [n, c, h, w].
        pooled: phi and g are max-pooled here, 2x2.

    Returns:
        float32 of g's shape.
    """
    height, width = theta.shape[2:]
    keys, values = ((functional.max_pool2d(each, 2) if pooled else each).flatten(2) for each in (phi, g))
    weights = torch.softmax(theta.flatten(2).transpose(1, 2) @ keys, dim=-1)
    return (values @ weights.transpose(1, 2)).reshape(-1, g.shape[1], height, width)
