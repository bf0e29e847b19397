"""The layers of RKorzeniowski/BigBiGAN-PyTorch, after spectral norm is folded, and what its two networks share.

The upsampling residual block follows BigGAN (Brock et al. 2019, arXiv:1809.11096), attention SAGAN (Zhang et al.
2019, arXiv:1805.08318) without its pooling and its output convolution.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.source import State
from ganrt.spec import Latent

DEFAULT_EPS = 1e-5
CHANNELS = (1, 3, 4)
KERNEL = 3
# What training draws z from. Below psi 1 values are drawn again until they lie in [-psi, psi], which keeps the
# density's form within; scaling would squeeze it.
_THRESHOLD = 1.0


class Wrapped(nn.Module):
    """A layer under the name `layer`, where the training code puts its spectral norm."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.layer(x))


class ConditionalNorm(nn.Module):
    """Batch norm whose scale and shift are linear in the condition [n, dim]: `gamma * norm(x) + beta`, gamma plain."""

    def __init__(self, channels: int, condition: int, eps: float) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=eps, affine=False)
        self.linear = nn.Linear(condition, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        gamma, beta = self.linear(condition)[:, :, None, None].chunk(2, dim=1)
        return cast(Tensor, gamma * self.bn(x) + beta)


class UpBlock(nn.Module):
    """x float32 [n, inputs, h, w], condition float32 [n, dim] -> float32 [n, outputs, 2h, 2w]."""

    def __init__(self, inputs: int, outputs: int, condition: int, eps: float) -> None:
        super().__init__()
        self.skip_conv = Wrapped(nn.Conv2d(inputs, outputs, 1, bias=False))
        self.bn1 = ConditionalNorm(inputs, condition, eps)
        self.conv1 = Wrapped(nn.Conv2d(inputs, outputs, KERNEL, padding=1, bias=False))
        self.bn2 = ConditionalNorm(outputs, condition, eps)
        self.conv2 = Wrapped(nn.Conv2d(outputs, outputs, KERNEL, padding=1, bias=False))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv1(double(self.bn1(x, condition).relu()))
        y = self.conv2(self.bn2(y, condition).relu())
        # The training code doubles first: a kernel of one pixel gives the same, here at a quarter of the work.
        return cast(Tensor, y + double(self.skip_conv(x)))


class SelfAttention(nn.Module):
    """float32 [n, c, h, w] -> the same shape: x + gamma * values weighted by softmax over all places of q k."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_conv = Wrapped(nn.Conv2d(channels, channels // 8, 1))
        self.key_conv = Wrapped(nn.Conv2d(channels, channels // 8, 1))
        self.value_conv = Wrapped(nn.Conv2d(channels, channels, 1))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (conv(x).flatten(2) for conv in (self.query_conv, self.key_conv, self.value_conv))
        weights = torch.matmul(query.transpose(1, 2), key).softmax(dim=-1)
        return self.gamma * torch.matmul(value, weights.transpose(1, 2)).reshape(x.shape) + x


def double(x: Tensor) -> Tensor:
    """Each pixel becomes a square of four."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def latent(dim: int) -> Latent:
    """The law that training draws z from: the standard normal between -1 and 1."""
    return Latent(dim=dim, prior="truncated_normal", threshold=_THRESHOLD, psi_mode="resample")


def sizes(state: State, key: str, dimensions: int, what: str) -> tuple[int, ...]:
    """The shape of a weight that the hyperparameters are read from.

    Raises:
        BadInputFile: it is missing, has other than `dimensions` dimensions, or is empty; `what` names the network.
    """
    if key not in state:
        raise BadInputFile(f"does not fit {what}\nmissing: {key}")
    shape = tuple(state[key].shape)
    if len(shape) != dimensions or 0 in shape:
        raise BadInputFile(f"{key} has shape {list(shape)}\nexpected {dimensions} dimensions, none of them empty")
    return shape


def require_channels(key: str, channels: int) -> None:
    """Raises BadInputFile if the channels at `key` make no picture."""
    if channels not in CHANNELS:
        raise BadInputFile(f"{key} has {channels} channels at its picture's end\nexpected 1, 3 or 4")
