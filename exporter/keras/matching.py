"""Which keys of a file belong to which layer, and strictly so: every missing or unexpected one is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from ganrt.exporter.keras.fields import Fields, Within, class_names
from ganrt.exporter.keras.steps import Step
from ganrt.exporter.loading import require_fit
from ganrt.exporter.source import Origin, State

Network = Sequence[tuple[Fields, Sequence[Step]]]  # each layer with its steps


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
        owners = [name for name, (_, steps) in zip(_class_owners(network), network, strict=True) if _owns(steps)]
    elif origin.naming == "name":
        owners = ["/".join([*(name for _, name in layer.within), layer.name]) for layer, _ in owning]
    else:
        spare = [f"layer_with_weights-{k} ({layer.name})" for k, (layer, _) in enumerate(owning)]
        owners = [*origin.owners, *spare[len(origin.owners) :]]
    found = []
    for owner, (_, step) in zip(owners, owning, strict=False):
        # Files that count variables do so in the order of `get_weights`.
        names = {n: f"{owner}/{i if origin.naming == 'class' else n}" for i, n in enumerate(step.variables)}
        found.append((step, names))
    return found


def _class_owners(network: Network) -> list[str]:
    """Where `.weights.h5` has each layer's variables; each nested model counts its classes anew."""
    counted: dict[Within, Iterator[str]] = {
        within: iter(class_names([layer.class_name for layer, _ in network if layer.within == within]))
        for within in {layer.within for layer, _ in network}
    }
    return [
        "".join(f"layers/{model}/" for model, _ in layer.within) + f"layers/{next(counted[layer.within])}/vars"
        for layer, _ in network
    ]


def _owns(steps: Sequence[Step]) -> bool:
    return any(step.variables for step in steps)


def kernels(state: Mapping[str, Tensor], owners: Sequence[str], last: str) -> list[tuple[str, Tensor]]:
    """(owner, kernel) of the layers that have one; `last` is the kernel's name, or 0 where variables are counted."""
    return [(o, state[f"{o}/{last}"]) for o in owners if f"{o}/{last}" in state and state[f"{o}/{last}"].ndim > 1]
