"""Layers in runs, joined where they meet: the one module that all chains become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

Join = Literal["concat", "add", "multiply"]


@dataclass(frozen=True)
class Layer:
    """One torch layer: `module` (on the meta device) says its kind and options, `weights` are its state dict.

    `name` is the file's, such as "main.3"; "" where it has no weights.
    """

    module: nn.Module
    weights: Mapping[str, Tensor]
    name: str = ""


@dataclass(frozen=True)
class Run:
    """Layers one after another.

    Attributes:
        name: under which later runs take what it gives.
        inputs: "z", "labels", or the names of runs before it.
        join: what becomes of several inputs: side by side (channels), their sum, or their product.
    """

    name: str
    inputs: tuple[str, ...]
    layers: tuple[Layer, ...]
    join: Join = "concat"


class Network(nn.Module):
    """z float32 [n, dim] (and labels float32 [n, count]) -> what the last run gives.

    Each run is one `nn.Sequential`, so that batch norms can be folded. `names` are the layers' names in the file.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        super().__init__()
        self.plan = [(run.name, run.inputs, run.join) for run in runs]
        layers = {f"runs.{r}.{i}": layer.name for r, run in enumerate(runs) for i, layer in enumerate(run.layers)}
        self.names = {place: name for place, name in layers.items() if name}
        self.runs = nn.ModuleList(nn.Sequential(*(layer.module for layer in run.layers)) for run in runs)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        values = {"z": z} if labels is None else {"z": z, "labels": labels}
        for (name, inputs, join), layers in zip(self.plan, self.runs, strict=True):
            values[name] = layers(joined([values[key] for key in inputs], join))
        return values[self.plan[-1][0]]


def joined(values: Sequence[Tensor], join: Join) -> Tensor:
    """Several inputs as one."""
    if len(values) == 1:
        return values[0]
    if join == "concat":
        return torch.cat(list(values), dim=1)
    total = values[0]
    for value in values[1:]:
        total = total + value if join == "add" else total * value
    return total


def weights_of(runs: Sequence[Run]) -> dict[str, Tensor]:
    """The state dict of `Network(runs)`."""
    return {
        f"runs.{r}.{i}.{key}": tensor
        for r, run in enumerate(runs)
        for i, layer in enumerate(run.layers)
        for key, tensor in layer.weights.items()
    }


class AsPixel(nn.Module):
    """[n, c] -> [n, c, 1, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, None, None]


class Rows(nn.Module):
    """Embedding whose rows are mixed: labels float32 [n, classes] -> float32 [n, dim], `labels @ weight`."""

    def __init__(self, classes: int, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, dim))

    def forward(self, labels: Tensor) -> Tensor:
        return labels @ self.weight


def picture_shape(network: nn.Module, inputs: int, classes: int) -> tuple[int, ...]:
    """The shape without the batch of what it makes of `inputs` values and `classes` weights.

    It draws a batch of no pictures, which costs nothing, or of one: instance norms take no empty batch. (The meta
    device would import torch's compiler.)
    """
    try:
        return _shape_of(network, inputs, classes, 0)
    except IndexError:
        return _shape_of(network, inputs, classes, 1)


def _shape_of(network: nn.Module, inputs: int, classes: int, count: int) -> tuple[int, ...]:
    with torch.no_grad():
        made = network(*(torch.zeros(count, size) for size in (inputs, classes) if size))
    return tuple(made.shape[1:])


def picture_of(count: int) -> tuple[int, int, int] | None:
    """A square grey or RGB picture of `count` values: (channels, height, width)."""
    for channels in (1, 3):
        side = round((count / channels) ** 0.5)
        if side > 3 and prod((channels, side, side)) == count:
            return channels, side, side
    return None
