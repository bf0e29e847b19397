"""Batch norm folded into the convolution before it, before tracing: what `ganrt.graphs.fold_batch_norm` does to graphs.

Exact in real numbers, done in float64, rounded once. Before tracing, because torch's own exporter folds whatever batch
norm it meets while it optimises, in float32: a pass over the graph would come too late. Graphs that were exported
elsewhere have theirs folded by the pass; both compute the factors by `affine`.
"""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

from ganrt.graphs.fold_batch_norm import affine

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
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    one, zero = torch.ones_like(mean), torch.zeros_like(mean)
    numbers = [one if norm.weight is None else norm.weight, zero if norm.bias is None else norm.bias, mean, variance]
    gamma, beta, means, variances = (values.detach().double().numpy() for values in numbers)
    factor, offset = affine(gamma, beta, means, variances, norm.eps)
    scale, shift = torch.from_numpy(factor), torch.from_numpy(offset)
    if convolution.bias is not None:
        shift = convolution.bias.double() * scale + shift
    weight = convolution.weight.double()
    if isinstance(convolution, nn.ConvTranspose2d):  # [in, out / groups, kh, kw]: the groups lie along the inputs
        grouped = weight.reshape(convolution.groups, -1, *weight.shape[1:])
        scaled = (grouped * scale.reshape(convolution.groups, 1, -1, 1, 1)).reshape(weight.shape)
    else:
        scaled = weight * scale[:, None, None, None]
    convolution.weight = nn.Parameter(scaled.float(), requires_grad=False)
    convolution.bias = nn.Parameter(shift.float(), requires_grad=False)
