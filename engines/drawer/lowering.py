"""What rules of lower.py and layers.py are made of: values, operands, and the program that grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
NONE_BIAS = -1


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


@dataclass(frozen=True)
class Window:
    """Where a layer reads and writes: output (y, x) of `count` lies at start + step * (y, x), and reads from strides *
    (y, x) - pads on, `kernel` values `dilations` apart."""

    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int] = (0, 0)
    dilations: tuple[int, int] = (1, 1)
    count: tuple[int, int] = (1, 1)
    step: tuple[int, int] = (1, 1)
    start: tuple[int, int] = (0, 0)


class Lowering:
    """A graph's program, node by node."""

    def __init__(self, graph: Graph, spec: GeneratorSpec, rules: Mapping[str, Rule]) -> None:
        self.program = Program()
        self._rules = rules
        self._known: dict[str, Operand] = {weight.name: array_of(weight) for weight in graph.weights}
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
        found = self.as_flat(found)
        if found.shape != (output.height, output.width, output.channels):
            raise NoDrawerError(f"drawer: the graph makes {list(found.shape)}, the spec says otherwise")
        self.program.output, self.program.dims = found.buffer, found.dims

    def _lower(self, node: Node, number: int) -> None:
        rule = self._rules.get(node.operator)
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

    def as_image(self, value: Value) -> Value:
        """A value of a shape (channels, ...) as [height, width, channels]."""
        if value.image:
            return value
        shape = value.shape if len(value.shape) > 1 else (*value.shape, 1, 1)
        if len(shape) > 3:
            raise NoDrawerError(f"an image of shape {['n', *shape]}")
        return self._turned(value, shape, shape[0], prod(shape[1:]), image=True)

    def as_flat(self, value: Value) -> Value:
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

    def layer(self, value: Value, made: Value, weights: F32, bias: F32 | None, window: Window) -> None:
        """Adds one window's worth of a layer: weights [taps, inputs, outputs]."""
        height, width, channels = value.dims
        out_height, out_width, out_channels = made.dims
        places = self._layers.setdefault(id(made.buffer), [])
        places.append(len(self.program.instructions))
        fields: list[Field] = [value.buffer, height, width, channels, made.buffer, out_height, out_width, out_channels]
        fields += [
            *window.kernel,
            *window.strides,
            *window.pads,
            *window.dilations,
            *window.count,
            *window.step,
            *window.start,
        ]
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
        values = [self.as_image(value) if image else value for value in values]
        shape = np.broadcast_shapes(*(_broadcast(given, image) for given in (one, two)))
        made = self.new(tuple(int(dim) for dim in shape), image)
        fields: list[Field] = [BINARY.index(name), made.buffer, *made.dims]
        for given in (one, two):
            if isinstance(given, Value):
                own = self.as_image(given) if image else given
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


def array_of(weight: Weight) -> NDArray[np.generic]:
    if weight.integers is not None:
        return weight.integers.reshape(weight.shape)
    array = weight.array()
    if array is None:
        raise NoDrawerError(f"drawer: weight {weight.name}: expected numbers in float or int64")
    return array


def _blocks(bias: F32) -> F32:
    return np.pad(bias.astype(np.float32), (0, -len(bias) % 16))


def value_of(given: Operand | None) -> Value:
    if not isinstance(given, Value):
        raise NoDrawerError("a constant where a value that depends on z is expected")
    return given


def constant_of(given: Operand | None) -> NDArray[np.generic]:
    if given is None or isinstance(given, Value):
        raise NoDrawerError("a value that depends on z where a constant is expected")
    return given


def ints_of(given: Operand | None) -> list[int]:
    return [int(value) for value in np.asarray(constant_of(given)).reshape(-1)]


def number_of(given: Operand | None, default: float) -> float:
    return default if given is None else float(np.asarray(constant_of(given)).reshape(()))


def attribute(node: Node, name: str, default: float) -> float:
    value = node.attributes.get(name, default)
    assert isinstance(value, (int, float))
    return float(value)


def numbers(node: Node, name: str, default: Sequence[int]) -> tuple[int, ...]:
    value = node.attributes.get(name, tuple(default))
    assert isinstance(value, tuple)
    return value


def word(node: Node, name: str, default: str) -> str:
    value = node.attributes.get(name, default)
    assert isinstance(value, str)
    return value


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


Rule = Callable[[Lowering, Node, list[Operand | None]], Operand]
