"""Batch norm folded into the convolution before it: exact in real numbers, done in float64, rounded once.

In eval mode y = (x - mean) * gamma / sqrt(var + eps) + beta (Ioffe and Szegedy 2015, arXiv:1502.03167) scales and
shifts each channel, and so do a convolution's weights and bias.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

Convolution = nn.Conv2d | nn.ConvTranspose2d


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """A copy of `module` (eval mode, float32) without the batch norms that follow a convolution in an `nn.Sequential`.

    Only a `Sequential` promises that nothing else reads what lies between the two; a norm elsewhere stays.
    """
    folded = deepcopy(module)
    uses = [id(child) for _, child in folded.named_modules(remove_duplicate=False)]
    for sequence in [child for child in folded.modules() if isinstance(child, nn.Sequential)]:
        for i in range(len(sequence) - 1):
            convolution, norm = sequence[i], sequence[i + 1]
            # A layer that is used twice has two places to fold into; leave it alone.
            if _foldable(convolution, norm) and uses.count(id(convolution)) == uses.count(id(norm)) == 1:
                _fold(convolution, norm)  # type: ignore[arg-type]
                sequence[i + 1] = nn.Identity()
    return folded


def _foldable(convolution: nn.Module, norm: nn.Module) -> bool:
    return (
        isinstance(convolution, (nn.Conv2d, nn.ConvTranspose2d))
        and isinstance(norm, nn.BatchNorm2d)
        and norm.running_mean is not None
    )


def _fold(convolution: Convolution, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gamma, beta = _or(norm.weight, norm.running_mean, 1.0), _or(norm.bias, norm.running_mean, 0.0)
    scale = gamma / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = _or(convolution.bias, norm.running_mean, 0.0)
    shift = (bias - norm.running_mean.double()) * scale + beta
    weight = convolution.weight.double()
    if isinstance(convolution, nn.ConvTranspose2d):  # [in, out / groups, kh, kw]: the groups lie along the inputs
        grouped = weight.reshape(convolution.groups, -1, *weight.shape[1:])
        scaled = (grouped * scale.reshape(convolution.groups, 1, -1, 1, 1)).reshape(weight.shape)
    else:
        scaled = weight * scale[:, None, None, None]
    convolution.weight = nn.Parameter(scaled.float(), requires_grad=False)
    convolution.bias = nn.Parameter(shift.float(), requires_grad=False)


def _or(values: Tensor | None, like: Tensor, default: float) -> Tensor:
    return torch.full_like(like, default, dtype=torch.float64) if values is None else values.double()
