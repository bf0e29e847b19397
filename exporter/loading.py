"""Strict loading, shared by all families: every key that is missing, unexpected or misshapen is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn

from ganrt.errors import BadInputFile
from ganrt.exporter.source import State

_COUNTER = "num_batches_tracked"  # a training counter that torch before 0.4.1 did not write; it changes no picture
_VARIANCES = ("running_var", "running_vars", "stored_var", "standing_vars", "variances")
_LONGEST = 8000  # all keys of a real generator fit; a file with a million keys must not fill the terminal


def load_strictly(
    make: Callable[[], nn.Module], state: State, what: str, spell: Callable[[str], str] = str
) -> nn.Module:
    """Makes a module and gives it `state`'s tensors: eval mode, float32, no gradients.

    Args:
        make: builds the module; it runs on the meta device, so that shapes read from a hostile file cost nothing.
        what: names the expected network in errors.
        spell: the module's keys -> those of `state`.

    Raises:
        BadInputFile: keys or shapes differ, or a running variance is negative.
    """
    with torch.device("meta"):
        module = make()
    own = module.state_dict()
    expected = {spell(key): tuple(tensor.shape) for key, tensor in own.items() if not key.endswith(_COUNTER)}
    given = {key: tensor for key, tensor in state.items() if not key.endswith(_COUNTER)}
    require_fit(expected, given, what)
    check_variances(given)
    counter = torch.zeros((), dtype=torch.int64)
    found = {key: counter.clone() if key.endswith(_COUNTER) else given[spell(key)] for key in own}
    module.load_state_dict(found, strict=True, assign=True)
    return module.eval().requires_grad_(False)


def require_fit(expected: Mapping[str, Sequence[int]], given: State, what: str) -> None:
    """Raises BadInputFile that names every key of `given` that is not float of the shape in `expected`."""
    problems = _problems(expected, given)
    if problems:
        raise BadInputFile(
            f"does not fit {what}\n{_clip('; '.join(problems))}\nif it is another network, say which with --family"
        )


def _problems(expected: Mapping[str, Sequence[int]], given: State) -> list[str]:
    missing = [key for key in expected if key not in given]
    unexpected = [key for key in given if key not in expected]
    misshapen = [
        f"{key} {list(given[key].shape)}, expected {list(shape)}"
        for key, shape in expected.items()
        if key in given and tuple(given[key].shape) != tuple(shape)
    ]
    integers = [key for key in expected if key in given and not given[key].is_floating_point()]
    groups = {"missing": missing, "unexpected": unexpected, "wrong shape": misshapen, "not floats": integers}
    return [f"{name}: {', '.join(keys)}" for name, keys in groups.items() if keys]


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


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


def check_variances(state: State) -> None:
    """Raises BadInputFile for a running variance that is negative."""
    for key, tensor in state.items():
        if key.endswith(_VARIANCES) and bool((tensor < 0).any()):
            raise BadInputFile(f"tensor {key!r} has negative variances\nexport another checkpoint: this one is damaged")
