"""ONNX -> a drawer's program: plain chains of layers, and what the bundled models have besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from ganrt.engines.drawer import layers
from ganrt.engines.drawer.lowering import (
    Lowering,
    NoDrawerError,
    Operand,
    Rule,
    Shape,
    Value,
    array_of,
    attribute,
    ints_of,
    number_of,
    value_of,
    word,
)
from ganrt.engines.drawer.program import Dims, Program
from ganrt.graphs.reader import Graph, Node, Weight
from ganrt.spec import GeneratorSpec


def lower(graph: Graph, spec: GeneratorSpec) -> Program:
    """The program of a generator's portable graph.

    Raises:
        NoDrawerError: an operator, or a use of one, that the built-in drawer does not know; the message names it.
    """
    return Lowering(graph, spec, _RULES).program


# Element by element


def _binary(name: str) -> Rule:
    def rule(at: Lowering, _: Node, given: list[Operand | None]) -> Operand:
        one, two = given
        assert one is not None
        assert two is not None
        return at.binary(name, one, two)

    return rule


def _unary(name: str, *defaults: tuple[str, float]) -> Rule:
    def rule(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
        return at.unary(name, value_of(given[0]), *(attribute(node, *default) for default in defaults))

    return rule


def _clip(at: Lowering, _: Node, given: list[Operand | None]) -> Operand:
    low, high = (*given, None, None)[1:3]
    return at.unary("clip", value_of(given[0]), number_of(low, -3.4e38), number_of(high, 3.4e38))


# Shapes


def _same(_: Lowering, __: Node, given: list[Operand | None]) -> Operand:
    assert given[0] is not None
    return given[0]


def _cast(_: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    if node.attributes.get("to") not in (1, 2):
        raise NoDrawerError("expected a cast to float or, at the end, to uint8")
    return value_of(given[0])


def _reshaped(at: Lowering, value: Value, shape: Shape) -> Value:
    if prod(shape) != value.buffer.size:
        raise NoDrawerError(f"shape {['n', *shape]} of {value.buffer.size} values")
    if value.image and len(shape) in (2, 3) and shape[0] == value.shape[0]:
        return replace(value, shape=shape)
    return replace(at.as_flat(value), shape=shape)


def _reshape(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    if isinstance(given[0], np.ndarray):
        return given[0].reshape(ints_of(given[1]))
    value, wanted = value_of(given[0]), ints_of(given[1])[1:]
    if not attribute(node, "allowzero", 0):
        wanted = [dim or value.shape[k] for k, dim in enumerate(wanted)]
    known = prod(dim for dim in wanted if dim != -1)
    return _reshaped(at, value, tuple(value.buffer.size // known if dim == -1 else dim for dim in wanted))


def _unsqueeze(at: Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value, axes = value_of(given[0]), ints_of(given[1])
    rank = len(value.shape) + 1 + len(axes)
    shape = list(value.shape)
    for axis in sorted(axis % rank for axis in axes):
        shape.insert(axis - 1, 1)
    return _reshaped(at, value, tuple(shape))


def _flatten(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    assert attribute(node, "axis", 1) == 1
    value = value_of(given[0])
    return _reshaped(at, value, (value.buffer.size,))


def _squeeze(at: Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value = value_of(given[0])
    axes = {axis % (len(value.shape) + 1) for axis in ints_of(given[1])}
    return _reshaped(at, value, tuple(dim for k, dim in enumerate(value.shape, 1) if k not in axes))


def _transpose(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    """To the layout of pictures, and back: the order that values have here anyway."""
    value, perm = value_of(given[0]), node.attributes["perm"]
    if perm == (0, 2, 3, 1):
        image = at.as_image(value)
        return Value(image.buffer, image.dims, image=False)
    if perm == (0, 3, 1, 2):
        height, width, channels = at.as_flat(value).shape
        return Value(at.as_flat(value).buffer, (channels, height, width), image=True)
    raise NoDrawerError(f"the order {perm}")


def _memory(value: Value, sizes: Sequence[int]) -> Dims:
    """Sizes by ONNX's axes (without the batch) in the order in which a value is stored."""
    return Value(value.buffer, tuple(sizes), value.image).dims


def _offsets(value: Value, starts: Sequence[int]) -> Dims:
    """The same of positions: missing ones are 0."""
    one, two, three = (place - 1 for place in _memory(value, [start + 1 for start in starts]))
    return one, two, three


