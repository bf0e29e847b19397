"""Whether a picture depends on its own inputs alone, and on nothing random."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.owner.parameters import Found, trial_inputs
from ganrt.tolerances import EXPORT_ERROR

_PICTURES = 3


def examine(module: nn.Module, found: Found) -> Found:
    """Makes sure that a picture depends on its own inputs alone, and on nothing random.

    Raises:
        BadInputFile: it does not; the message names the layer and the mend.
    """
    inputs = trial_inputs(found, _PICTURES)
    state = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    first, again = draw(found.owned(module), inputs), draw(found.owned(module), inputs)
    if any(not torch.equal(tensor, state[key]) for key, tensor in module.state_dict().items()):
        found = replace(found, kept=state)
        first, again = draw(found.owned(module), inputs), draw(found.owned(module), inputs)
    if not _same(first, again):
        raise BadInputFile(
            f"the same inputs give two pictures: {_random_layer(module, found.owned(module), inputs)} draws at random "
            "in eval mode\nmake it follow training: `if self.training:` around it, F.dropout(x, p, self.training)"
        )
    try:
        alone = _one_by_one(found.owned(module), inputs)
    except Exception:  # a squeeze() in forward drops a batch of one
        found = replace(found, pairs=True)
        alone = _one_by_one(found.owned(module), inputs)
    if not _same(first, alone) and _alike_in_double(module, found, inputs):
        return replace(found, rounding=float((first - alone).abs().max()))
    if not _same(first, alone):
        raise BadInputFile(
            "a picture depends on the others of its batch: a batch norm in training mode, or without running "
            "statistics?\nexpected a network in eval mode, and norms with track_running_stats=True"
        )
    return found


def _alike_in_double(module: nn.Module, found: Found, inputs: tuple[Tensor, ...]) -> bool:
    """Whether rounding alone tells a batch from single pictures: instance norms of flat planes enlarge it."""
    owned = replace(found, kept=None).owned(copy.deepcopy(module).double())
    values = tuple(value[:2].double() for value in inputs)
    try:
        together = draw(owned, values)
        return _same(together, torch.cat([draw(owned, tuple(v[i : i + 1] for v in values)) for i in range(2)]))
    except (RuntimeError, TypeError):  # torch's, where forward makes tensors of its own in float32
        return False


def _one_by_one(owned: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    return torch.cat([draw(owned, tuple(value[i : i + 1] for value in inputs)) for i in range(_PICTURES)])


def draw(owned: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    """What it gives, without gradients."""
    with torch.no_grad():
        made: Tensor = owned(*inputs)
    return made


def _same(left: Tensor, right: Tensor) -> bool:
    if left.shape != right.shape:
        return False
    scale = max(1.0, float(left.abs().nan_to_num().max()))
    return bool(torch.allclose(left, right, rtol=0, atol=EXPORT_ERROR * scale, equal_nan=True))


def _random_layer(module: nn.Module, owned: nn.Module, inputs: tuple[Tensor, ...]) -> str:
    """The innermost module that gives two results for one input, by its name and kind."""
    calls: list[list[tuple[str, list[Tensor], list[Tensor]]]] = []

    def keep(name: str) -> Any:
        def hook(_: nn.Module, given: tuple[object, ...], made: object) -> None:
            tensors = [value.clone() for value in given if isinstance(value, Tensor)]
            calls[-1].append((name, tensors, [made.clone()] if isinstance(made, Tensor) else []))

        return hook

    named = [
        (f"{name} ({type(part).__name__})" if name else type(part).__name__, part)
        for name, part in module.named_modules()
        if not isinstance(part, torch.jit.ScriptModule)  # which take no hooks
    ]
    handles = [part.register_forward_hook(keep(name)) for name, part in named]
    try:
        for _ in range(2):
            calls.append([])
            draw(owned, inputs)
    finally:
        for handle in handles:
            handle.remove()
    for (name, given, made), (_, given_again, made_again) in zip(*calls, strict=False):
        pairs = [*zip(given, given_again, strict=False)]
        if all(torch.equal(a, b) for a, b in pairs) and not all(map(torch.equal, made, made_again)):
            return str(name)
    return type(module).__name__
