"""What a picture file says about itself, read before any decoder sees it: format, size, orientation, damage.

Sources: PNG (third edition) and its eXIf and acTL chunks, ITU-T T.81 (JPEG), RFC 9649 (WebP), the Windows bitmap
headers, Adobe's TIFF 6.0 (section 2, "TIFF Structure") and JEITA CP-3451 (EXIF), of which only orientation is used.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganrt.errors import BadInputFile

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


FORMATS = "PNG, JPEG, WebP, BMP or TIFF"
_PNG, _JPEG, _GIF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8"
_ANIMATED = "it is animated; take a single frame"


@dataclass(frozen=True)
class Header:
    """What must be known before and after decoding.

    Attributes:
        height, width: pixels as stored, before `orientation` (1 to 8, as EXIF has it) is applied.
        alpha: whether a fourth channel means opacity; `associated`: its colours are multiplied by it already.
        patches: (position, bytes) to write over a copy of the file, so that every decoder gives it as stored.
    """

    format: str
    height: int
    width: int
    orientation: int = 1
    alpha: bool = True
    associated: bool = False
    patches: tuple[tuple[int, bytes], ...] = ()


def read_header(path: Path, data: bytes) -> Header:
    """The header of a picture file.

    Raises:
        BadInputFile: of another format, damaged, cut off, animated, or of a kind that would not be read rightly.
    """
    name, parse = _parser(path, data)
    try:
        header = parse(data)
    except (struct.error, IndexError) as error:
        raise BadInputFile(f"{path} is damaged: its {name} header is cut off") from error
    except ValueError as error:
        raise BadInputFile(f"{path} cannot be read as {name}: {error}") from error
    if header.height < 1 or header.width < 1:
        raise BadInputFile(f"{path} is damaged: a {name} of {header.width} x {header.height} pixels")
    return header


def _parser(path: Path, data: bytes) -> tuple[str, Callable[[bytes], Header]]:
    if data.startswith(_PNG):
        return "PNG", _png
    if data.startswith(_JPEG):
        return "JPEG", _jpeg
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP", _webp
    if data.startswith(b"BM"):
        return "BMP", _bmp
    if data[:2] in (b"II", b"MM"):
        return "TIFF", _tiff
    found = "a GIF" if data.startswith(_GIF) else "of another format"
    raise BadInputFile(f"{path} is {found if data else 'empty'}; expected a picture: {FORMATS}")


def _png(data: bytes) -> Header:
    width, height, _, colour = struct.unpack_from(">IIBB", data, 16)
    chunks = dict(_png_chunks(data))
    if b"acTL" in chunks:
        raise ValueError(_ANIMATED)
    if colour == 0 and b"tRNS" in chunks:  # decoders lose it
        raise ValueError("one of its greys means transparent; save it with an alpha channel")
    return Header("PNG", height, width, exif_orientation(chunks.get(b"eXIf", b"")))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All chunks with right checksums, the pixels (IDAT) without their data."""
    position, kind = len(_PNG), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 8 + length
        (checksum,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(memoryview(data)[position + 4 : end]) != checksum:
            raise ValueError("the checksum of a chunk does not match: it is damaged")
        yield kind, b"" if kind == b"IDAT" else data[position + 8 : end]
        position = end + 4


def _jpeg(data: bytes) -> Header:
    orientation, adobe, size = 1, False, None
    for marker, start, end in _jpeg_segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0":
            orientation = exif_orientation(data[start + 6 : end])
        elif marker == 0xEE and data[start : start + 5] == b"Adobe":
            adobe = True
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            size = struct.unpack_from(">HHB", data, start + 1)
        elif marker == 0xDA and data.find(b"\xff\xd9", end) < 0:
            raise ValueError("it is cut off: the end-of-image marker is missing")
    if size is None:
        raise ValueError("it holds no picture")
    height, width, components = size
    if components == 4 and not adobe:  # 0 may mean all ink or none; Adobe's marker says none
        raise ValueError("CMYK without Adobe's marker does not say how it counts ink; save it as RGB")
    return Header("JPEG", height, width, orientation)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, first byte, byte behind the last) of each segment, up to the first scan's."""
    position, marker = 2, 0
    while marker != 0xDA:
        if data[position] != 0xFF:
            raise ValueError("it is damaged: no marker where one was expected")
        marker = data[position + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            position += 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        yield marker, position + 4, position + 2 + length
        position += 2 + length


def _webp(data: bytes) -> Header:
    chunks = {kind: (start, end) for kind, start, end in _webp_chunks(data)}
    exif = slice(*chunks.get(b"EXIF", (0, 0)))
    orientation = exif_orientation(data[exif].removeprefix(b"Exif\0\0"))
    if b"ANIM" in chunks or b"ANMF" in chunks:
        raise ValueError(_ANIMATED)
    if b"VP8L" in chunks:
        (bits,) = struct.unpack_from("<I", data, chunks[b"VP8L"][0] + 1)
        return Header("WebP", (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, orientation)
    if b"VP8 " in chunks:
        width, height = struct.unpack_from("<HH", data, chunks[b"VP8 "][0] + 6)
        return Header("WebP", height & 0x3FFF, width & 0x3FFF, orientation)
    raise ValueError("it holds no picture")


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    (size,) = struct.unpack_from("<I", data, 4)
    if len(data) < size + 8:
        raise ValueError("it is cut off")
    position = 12
    while position + 8 <= size + 8:
        kind, length = struct.unpack_from("<4sI", data, position)
        yield kind, position + 8, position + 8 + length
        position += 8 + length + length % 2


def _bmp(data: bytes) -> Header:
    (header,) = struct.unpack_from("<I", data, 14)
    if header == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return Header("BMP", height, width)
    width, height = struct.unpack_from("<ii", data, 18)
    # Without a mask for it the fourth byte of a pixel is unused, and often 0.
    alpha = header >= 56 and struct.unpack_from("<I", data, 66)[0] != 0
    return Header("BMP", abs(height), width, alpha=alpha)


def _tiff(data: bytes) -> Header:
    tags = read_tags(data)
    values = {number: tag.value for number, tag in tags.items()}
    photometric, samples = values.get(PHOTOMETRIC, -1), values.get(SAMPLES, 1)
    bits = values.get(BITS, 1)
    if photometric not in (0, 1, 2, 3) or samples not in (1, 3, 4) or (photometric == 0 and bits > 8):
        raise ValueError("expected grey, palette, RGB or RGB with alpha; save it as one of these, or as PNG")
    if values.get(PLANAR, 1) != 1:
        raise ValueError("its channels are stored apart; save it with interleaved channels, or as PNG")
    extra = values.get(EXTRA_SAMPLES, 0)
    return Header(
        "TIFF",
        values.get(HEIGHT, 0),
        values.get(WIDTH, 0),
        orientation_of(tags),
        alpha=samples == 4,
        associated=samples == 4 and extra == 1,
        patches=tuple(_upright_and_unmultiplied(data, tags)),
    )


def _upright_and_unmultiplied(data: bytes, tags: dict[int, Tag]) -> Iterator[tuple[int, bytes]]:
    """Decoders turn a TIFF, and multiply its colours by a straight alpha, or not, by version: with 1 in both, none."""
    order: Literal["little", "big"] = "little" if byte_order(data) == "<" else "big"
    for number in (ORIENTATION, EXTRA_SAMPLES):
        if number in tags:
            yield tags[number].position, (1).to_bytes(tags[number].length, order)
