"""LevelDB's table format, in which TensorFlow keeps a checkpoint's `.index`: sorted keys in blocks.

Source: LevelDB's doc/table_format.md. Blocks may be compressed with snappy; TensorFlow does not by default.

Its checksums are CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected: RFC 3720, appendix B.4): numpy runs many equal
lanes side by side, byte by byte; the lanes' sums are then joined pairwise by the linear map that appending zero bytes
is on the register. Snappy's block format: google/snappy, format_description.txt.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

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


_POLYNOMIAL = 0x82F63B78
_MOST_LANES = 4096
Words = NDArray[np.uint32]


def _make_table() -> Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


_TABLE = _make_table()


def crc32c(data: bytes) -> int:
    """The checksum of `data`; 0xE3069283 for b"123456789"."""
    lanes = min(_MOST_LANES, 1 << len(data).bit_length() // 2)  # about as many as each has bytes
    lane = len(data) // lanes
    whole = np.frombuffer(data, np.uint8, lane * lanes).reshape(lanes, lane).T
    sums: Words = np.zeros(lanes, np.uint32)
    sums[0] = 0xFFFFFFFF
    for column in np.ascontiguousarray(whole):
        sums = _TABLE[(sums ^ column) & 0xFF] ^ (sums >> 8)
    register = _joined(sums, lane) if lane else 0xFFFFFFFF
    for byte in data[lane * lanes :]:
        register = int(_TABLE[(register ^ byte) & 0xFF]) ^ (register >> 8)
    return register ^ 0xFFFFFFFF


def masked(checksum: int) -> int:
    """As TensorFlow and LevelDB store it: rotated right by 15 bits, plus a constant."""
    return (((checksum >> 15) | (checksum << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _joined(sums: Words, length: int) -> int:
    """The register after all lanes of `length` bytes: each half's sum moves past the other half's bytes."""
    while len(sums) > 1:
        sums = _apply(_zeros(length), sums[0::2]) ^ sums[1::2]
        length *= 2
    return int(sums[0])


@lru_cache(maxsize=256)
def _zeros(length: int) -> tuple[int, ...]:
    """The register's map for `length` zero bytes: the images of its 32 bits."""
    if length == 1:
        bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
        return tuple(int(v) for v in _TABLE[bits & 0xFF] ^ (bits >> 8))
    half = np.array(_zeros(length // 2), np.uint32)
    doubled = _apply(_zeros(length // 2), half)
    return tuple(int(v) for v in (_apply(_zeros(1), doubled) if length % 2 else doubled))


def _apply(images: tuple[int, ...], values: Words) -> Words:
    result: Words = np.zeros_like(values)
    for bit, image in enumerate(images):
        result ^= np.where((values >> np.uint32(bit)) & np.uint32(1), np.uint32(image), np.uint32(0))
    return result


_LITERAL = 0


def unpacked(data: bytes, limit: int) -> bytes:
    """The bytes that a block stands for.

    Raises:
        ValueError: it is damaged, or stands for more than `limit` bytes.
    """
    length, at = varint(data, 0)
    if length > limit:
        raise ValueError(f"a compressed block of {length} bytes")
    made = bytearray()
    while at < len(data) and len(made) < length:
        if data[at] & 3 == _LITERAL:
            size, start = _literal(data, at)
            at = start + size
            made += data[start:at]
        else:
            size, offset, at = _copy(data, at)
            if not 0 < offset <= len(made):
                raise ValueError("a copy from before the block's start")
            begin = len(made) - offset
            pattern = bytes(made[begin : begin + size])  # shorter than `size` where the copy overlaps what it makes
            made += (pattern * -(-size // len(pattern)))[:size]
    if len(made) != length or at != len(data):
        raise ValueError("a compressed block has another length than it says")
    return bytes(made)


def _literal(data: bytes, at: int) -> tuple[int, int]:
    """(how many bytes follow, where they begin); long ones have their length in 1 to 4 bytes of their own."""
    size, extra = data[at] >> 2, max(0, (data[at] >> 2) - 59)
    if extra:
        size = int.from_bytes(data[at + 1 : at + 1 + extra], "little")
    return size + 1, at + 1 + extra


def _copy(data: bytes, at: int) -> tuple[int, int, int]:
    """(how many bytes, how far back, where the next element begins)."""
    tag, width = data[at], (0, 1, 2, 4)[data[at] & 3]
    offset = int.from_bytes(data[at + 1 : at + 1 + width], "little")
    if width == 1:
        return (tag >> 2 & 7) + 4, offset | tag >> 5 << 8, at + 2
    return (tag >> 2) + 1, offset, at + 1 + width