def _slice(at: Lowering, __: Node, given: list[Operand | None]) -> Operand:
    value = value_of(given[0])
    starts, ends = ints_of(given[1]), ints_of(given[2])
    axes = ints_of(given[3]) if len(given) > 3 and given[3] is not None else list(range(len(starts)))
    steps = ints_of(given[4]) if len(given) > 4 and given[4] is not None else [1] * len(starts)
    if set(steps) - {1}:
        raise NoDrawerError("expected steps of 1")
    low, high = [0] * len(value.shape), [*value.shape]
    for start, end, axis in zip(starts, ends, axes, strict=True):
        k = axis % (len(value.shape) + 1) - 1
        if k < 0:
            raise NoDrawerError("it cuts the batch")
        low[k], high[k], _ = slice(start, end).indices(value.shape[k])
    shape = tuple(stop - start for start, stop in zip(low, high, strict=True))
    made = at.new(shape, value.image)
    at.copy(value, _offsets(value, low), made.dims, made, (0, 0, 0))
    return made


def _pad(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, pads = value_of(given[0]), ints_of(given[1])
    if word(node, "mode", "constant") != "constant" or (len(given) > 3 and given[3] is not None):
        raise NoDrawerError("expected a constant around all axes")
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if before[0] or after[0] or min(pads) < 0:
        raise NoDrawerError("it pads the batch, or less than nothing")
    shape = tuple(dim + low + high for dim, low, high in zip(value.shape, before[1:], after[1:], strict=True))
    made = at.new(shape, value.image)
    fill = number_of(given[2] if len(given) > 2 else None, 0.0)
    at.emit("fill", (made.buffer, made.buffer.size, fill), [], made.buffer)
    at.copy(value, (0, 0, 0), value.dims, made, _offsets(made, before[1:]))
    return made


def _concat(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    values = [value_of(one) for one in given]
    image = any(value.image for value in values)
    values = [at.as_image(value) if image else value for value in values]
    k = int(attribute(node, "axis", 1)) % (len(values[0].shape) + 1) - 1
    shape = list(values[0].shape)
    shape[k] = sum(value.shape[k] for value in values)
    made = at.new(tuple(shape), image)
    start = [0] * len(shape)
    for value in values:
        at.copy(value, (0, 0, 0), value.dims, made, _offsets(made, start))
        start[k] += value.shape[k]
    return made


def _depth_to_space(at: Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, block = at.as_image(value_of(given[0])), int(attribute(node, "blocksize", 1))
    channels, height, width = value.shape
    made = at.new((channels // block**2, height * block, width * block), image=True)
    crd = int(word(node, "mode", "DCR") == "CRD")
    fields = (value.buffer, *value.dims, made.buffer, block, crd)
    at.emit("depth_to_space", fields, [value.buffer], made.buffer)
    return made


def _constant_node(_: Lowering, node: Node, __: list[Operand | None]) -> Operand:
    value = node.attributes["value"]
    assert isinstance(value, Weight)
    return array_of(value)


_RULES: dict[str, Rule] = {
    **{name: _binary(name.lower()) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Greater", "Less")},
    **{
        name: _unary(name.lower())
        for name in ("Relu", "Tanh", "Sigmoid", "Softplus", "Round", "Neg", "Abs", "Exp", "Sqrt")
    },
    "BatchNormalization": layers.batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Constant": _constant_node,
    "Conv": layers.conv,
    "ConvTranspose": layers.conv_transpose,
    "DepthToSpace": _depth_to_space,
    "Dropout": _same,
    "Elu": _unary("elu", ("alpha", 1.0)),
    "Flatten": _flatten,
    "Gemm": layers.gemm,
    "HardSigmoid": _unary("hard_sigmoid", ("alpha", 0.2), ("beta", 0.5)),
    "Identity": _same,
    "InstanceNormalization": layers.instance_norm,
    "LeakyRelu": _unary("leaky_relu", ("alpha", 0.01)),
    "MatMul": layers.matmul,
    "PRelu": layers.prelu,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": layers.resize,
    "Selu": _unary("selu", ("alpha", 1.6732632), ("gamma", 1.050701)),
    "Slice": _slice,
    "Softsign": _unary("softsign"),
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
