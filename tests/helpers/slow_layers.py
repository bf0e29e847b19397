"""Layers written out from their definitions, in float64, one obvious step at a time: what fast ones are held against.

Pictures are float64 [n, c, h, w]. Weights are the checkpoint's tensors.
"""

from __future__ import annotations

import torch
from torch import Tensor

State = dict[str, Tensor]


def convolution(x: Tensor, state: State, name: str, stride: int, padding: int) -> Tensor:
    """Zero padding, then every window of the picture times the kernel [out, in, k, k]."""
    weight = state[f"{name}.weight"].double()
    kernel = weight.shape[2]
    n, c, height, width = x.shape
    padded = x.new_zeros(n, c, height + 2 * padding, width + 2 * padding)
    padded[:, :, padding : padding + height, padding : padding + width] = x
    windows = padded.unfold(2, kernel, stride).unfold(3, kernel, stride)
    return torch.einsum("nchwij,ocij->nohw", windows, weight) + _bias(state, name, weight.shape[0])


def transposed(x: Tensor, state: State, name: str, stride: int, padding: int, output_padding: int = 0) -> Tensor:
    """Every input pixel stamps its kernel [in, out, k, k] onto the output; the padding is cut off at the border."""
    weight = state[f"{name}.weight"].double()
    kernel = weight.shape[2]
    n, _, height, width = x.shape
    high, wide = (height - 1) * stride + kernel, (width - 1) * stride + kernel
    stamped = x.new_zeros(n, weight.shape[1], high + output_padding, wide + output_padding)
    for i in range(height):
        for j in range(width):
            stamp = torch.einsum("nc,coij->noij", x[:, :, i, j], weight)
            stamped[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel] += stamp
    cut = stamped[:, :, padding : stamped.shape[2] - padding, padding : stamped.shape[3] - padding]
    return cut + _bias(state, name, weight.shape[1])


def _bias(state: State, name: str, count: int) -> Tensor:
    return state.get(f"{name}.bias", torch.zeros(count)).double()[None, :, None, None]


def batch_norm(x: Tensor, state: State, name: str, eps: float = 1e-5) -> Tensor:
    """With the running statistics."""
    mean, variance, gamma, beta = (
        state[f"{name}.{part}"].double()[None, :, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + eps).sqrt() * gamma + beta


def instance_norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Each channel of each picture by its own mean and (biased) variance."""
    out = torch.empty_like(x)
    for i, picture in enumerate(x):
        for c, channel in enumerate(picture):
            mean = channel.mean()
            out[i, c] = (channel - mean) / (((channel - mean) ** 2).mean() + eps) ** 0.5
    return out


def reflect(x: Tensor, by: int) -> Tensor:
    """Mirrors the picture at its border pixels, which are not repeated."""
    height, width = x.shape[2:]
    rows = [_mirror(i, height) for i in range(-by, height + by)]
    columns = [_mirror(i, width) for i in range(-by, width + by)]
    return x[:, :, rows][:, :, :, columns]


def _mirror(i: int, count: int) -> int:
    return -i if i < 0 else 2 * (count - 1) - i if i >= count else i


def double(x: Tensor) -> Tensor:
    """Each pixel becomes a square of four."""
    n, c, height, width = x.shape
    out = x.new_zeros(n, c, 2 * height, 2 * width)
    for i in (0, 1):
        for j in (0, 1):
            out[:, :, i::2, j::2] = x
    return out


def relu(x: Tensor) -> Tensor:
    return x.clamp(min=0)
