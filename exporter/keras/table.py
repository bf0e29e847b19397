"""LevelDB's table format, in which TensorFlow keeps a checkpoint's `.index`: sorted keys in blocks.

Source: LevelDB's doc/table_format.md. Blocks may be compressed with snappy; TensorFlow does not by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from ganrt.exporter.keras.crc32c import crc32c, masked
from ganrt.exporter.keras.snappy import unpacked
from ganrt.graphs.wire import varint

FOOTER = 48
MAGIC = 0xDB4775248B80FB57
_TRAILER = 5  # one byte: the compression; four: the masked checksum of block and that byte
_SNAPPY = 1
_MAX_BYTES = 64 * 2**20  # of all blocks unpacked: a hundred bytes a tensor is usual


def read_table(data: bytes) -> dict[bytes, bytes]:
    """All entries.

    Raises:
        ValueError: it is damaged, or compressed in another way than by snappy.
    """
    if len(data) < FOOTER or int.from_bytes(data[-8:], "little") != MAGIC:
        raise ValueError("no table's footer")
    at = len(data) - FOOTER
    for _ in range(2):  # the handle of the meta index, which is empty
        _, at = varint(data, at)
    entries: dict[bytes, bytes] = {}
    left = _MAX_BYTES
    for _, handle in _entries(_block(data, data[at:-8], left)):
        block = _block(data, handle, left)
        left -= len(block)
        entries.update(_entries(block))
    return entries


def _block(data: bytes, handle: bytes, limit: int) -> bytes:
    offset, at = varint(handle, 0)
    size, _ = varint(handle, at)
    block, trailer = data[offset : offset + size], data[offset + size : offset + size + _TRAILER]
    if len(trailer) != _TRAILER:
        raise ValueError("a block is cut off")
    if masked(crc32c(block + trailer[:1])) != int.from_bytes(trailer[1:], "little"):
        raise ValueError("a block's checksum differs")
    if trailer[0] not in (0, _SNAPPY):
        raise ValueError(f"a block is compressed by method {trailer[0]}")
    if trailer[0] == _SNAPPY:
        return unpacked(block, limit)
    if len(block) > limit:
        raise ValueError(f"blocks of more than {_MAX_BYTES} bytes")
    return block


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys are stored as the count of bytes shared with the key before, and the rest."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise ValueError("a block has no entries")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        rest, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or at + rest + size > end:
            raise ValueError("an entry is cut off")
        key = key[:shared] + block[at : at + rest]
        yield key, block[at + rest : at + rest + size]
        at += rest + size
