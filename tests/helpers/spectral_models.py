"""Plain checkpoints rewritten with spectral norm, in each spelling, with the weights that they stand for."""

from __future__ import annotations

import torch
from slow_layers import State
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm

SPELLINGS = ("hook", "parametrization", "wrapper")


def with_spectral_norm(state: State, layers: list[str], spelling: str) -> tuple[State, State]:
    """`state` with the norm on `layers` (such as "upconv1.1"), and the plain state that evaluation amounts to."""
    torch.manual_seed(5)
    normed = dict(state)
    plain = dict(state)
    for layer in layers:
        weight = normed.pop(f"{layer}.weight")
        if spelling == "wrapper":
            tensors, plain[f"{layer}.weight"] = _wrapper(weight)
        else:
            tensors, plain[f"{layer}.weight"] = _torchs_own(weight, layer.startswith("deconv"), spelling)
        normed |= {f"{layer}.{name}": tensor for name, tensor in tensors.items()}
    return normed, plain


def _torchs_own(weight: Tensor, transposed: bool, spelling: str) -> tuple[State, Tensor]:
    """What torch itself saves, and the weight that it uses in evaluation mode."""
    if transposed:
        layer: nn.Module = nn.ConvTranspose2d(weight.shape[0], weight.shape[1], weight.shape[2], bias=False)
    else:
        layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], bias=False)
    layer.weight.data = weight.clone()
    normed = (spectral_norm if spelling == "hook" else parametrizations.spectral_norm)(layer)
    normed.train()
    with torch.no_grad():
        for _ in range(2):
            normed(torch.zeros(1, weight.shape[0 if transposed else 1], 8, 8))
        normed.eval()
        normed(torch.zeros(1, weight.shape[0 if transposed else 1], 8, 8))
        used = normed.weight.detach().clone()
    return {key: tensor.detach().clone() for key, tensor in normed.state_dict().items()}, used


def _wrapper(weight: Tensor) -> tuple[State, Tensor]:
    """The assignments' wrapper: u and v as a training would leave them, and the weight of the next forward pass."""
    rows = weight.shape[0]
    matrix = weight.reshape(rows, -1).double()
    u = _unit(torch.randn(rows).double())
    v = _unit(torch.randn(matrix.shape[1]).double())
    state = {"module.weight_bar": weight.clone(), "module.weight_u": u.float(), "module.weight_v": v.float()}
    v = _unit(torch.mv(matrix.T, u.float().double()))
    u = _unit(torch.mv(matrix, v))
    return state, (weight.double() / torch.dot(u, torch.mv(matrix, v))).float()


def _unit(vector: Tensor) -> Tensor:
    return vector / (vector.pow(2).sum().sqrt() + 1e-12)
