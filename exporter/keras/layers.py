"""Keras layers -> torch layers: one function a class, from the layer's JSON and its input's shape to `Step`s.

Dense kernels [in, out] become torch's [out, in]; convolutions are in `convolutions`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from ganrt.exporter.keras.activations import activation_layer
from ganrt.exporter.keras.convolutions import convolution, transposed
from ganrt.exporter.keras.fields import AS_ONNX, Fields
from ganrt.exporter.keras.shaping import Crop, Reshape
from ganrt.exporter.keras.steps import Shape, Step, Tensors, activated, map_shape, pointwise, with_bias

MAX_VALUES = 2**28  # of one activation, so that shapes from a hostile file cost nothing


def layer_steps(fields: Fields, shape: Shape) -> list[Step]:
    """The steps of one layer whose input has `shape`; none for layers that only act in training.

    Raises:
        BadInputFile: a layer that is not known (Lambda and custom ones among them), or options that have no
            equivalent here; the message names the layer.
    """
    if fields.class_name not in LAYERS:
        what = "holds code, which is never run" if "Lambda" in fields.class_name else "is not known"
        raise fields.fail(what, f"one of: {', '.join(LAYERS)}\n{AS_ONNX}")
    steps = LAYERS[fields.class_name](fields, shape)
    for step in steps:
        sizes = [math.prod(step.shape), *(math.prod(each) for each in step.variables.values())]
        if max(sizes) > MAX_VALUES:
            raise fields.fail(f"makes or holds {max(sizes)} values", f"at most {MAX_VALUES}")
    return steps


def _dense(fields: Fields, shape: Shape) -> list[Step]:
    inputs, units, bias = shape[-1], fields.integer("units"), fields.flag("use_bias", True)
    fields.require("quantization_config", None)
    on_map = len(shape) == 3  # Keras applies it to the last axis: a convolution with kernel 1

    def make() -> nn.Module:
        return nn.Conv2d(inputs, units, 1, bias=bias) if on_map else nn.Linear(inputs, units, bias)

    def convert(values: Tensors) -> dict[str, Tensor]:
        kernel = values["kernel"].T.contiguous()
        return with_bias(kernel[:, :, None, None] if on_map else kernel, values)

    variables = {"kernel": (inputs, units), **({"bias": (units,)} if bias else {})}
    return activated(fields, Step(make, (*shape[:-1], units), variables, convert, features=not on_map))


def _batch_norm(fields: Fields, shape: Shape) -> list[Step]:
    fields.require("axis", -1, len(shape), [-1], [len(shape)])
    fields.require("renorm", None, False)
    count, eps = shape[-1], fields.number("epsilon", 1e-3)
    if not 0 < eps <= 10:
        raise fields.wrong("epsilon", "a number above 0 and at most 10")
    names = [name for name, used in (("gamma", "scale"), ("beta", "center")) if fields.flag(used, True)]
    variables = dict.fromkeys([*names, "moving_mean", "moving_variance"], (count,))

    def make() -> nn.Module:
        return nn.BatchNorm1d(count, eps) if len(shape) == 1 else nn.BatchNorm2d(count, eps)

    def convert(values: Tensors) -> dict[str, Tensor]:
        mean = values["moving_mean"]
        return {
            "weight": values.get("gamma", torch.ones_like(mean)),
            "bias": values.get("beta", torch.zeros_like(mean)),
            "running_mean": mean,
            "running_var": values["moving_variance"],
        }

    return [Step(make, shape, variables, convert, features=len(shape) == 1)]


def _reshape(fields: Fields, shape: Shape) -> list[Step]:
    given = fields.values.get("target_shape")
    target = list(given) if isinstance(given, list) and all(type(size) is int for size in given) else []
    if target.count(-1) == 1:
        rest = -math.prod(target)
        target = [math.prod(shape) // rest if size == -1 and rest > 0 else size for size in target]
    if len(target) not in (1, 3) or min(target) < 1 or math.prod(target) != math.prod(shape):
        raise fields.wrong("target_shape", f"[features] or [h, w, c] of {math.prod(shape)} values")
    return [reshape_step(shape, tuple(target))]


def reshape_step(before: Shape, after: Shape) -> Step:
    """Keras' Reshape, which counts values in [h, w, c] order."""
    return Step(lambda: Reshape(before, after), after)


