"""ONNX -> a drawer's program: plain chains of layers, and what the bundled models have besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.drawer.program import (
    BINARY,
    INPUTS,
    UNARY,
    Buffer,
    Constant,
    Dims,
    Field,
    Instruction,
    Program,
    packed_layer,
)
from ganrt.errors import UsageError
from ganrt.graphs.reader import Graph, Node, Weight
from ganrt.spec import GeneratorSpec

F32 = NDArray[np.float32]
Shape = tuple[int, ...]
_MOST = 2**31 - 1


class NoDrawerError(UsageError):
    """The built-in drawer does not know something that the generator needs."""


@dataclass(frozen=True)
class Value:
    """Values of one image: `shape` as ONNX has it, without the batch. `image`: stored as [height, width, channels] of a
    shape (channels, height, width) or (channels, length); else in ONNX's own order."""

    buffer: Buffer
    shape: Shape
    image: bool = False

    @property
    def dims(self) -> Dims:
        """As it is stored; missing ones are 1."""
        if self.image:
            channels, height, width = (*self.shape[:1], *([1] * (3 - len(self.shape))), *self.shape[1:])
            return height, width, channels
        if len(self.shape) > 3:
            raise NoDrawerError(
                f"drawer: a tensor of shape {['n', *self.shape]}: expected at most three beside the batch"
            )
        one, two, three = (*([1] * (3 - len(self.shape))), *self.shape)
        return one, two, three


Operand = Value | NDArray[np.generic]


def lower(graph: Graph, spec: GeneratorSpec) -> Program:
    """The program of a generator's portable graph.

    Raises:
        NoDrawerError: an operator, or a use of one, that the built-in drawer does not know; the message names it.
    """
    return _Lowering(graph, spec).program


