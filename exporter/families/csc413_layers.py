"""The helper layers of the CSC413 and CSC321 assignments: `conv`, `upconv` and `deconv`, each one nn.Sequential.

`conv`: [0] Conv2d with stride 2. `upconv`: [0] nearest upsampling by 2, [1] Conv2d with stride 1. `deconv` (CSC321):
[0] ConvTranspose2d with stride 2. A BatchNorm2d may follow; activations lie outside. Kernels are read from the
shapes; stride and padding are not in the file and follow from halving, or doubling, the side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from torch import nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Facts
from ganrt.exporter.source import State

Kind = Literal["conv", "upconv", "deconv"]
DEFAULT_EPS = 1e-5
# Kernel -> padding. An odd upconv keeps the side, an even conv halves it, an even deconv doubles it.
PADDINGS: dict[Kind, dict[int, int]] = {"conv": {3: 1, 4: 1, 5: 2}, "upconv": {3: 1, 5: 2, 7: 3}, "deconv": {4: 1}}
_POSITIONS: dict[Kind, int] = {"conv": 0, "upconv": 1, "deconv": 0}
_STRIDES: dict[Kind, int] = {"conv": 2, "upconv": 1, "deconv": 2}
CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Layer:
    """One helper's layer: `name` is its attribute, `position` the convolution's index within it."""

    name: str
    kind: Kind
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    bias: bool
    norm: bool

    @property
    def position(self) -> int:
        return _POSITIONS[self.kind]

    def make(self, eps: float) -> nn.Sequential:
        """The layer, on the current device; `eps` is batch norm's."""
        convolution = nn.ConvTranspose2d if self.kind == "deconv" else nn.Conv2d
        layers: list[nn.Module] = [nn.Upsample(scale_factor=2, mode="nearest")] if self.kind == "upconv" else []
        layers.append(convolution(self.inputs, self.outputs, self.kernel, self.stride, self.padding, bias=self.bias))
        if self.norm:
            layers.append(nn.BatchNorm2d(self.outputs, eps=eps))
        return nn.Sequential(*layers)


def infer_layer(
    state: State,
    name: str,
    kind: Kind,
    inputs: int,
    *,
    paddings: dict[int, int] | None = None,
    stride: int | None = None,
) -> Layer:
    """Reads one layer from its weights [out, in, k, k] (`deconv`: [in, out, k, k]).

    Args:
        inputs: the channels that the layer before it gives; strict loading compares them with the weights.
        paddings, stride: where they are not the kind's usual ones.

    Raises:
        BadInputFile: the weights are no square kernel of a known size.
    """
    position = _POSITIONS[kind]
    key = f"{name}.{position}.weight"
    shape, known = state[key].shape, paddings or PADDINGS[kind]
    if len(shape) != 4 or shape[2] != shape[3] or shape[2] not in known or 0 in shape:
        sizes = " or ".join(f"{kernel}x{kernel}" for kernel in known)
        raise BadInputFile(f"{key} has shape {list(shape)}\nexpected four dimensions, the kernel {sizes}")
    return Layer(
        name=name,
        kind=kind,
        inputs=inputs,
        outputs=shape[1] if kind == "deconv" else shape[0],
        kernel=shape[2],
        stride=stride or _STRIDES[kind],
        padding=known[shape[2]],
        bias=f"{name}.{position}.bias" in state,
        norm=any(key.startswith(f"{name}.{position + 1}.") for key in state),
    )


def require_weights(state: State, weights: Iterable[str], what: str) -> None:
    """Without these keys nothing can be inferred.

    Raises:
        BadInputFile: some are missing; names all of them, and all keys of layers that `what` does not have.
    """
    wanted = list(weights)
    missing = [key for key in wanted if key not in state]
    if missing:
        layers = {key.split(".")[0] for key in wanted}
        strange = [key for key in state if key.split(".")[0] not in layers]
        unexpected = f"; unexpected: {', '.join(strange)}" if strange else ""
        raise BadInputFile(f"does not fit {what}\nmissing: {', '.join(missing)}{unexpected}"[:8000])


def require_picture(layer: Layer) -> None:
    """The last layer must draw a picture.

    Raises:
        BadInputFile: its channels make none.
    """
    if layer.outputs not in CHANNELS:
        raise BadInputFile(f"{layer.name} makes {layer.outputs} channels\nexpected a picture of 1, 3 or 4")


def assume_layers(layers: Iterable[Layer], facts: Facts) -> float:
    """Adds what the file does not say about these layers; the norms' epsilon."""
    every = list(layers)
    usual: dict[Kind, int] = {"conv": 5, "upconv": 5, "deconv": 4}
    unusual = [layer for layer in every if layer.kernel != usual[layer.kind] and layer.kernel in PADDINGS[layer.kind]]
    for layer in unusual:
        facts.open(f"{layer.name}'s padding", str(layer.padding), f"kernel {layer.kernel}")
    if any(layer.kind == "deconv" for layer in every):
        facts.open("strides and paddings", "those that make 32 pixels")
    if not any(layer.norm for layer in every):
        return DEFAULT_EPS
    eps: float = facts.assume("norm_eps", DEFAULT_EPS)
    return eps


def sampling_notes(layers: Iterable[Layer]) -> tuple[str, ...]:
    """What else is worth saying."""
    said = "evaluation mode: the assignments' notebooks sample with batch statistics, which draws differently"
    return (said,) if any(layer.norm for layer in layers) else ()
