"""Spectral norm folded into plain weights, W / sigma (Miyato et al. 2018, arXiv:1802.05957), and weight norm, g v / |v|
(Salimans and Kingma 2016, arXiv:1602.07868).

Checkpoints spell it in several ways, which differ in what evaluation computes:

- torch.nn.utils.spectral_norm (a hook) and torch.nn.utils.parametrizations.spectral_norm: sigma = u^T W v with the
  stored u and v. W is a matrix of one row per output channel, also for transposed convolutions, whose weights hold
  the inputs first.
- the wrapper module of the CSC413 assignments: every forward pass, also in evaluation mode, first does one power
  iteration from the stored u (v = W^T u, u = W v, each over its norm plus 1e-12) and stores u and v again. W always
  has one row per entry of the weight's first dimension. Folded here is what the first pass after loading computes.
- the `SN` mixin of ajbrock/BigGAN-PyTorch: `weight` beside `u0` [1, rows] and `sv0`, a log. Every forward pass
  iterates once from the stored u (each vector over its norm, or over an epsilon if that is larger), but stores
  nothing in evaluation mode, so that all passes compute the same. Further singular vectors (`u1`, ...) change nothing.
- ivclab/BigGAN-Generator-Pretrained-Pytorch: as torch's hook, but W and v run over (height, width, in), not
  (in, height, width).

torch spells weight norm `weight_g` and `weight_v` (a hook), or `parametrizations.weight.original0` and `.original1`.
Its norm runs over the axes along which g has one value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.source import State

_WEIGHT_NORMS = (
    (".weight_g", ".weight_v"),
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),
)
_NORM_EPS = 1e-12
_NAMED = 8  # layers that a note names; of more it says how many


@dataclass(frozen=True)
class Spelling:
    """How one implementation names its tensors after the layer's name, and whether evaluation iterates."""

    weight: str
    u: str
    v: str
    bias: str
    iterates: bool
    note: str


SPELLINGS = (
    Spelling(
        ".weight_orig", ".weight_u", ".weight_v", ".bias", False, "with the stored u and v, as torch does in evaluation"
    ),
    Spelling(
        ".parametrizations.weight.original",
        ".parametrizations.weight.0._u",
        ".parametrizations.weight.0._v",
        ".bias",
        False,
        "with the stored u and v, as torch does in evaluation",
    ),
    Spelling(
        ".module.weight_bar",
        ".module.weight_u",
        ".module.weight_v",
        ".module.bias",
        True,
        "after one power iteration from the stored u, as in the first pass after loading; "
        "the training code iterates on every pass, so its later pictures differ slightly",
    ),
)


def plain_names(state: State) -> State:
    """`state` as if without spectral norm: the same keys and shapes as folded, weights not yet divided by sigma."""
    names: dict[str, str | None] = {}
    for layer, spelling in _layers(state):
        weight, u, v, bias = _keys(layer, spelling)
        names |= {weight: f"{layer}.weight", u: None, v: None, bias: f"{layer}.bias"}
    named = {names.get(key, key): tensor for key, tensor in state.items()}
    return {key: tensor for key, tensor in named.items() if key is not None}


def transposed_layers(state: State) -> tuple[str, ...]:
    """Prefixes of the layers whose u runs along the weight's second dimension; where both are as long, even kernels."""
    found = []
    for layer, spelling in _layers(state):
        weight, u = state[layer + spelling.weight], state.get(layer + spelling.u)
        if weight.ndim == 4 and u is not None and not spelling.iterates:
            rows, columns, kernel = weight.shape[:3]
            if u.numel() == columns != rows or (rows == columns and kernel % 2 == 0):
                found.append(f"{layer}.")
    return tuple(found)


def fold_spectral_norm(
    state: State, transposed: tuple[str, ...] = (), *, channels_last: bool = False
) -> tuple[State, tuple[str, ...]]:
    """`state` with plain weights instead of spectral norm, and notes that say what was folded and how.

    Args:
        transposed: prefixes of the layers that are transposed convolutions.
        channels_last: v runs over (height, width, in), as ivclab's does.

    Raises:
        BadInputFile: parts of the norm are missing (all are named) or misshapen, or a sigma is zero.
    """
    found = _layers(state)
    _refuse_incomplete(state, found)
    folded = dict(plain_names(state))
    for layer, spelling in found:
        by_columns = not spelling.iterates and f"{layer}.".startswith(transposed)
        folded[f"{layer}.weight"] = _normalised(state, layer, spelling, by_columns, channels_last)
    return folded, _notes(found)


