"""Which keys of a file belong to which layer, and strictly so: every missing or unexpected one is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ganrt.exporter.families.loading import require_fit
from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.keras.state import Origin
from ganrt.exporter.keras.steps import Step
from ganrt.exporter.source import State

Network = Sequence[tuple[Fields, Sequence[Step]]]  # each layer with its steps


def snake_case(class_name: str) -> str:
    """Keras' own rule: Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def values_by_step(network: Network, state: State, origin: Origin, what: str) -> dict[int, dict[str, Tensor]]:
    """The Keras variables of each step, under the step's `id`.

    Raises:
        BadInputFile: missing, unexpected or misshapen keys, all of them named.
    """
    keys = _keys(network, origin)
    expected = {
        key: torch.empty(step.variables[name], device="meta") for step, names in keys for name, key in names.items()
    }
    require_fit(expected, state, what)
    return {id(step): {name: state[key] for name, key in names.items()} for step, names in keys}


def _keys(network: Network, origin: Origin) -> list[tuple[Step, dict[str, str]]]:
    """For each step with weights: variable -> key."""
    owning = [(layer, step) for layer, steps in network for step in steps if step.variables]
    if origin.naming == "class":
        groups = class_names([layer.class_name for layer, _ in network])
        owners = [f"layers/{name}/vars" for name, (_, steps) in zip(groups, network, strict=True) if _owns(steps)]
    elif origin.naming == "name":
        owners = [layer.name for layer, _ in owning]
    else:
        spare = [f"layer_with_weights-{k} ({layer.name})" for k, (layer, _) in enumerate(owning)]
        owners = [*origin.owners, *spare[len(origin.owners) :]]
    found = []
    for owner, (_, step) in zip(owners, owning, strict=False):
        # Files that count variables do so in the order of `get_weights`.
        names = {n: f"{owner}/{i if origin.naming == 'class' else n}" for i, n in enumerate(step.variables)}
        found.append((step, names))
    return found


def _owns(steps: Sequence[Step]) -> bool:
    return any(step.variables for step in steps)


def class_names(classes: Sequence[str]) -> list[str]:
    """conv2d, dense, conv2d_1, ...: how Keras' `.weights.h5` calls layers of these classes."""
    counts: Counter[str] = Counter()
    names = []
    for name in map(snake_case, classes):
        names.append(f"{name}_{counts[name]}" if counts[name] else name)
        counts[name] += 1
    return names


def kernels(state: Mapping[str, Tensor], owners: Sequence[str], last: str) -> list[tuple[str, Tensor]]:
    """(owner, kernel) of the layers that have one; `last` is the kernel's name, or 0 where variables are counted."""
    return [(o, state[f"{o}/{last}"]) for o in owners if f"{o}/{last}" in state and state[f"{o}/{last}"].ndim > 1]
