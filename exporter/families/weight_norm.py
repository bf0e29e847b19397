"""Weight norm folded into plain weights: W = g v / |v| (Salimans and Kingma 2016, arXiv:1602.07868).

torch spells it `weight_g` and `weight_v` (a hook), or `parametrizations.weight.original0` and `.original1`. The norm
runs over the axes along which g has one value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.source import State

_SPELLINGS = (
    (".weight_g", ".weight_v"),
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
)


def fold_weight_norm(state: State) -> State:
    """`state` with plain weights, in the same order.

    Raises:
        BadInputFile: a g whose shape does not go with its v.
    """
    folded: dict[str, Tensor] = {}
    for key, tensor in state.items():
        ending = next((pair for pair in _SPELLINGS if key.endswith(pair)), None)
        layer = key.removesuffix(ending[0]).removesuffix(ending[1]) if ending else ""
        if ending is None or layer + ending[0] not in state or layer + ending[1] not in state:
            folded[key] = tensor
        elif f"{layer}.weight" not in folded:
            folded[f"{layer}.weight"] = _weight(layer, state[layer + ending[0]], state[layer + ending[1]])
    return folded


def _weight(layer: str, g: Tensor, v: Tensor) -> Tensor:
    if g.ndim != v.ndim or any(size not in (1, full) for size, full in zip(g.shape, v.shape, strict=True)):
        raise BadInputFile(f"{layer}: weight norm's g is {list(g.shape)}, and its v {list(v.shape)}")
    axes = [axis for axis, size in enumerate(g.shape) if size == 1]
    norm = torch.linalg.vector_norm(v, dim=axes, keepdim=True) if axes else v.abs()
    return g * v / norm