class _Lowering:
    def __init__(self, graph: Graph, spec: GeneratorSpec) -> None:
        self.program = Program()
        self._known: dict[str, Operand] = {weight.name: _array(weight) for weight in graph.weights}
        self._uses = Counter(name for node in graph.nodes for name in node.inputs)
        self._layers: dict[int, list[int]] = {}  # by the buffer that they make: their places, an activation may follow
        for name in INPUTS:
            port = spec.inputs.get(name)
            if port is not None:
                shape = tuple(int(dim) for dim in port.dims)
                self.program.inputs[name] = Buffer(prod(shape))
                self._known[name] = Value(self.program.inputs[name], shape)
        for number, node in enumerate(graph.nodes):
            self._lower(node, number)
        output = spec.output
        found = self._known.get("image")
        if output is None or not isinstance(found, Value):
            raise NoDrawerError("drawer: the graph makes no image of its inputs")
        found = self._as_flat(found)
        if found.shape != (output.height, output.width, output.channels):
            raise NoDrawerError(f"drawer: the graph makes {list(found.shape)}, the spec says otherwise")
        self.program.output, self.program.dims = found.buffer, found.dims

    def _lower(self, node: Node, number: int) -> None:
        rule = _RULES.get(node.operator)
        where = f"drawer: {node.operator} ({node.outputs[0] if node.outputs else number})"
        if rule is None:
            raise NoDrawerError(f"{where}: the built-in drawer has no such operator")
        inputs = [self._known.get(name) if name else None for name in node.inputs]
        if any(given is None for given, name in zip(inputs, node.inputs, strict=True) if name):
            raise NoDrawerError(f"{where}: an input of it is not known")
        try:
            made = rule(self, node, inputs)
        except NoDrawerError as error:
            raise NoDrawerError(f"{where}: {str(error).removeprefix('drawer: ')}") from error
        except (KeyError, ValueError, IndexError, TypeError, AttributeError, AssertionError) as error:
            raise NoDrawerError(f"{where}: the built-in drawer does not know this use of it ({error})") from error
        if len(node.outputs) != 1:
            raise NoDrawerError(f"{where}: several outputs")
        self._known[node.outputs[0]] = made

    # What rules are made of

    def emit(
        self,
        operator: str,
        fields: Sequence[Field],
        reads: Sequence[Buffer],
        writes: Buffer,
        in_place: Buffer | None = None,
    ) -> None:
        """Appends an instruction."""
        self.program.instructions.append(Instruction(operator, tuple(fields), tuple(reads), writes, in_place))

    def new(self, shape: Shape, image: bool) -> Value:
        """A value that nothing has written yet."""
        if not 0 < prod(shape) <= 2**26:
            raise NoDrawerError(f"a tensor of {prod(shape)} values")
        return Value(Buffer(prod(shape)), shape, image)

    def _as_image(self, value: Value) -> Value:
        """A value of a shape (channels, ...) as [height, width, channels]."""
        if value.image:
            return value
        shape = value.shape if len(value.shape) > 1 else (*value.shape, 1, 1)
        if len(shape) > 3:
            raise NoDrawerError(f"an image of shape {['n', *shape]}")
        return self._turned(value, shape, shape[0], prod(shape[1:]), image=True)

    def _as_flat(self, value: Value) -> Value:
        """In ONNX's own order."""
        if not value.image:
            return value
        return self._turned(value, value.shape, prod(value.shape[1:]), value.shape[0], image=False)

    def _turned(self, value: Value, shape: Shape, rows: int, columns: int, image: bool) -> Value:
        if rows == 1 or columns == 1:
            return Value(value.buffer, shape, image)
        made = self.new(shape, image)
        self.emit("transpose", (value.buffer, made.buffer, rows, columns), [value.buffer], made.buffer)
        return made

    def layer(self, value: Value, made: Value, weights: F32, bias: F32 | None, how: _Window) -> None:
        """Adds one window's worth of a layer: weights [taps, inputs, outputs]."""
        height, width, channels = value.dims
        out_height, out_width, out_channels = made.dims
        places = self._layers.setdefault(id(made.buffer), [])
        places.append(len(self.program.instructions))
        fields: list[Field] = [value.buffer, height, width, channels, made.buffer, out_height, out_width, out_channels]
        fields += [*how.kernel, *how.strides, *how.pads, *how.dilations, *how.count, *how.step, *how.start]
        fields += [packed_layer(weights), NONE_BIAS if bias is None else Constant(_blocks(bias)), 0, 0.0]
        self.emit("layer", fields, [value.buffer], made.buffer)

    def unary(self, name: str, value: Value, first: float = 0.0, second: float = 0.0) -> Value:
        """An activation, into the layer before it where that can take it."""
        places = self._layers.pop(id(value.buffer), None)
        if places is not None and name in ("relu", "leaky_relu"):
            for place in places:
                one = self.program.instructions[place]
                fields = (*one.fields[:-2], UNARY.index(name), first)
                self.program.instructions[place] = replace(one, fields=fields)
            return value
        made = replace(value, buffer=Buffer(value.buffer.size))
        fields = (UNARY.index(name), value.buffer, made.buffer, value.buffer.size, first, second)
        self.emit("unary", fields, [value.buffer], made.buffer, value.buffer)
        return made

    def binary(self, name: str, one: Operand, two: Operand) -> Operand:
        """Element by element, with broadcasting."""
        if not isinstance(one, Value) and not isinstance(two, Value):
            return _folded(name, one, two)
        values = [given for given in (one, two) if isinstance(given, Value)]
        image = any(value.image for value in values)
        values = [self._as_image(value) if image else value for value in values]
        shape = np.broadcast_shapes(*(_broadcast(given, image) for given in (one, two)))
        made = self.new(tuple(int(dim) for dim in shape), image)
        fields: list[Field] = [BINARY.index(name), made.buffer, *made.dims]
        for given in (one, two):
            if isinstance(given, Value):
                own = self._as_image(given) if image else given
                fields += [own.buffer, 0, *own.dims]
            else:
                stored = _constant_dims(given, image)
                fields += [Constant(np.ascontiguousarray(stored, np.float32)), 1, *stored.shape]
        reads = [value.buffer for value in values]
        place = next((value.buffer for value in values if value.dims == made.dims), None)
        place = None if len({id(buffer) for buffer in reads}) < len(values) else place
        self.emit("binary", fields, reads, made.buffer, place)
        return made

    def copy(self, source: Value, start: Shape, box: Shape, target: Value, at: Shape) -> None:
        """A box of one value into another, both in memory order."""
        fields: list[Field] = [source.buffer, *source.dims, *start, *box, target.buffer, *target.dims, *at]
        self.emit("copy", fields, [source.buffer], target.buffer)


