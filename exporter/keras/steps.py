"""One torch layer made from a Keras layer, with the conversion of its weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from ganrt.exporter.keras.activations import activation_argument
from ganrt.exporter.keras.fields import Fields

Shape = tuple[int, ...]  # of one picture: (features,) or (height, width, channels)
Tensors = Mapping[str, Tensor]


def _nothing(_: Tensors) -> dict[str, Tensor]:
    return {}


@dataclass(frozen=True)
class Step:
    """One torch layer.

    Attributes:
        make: makes the module; called on the meta device.
        shape: of the output, in Keras' order.
        variables: name -> shape of the Keras variables, in the order of `get_weights`.
        convert: the Keras variables -> the module's state dict.
        features: it treats each value of a flat vector on its own (or makes them, for Dense): its weights may be
            reordered along their first axis.
        reorder: (h, w, c) if its output is to be in [c, h, w] order and not [h, w, c].
    """

    make: Callable[[], nn.Module]
    shape: Shape
    variables: Mapping[str, Shape] = field(default_factory=dict)
    convert: Callable[[Tensors], dict[str, Tensor]] = _nothing
    features: bool = False
    reorder: Shape | None = None

    def state(self, values: Tensors) -> dict[str, Tensor]:
        """The module's state dict from the Keras variables."""
        state = self.convert(values)
        if self.reorder is None:
            return state
        order = torch.arange(math.prod(self.reorder)).reshape(self.reorder).permute(2, 0, 1).flatten()
        return {key: tensor[order] for key, tensor in state.items()}


def pointwise(module: nn.Module | None, shape: Shape) -> list[Step]:
    return [] if module is None else [Step(lambda: module, shape, features=len(shape) == 1)]


def activated(fields: Fields, step: Step) -> list[Step]:
    return [step, *pointwise(activation_argument(fields), step.shape)]


def map_shape(fields: Fields, shape: Shape) -> tuple[int, int, int]:
    """Checks that the input is a picture, channels last."""
    fields.require("data_format", None, "channels_last")
    if len(shape) != 3:
        raise fields.fail(f"gets a vector of {shape[0]} values", "a feature map [n, h, w, c] before it")
    return shape[0], shape[1], shape[2]


def with_bias(weight: Tensor, values: Tensors) -> dict[str, Tensor]:
    return {"weight": weight, **({"bias": values["bias"]} if "bias" in values else {})}
