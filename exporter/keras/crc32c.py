"""CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected: RFC 3720, appendix B.4), fast enough for a checkpoint.

numpy runs many equal lanes side by side, byte by byte; the lanes' sums are then joined pairwise by the linear map
that appending zero bytes is on the register.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

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