@dataclass(frozen=True)
class _Window:
    """Where a layer reads and writes: output (y, x) of `count` lies at start + step * (y, x), and reads from strides *
    (y, x) - pads on, `kernel` values `dilations` apart."""

    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int] = (0, 0)
    dilations: tuple[int, int] = (1, 1)
    count: tuple[int, int] = (1, 1)
    step: tuple[int, int] = (1, 1)
    start: tuple[int, int] = (0, 0)


NONE_BIAS = -1
_Rule = Callable[[_Lowering, Node, list[Operand | None]], Operand]


def _array(weight: Weight) -> NDArray[np.generic]:
    if weight.integers is not None:
        return weight.integers.reshape(weight.shape)
    array = weight.array()
    if array is None:
        raise NoDrawerError(f"drawer: weight {weight.name}: expected numbers in float or int64")
    return array


def _blocks(bias: F32) -> F32:
    return np.pad(bias.astype(np.float32), (0, -len(bias) % 16))


def _value(given: Operand | None) -> Value:
    if not isinstance(given, Value):
        raise NoDrawerError("a constant where a value that depends on z is expected")
    return given


def _constant(given: Operand | None) -> NDArray[np.generic]:
    if given is None or isinstance(given, Value):
        raise NoDrawerError("a value that depends on z where a constant is expected")
    return given


def _ints(given: Operand | None) -> list[int]:
    return [int(value) for value in np.asarray(_constant(given)).reshape(-1)]


def _number(given: Operand | None, default: float) -> float:
    return default if given is None else float(np.asarray(_constant(given)).reshape(()))


def _attribute(node: Node, name: str, default: float) -> float:
    value = node.attributes.get(name, default)
    assert isinstance(value, (int, float))
    return float(value)


def _numbers(node: Node, name: str, default: Sequence[int]) -> tuple[int, ...]:
    value = node.attributes.get(name, tuple(default))
    assert isinstance(value, tuple)
    return value


def _word(node: Node, name: str, default: str) -> str:
    value = node.attributes.get(name, default)
    assert isinstance(value, str)
    return value


# Element by element


def _broadcast(given: Operand, image: bool) -> Shape:
    """The shape without the batch, as broadcasting takes it."""
    if isinstance(given, Value):
        if image and not given.image:
            return given.shape if len(given.shape) > 1 else (*given.shape, 1, 1)
        return given.shape
    if given.ndim > 3 and given.shape[0] == 1:
        return given.shape[1:]
    return given.shape


def _constant_dims(given: NDArray[np.generic], image: bool) -> NDArray[np.generic]:
    shape = _broadcast(given, image)
    array = given.reshape((*([1] * (3 - len(shape))), *shape))
    return array.transpose(1, 2, 0) if image else array


def _folded(name: str, one: NDArray[np.generic], two: NDArray[np.generic]) -> NDArray[np.generic]:
    functions = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
    return np.asarray(functions[name](one, two))


def _binary(name: str) -> _Rule:
    def rule(at: _Lowering, _: Node, given: list[Operand | None]) -> Operand:
        one, two = given
        assert one is not None
        assert two is not None
        return at.binary(name, one, two)

    return rule


