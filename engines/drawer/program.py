"""A drawer's program: instructions on buffers of floats, where each lies, and its file (docs/drawer-format.md)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Dims = tuple[int, int, int]

MAGIC: Final = b"GANRTDRW"
VERSION: Final = 1
BLOCK: Final = 16  # outputs of a layer lie together in blocks of so many
WORDS: Final = 32  # of an instruction: its number, then its fields
NONE: Final = -1
INPUTS: Final = ("z", "labels", "truncation")
_HEADER: Final = struct.Struct("<8s22I")
_LANES: Final = 4
_MULTIPLIER: Final = 0x9E3779B97F4A7C15

OPERATORS: Final = (
    *("layer", "unary", "binary", "copy", "fill", "transpose", "depth_to_space", "resize", "mix", "instance_norm"),
)
UNARY: Final = (
    *("none", "relu", "leaky_relu", "elu", "selu", "tanh", "sigmoid", "hard_sigmoid", "softplus", "clip", "round"),
    *("neg", "abs", "exp", "sqrt", "softsign"),
)
BINARY: Final = ("add", "sub", "mul", "div", "max", "min", "greater", "less", "prelu")


@dataclass(eq=False)
class Buffer:
    """Floats of one image, from the first instruction that writes to the last that reads."""

    size: int
    offset: int = NONE


@dataclass(frozen=True)
class Constant:
    """An array of the file: of `matrices`, which may be stored in half precision, or of the others."""

    array: F32
    matrix: bool = False


Field = int | float | Buffer | Constant


@dataclass(frozen=True)
class Instruction:
    """`reads` and `writes` are among the fields too; `in_place`: the buffer that the result may overwrite."""

    operator: str
    fields: tuple[Field, ...]
    reads: tuple[Buffer, ...]
    writes: Buffer
    in_place: Buffer | None = None


@dataclass
class Program:
    """All that draws one image.

    Attributes:
        inputs: buffers of z, labels and truncation, where the generator has them.
        output: [height, width, channels], 0 to 255, not yet rounded.
        dims: of the output.
    """

    instructions: list[Instruction] = field(default_factory=list)
    inputs: dict[str, Buffer] = field(default_factory=dict)
    output: Buffer = field(default_factory=lambda: Buffer(0))
    dims: Dims = (0, 0, 0)

    def to_bytes(self, *, half: bool = False) -> bytes:
        """The file; `half`: the layers' matrices in half precision."""
        arena = _plan(self)
        constants, matrices = _Section(), _Section()
        words = b"".join(_words(one, constants, matrices) for one in self.instructions)
        stored = matrices.array.astype("<f2" if half else "<f4").tobytes()
        sections = [words, constants.array.astype("<f4").tobytes(), stored + b"\0" * (-len(stored) % 16)]
        offsets = [self.inputs[name].offset if name in self.inputs else NONE for name in INPUTS]
        sizes = [self.inputs[name].size if name in self.inputs else 0 for name in INPUTS]
        counts = [len(self.instructions), constants.size, matrices.size, int(half), arena, self.output.offset]
        body = b"".join(sections)
        numbers = [VERSION, len(body), *checksum(body), *counts, *self.dims, *offsets, *sizes, _widest(self)]
        unsigned = [number % 2**32 for number in numbers]
        return _HEADER.pack(MAGIC, *unsigned, *([0] * (22 - len(unsigned)))) + body


class _Section:
    """Arrays one after another, each once; every one begins at a multiple of 16 floats."""

    def __init__(self) -> None:
        self._arrays: list[F32] = []
        self._at: dict[int, int] = {}
        self.size = 0

    def add(self, constant: Constant) -> int:
        key = id(constant)
        if key not in self._at:
            self._at[key] = self.size
            flat = np.ascontiguousarray(constant.array, np.float32).reshape(-1)
            self._arrays.append(np.pad(flat, (0, -flat.size % BLOCK)))
            self.size += self._arrays[-1].size
        return self._at[key]

    @property
    def array(self) -> F32:
        return np.concatenate([np.zeros(0, np.float32), *self._arrays])


def _words(one: Instruction, constants: _Section, matrices: _Section) -> bytes:
    packed = [struct.pack("<i", OPERATORS.index(one.operator))]
    for value in one.fields:
        if isinstance(value, Buffer):
            packed.append(struct.pack("<i", value.offset))
        elif isinstance(value, Constant):
            packed.append(struct.pack("<i", (matrices if value.matrix else constants).add(value)))
        else:
            packed.append(struct.pack("<f" if isinstance(value, float) else "<i", value))
    assert len(packed) <= WORDS
    return b"".join(packed).ljust(4 * WORDS, b"\0")


def _plan(program: Program) -> int:
    """Gives every buffer its place in an arena, first fit: how many floats it has."""
    last = {id(buffer): len(program.instructions) for buffer in (*program.inputs.values(), program.output)}
    for number, one in enumerate(program.instructions):
        for buffer in (*one.reads, one.writes):
            last[id(buffer)] = max(last.get(id(buffer), 0), number)
    live: list[Buffer] = []
    arena = 0
    for buffer in program.inputs.values():
        arena = max(arena, _place(buffer, live))
    for number, one in enumerate(program.instructions):
        target, source = one.writes, one.in_place
        if target.offset == NONE:
            if source is not None and source.size == target.size and last[id(source)] == number:
                target.offset = source.offset
                live[live.index(source)] = target
            else:
                arena = max(arena, _place(target, live))
        live = [buffer for buffer in live if last[id(buffer)] > number]
    return arena


def _place(buffer: Buffer, live: list[Buffer]) -> int:
    offset = 0
    for other in sorted(live, key=lambda one: one.offset):
        if other.offset - offset >= _whole(buffer.size):
            break
        offset = max(offset, other.offset + _whole(other.size))
    buffer.offset = offset
    live.append(buffer)
    return offset + _whole(buffer.size)


def _whole(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _widest(program: Program) -> int:
    """The most values that a layer reads at one place: as many zeros stand for what lies outside."""
    return max((int(str(one.fields[3])) for one in program.instructions if one.operator == "layer"), default=1)


def checksum(body: bytes) -> tuple[int, int]:
    """64 bits in two words, low first: four sums of products modulo 2^64, over little-endian words of 64 bits."""
    words = np.frombuffer(body + b"\0" * (-len(body) % (8 * _LANES)), "<u8").reshape(-1, _LANES)
    with np.errstate(over="ignore"):  # h = h * m + w for each word: the sum of w * m^(how many come behind it)
        lanes = (words * _powers(len(words))[:, None]).sum(axis=0, dtype=np.uint64)
    total = len(body)
    for lane in lanes:
        total = ((total ^ int(lane)) * _MULTIPLIER) % 2**64
        total ^= total >> 29
    return total % 2**32, total >> 32


def _powers(count: int) -> NDArray[np.uint64]:
    """m^(count - 1), ..., m, 1."""
    powers = np.full(count, _MULTIPLIER, np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers, dtype=np.uint64)[::-1]


def packed_layer(weights: F32) -> Constant:
    """[taps, inputs, outputs] as the drawer reads them: [blocks, taps, inputs, 16], zeros behind the last output."""
    taps, inputs, outputs = weights.shape
    blocks = -(-outputs // BLOCK)
    padded = np.zeros((taps, inputs, blocks * BLOCK), np.float32)
    padded[..., :outputs] = weights
    return Constant(padded.reshape(taps, inputs, blocks, BLOCK).transpose(2, 0, 1, 3).copy(), matrix=True)
