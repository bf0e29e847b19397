"""StyleGAN3's synthesis (Karras et al. 2021, arXiv:2106.12423) in plain operators, for any batch.

Between convolutions the signal is raised to a higher rate, bent, clamped, filtered and lowered again. Raising is a
depthwise transposed convolution along each axis; what the original pads or crops around it is its padding. Kernels are
constant, as in StyleGAN2; the original's norm of the styles over the whole batch cancels in the demodulation and is
left out, so that pictures do not depend on each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganrt.exporter.families.style_space import SLOPE

_PIECE = 64 * 2**20  # bytes of one picture's channels at the higher rate


@dataclass(frozen=True)
class Layer:
    """One modulated layer.

    Attributes:
        name: such as "L0_36_512"; the last one makes the picture, and has no filters.
        before, after: the sides of what comes in and goes out, in pixels.
        up, down: the factors; `up_taps`, `down_taps` the lengths of their filters; `radial`: the second is no product.
    """

    name: str
    inputs: int
    outputs: int
    before: int
    after: int
    kernel: int
    up: int = 1
    up_taps: int = 1
    down: int = 1
    down_taps: int = 1
    radial: bool = False

    @property
    def padding(self) -> tuple[int, int]:
        """What the original pads before and after, at the higher rate."""
        total = (self.after - 1) * self.down + 1 - (self.before + self.kernel - 1) * self.up
        total += self.up_taps + self.down_taps - 2
        low = (total + self.up) // 2
        return low, total - low

    @property
    def piece(self) -> int:
        """How many channels are filtered at once: all, or as many as are 64 MiB at the higher rate."""
        side = (self.after - 1) * self.down + self.down_taps
        count = -(-self.outputs * side**2 * 4 // _PIECE)
        return -(-self.outputs // count)

    @property
    def crops(self) -> tuple[int, int, int]:
        """(padding of the convolution, negative: cropped input; crop before and after the raised signal).

        A transposed convolution makes (n - 1) up + taps values; what it makes of rows that are cropped whole is not
        made at all.
        """
        low, high = self.padding
        before, after = self.up_taps - 1 - low, self.up_taps - self.up - high
        dropped = max(0, -(-(min(before, after) - (self.up_taps - 1)) // self.up))
        return self.kernel - 1 - dropped, before - self.up * dropped, after - self.up * dropped


@dataclass(frozen=True)
class Config:
    """A synthesis network: `rate` and `bandwidth` are of the first signal, `scale` of the picture."""

    w_dim: int
    layers: tuple[Layer, ...]
    rate: float
    bandwidth: float
    clamp: float | None
    scale: float

    @property
    def side(self) -> int:
        return self.layers[-1].after

    @property
    def count(self) -> int:
        """How many styles there are."""
        return len(self.layers) + 1

    @property
    def widths(self) -> list[int]:
        """Of the style of the input (its four numbers) and of every layer; style i belongs to the i-th of them."""
        return [4, *(layer.inputs for layer in self.layers)]


class Waves(nn.Module):
    """style [n, 4] (a turn and a shift) -> [n, c, side, side]: sines, turned and shifted for each picture."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor
    grid: Tensor

    def __init__(self, channels: int, side: int, rate: float, bandwidth: float) -> None:
        super().__init__()
        self.rate, self.bandwidth = rate, bandwidth
        for name, shape in {
            "transform": (3, 3),
            "freqs": (channels, 2),
            "phases": (channels,),
            "grid": (side,),
        }.items():
            self.register_buffer(name, torch.zeros(shape))
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, style: Tensor) -> Tensor:
        style = style / style[:, :2].square().sum(dim=1, keepdim=True).sqrt()
        cos, sin = style[:, 0:1], style[:, 1:2]
        # Frequencies times the turn, then times the stored transform: M = turn, shift, transform, one after the other.
        along, across = self.freqs[:, 0] * cos + self.freqs[:, 1] * sin, self.freqs[:, 1] * cos - self.freqs[:, 0] * sin
        shift_x, shift_y = self.transform[0, 2] - style[:, 2:3], self.transform[1, 2] - style[:, 3:4]
        phases = self.phases + along * shift_x + across * shift_y
        fx = along * self.transform[0, 0] + across * self.transform[1, 0]
        fy = along * self.transform[0, 1] + across * self.transform[1, 1]
        excess = ((fx.square() + fy.square()).sqrt() - self.bandwidth) / (self.rate / 2 - self.bandwidth)
        amplitude = (1 - excess).clamp(0, 1)
        turns = fx[:, :, None, None] * self.grid + fy[:, :, None, None] * self.grid[:, None]
        waves = torch.sin((turns + phases[:, :, None, None]) * (2 * math.pi)) * amplitude[:, :, None, None]
        made: Tensor = self.conv(waves)
        return made