def _flatten(fields: Fields, shape: Shape) -> list[Step]:
    fields.require("data_format", None, "channels_last")
    return [] if len(shape) == 1 else [reshape_step(shape, (math.prod(shape),))]


def _upsampling(fields: Fields, shape: Shape) -> list[Step]:
    height, width, channels = map_shape(fields, shape)
    size, mode = fields.pair("size", 2), fields.text("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise fields.wrong("interpolation", "nearest or bilinear")
    # Both take pixel centres at half integers, as torch does with align_corners=False.
    corners = False if mode == "bilinear" else None
    factor = (float(size[0]), float(size[1]))
    after = (height * size[0], width * size[1], channels)
    return [Step(lambda: nn.Upsample(scale_factor=factor, mode=mode, align_corners=corners), after)]


def _zero_padding(fields: Fields, shape: Shape) -> list[Step]:
    height, width, channels = map_shape(fields, shape)
    top, bottom, left, right = fields.margins("padding")
    after = (height + top + bottom, width + left + right, channels)
    return [Step(lambda: nn.ZeroPad2d((left, right, top, bottom)), after)]


def _cropping(fields: Fields, shape: Shape) -> list[Step]:
    height, width, channels = map_shape(fields, shape)
    top, bottom, left, right = fields.margins("cropping")
    after = (height - top - bottom, width - left - right, channels)
    if min(after) < 1:
        raise fields.wrong("cropping", f"to leave something of {height}x{width} pixels")
    return [Step(lambda: Crop(top, left, after[0], after[1]), after)]


def _activation(fields: Fields, shape: Shape) -> list[Step]:
    return pointwise(activation_layer(fields), shape)


def _training_only(_: Fields, __: Shape) -> list[Step]:
    return []


def _prelu(fields: Fields, shape: Shape) -> list[Step]:
    count = shape[-1]
    if len(shape) == 3:
        fields.require("shared_axes", [1, 2])
    kept = (1, 1, count) if len(shape) == 3 else (count,)
    return [
        Step(
            lambda: nn.PReLU(count),
            shape,
            {"alpha": kept},
            lambda v: {"weight": v["alpha"].flatten()},
            features=len(shape) == 1,
        )
    ]


LAYERS: Mapping[str, Callable[[Fields, Shape], list[Step]]] = {
    "Dense": _dense,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed,
    "BatchNormalization": _batch_norm,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "UpSampling2D": _upsampling,
    "ZeroPadding2D": _zero_padding,
    "Cropping2D": _cropping,
    "LeakyReLU": _activation,
    "ReLU": _activation,
    "ELU": _activation,
    "PReLU": _prelu,
    "Activation": _activation,
    "Dropout": _training_only,
    "SpatialDropout2D": _training_only,
    "GaussianNoise": _training_only,
}


def in_channel_order(steps: list[Step], before: Shape, after: Shape) -> list[Step]:
    """`steps` followed by Keras' Reshape of `before` to `after`, without a transpose at run time where possible.

    Where a Dense made the vector and only batch norms and activations follow it, its outputs can be computed in
    [c, h, w] order to begin with: the rows of its weights and the values of each norm are reordered once, here.
    """
    start = len(steps)
    while start > 0 and steps[start - 1].features and "kernel" not in steps[start - 1].variables:
        start -= 1
    dense = start > 0 and steps[start - 1].features
    if not dense or len(before) != 1 or len(after) != 3:
        return [*steps, reshape_step(before, after)]
    height, width, channels = after
    reordered = [replace(step, reorder=after if step.variables else None) for step in steps[start - 1 :]]
    view = Step(lambda: nn.Unflatten(1, (channels, height, width)), after)
    return [*steps[: start - 1], *reordered, view]
