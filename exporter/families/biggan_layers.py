"""The layers that the generators of the BigGAN line share (Brock et al. 2018, arXiv:1809.11096).

Module names are those of ajbrock/BigGAN-PyTorch. Spectral norm is folded into the weights before they come here.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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
