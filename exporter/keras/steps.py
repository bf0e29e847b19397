"""One torch layer made from a Keras layer, with the conversion of its weights, and Keras' activations.

LeakyReLU's slope is 0.3 as a layer (`alpha` in Keras 2, `negative_slope` in Keras 3) and 0.2 as the function
'leaky_relu'; torch's own default is 0.01 (documentation of Keras and TensorFlow, measured in both).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.layers.activations import ACTIVATIONS, activation

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


LAYER_SLOPE = 0.3
# As everywhere; a hard sigmoid is not the same in Keras 2 and 3, and a file does not say which it means.
_FUNCTIONS = tuple(name for name in ACTIVATIONS if name not in ("none", "hard_sigmoid"))
_LAYERS = ("LeakyReLU", "ReLU", "ELU", "Activation")


def activation_argument(fields: Fields) -> nn.Module | None:
    """The module for the layer's `activation`; None where it is linear or missing.

    Raises:
        BadInputFile: an activation that is not known, or a user's own.
    """
    value = fields.values.get("activation")
    if isinstance(value, Mapping):
        class_name, config = value.get("class_name"), value.get("config")
        if class_name in _LAYERS and isinstance(config, Mapping):
            return activation_layer(Fields(fields.name, str(class_name), config))
        # Keras 3 writes a function as {"class_name": "function", "config": its name}.
        value = config if class_name == "function" else class_name
    return _function(fields, value)


def _function(fields: Fields, name: Any) -> nn.Module | None:
    if name is None:
        return None
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise fields.wrong("activation", f"one of: {', '.join(_FUNCTIONS)}")
    return activation(name)


def activation_layer(fields: Fields) -> nn.Module | None:
    """The module for a layer of class LeakyReLU, ReLU, ELU or Activation."""
    if fields.class_name == "Activation":
        return activation_argument(fields)
    if fields.class_name == "LeakyReLU":
        return nn.LeakyReLU(fields.number("negative_slope", fields.number("alpha", LAYER_SLOPE)))
    if fields.class_name == "ELU":
        return nn.ELU(fields.number("alpha", 1.0))
    fields.require("max_value", None, 6)
    fields.require("threshold", None, 0)
    if fields.values.get("max_value") == 6:
        fields.require("negative_slope", None, 0)
        return nn.ReLU6()
    slope = 0.0 if fields.values.get("negative_slope") is None else fields.number("negative_slope", 0.0)
    return nn.LeakyReLU(slope) if slope else nn.ReLU()


class Reshape(nn.Module):
    """Keras' Reshape: values are counted in [h, w, c] order, whereas torch keeps [c, h, w].

    Viewing a vector straight as [c, h, w] would have the right shape and scramble the picture.
    """

    def __init__(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        """[n, features] or [n, c, h, w] -> the same."""
        if len(self.before) == 3:
            x = x.permute(0, 2, 3, 1)
        x = x.reshape(-1, *self.after)
        return x.permute(0, 3, 1, 2) if len(self.after) == 3 else x

    def extra_repr(self) -> str:
        return f"{self.before} -> {self.after}, height, width, channels"


class Crop(nn.Module):
    """Cropping2D: [n, c, H, W] -> [n, c, height, width], from row `top` and column `left` on."""

    def __init__(self, top: int, left: int, height: int, width: int) -> None:
        super().__init__()
        self.rows = slice(top, top + height)
        self.columns = slice(left, left + width)

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, self.rows, self.columns]
