"""A chain of Keras layers with its weights -> a torch module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.keras.config import Chain
from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.keras.layers import in_channel_order, layer_steps
from ganrt.exporter.keras.matching import values_by_step
from ganrt.exporter.keras.shaping import Crop, Reshape
from ganrt.exporter.keras.state import Origin
from ganrt.exporter.keras.steps import Shape, Step
from ganrt.exporter.source import State

_CHANNELS = (1, 3, 4)
_MOVES_ONLY = (nn.Unflatten, Reshape, Crop)  # what may follow the last activation without changing its range


class KerasGenerator(nn.Module):
    """z float32 [n, dim] -> float32 [n, c, h, w]; `layers` is one Sequential, so that batch norms can be folded."""

    def __init__(self, input_shape: Shape, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        if self.input_shape[:-1] == (1, 1):  # one pixel: nothing to transpose
            z = z[:, :, None, None]
        elif len(self.input_shape) == 3:
            z = z.reshape(-1, *self.input_shape).permute(0, 3, 1, 2)
        return cast(Tensor, self.layers(z))


@dataclass(frozen=True)
class Network:
    """A built generator.

    Attributes:
        module: eval mode, float32.
        dim: of the latent. shape: (height, width, channels) of the picture.
        last: what the last activation is; None for any other, or none.
        policies: the dtype policies that the layers were trained under. classes: how many it takes weights of.
    """

    module: nn.Module
    dim: int
    shape: tuple[int, int, int]
    last: Literal["tanh", "sigmoid"] | None
    policies: frozenset[str]
    classes: int = 0


def generator_of(chain: Chain, state: State) -> tuple[Chain, State, tuple[str, ...]]:
    """Of a whole GAN, whose picture goes into a nested discriminator, the generator with its weights; others as they
    are. And what there is to say."""
    first = chain.layers[0].within[:1] if chain.layers else ()
    inside = [layer for layer in chain.layers if layer.within[:1] == first]
    if not first or len(inside) == len(chain.layers) or is_picture(_end(chain)):
        return chain, state, ()
    generator = Chain(chain.input_shape, tuple(inside))
    if not is_picture(_end(generator)):
        return chain, state, ()
    counted, name = first[0]
    kept = {key: tensor for key, tensor in state.items() if key.startswith((f"layers/{counted}/", f"{name}/"))}
    left = dict.fromkeys(la.within[0][1] if la.within else la.name for la in chain.layers[len(inside) :])
    return generator, kept, (f"a whole GAN: its generator {name!r} taken; left: {', '.join(left)[:200]}",)


def _end(chain: Chain) -> Shape:
    _, steps = _lay_out(chain)
    return steps[-1].shape if steps else chain.input_shape


def is_picture(shape: Shape) -> bool:
    """Whether a shape is (height, width, 1, 3 or 4)."""
    return len(shape) == 3 and shape[2] in _CHANNELS


def build_network(chain: Chain, state: State, origin: Origin, what: str) -> Network:
    """Args: what: names the expected network in errors.

    Raises:
        BadInputFile: a layer that is not known, weights that do not fit, or no picture at the end.
    """
    layers, steps = _lay_out(chain)
    if not steps or not is_picture(steps[-1].shape):
        shape = list(steps[-1].shape) if steps else list(chain.input_shape)
        raise BadInputFile(f"draws {shape} values\nexpected a picture [h, w, c] of 1, 3 or 4 channels")
    values = values_by_step(layers, state, origin, what)
    converted = {
        f"layers.{i}.{key}": tensor
        for i, step in enumerate(steps)
        if step.variables
        for key, tensor in step.state(values[id(step)]).items()
    }
    module = load_strictly(lambda: _make(chain.input_shape, steps), converted, what)
    height, width, channels = steps[-1].shape
    dim = int(torch.Size(chain.input_shape).numel())
    policies = frozenset(layer.policy() for layer in chain.layers)
    return Network(module, dim, (height, width, channels), last_activation(steps), policies)


def _lay_out(chain: Chain) -> tuple[list[tuple[Fields, list[Step]]], list[Step]]:
    """Each layer with its steps, and all steps in order; the same `Step` objects in both."""
    steps: list[Step] = []
    counts: list[tuple[Fields, int]] = []
    for layer in chain.layers:
        shape = steps[-1].shape if steps else chain.input_shape
        made = layer_steps(layer, shape)
        if layer.class_name == "Reshape":
            steps = in_channel_order(steps, shape, made[0].shape)
        else:
            steps += made
        counts.append((layer, len(made)))
    layers, start = [], 0
    for layer, count in counts:
        layers.append((layer, steps[start : start + count]))
        start += count
    return layers, steps


def _make(input_shape: Shape, steps: Sequence[Step]) -> nn.Module:
    return KerasGenerator(input_shape, [step.make() for step in steps])


def last_activation(steps: Sequence[Step]) -> Literal["tanh", "sigmoid"] | None:
    """What the last of the steps that do more than move values is; None for any other."""
    with torch.device("meta"):
        modules = [step.make() for step in steps]
    while modules and isinstance(modules[-1], _MOVES_ONLY):
        modules.pop()
    if isinstance(modules[-1], nn.Tanh):
        return "tanh"
    return "sigmoid" if isinstance(modules[-1], nn.Sigmoid) else None
