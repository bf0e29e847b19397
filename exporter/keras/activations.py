"""Keras' activations as torch modules: by name, as a layer, or as a serialised object in an `activation=` argument.

LeakyReLU's slope is 0.3 as a layer (`alpha` in Keras 2, `negative_slope` in Keras 3) and 0.2 as the function
'leaky_relu'; torch's own default is 0.01 (documentation of Keras and TensorFlow, measured in both).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.layers.activations import ACTIVATIONS, activation

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
