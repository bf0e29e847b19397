"""The last layer of a large picture, and all that is done to single pixels before it, in strips of rows.

The last block of BigGAN-deep-512 writes and reads 128 channels of 512x512 pixels (134 MB in float32) once for each of
upsampling, addition, norm and activation: it waits for memory. In strips that fit a cache the same numbers are
computed by the same operators, and only what goes in (before upsampling) and the few outputs pass through memory.

Exact: output row i of a convolution with stride 1 reads rows i - top to i - top + kernel - 1; strips overlap by
kernel - 1 rows, the picture's padding stays with the first and the last. Above the convolution every row is computed
from the same row, or under nearest upsampling by s from row floor(row / s); so strips begin and end at multiples of s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, lcm

import numpy as np
import onnx_ir as ir

from ganrt.engines.forms.exchange import BINARY, UNARY, is_pointwise
from ganrt.engines.forms.phase_nodes import FEW_OUTPUTS
from ganrt.engines.forms.upsampling import nearest_scale
from ganrt.graphs.convolution import Convolution, read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import (
    Replacement,
    attribute,
    constant,
    dims,
    has_sides,
    input_of,
    is_operator,
    only_consumer,
    sides,
)

STRIP_BYTES = 8 << 20  # of the map that the convolution reads; a half and a quarter are no faster, twice is slower


class StripRows(GraphPass):
    """Convolutions of few outputs behind two or more operators on single pixels, where the map is large.

    Args:
        largest: bytes of one picture's strip; a map of no more is left as it is.
    """

    starts_at = ("Conv",)
    needs_shapes = True

    def __init__(self, largest: int = STRIP_BYTES) -> None:
        super().__init__()
        self._largest = largest

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        stored, shape = constant(input_of(node, 1)), dims(input_of(node, 0))
        if stored is None or stored.ndim != 4 or len(stored) > FEW_OUTPUTS or attribute(node, "group", 1) != 1:
            return False
        if shape is None or len(shape) != 4 or None in shape[1:]:
            return False
        count = ceil(stored.itemsize * int(np.prod([side or 1 for side in shape[1:]])) / self._largest)
        above = _Above(node)
        if count < 2 or len(above.nodes) < 2:
            return False
        convolution = read_convolution(node)
        source = sides(convolution.x)
        assert source is not None
        strips = _strips(convolution, source[0], count, above.step)
        if len(strips) < 2:
            return False
        new = Replacement(node)
        parts = [_strip(new, above, strip) for strip in strips]
        new.finish(new.op("Concat", parts, "strips", {"axis": 2}))
        return True


@dataclass(frozen=True)
class Strip:
    """Rows `first` to `end` (exclusive) of what the convolution reads, and its padding above and below them."""

    first: int
    end: int
    top: int
    bottom: int


def _strips(convolution: Convolution, height: int, count: int, step: int) -> list[Strip]:
    """About `count` strips of equal height that read whole multiples of `step` rows."""
    kernel, (top, bottom) = convolution.kernel[0], convolution.pads[0]
    if convolution.strides != (1, 1) or max(top, bottom) >= kernel or kernel > height:
        raise LeftAlone("in strips it would need strides of 1, and padding less than its kernel")
    if (kernel - 1) % step:
        raise LeftAlone(f"its strips would cut the {step} copies of a row apart")
    outputs = height + top + bottom - kernel + 1
    even = [outputs * i // count for i in range(1, count)]
    cuts = sorted({cut - (cut - top) % step for cut in even} - {0})
    bounds = [0, *(cut for cut in cuts if 0 < cut < outputs), outputs]
    reads = [(begin - top, end - top + kernel - 1) for begin, end in pairwise(bounds)]
    return [Strip(max(0, a), min(height, b), max(0, -a), max(0, b - height)) for a, b in reads]


class _Above:
    """The operators on single pixels above a convolution that nothing else reads, and where they begin.

    Attributes:
        layer: the convolution.
        nodes: they.
        step: rows that belong together because upsampling made them of one.
    """

    def __init__(self, layer: ir.Node) -> None:
        self.layer = layer
        self.nodes: set[ir.Node] = set()
        self.step = 1
        self._find(layer.inputs[0], layer)

    def _find(self, value: ir.Value | None, reader: ir.Node) -> None:
        node = value.producer() if value is not None and only_consumer(value) is reader else None
        if node is None:
            return
        scale = nearest_scale(node)
        if scale is not None:
            self.step = lcm(self.step, scale[0])
            self.nodes.add(node)
        elif _is_of_single_pixels(node):
            self.nodes.add(node)
            for other in maps_of(node):
                self._find(other, node)


def maps_of(node: ir.Node) -> list[ir.Value]:
    """The inputs of an operator on single pixels that are maps; the others are the same for all pixels."""
    read = node.inputs if is_operator(node, *BINARY) else node.inputs[:1]
    return [value for value in read if value is not None and has_sides(value)]


def _is_of_single_pixels(node: ir.Node) -> bool:
    if len(node.outputs) != 1:
        return False
    if is_operator(node, "Conv"):
        return is_pointwise(node)
    if is_operator(node, "BatchNormalization"):
        return not attribute(node, "training_mode", 0)
    if is_operator(node, *BINARY):
        made = sides(node.outputs[0])
        return made is not None and all(sides(value) == made for value in maps_of(node))
    return is_operator(node, *UNARY)


def _strip(new: Replacement, above: _Above, strip: Strip) -> ir.Value:
    """The convolution's output rows for one strip."""
    layer = above.layer
    assert layer.inputs[0] is not None
    made = _rows(new, above, layer.inputs[0], strip.first, strip.end)
    pads = list(attribute(layer, "pads", (0, 0, 0, 0)))
    pads[0], pads[2] = strip.top, strip.bottom
    attributes = {name: attribute(layer, name, None) for name in layer.attributes}
    return new.op("Conv", [made, *layer.inputs[1:]], "strip", {**attributes, "pads": pads})


def _rows(new: Replacement, above: _Above, value: ir.Value, first: int, end: int) -> ir.Value:
    """Rows of a map: computed where its operator is one of those, else taken from the whole."""
    node = value.producer()
    if node is None or node not in above.nodes:
        return _slice(new, value, first, end)
    scale = nearest_scale(node)
    if scale is not None:
        assert node.inputs[0] is not None
        source = _slice(new, node.inputs[0], first // scale[0], end // scale[0])
        return _upsample(new, source, scale)
    maps = maps_of(node)
    inputs = [_rows(new, above, i, first, end) if i is not None and i in maps else i for i in node.inputs]
    return new.copy(node, inputs, "rows")


def _upsample(new: Replacement, value: ir.Value, scale: Sequence[int]) -> ir.Value:
    """By scales: sizes, if the node has them, are those of the whole picture."""
    scales = new.weight("scales", np.asarray([1, 1, *scale], np.float32))
    mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return new.op("Resize", [value, None, scales], "upsampled", mode)


def _slice(new: Replacement, value: ir.Value, first: int, end: int) -> ir.Value:
    numbers = {"first": first, "end": end, "axis": 2}
    inputs = [new.weight(part, np.asarray([number], np.int64)) for part, number in numbers.items()]
    return new.op("Slice", [value, *inputs], "taken")
