"""TensorFlow's checkpoints (`P.index` and `P.data-00000-of-00001`) without TensorFlow.

Source: tensorflow/core/protobuf/tensor_bundle.proto and types.proto. The index maps names to dtype, shape, shard,
offset, size and checksum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.archive import Folder
from ganrt.exporter.keras.table import crc32c, masked, read_table
from ganrt.graphs.wire import messages, values

_FLOATS = {1: torch.float32, 2: torch.float64, 14: torch.bfloat16, 19: torch.float16}
_MAX_TENSORS = 100_000


@dataclass(frozen=True)
class _Entry:
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool


def read_bundle(folder: Folder, prefix: str) -> dict[str, Tensor]:
    """The floats of a checkpoint by TensorFlow's names; counters, texts and random states are left out.

    Raises:
        BadInputFile: damaged, truncated, a shard missing, or partitioned variables.
    """
    try:
        table = read_table(folder.read(f"{prefix}.index"))
        shards = _shards(table.pop(b"", b""), prefix)
        entries = {name.decode(): _entry(value) for name, value in table.items()}
    except ValueError as error:
        raise BadInputFile(f"{prefix}.index is damaged or truncated ({error})\nexpected a whole checkpoint") from error
    missing = sorted(set(shards) - set(folder.names()))
    if missing or len(entries) > _MAX_TENSORS:
        raise BadInputFile(f"lacks {', '.join(missing) or 'an end'}\nexpected the checkpoint's files side by side")
    data = [folder.read(shard) for shard in shards]
    for name, entry in entries.items():
        _check_bounds(name, entry, data)
    return {name: _tensor(name, entry, data) for name, entry in entries.items() if entry.dtype in _FLOATS}


def bundle_files(folder: Folder, prefix: str) -> list[str]:
    """The names of a checkpoint's files."""
    return [name for name in folder.names() if name == f"{prefix}.index" or name.startswith(f"{prefix}.data-")]


def _shards(header: bytes, prefix: str) -> list[str]:
    fields = values(header)
    count = fields.get(1, 1)
    if fields.get(2, 0) != 0 or not isinstance(count, int) or not 0 < count <= 1000:
        raise ValueError("big-endian, or no number of shards")
    return [f"{prefix}.data-{i:05d}-of-{count:05d}" for i in range(count)]


def _entry(value: bytes) -> _Entry:
    fields = values(value)
    shape = b"".join(messages(value, 2))
    sizes = [_integer(values(dim).get(1, 0)) for dim in messages(shape, 2)]
    dtype, shard, offset, size, checksum = (_integer(fields.get(number, 0)) for number in (1, 3, 4, 5, 6))
    return _Entry(dtype, tuple(sizes), shard, offset, size, checksum, sliced=7 in fields)


def _integer(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise ValueError("a field is no number")
    return value


def _check_bounds(name: str, entry: _Entry, shards: list[bytes]) -> None:
    if entry.shard >= len(shards) or entry.offset + entry.size > len(shards[entry.shard]):
        raise BadInputFile(f"variable {name[:80]!r} is cut off: damaged or truncated\nexpected a whole checkpoint")


def _tensor(name: str, entry: _Entry, shards: list[bytes]) -> Tensor:
    if entry.sliced:
        raise BadInputFile(f"variable {name[:80]!r} is partitioned, which is not read\nexpected whole variables")
    dtype = _FLOATS[entry.dtype]
    data = shards[entry.shard][entry.offset : entry.offset + entry.size]
    if entry.size != math.prod(entry.shape) * dtype.itemsize:
        raise BadInputFile(f"variable {name[:80]!r} has not the size of its shape\nexpected a whole checkpoint")
    if masked(crc32c(data)) != entry.checksum:
        raise BadInputFile(f"variable {name[:80]!r} has another checksum: damaged\nexpected a whole checkpoint")
    if not data:
        return torch.empty(entry.shape, dtype=dtype)
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(entry.shape)