def _unary(name: str, *defaults: tuple[str, float]) -> _Rule:
    def rule(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
        return at.unary(name, _value(given[0]), *(_attribute(node, *default) for default in defaults))

    return rule


def _clip(at: _Lowering, _: Node, given: list[Operand | None]) -> Operand:
    low, high = (*given, None, None)[1:3]
    return at.unary("clip", _value(given[0]), _number(low, -3.4e38), _number(high, 3.4e38))


# Shapes


def _same(_: _Lowering, __: Node, given: list[Operand | None]) -> Operand:
    assert given[0] is not None
    return given[0]


def _cast(_: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    if node.attributes.get("to") not in (1, 2):
        raise NoDrawerError("expected a cast to float or, at the end, to uint8")
    return _value(given[0])


def _reshaped(at: _Lowering, value: Value, shape: Shape) -> Value:
    if prod(shape) != value.buffer.size:
        raise NoDrawerError(f"shape {['n', *shape]} of {value.buffer.size} values")
    if value.image and len(shape) in (2, 3) and shape[0] == value.shape[0]:
        return replace(value, shape=shape)
    return replace(at._as_flat(value), shape=shape)


def _reshape(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    if isinstance(given[0], np.ndarray):
        return given[0].reshape(_ints(given[1]))
    value, wanted = _value(given[0]), _ints(given[1])[1:]
    if not _attribute(node, "allowzero", 0):
        wanted = [dim or value.shape[k] for k, dim in enumerate(wanted)]
    known = prod(dim for dim in wanted if dim != -1)
    return _reshaped(at, value, tuple(value.buffer.size // known if dim == -1 else dim for dim in wanted))


def _unsqueeze(at: _Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value, axes = _value(given[0]), _ints(given[1])
    rank = len(value.shape) + 1 + len(axes)
    shape = list(value.shape)
    for axis in sorted(axis % rank for axis in axes):
        shape.insert(axis - 1, 1)
    return _reshaped(at, value, tuple(shape))


def _flatten(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    assert _attribute(node, "axis", 1) == 1
    value = _value(given[0])
    return _reshaped(at, value, (value.buffer.size,))


def _squeeze(at: _Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value = _value(given[0])
    axes = {axis % (len(value.shape) + 1) for axis in _ints(given[1])}
    return _reshaped(at, value, tuple(dim for k, dim in enumerate(value.shape, 1) if k not in axes))


def _transpose(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    """To the layout of pictures, and back: the order that values have here anyway."""
    value, perm = _value(given[0]), node.attributes["perm"]
    if perm == (0, 2, 3, 1):
        image = at._as_image(value)
        return Value(image.buffer, image.dims, image=False)
    if perm == (0, 3, 1, 2):
        height, width, channels = at._as_flat(value).shape
        return Value(at._as_flat(value).buffer, (channels, height, width), image=True)
    raise NoDrawerError(f"the order {perm}")


def _memory(value: Value, sizes: Sequence[int]) -> Dims:
    """Sizes by ONNX's axes (without the batch) in the order in which a value is stored."""
    return Value(value.buffer, tuple(sizes), value.image).dims


def _offsets(value: Value, starts: Sequence[int]) -> Dims:
    """The same of positions: missing ones are 0."""
    one, two, three = (place - 1 for place in _memory(value, [start + 1 for start in starts]))
    return one, two, three


def _slice(at: _Lowering, __: Node, given: list[Operand | None]) -> Operand:
    value = _value(given[0])
    starts, ends = _ints(given[1]), _ints(given[2])
    axes = _ints(given[3]) if len(given) > 3 and given[3] is not None else list(range(len(starts)))
    steps = _ints(given[4]) if len(given) > 4 and given[4] is not None else [1] * len(starts)
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


def _pad(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, pads = _value(given[0]), _ints(given[1])
    if _word(node, "mode", "constant") != "constant" or (len(given) > 3 and given[3] is not None):
        raise NoDrawerError("expected a constant around all axes")
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if before[0] or after[0] or min(pads) < 0:
        raise NoDrawerError("it pads the batch, or less than nothing")
    shape = tuple(dim + low + high for dim, low, high in zip(value.shape, before[1:], after[1:], strict=True))
    made = at.new(shape, value.image)
    fill = _number(given[2] if len(given) > 2 else None, 0.0)
    at.emit("fill", (made.buffer, made.buffer.size, fill), [], made.buffer)
    at.copy(value, (0, 0, 0), value.dims, made, _offsets(made, before[1:]))
    return made


def _concat(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    values = [_value(one) for one in given]
    image = any(value.image for value in values)
    values = [at._as_image(value) if image else value for value in values]
    k = int(_attribute(node, "axis", 1)) % (len(values[0].shape) + 1) - 1
    shape = list(values[0].shape)
    shape[k] = sum(value.shape[k] for value in values)
    made = at.new(tuple(shape), image)
    start = [0] * len(shape)
    for value in values:
        at.copy(value, (0, 0, 0), value.dims, made, _offsets(made, start))
        start[k] += value.shape[k]
    return made


def _depth_to_space(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, block = at._as_image(_value(given[0])), int(_attribute(node, "blocksize", 1))
    channels, height, width = value.shape
    made = at.new((channels // block**2, height * block, width * block), image=True)
    crd = int(_word(node, "mode", "DCR") == "CRD")
    fields = (value.buffer, *value.dims, made.buffer, block, crd)
    at.emit("depth_to_space", fields, [value.buffer], made.buffer)
    return made


# Layers


def _dense(at: _Lowering, value: Value, weights: F32, bias: F32 | None, shape: Shape, image: bool) -> Value:
    """weights [inputs, outputs]."""
    flat = at._as_flat(value)
    flat = Value(flat.buffer, (1, 1, flat.buffer.size))
    made = at.new(shape, image)
    column = Value(made.buffer, (1, 1, made.buffer.size))
    at.layer(flat, column, weights[None], bias, _Window())
    return made


def _gemm(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, weights = _value(given[0]), np.asarray(_constant(given[1]), np.float32)
    if _attribute(node, "transA", 0) or len(value.shape) != 1:
        raise NoDrawerError("expected rows times a matrix")
    weights = weights.T if _attribute(node, "transB", 0) else weights
    weights = weights * np.float32(_attribute(node, "alpha", 1.0))
    bias = None
    if len(given) > 2 and given[2] is not None:
        bias = np.asarray(_constant(given[2]), np.float32).reshape(-1) * np.float32(_attribute(node, "beta", 1.0))
        bias = np.broadcast_to(bias, weights.shape[1:])
    return _dense(at, value, weights, bias, (weights.shape[1],), image=False)


def _matmul(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    one, two = given
    if isinstance(one, Value) and not isinstance(two, Value):
        return _gemm(at, replace(node, attributes={}), given)
    left, right = _value(one), _value(two)
    if left.image or len(left.shape) != 2 or len(right.shape) != 2 or left.shape[1] != right.shape[0]:
        raise NoDrawerError("expected a small matrix times the channels of a picture")
    right = at._as_image(right)
    made = at.new((left.shape[0], right.shape[1]), image=True)
    fields = (left.buffer, *left.shape, right.buffer, right.shape[1], made.buffer)
    at.emit("mix", fields, [left.buffer, right.buffer], made.buffer)
    return made


def _window(node: Node, kernel: Shape) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int, int, int]]:
    """Strides, dilations and pads."""
    if _word(node, "auto_pad", "NOTSET") not in ("NOTSET", "VALID") or len(kernel) != 2:
        raise NoDrawerError("expected two dimensions, and pads in numbers")
    (sy, sx), (dy, dx) = _numbers(node, "strides", (1, 1)), _numbers(node, "dilations", (1, 1))
    top, left, bottom, right = _numbers(node, "pads", (0, 0, 0, 0))
    return (sy, sx), (dy, dx), (top, left, bottom, right)


def _bias(given: list[Operand | None]) -> F32 | None:
    return np.asarray(_constant(given[2]), np.float32) if len(given) > 2 and given[2] is not None else None


def _conv(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value, weights = at._as_image(_value(given[0])), np.asarray(_constant(given[1]), np.float32)
    if _attribute(node, "group", 1) != 1:
        raise NoDrawerError("expected one group")
    outputs, inputs, *kernel = weights.shape
    (sy, sx), (dy, dx), (top, left, bottom, right) = _window(node, tuple(kernel))
    _, height, width = value.shape
    out_height = (height + top + bottom - dy * (kernel[0] - 1) - 1) // sy + 1
    out_width = (width + left + right - dx * (kernel[1] - 1) - 1) // sx + 1
    made = at.new((outputs, out_height, out_width), image=True)
    how = _Window((kernel[0], kernel[1]), (sy, sx), (top, left), (dy, dx), (out_height, out_width))
    taps = weights.transpose(2, 3, 1, 0).reshape(-1, inputs, outputs)
    at.layer(value, made, taps, _bias(given), how)
    return made


def _conv_transpose(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    """In its exact phases: outputs y with equal y mod stride see the same taps, as a convolution of their own."""
    value, weights = at._as_image(_value(given[0])), np.asarray(_constant(given[1]), np.float32)
    inputs, outputs, *kernel = weights.shape
    strides, dilations, (top, left, bottom, right) = _window(node, tuple(kernel))
    if _attribute(node, "group", 1) != 1 or dilations != (1, 1) or "output_shape" in node.attributes:
        raise NoDrawerError("expected one group, no dilation, and no output_shape")
    extra = _numbers(node, "output_padding", (0, 0))
    _, height, width = value.shape
    out_height = strides[0] * (height - 1) + kernel[0] - top - bottom + extra[0]
    out_width = strides[1] * (width - 1) + kernel[1] - left - right + extra[1]
    bias = _bias(given)
    if height == width == 1 and (top, left, bottom, right, *extra) == (0,) * 6:
        matrix = weights.transpose(0, 2, 3, 1).reshape(inputs, -1)  # one place: each tap is an output of its own
        wide = None if bias is None else np.tile(bias, kernel[0] * kernel[1])
        return _dense(at, value, matrix, wide, (outputs, out_height, out_width), image=True)
    made = at.new((outputs, out_height, out_width), image=True)
    for y, rows in _phases(kernel[0], strides[0], top, out_height):
        for x, columns in _phases(kernel[1], strides[1], left, out_width):
            taps = weights[:, :, rows.taps][:, :, :, columns.taps].transpose(2, 3, 0, 1).reshape(-1, inputs, outputs)
            how = _Window(
                kernel=(len(rows.taps), len(columns.taps)),
                pads=(rows.pad, columns.pad),
                count=(rows.count, columns.count),
                step=strides,
                start=(y, x),
            )
            at.layer(value, made, taps, bias, how)
    return made


@dataclass(frozen=True)
class _Phase:
    taps: list[int]
    pad: int
    count: int


def _phases(kernel: int, stride: int, before: int, size: int) -> list[tuple[int, _Phase]]:
    """Output y = stride * q + r has the taps k = r + before mod stride, from input q + (r + before - k) / stride."""
    made = []
    for r in range(min(stride, size)):
        taps = list(range((r + before) % stride, kernel, stride))[::-1]
        if not taps:  # a kernel smaller than its stride: only the bias; one tap of zeros outside would do
            raise NoDrawerError("a kernel smaller than its stride")
        first = (r + before - taps[0]) // stride
        made.append((r, _Phase(taps, -first, (size - r + stride - 1) // stride)))
    return made


def _batch_norm(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at._as_image(_value(given[0])) if len(_value(given[0]).shape) > 1 else _value(given[0])
    scale, shift, mean, variance = (np.asarray(_constant(one), np.float64) for one in given[1:5])
    factor = scale / np.sqrt(variance + _attribute(node, "epsilon", 1e-5))
    shape = (-1, *([1] * (len(value.shape) - 1)))
    scaled = at.binary("mul", value, factor.astype(np.float32).reshape(shape))
    return at.binary("add", scaled, (shift - mean * factor).astype(np.float32).reshape(shape))


def _instance_norm(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at._as_image(_value(given[0]))
    made = replace(value, buffer=Buffer(value.buffer.size))
    scale, shift = (Constant(np.asarray(_constant(one), np.float32)) for one in given[1:3])
    epsilon = _attribute(node, "epsilon", 1e-5)
    fields = (value.buffer, made.buffer, prod(value.shape[1:]), value.shape[0], scale, shift, epsilon)
    at.emit("instance_norm", fields, [value.buffer], made.buffer, value.buffer)
    return made


def _prelu(at: _Lowering, _: Node, given: list[Operand | None]) -> Operand:
    value = _value(given[0])
    return at.binary("prelu", value, _constant(given[1]))


def _resize(at: _Lowering, node: Node, given: list[Operand | None]) -> Operand:
    value = at._as_image(_value(given[0]))
    mode = _word(node, "mode", "nearest")
    if mode not in ("nearest", "linear") or node.attributes.get("antialias"):
        raise NoDrawerError(f"the mode {mode}")
    scales = None if len(given) < 3 or given[2] is None else np.asarray(_constant(given[2]), np.float64).reshape(-1)
    sizes = None if len(given) < 4 else _ints(given[3])
    channels, height, width = value.shape
    if sizes:
        out = (sizes[2], sizes[3])
        ratios = (out[0] / height, out[1] / width)
    else:
        assert scales is not None
        ratios = (float(scales[2]), float(scales[3]))
        out = (int(height * ratios[0]), int(width * ratios[1]))
    made = at.new((channels, *out), image=True)
    tables = [
        _positions(before, after, ratio, mode, node)
        for before, after, ratio in zip((height, width), out, ratios, strict=True)
    ]
    fields: list[Field] = [value.buffer, *value.dims, made.buffer, *out, Constant(tables[0]), Constant(tables[1])]
    at.emit("resize", fields, [value.buffer], made.buffer)
    return made


def _positions(before: int, after: int, ratio: float, mode: str, node: Node) -> F32:
    """Of each output position the two inputs between which it lies, and how far: float32 [after, 3]."""
    place = np.arange(after, dtype=np.float64)
    convention = _word(node, "coordinate_transformation_mode", "half_pixel")
    if convention == "asymmetric":
        at = place / ratio
    elif convention == "align_corners":
        at = place * ((before - 1) / (after - 1) if after > 1 else 0.0)
    elif convention == "half_pixel" or (convention == "pytorch_half_pixel" and after > 1):
        at = (place + 0.5) / ratio - 0.5
    else:
        raise NoDrawerError(f"the convention {convention}")
    if mode == "nearest":
        rounding: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
            "round_prefer_floor": lambda x: np.ceil(x - 0.5),
            "round_prefer_ceil": lambda x: np.floor(x + 0.5),
            "floor": lambda x: np.floor(x),
            "ceil": lambda x: np.ceil(x),
        }
        low = np.clip(rounding[_word(node, "nearest_mode", "round_prefer_floor")](at), 0, before - 1)
        return np.stack([low, low, np.zeros(after)], axis=1).astype(np.float32)
    at = np.clip(at, 0, before - 1)
    low = np.floor(at)
    return np.stack([low, np.minimum(low + 1, before - 1), at - low], axis=1).astype(np.float32)


def _constant_node(_: _Lowering, node: Node, __: list[Operand | None]) -> Operand:
    value = node.attributes["value"]
    assert isinstance(value, Weight)
    return _array(value)


_RULES: dict[str, _Rule] = {
    **{name: _binary(name.lower()) for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Greater", "Less")},
    **{
        name: _unary(name.lower())
        for name in ("Relu", "Tanh", "Sigmoid", "Softplus", "Round", "Neg", "Abs", "Exp", "Sqrt")
    },
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Constant": _constant_node,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DepthToSpace": _depth_to_space,
    "Dropout": _same,
    "Elu": _unary("elu", ("alpha", 1.0)),
    "Flatten": _flatten,
    "Gemm": _gemm,
    "HardSigmoid": _unary("hard_sigmoid", ("alpha", 0.2), ("beta", 0.5)),
    "Identity": _same,
    "InstanceNormalization": _instance_norm,
    "LeakyRelu": _unary("leaky_relu", ("alpha", 0.01)),
    "MatMul": _matmul,
    "PRelu": _prelu,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "Selu": _unary("selu", ("alpha", 1.6732632), ("gamma", 1.050701)),
    "Slice": _slice,
    "Softsign": _unary("softsign"),
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
