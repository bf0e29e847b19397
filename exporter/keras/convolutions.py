"""Conv2D and Conv2DTranspose, with Keras' padding for every kernel and stride.

Layouts (Keras -> torch): Conv2D kernel [kh, kw, in, out] -> [out, in, kh, kw]; Conv2DTranspose kernel
[kh, kw, out, in] -> [in, out, kh, kw]: the same permutation with another meaning, and nothing is flipped.
"""

from __future__ import annotations

from torch import Tensor, nn

from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.keras.padding import same_padding, transposed_axis
from ganrt.exporter.keras.steps import Shape, Step, Tensors, activated, map_shape, with_bias


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
