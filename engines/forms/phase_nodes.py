"""Phases -> nodes: convolutions of the small input, then the interleaving of their channels into pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import product

import numpy as np
import onnx_ir as ir

from ganrt.engines.forms.phases import Axis, Phase, with_common_window
from ganrt.graphs.convolution import Convolution, Matrix
from ganrt.graphs.passes import LeftAlone
from ganrt.graphs.values import Replacement, sides

_LAST = np.iinfo(np.int64).max
FEW_OUTPUTS = 16  # outputs that one convolution computes side by side anyway: a vector register of float32


class Layout(Enum):
    """How phases become convolutions.

    `SPLIT`: one for each phase, with exactly its taps. `MERGED`: one with stride^2 times the outputs and the smallest
    window that holds all phases; 2.25 times the MACs of the split one for kernel 4, stride 2. `MIXED`: merged where
    that costs nothing (equal windows, or so few outputs that they fit one vector), else split.
    """

    SPLIT = "split"
    MERGED = "merged"
    MIXED = "mixed"


@dataclass(frozen=True)
class PhaseForm:
    """A layer in phases: `weight` float64 [out, in, h, w], of which each phase takes its taps; two axes; a layout."""

    weight: Matrix
    rows: Axis
    columns: Axis
    layout: Layout

    @property
    def merged(self) -> bool:
        """Whether one convolution computes all phases."""
        if self.layout is not Layout.MIXED:
            return self.layout is Layout.MERGED
        few = self.weight.shape[0] * self.rows.stride * self.columns.stride <= FEW_OUTPUTS
        return few or (_same_windows(self.rows) and _same_windows(self.columns))


def add_phases(new: Replacement, convolution: Convolution, form: PhaseForm) -> ir.Value:
    """Adds the nodes; returns the picture. Raises LeftAlone, before anything is added, if no node can interleave."""
    stride = (form.rows.stride, form.columns.stride)
    source = sides(convolution.x)
    if stride[0] != stride[1] and source is None:
        raise LeftAlone(f"its strides {stride[0]} and {stride[1]} differ, and its picture's size is not fixed")
    if stride == (1, 1):
        made = _convolution(new, convolution, form, form.rows.phases[0], form.columns.phases[0], "convolution")
    elif form.merged:
        made = _merged(new, convolution, form)
    else:
        made = _split(new, convolution, form)
    channels = len(form.weight)
    if stride[0] != stride[1]:
        assert source is not None
        size = (source[0] + form.rows.more, source[1] + form.columns.more)
        made = _interleave_unequal(new, made, channels, stride, size)
    elif stride != (1, 1):
        made = new.op("DepthToSpace", [made], "pixels", {"blocksize": stride[0], "mode": "DCR"})
    return crop(new, made, form.rows.crop, form.columns.crop)


def _same_windows(axis: Axis) -> bool:
    return len({phase.pads for phase in axis.phases}) == 1


def _kernel(weight: Matrix, row: Phase, column: Phase) -> Matrix:
    kernel: Matrix = np.einsum("yt,xu,oitu->oiyx", row.taps, column.taps, weight)
    return kernel


def _split(new: Replacement, convolution: Convolution, form: PhaseForm) -> ir.Value:
    pairs = product(enumerate(form.rows.phases), enumerate(form.columns.phases))
    parts = [_convolution(new, convolution, form, row, column, f"phase{a}{b}") for (a, row), (b, column) in pairs]
    return new.op("Concat", parts, "phases", {"axis": 1})


def _merged(new: Replacement, convolution: Convolution, form: PhaseForm) -> ir.Value:
    rows, columns = with_common_window(form.rows), with_common_window(form.columns)
    pairs = list(product(rows.phases, columns.phases))
    weight = np.concatenate([_kernel(form.weight, row, column) for row, column in pairs])
    bias = None if convolution.bias is None else np.tile(convolution.bias, len(pairs))
    return _node(new, convolution, weight, bias, (rows.phases[0].pads, columns.phases[0].pads), "phases")


def _convolution(
    new: Replacement, convolution: Convolution, form: PhaseForm, row: Phase, column: Phase, part: str
) -> ir.Value:
    weight = _kernel(form.weight, row, column)
    return _node(new, convolution, weight, convolution.bias, (row.pads, column.pads), part)


def _node(
    new: Replacement,
    convolution: Convolution,
    weight: Matrix,
    bias: Matrix | None,
    pads: tuple[tuple[int, int], tuple[int, int]],
    part: str,
) -> ir.Value:
    (top, bottom), (left, right) = pads
    inputs = [convolution.x, new.weight(f"{part}.weight", weight.astype(convolution.dtype))]
    if bias is not None:
        inputs.append(new.weight(f"{part}.bias", bias.astype(convolution.dtype)))
    attributes = {"kernel_shape": weight.shape[2:], "pads": [top, left, bottom, right], "strides": [1, 1]}
    return new.op("Conv", inputs, part, attributes)


def _interleave_unequal(
    new: Replacement, phases: ir.Value, channels: int, stride: tuple[int, int], size: tuple[int, int]
) -> ir.Value:
    """What DepthToSpace cannot: [n, (a, b, c), h, w] -> [n, c, (h, a), (w, b)] with another count of a than of b."""
    apart = new.weight("apart", np.asarray([-1, *stride, channels, *size], np.int64))
    pixels = [-1, channels, size[0] * stride[0], size[1] * stride[1]]
    together = new.weight("together", np.asarray(pixels, np.int64))
    made = new.op("Reshape", [phases, apart], "reshaped")
    made = new.op("Transpose", [made], "interleaved", {"perm": [0, 3, 4, 1, 5, 2]})
    return new.op("Reshape", [made, together], "pixels")


def crop(new: Replacement, value: ir.Value, bottom: int, right: int) -> ir.Value:
    """Without the last `bottom` rows and `right` columns."""
    if not bottom and not right:
        return value
    ends = [-crop if crop else _LAST for crop in (bottom, right)]
    indices = {"starts": [0, 0], "ends": ends, "axes": [2, 3]}
    inputs = [new.weight(part, np.asarray(numbers, np.int64)) for part, numbers in indices.items()]
    return new.op("Slice", [value, *inputs], "cropped")
