"""Snappy's block format (google/snappy, format_description.txt), as LevelDB's tables hold it."""

from __future__ import annotations

from ganrt.graphs.wire import varint

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