class FilteredLayer(nn.Module):
    """(x [n, inputs, before, before], style [n, inputs]) -> [n, outputs, after, after]; all but the last layer."""

    eps: Tensor

    def __init__(self, layer: Layer, clamp: float | None) -> None:
        super().__init__()
        self.layer, self.clamp = layer, clamp
        channels = layer.outputs
        self.weight = nn.Parameter(torch.zeros(channels, layer.inputs, layer.kernel, layer.kernel))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        for name, shape in {"eps": (channels,), "gain": (), "rows": (channels, 1, layer.up_taps, 1)}.items():
            self.register_buffer(name, torch.zeros(shape))
        lowering = (layer.down_taps, layer.down_taps if layer.radial else 1)
        self.register_buffer("lowering", torch.zeros(channels, 1, *lowering))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        padding, before, after = self.layer.crops
        if padding < 0:
            x = x[:, :, -padding:padding, -padding:padding]
        sums = style.square() @ self.weight.square().sum(dim=(2, 3)).T + self.eps
        x = F.conv2d(x * style[:, :, None, None], self.weight, padding=max(padding, 0))
        x = x * (torch.rsqrt(sums) * self.get_buffer("gain"))[:, :, None, None] + self.bias
        # Each channel is filtered by itself: what is raised at once is bounded, and the memory of large layers with it.
        made = [self._filtered(piece, before, after) for piece in torch.split(x, self.layer.piece, dim=1)]
        return made[0] if len(made) == 1 else torch.cat(made, dim=1)

    def _filtered(self, x: Tensor, before: int, after: int) -> Tensor:
        x = F.leaky_relu(self._raised(x, before, after), SLOPE)
        if self.clamp is not None:
            x = x.clamp(-self.clamp, self.clamp)
        return self._lowered(x)

    def _raised(self, x: Tensor, before: int, after: int) -> Tensor:
        """Along the rows, then along the columns; what is cropped on both sides is the padding."""
        rows, up, common = self.get_buffer("rows")[: x.shape[1]], self.layer.up, min(before, after)
        outer = max(0, -common)
        for kernel, step in ((rows, (1, 0)), (rows.transpose(2, 3), (0, 1))):
            stride = [up if along else 1 for along in step]
            crop = [max(common, 0) if along else 0 for along in step]
            x = F.conv_transpose2d(x, kernel, stride=stride, padding=crop, groups=x.shape[1])
        if outer:
            x = F.pad(x, (outer, outer, outer, outer))
        if before != after:
            first, last = before - common, x.shape[2] - (after - common)
            x = x[:, :, first:last, first:last]
        return x

    def _lowered(self, x: Tensor) -> Tensor:
        kernel, down = self.get_buffer("lowering")[: x.shape[1]], self.layer.down
        if self.layer.radial:
            return F.conv2d(x, kernel, stride=down, groups=x.shape[1])
        x = F.conv2d(x, kernel, stride=(down, 1), groups=x.shape[1])
        return F.conv2d(x, kernel.transpose(2, 3), stride=(1, down), groups=x.shape[1])


class LastLayer(nn.Module):
    """(x [n, inputs, side, side], style [n, inputs]) -> the picture [n, channels, side, side]."""

    def __init__(self, layer: Layer, clamp: float | None) -> None:
        super().__init__()
        self.clamp = clamp
        self.conv = nn.Conv2d(layer.inputs, layer.outputs, layer.kernel, padding=layer.kernel - 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        y: Tensor = self.conv(x * style[:, :, None, None])
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


class Synthesis(nn.Module):
    """The styles [n, width] of `Config.widths`, in their order -> [n, channels, side, side], about [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        *hidden, last = config.layers
        first = config.layers[0]
        self.input = Waves(first.inputs, first.before, config.rate, config.bandwidth)
        self.layers = nn.ModuleList(FilteredLayer(layer, config.clamp) for layer in hidden)
        self.last = LastLayer(last, None if config.clamp is None else config.clamp * config.scale)

    def forward(self, styles: Sequence[Tensor]) -> Tensor:
        x: Tensor = self.input(styles[0])
        for layer, style in zip(self.layers, styles[1:], strict=False):
            x = layer(x, style)
        made: Tensor = self.last(x, styles[-1])
        return made
