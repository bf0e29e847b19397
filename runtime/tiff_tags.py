"""Tags of a TIFF directory: the header of a TIFF picture, and the EXIF block inside the other formats.

From Adobe's TIFF 6.0 (section 2, "TIFF Structure") and JEITA CP-3451 (EXIF), of which only orientation is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

WIDTH, HEIGHT, BITS, PHOTOMETRIC, ORIENTATION = 256, 257, 258, 262, 274
SAMPLES, PLANAR, EXTRA_SAMPLES = 277, 284, 338

_BYTE, _SHORT, _LONG = 1, 3, 4
_SIZES = {_BYTE: 1, _SHORT: 2, _LONG: 4}
_LETTERS = {_BYTE: "B", _SHORT: "H", _LONG: "I"}
_MAX_TAGS = 4096


@dataclass(frozen=True)
class Tag:
    """One tag: how many values it has, the first of them, and where that one lies (its byte and its length)."""

    count: int
    value: int
    position: int
    length: int


def read_tags(data: bytes) -> dict[int, Tag]:
    """The integer tags of the first directory (the first page).

    Raises:
        ValueError: not a TIFF directory, or BigTIFF. struct.error: it is cut off.
    """
    order = byte_order(data)
    magic, start = struct.unpack_from(order + "HI", data, 2)
    if magic != 42:
        raise ValueError("BigTIFF, or not a TIFF at all")
    (count,) = struct.unpack_from(order + "H", data, start)
    if count > _MAX_TAGS:
        raise ValueError(f"a directory of {count} tags")
    entries = (_entry(data, order, start + 2 + 12 * i) for i in range(count))
    return {number: tag for number, tag in entries if tag is not None}


def byte_order(data: bytes) -> str:
    """ "<" or ">", as struct writes it."""
    orders = {b"II": "<", b"MM": ">"}
    if data[:2] not in orders:
        raise ValueError("no TIFF byte order mark")
    return orders[data[:2]]


def orientation_of(tags: dict[int, Tag]) -> int:
    """1 to 8 as EXIF has it; 1 (upright) where it is missing or makes no sense."""
    value = tags[ORIENTATION].value if ORIENTATION in tags else 1
    return value if 1 <= value <= 8 else 1


def exif_orientation(exif: bytes) -> int:
    """Orientation from an EXIF block; a damaged block is as good as none."""
    try:
        return orientation_of(read_tags(exif))
    except (ValueError, struct.error):
        return 1


def _entry(data: bytes, order: str, at: int) -> tuple[int, Tag | None]:
    number, kind, count = struct.unpack_from(order + "HHI", data, at)
    if kind not in _SIZES or count < 1:
        return number, None
    position = at + 8
    if count * _SIZES[kind] > 4:
        (position,) = struct.unpack_from(order + "I", data, position)
    (value,) = struct.unpack_from(order + _LETTERS[kind], data, position)
    return number, Tag(count, value, position, _SIZES[kind])
