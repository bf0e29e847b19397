"""BigGAN-deep's layers (Brock et al. 2019, arXiv:1809.11096) as huggingface/pytorch-pretrained-BigGAN computes them.

The same arithmetic in fewer steps: the gains and shifts of all conditional norms are one matrix product with the
condition, and every norm is then x * a + b with a = gain / sqrt(variance + eps) and b = shift - mean * a.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.exporter.families.biggan_deep_config import REDUCTION, START, Config, Layer
from ganrt.exporter.families.biggan_layers import Attending, upsample
from ganrt.exporter.families.statistics import Grid, SelectedStatistics

Norm = tuple[Tensor, Tensor]  # a and b of one norm, float32 [n, c, 1, 1]


class Norms(nn.Module):
    """(condition [n, d], truncation [n]) -> a and b of every norm.

    `affine` gives the gains (with the 1 of "1 + scale" in its bias), then the shifts, of all norms side by side; the
    last norm, which has no condition, has zeros for weights.

    Args:
        channels: of each norm, in the order in which they are used.
    """

    def __init__(self, condition: int, channels: Sequence[int], grid: Grid, eps: float) -> None:
        super().__init__()
        self.channels = list(channels)
        self.eps = eps
        self.affine = nn.Linear(condition, 2 * sum(channels))
        self.statistics = SelectedStatistics(grid, sum(channels))

    def forward(self, condition: Tensor, truncation: Tensor) -> list[Norm]:
        gain, shift = self.affine(condition).chunk(2, dim=1)
        mean, variance = self.statistics(truncation)
        a = gain * torch.rsqrt(variance + self.eps)
        return split_norms(a, shift - mean * a, self.channels)


class FrozenNorms(nn.Module):
    """condition [n, d] -> a and b of every norm, at one truncation: `affine` gives all a, then all b."""

    def __init__(self, condition: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.channels = list(channels)
        self.affine = nn.Linear(condition, 2 * sum(channels))

    def forward(self, condition: Tensor) -> list[Norm]:
        a, b = self.affine(condition).chunk(2, dim=1)
        return split_norms(a, b, self.channels)


def split_norms(a: Tensor, b: Tensor, channels: list[int]) -> list[Norm]:
    """[n, all channels] twice -> [n, c, 1, 1] twice for each norm."""
    pieces = (torch.split(value[:, :, None, None], channels, dim=1) for value in (a, b))
    return list(zip(*pieces, strict=True))


class GenBlock(nn.Module):
    """x [n, inputs, h, w] and four norms -> [n, outputs, h, w], or twice the side; the shortcut drops channels."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        middle = layer.inputs // REDUCTION
        self.layer = layer
        self.conv_0 = nn.Conv2d(layer.inputs, middle, 1)
        self.conv_1 = nn.Conv2d(middle, middle, 3, padding=1)
        self.conv_2 = nn.Conv2d(middle, middle, 3, padding=1)
        self.conv_3 = nn.Conv2d(middle, layer.outputs, 1)

    def forward(self, x: Tensor, norms: Sequence[Norm]) -> Tensor:
        h = self.conv_0(_activated(x, norms[0]))
        h = self.conv_1(self._grown(_activated(h, norms[1])))
        h = self.conv_2(_activated(h, norms[2]))
        h = self.conv_3(_activated(h, norms[3]))
        # The first half of the channels goes on, the second ends here.
        return cast(Tensor, h + self._grown(x[:, : self.layer.outputs]))

    def _grown(self, x: Tensor) -> Tensor:
        return upsample(x) if self.layer.up else x


class SelfAttention(Attending):
    """x [n, c, h, w] -> the same shape; gamma is folded into the last convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.o_conv = nn.Conv2d(channels // 2, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.o_conv(self.seen(x)))


class Generator(nn.Module):
    """(z [n, z_dim], labels [n, classes], truncation [n] unless frozen) -> [n, 3, side, side] in [-1, 1], float32."""

    def __init__(self, config: Config, *, frozen: bool) -> None:
        super().__init__()
        self.config = config
        condition, channels = 2 * config.z_dim, config.norm_channels
        self.embeddings = nn.Linear(config.num_classes, config.z_dim, bias=False)
        self.gen_z = nn.Linear(condition, config.layers[0].inputs * START**2)
        self.norms: nn.Module = (
            FrozenNorms(condition, channels) if frozen else Norms(condition, channels, config.grid, config.eps)
        )
        self.layers = nn.ModuleList(_layers(config))
        self.conv_to_rgb = nn.Conv2d(config.channel_width, 3, 3, padding=1)

    def forward(self, z: Tensor, labels: Tensor, *truncation: Tensor) -> Tensor:
        condition = torch.cat([z, self.embeddings(labels)], dim=1)
        norms = self.norms(condition, *truncation)
        x = self.gen_z(condition).unflatten(1, (self.config.layers[0].inputs, START, START))
        used = 0
        for layer in self.layers:
            if isinstance(layer, GenBlock):
                x = layer(x, norms[used : used + 4])
                used += 4
            else:
                x = layer(x)
        return cast(Tensor, self.conv_to_rgb(_activated(x, norms[used])).tanh())


def _layers(config: Config) -> Iterable[nn.Module]:
    for i, layer in enumerate(config.layers):
        if i == config.attention:
            yield SelfAttention(layer.inputs)
        yield GenBlock(layer)


def _activated(x: Tensor, norm: Norm) -> Tensor:
    a, b = norm
    return (x * a + b).relu()
