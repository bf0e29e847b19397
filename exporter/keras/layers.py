"""Keras layers -> torch layers: one function a class, from the layer's JSON and its input's shape to `Step`s.

Layouts (Keras -> torch): Dense kernel [in, out] -> [out, in]; Conv2D kernel [kh, kw, in, out] -> [out, in, kh, kw];
Conv2DTranspose kernel [kh, kw, out, in] -> [in, out, kh, kw]: the same permutation with another meaning, and nothing is
flipped.

'same' padding puts what is left over at the end (bottom, right), which torch's symmetric `padding` cannot say. Checked
against TensorFlow for kernels and strides in both directions (tests/fixtures/keras).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ganrt.exporter.keras.fields import AS_ONNX, Fields
from ganrt.exporter.keras.steps import (
    Crop,
    Reshape,
    Shape,
    Step,
    Tensors,
    activated,
    activation_layer,
    map_shape,
    pointwise,
    with_bias,
)

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


class ZeroLedConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution whose kernel begins with rows and columns of zeros (see `Transposed.lead`).

    `constant_zeros`: how many of its weights are those; they are neither trained nor part of what Keras computes.
    """

    constant_zeros = 0


def convolution(fields: Fields, shape: Shape) -> list[Step]:
    height, width, inputs = map_shape(fields, shape)
    _plain_convolution(fields)
    (kh, kw), strides, filters = fields.pair("kernel_size"), fields.pair("strides", 1), fields.integer("filters")
    bias = fields.flag("use_bias", True)
    steps: list[Step] = []
    if _is_same(fields):
        top, bottom, rows = same_padding(height, kh, strides[0])
        left, right, columns = same_padding(width, kw, strides[1])
    else:
        top = bottom = left = right = 0
        rows, columns = (height - kh) // strides[0] + 1, (width - kw) // strides[1] + 1
    if min(rows, columns) < 1:
        raise fields.fail(f"gets {height}x{width} pixels", f"at least its kernel's {kh}x{kw}")
    padding = (top, left)
    if (top, left) != (bottom, right):
        padded, padding = (height + top + bottom, width + left + right, inputs), (0, 0)
        steps.append(Step(lambda: nn.ZeroPad2d((left, right, top, bottom)), padded))

    def make() -> nn.Module:
        return nn.Conv2d(inputs, filters, (kh, kw), strides, padding, bias=bias)

    def convert(values: Tensors) -> dict[str, Tensor]:
        return with_bias(values["kernel"].permute(3, 2, 0, 1).contiguous(), values)

    variables = {"kernel": (kh, kw, inputs, filters), **({"bias": (filters,)} if bias else {})}
    return [*steps, *activated(fields, Step(make, (rows, columns, filters), variables, convert))]


def transposed(fields: Fields, shape: Shape) -> list[Step]:
    height, width, inputs = map_shape(fields, shape)
    _plain_convolution(fields)
    fields.require("output_padding", None)
    (kh, kw), strides, filters = fields.pair("kernel_size"), fields.pair("strides", 1), fields.integer("filters")
    bias, same = fields.flag("use_bias", True), _is_same(fields)
    y, x = transposed_axis(height, kh, strides[0], same), transposed_axis(width, kw, strides[1], same)

    def make() -> nn.Module:
        kernel, extra = (kh + y.lead, kw + x.lead), (y.output_padding, x.output_padding)
        layer = ZeroLedConvTranspose2d(inputs, filters, kernel, strides, (y.padding, x.padding), extra, bias=bias)
        layer.constant_zeros = inputs * filters * (kernel[0] * kernel[1] - kh * kw)
        return layer

    def convert(values: Tensors) -> dict[str, Tensor]:
        weight = values["kernel"].permute(3, 2, 0, 1).contiguous()
        return with_bias(nn.functional.pad(weight, (x.lead, 0, y.lead, 0)), values)

    variables = {"kernel": (kh, kw, filters, inputs), **({"bias": (filters,)} if bias else {})}
    return activated(fields, Step(make, (y.output, x.output, filters), variables, convert))


def _plain_convolution(fields: Fields) -> None:
    fields.require("dilation_rate", 1, [1, 1])
    fields.require("groups", 1)


def _is_same(fields: Fields) -> bool:
    padding = fields.text("padding", "valid").lower()
    if padding not in ("same", "valid"):
        raise fields.wrong("padding", "same or valid")
    return padding == "same"


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Conv2D: (rows before, rows after, output size); the output has ceil(size / stride) rows."""
    output = -(-size // stride)
    total = max((output - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2, output


@dataclass(frozen=True)
class Transposed:
    """One axis of an equivalent torch ConvTranspose2d.

    Attributes:
        lead: zeros put before the kernel (torch layout): makes an asymmetric crop symmetric, without a Slice. torch's
            `padding=2, output_padding=1` for (5, 2) has the same shape but moves the picture by one pixel.
        padding, output_padding: torch's.
        output: the output's size.
    """

    lead: int
    padding: int
    output_padding: int
    output: int


def transposed_axis(size: int, kernel: int, stride: int, same: bool) -> Transposed:
    """Conv2DTranspose: 'same' gives size * stride rows; 'valid' max(kernel - stride, 0) more.

    The whole result, (size - 1) * stride + kernel rows, is cropped by floor(t / 2) before and the rest of
    t = max(kernel - stride, 0) after; where the stride is larger than the kernel, rows of zeros follow.
    """
    over = max(kernel - stride, 0)
    if not same:
        return Transposed(0, 0, max(stride - kernel, 0), size * stride + over)
    before, after = over // 2, over - over // 2
    return Transposed(after - before, after, max(stride - kernel, 0), size * stride)


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