def fold_iterated(
    state: State, eps: float, *, weight: str = ".weight", u0: str = ".u0"
) -> tuple[State, tuple[str, ...]]:
    """`state` with plain weights instead of ajbrock's `SN`, and a note; layers without `u0` stay as they are.

    Args:
        eps: the least norm that a vector is divided by. weight, u0: the ends of the names.

    Raises:
        BadInputFile: a u is misshapen, or a sigma is zero.
    """
    layers = [key.removesuffix(u0) for key in state if key.endswith(u0)]
    vectors = re.compile(rf"(.*){re.escape(u0[0])}(?:u|sv)\d+")
    folded = {
        key: tensor
        for key, tensor in state.items()
        if not (match := vectors.fullmatch(key)) or match[1] + u0 not in state
    }
    for layer in layers:
        if layer + weight in state:
            folded[layer + weight] = _iterated(layer, state[layer + weight], state[layer + u0], eps)
    note = (
        f"spectral norm of {len(layers)} layers folded after one power iteration from the stored u, as the training "
        "code does in every pass"
    )
    return folded, (note,) if layers else ()


def _iterated(layer: str, weight: Tensor, u: Tensor, eps: float) -> Tensor:
    if weight.ndim < 2 or u.numel() != weight.shape[0]:
        raise BadInputFile(
            f"{layer} has a u0 of shape {list(u.shape)} and weights of {list(weight.shape)}\n"
            "expected one value of u0 for each of the weight's first dimension"
        )
    matrix = weight.double().flatten(1)
    v = matrix.T @ u.double().flatten()
    v = v / v.norm().clamp(min=eps)
    image = matrix @ v
    return _divided(layer, weight.double(), float(image @ image / image.norm().clamp(min=eps)))


def _layers(state: State) -> list[tuple[str, Spelling]]:
    return [
        (key.removesuffix(spelling.weight), spelling)
        for key in state
        for spelling in SPELLINGS
        if key.endswith(spelling.weight)
    ]


def _keys(layer: str, spelling: Spelling) -> tuple[str, ...]:
    return tuple(layer + part for part in (spelling.weight, spelling.u, spelling.v, spelling.bias))


def _refuse_incomplete(state: State, found: list[tuple[str, Spelling]]) -> None:
    missing = [key for layer, spelling in found for key in _keys(layer, spelling)[1:3] if key not in state]
    doubled = [f"{layer}.weight" for layer, _ in found if f"{layer}.weight" in state]
    problems = {"missing": missing, "unexpected": doubled}
    if missing or doubled:
        named = "; ".join(f"{what}: {', '.join(keys)}" for what, keys in problems.items() if keys)
        raise BadInputFile(f"has layers with an incomplete spectral norm\n{named}")


def _normalised(state: State, layer: str, spelling: Spelling, by_columns: bool, channels_last: bool) -> Tensor:
    """W / sigma, in float64, rounded once to float32."""
    weight, u, v = (state[key].double() for key in _keys(layer, spelling)[:3])
    if weight.ndim < 2:
        raise BadInputFile(f"{layer + spelling.weight} has shape {list(weight.shape)}\nexpected a layer's weights")
    matrix = (weight.transpose(0, 1) if by_columns else weight).flatten(1)
    if channels_last:
        matrix = weight.movedim(1, -1).flatten(1)
    for key, vector, length in zip(_keys(layer, spelling)[1:3], (u, v), matrix.shape, strict=True):
        if vector.shape != (length,):
            raise BadInputFile(f"{key} has shape {list(vector.shape)}\nexpected [{length}], to fit the weights")
    if spelling.iterates:
        v = _unit(matrix.T @ u)
        u = _unit(matrix @ v)
    return _divided(layer, weight, float(u @ (matrix @ v)))


def _divided(layer: str, weight: Tensor, sigma: float) -> Tensor:
    result = (weight / sigma).float()
    if not bool(torch.isfinite(result).all()):
        raise BadInputFile(f"{layer}: its spectral norm is {sigma:g}\nexport another checkpoint: this one is untrained")
    return result


def _unit(vector: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(vector)
    return vector / (length + _NORM_EPS)


def _notes(found: list[tuple[str, Spelling]]) -> tuple[str, ...]:
    layers: dict[str, list[str]] = {}
    for layer, spelling in found:
        layers.setdefault(spelling.note, []).append(layer)
    return tuple(f"spectral norm of {_some(names)} folded {note}" for note, names in layers.items())


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} layers"


def fold_weight_norm(state: State) -> State:
    """`state` with plain weights, in the same order.

    Raises:
        BadInputFile: a g whose shape does not go with its v.
    """
    folded: dict[str, Tensor] = {}
    for key, tensor in state.items():
        ending = next((pair for pair in _WEIGHT_NORMS if key.endswith(pair)), None)
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
