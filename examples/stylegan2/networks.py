"""A small StyleGAN2: the generator of StyleGAN2-ADA ("skip"), and a residual discriminator.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" and "Training Generative Adversarial Networks
with Limited Data" (2020). The generator's parameters and buffers have the names, shapes and gains of NVIDIA's files, so
that its state dict can stand in for one of theirs; the code is our own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SQRT2 = math.sqrt(2)


@dataclass(frozen=True)
class Config:
    """`channel_base // resolution` channels at each resolution, at most `channel_max`; the rate of the mapping's
    weights is `mapping_rate` times that of the others (Karras et al., "A Style-Based Generator", appendix C)."""

    resolution: int = 64
    z_dim: int = 64
    w_dim: int = 64
    mapping_layers: int = 2
    mapping_rate: float = 0.01
    channel_base: int = 768
    channel_max: int = 64
    img_channels: int = 3

    @property
    def resolutions(self) -> list[int]:
        return [2**i for i in range(2, self.resolution.bit_length())]

    def channels(self, resolution: int) -> int:
        return min(self.channel_base // resolution, self.channel_max)


def blur_filter() -> Tensor:
    """[4, 4], sum 1: the outer product of [1, 3, 3, 1] with itself."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(taps, taps) / taps.sum() ** 2


def blur(x: Tensor, kernel: Tensor, gain: float, padding: int) -> Tensor:
    """x: [n, c, h, w], every channel by itself."""
    depthwise = (kernel * gain)[None, None].expand(x.shape[1], 1, -1, -1)
    return F.conv2d(x, depthwise, padding=padding, groups=x.shape[1])


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Twice the size: zeros between the pixels, then the filter with gain 4."""
    depthwise = (kernel * 4)[None, None].expand(x.shape[1], 1, -1, -1)
    return F.conv_transpose2d(x, depthwise, stride=2, padding=1, groups=x.shape[1])


def lrelu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * SQRT2


class Dense(nn.Module):
    """Equalised dense layer; `rate` scales what the optimiser does to it."""

    def __init__(self, inputs: int, outputs: int, *, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.gain, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight * self.gain, self.bias * self.rate)


class Mapping(nn.Module):
    """z [n, z_dim] -> w [n, w_dim]; `w_avg` is the moving average of w."""

    w_avg: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        sizes = [config.z_dim, *[config.w_dim] * config.mapping_layers]
        self.layers = config.mapping_layers
        for i in range(self.layers):
            self.add_module(f"fc{i}", Dense(sizes[i], sizes[i + 1], rate=config.mapping_rate))
        self.register_buffer("w_avg", torch.zeros(config.w_dim))

    def forward(self, z: Tensor) -> Tensor:
        x = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for i in range(self.layers):
            x = lrelu(self.get_submodule(f"fc{i}")(x))
        return x

    @torch.no_grad()
    def track(self, w: Tensor, decay: float = 0.998) -> None:
        self.w_avg.lerp_(w.mean(dim=0), 1 - decay)


class Layer(nn.Module):
    """Modulated 3x3 convolution with demodulation, noise, bias and leaky ReLU; twice the size if `up`."""

    noise_const: Tensor
    resample_filter: Tensor

    def __init__(self, config: Config, inputs: int, resolution: int, *, up: bool) -> None:
        super().__init__()
        outputs = config.channels(resolution)
        self.up = up
        self.affine = Dense(config.w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.register_buffer("resample_filter", blur_filter())

    def forward(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        style = self.affine(w)
        demodulation = (style.square() @ self.weight.square().sum(dim=(2, 3)).T + 1e-8).rsqrt()
        x = x * style[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
            x = blur(x, self.resample_filter, 4.0, padding=1)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * demodulation[:, :, None, None]
        if noise == "random":
            x = x + torch.randn(len(x), 1, *x.shape[2:]) * self.noise_strength
        elif noise == "const":
            x = x + self.noise_const * self.noise_strength
        return lrelu(x + self.bias[:, None, None])


class ToRGB(nn.Module):
    """Modulated 1x1 convolution without demodulation."""

    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.affine = Dense(config.w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(config.img_channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.img_channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) / math.sqrt(x.shape[1])
        return F.conv2d(x * style[:, :, None, None], self.weight, self.bias)


class Block(nn.Module):
    """One resolution: two layers (the first block: a constant and one), and its share of the picture."""

    resample_filter: Tensor

    def __init__(self, config: Config, resolution: int) -> None:
        super().__init__()
        channels = config.channels(resolution)
        self.first = resolution == 4
        self.register_buffer("resample_filter", blur_filter())
        if self.first:
            self.const = nn.Parameter(torch.randn(channels, 4, 4))
        else:
            self.conv0 = Layer(config, config.channels(resolution // 2), resolution, up=True)
        self.conv1 = Layer(config, channels, resolution, up=False)
        self.torgb = ToRGB(config, channels)

    def forward(self, x: Tensor, picture: Tensor, ws: Tensor, noise: str) -> tuple[Tensor, Tensor]:
        """ws: [n, 2 or 3, w_dim], one for each convolution."""
        if self.first:
            x = self.const.expand(len(ws), -1, -1, -1)
        else:
            x = self.conv0(x, ws[:, 0], noise)
            picture = upsample(picture, self.resample_filter)
        x = self.conv1(x, ws[:, -2], noise)
        return x, picture + self.torgb(x, ws[:, -1])


class Synthesis(nn.Module):
    """ws [n, num_ws, w_dim] -> picture [n, img_channels, resolution, resolution], about [-1, 1]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.num_ws = 2 * len(config.resolutions)
        for resolution in config.resolutions:
            self.add_module(f"b{resolution}", Block(config, resolution))

    def forward(self, ws: Tensor, noise: str = "const") -> Tensor:
        """noise: "const", "random" or "none"."""
        x = picture = ws.new_zeros(len(ws), self.config.img_channels, 4, 4)
        for i, resolution in enumerate(self.config.resolutions):
            first = max(2 * i - 1, 0)  # a block's last w is the next one's first
            x, picture = self.get_submodule(f"b{resolution}")(x, picture, ws[:, first : 2 * i + 2], noise)
        return picture


class Generator(nn.Module):
    """`mapping` and `synthesis`, as in NVIDIA's files."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.synthesis = Synthesis(config)
        self.mapping = Mapping(config)

    def forward(self, z: Tensor, psi: float = 1.0, noise: str = "const") -> Tensor:
        """z: [n, z_dim] -> [n, img_channels, resolution, resolution]; psi pulls w towards its average."""
        w = self.mapping.w_avg + psi * (self.mapping(z) - self.mapping.w_avg)
        return self.synthesis(w[:, None].expand(-1, self.synthesis.num_ws, -1), noise)


class Conv(nn.Module):
    """Equalised convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain = 1 / math.sqrt(inputs * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.gain, self.bias, padding=self.weight.shape[2] // 2)


class Discriminator(nn.Module):
    """Pictures [n, c, r, r] -> score [n]: residual blocks, and the spread of the batch as one more channel."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        sizes = config.resolutions[:0:-1]
        self.from_rgb = Conv(config.img_channels, config.channels(sizes[0]), 1)
        self.first = nn.ModuleList(Conv(config.channels(r), config.channels(r), 3) for r in sizes)
        self.second = nn.ModuleList(Conv(config.channels(r), config.channels(r // 2), 3) for r in sizes)
        self.skip = nn.ModuleList(Conv(config.channels(r), config.channels(r // 2), 1, bias=False) for r in sizes)
        width = config.channels(4)
        self.last = Conv(width + 1, width, 3)
        self.dense = Dense(width * 16, width)
        self.score = Dense(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = lrelu(self.from_rgb(x.contiguous(memory_format=torch.channels_last)))
        for first, second, skip in zip(self.first, self.second, self.skip, strict=True):
            passed = skip(F.avg_pool2d(x, 2))
            x = (lrelu(F.avg_pool2d(second(lrelu(first(x))), 2)) + passed) / SQRT2
        spread = x.unflatten(0, (-1, min(4, len(x)))).var(dim=1, correction=0).add(1e-8).sqrt().mean(dim=(1, 2, 3))
        spread = spread.repeat_interleave(min(4, len(x)))[:, None, None, None].expand(-1, 1, *x.shape[2:])
        x = lrelu(self.last(torch.cat((x, spread), dim=1)))
        return self.score(lrelu(self.dense(x.flatten(1)))).squeeze(1)
