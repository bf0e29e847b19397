"""Picture files that OpenCV cannot write: CMYK, EXIF orientation, animations, bombs, TIFF of every kind."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def encoded(suffix: str, picture: NDArray[np.generic], *parameters: int) -> bytes:
    """RGB or RGBA [h, w, c] (or grey [h, w]) as a picture file."""
    if picture.ndim == 3:
        picture = picture[..., {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[picture.shape[2]]]
    done, data = cv2.imencode(suffix, np.ascontiguousarray(picture), list(parameters))
    assert done
    return bytes(data.tobytes())


def flat_jpeg(samples: Sequence[int], adobe: int | None = None, exif: bytes | None = None) -> bytes:
    """A JPEG of one 8 x 8 block, every component flat: 1 (grey), 3 (YCbCr) or 4 (CMYK; with adobe=2 YCCK)."""
    count = len(samples)
    components = b"".join(bytes([i + 1, 0x11, 0]) for i in range(count))
    scan = bytes([count]) + b"".join(bytes([i + 1, 0]) for i in range(count)) + b"\0\x3f\0"
    parts = [b"\xff\xd8"]
    if exif is not None:
        parts.append(_segment(0xE1, b"Exif\0\0" + exif))
    if adobe is not None:
        parts.append(_segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, adobe)))
    parts += [
        _segment(0xDB, b"\0" + b"\x01" * 64),
        _segment(0xC0, struct.pack(">BHHB", 8, 8, 8, count) + components),
        _segment(0xC4, b"\0" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))),  # DC: twelve codes of 4 bits
        _segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0"),  # AC: the end of the block alone
        _segment(0xDA, scan),
        _flat_scan(samples),
        b"\xff\xd9",
    ]
    return b"".join(parts)


def _flat_scan(samples: Sequence[int]) -> bytes:
    bits = ""
    for sample in samples:
        level = (sample - 128) * 8
        size = abs(level).bit_length()
        bits += format(size, "04b")
        if size:
            bits += format(level if level > 0 else level + (1 << size) - 1, f"0{size}b")
        bits += "0"
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")


def _segment(marker: int, body: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def exif(orientation: int, order: str = "<") -> bytes:
    """An EXIF block that holds an orientation."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


def jpeg_with_exif(jpeg: bytes, orientation: int, order: str = "<") -> bytes:
    """The same JPEG with an orientation."""
    return jpeg[:2] + _segment(0xE1, b"Exif\0\0" + exif(orientation, order)) + jpeg[2:]


def webp_with(webp: bytes, height: int, width: int, *, orientation: int = 1, animated: bool = False) -> bytes:
    """The same WebP in the extended format (with room for alpha), with an orientation, or an animation's mark."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = _riff(b"VP8X", bytes([0x1A if animated else 0x18, 0, 0, 0]) + size)
    if animated:
        body += _riff(b"ANIM", b"\0" * 6)
    body += webp[12:] + _riff(b"EXIF", exif(orientation))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def png(height: int, width: int, depth: int, colour: int, rows: bytes, chunks: Mapping[bytes, bytes] = {}) -> bytes:
    """A PNG from its raw rows (each with its filter byte) and chunks between header and pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    between = b"".join(png_chunk(kind, body) for kind, body in chunks.items())
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + between + pixels + png_chunk(b"IEND", b"")


def png_with(png_file: bytes, kind: bytes, body: bytes) -> bytes:
    """The same PNG with one more chunk behind its header."""
    return png_file[:33] + png_chunk(kind, body) + png_file[33:]


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tiff(
    pixels: NDArray[np.generic],
    photometric: int,
    *,
    orientation: int = 1,
    extra: int | None = None,
    planar: int = 1,
    order: str = "<",
    pages: int = 1,
) -> bytes:
    """An uncompressed TIFF of pixels [h, w, c]; further pages hold the same, turned upside down."""
    data = b""
    for page in range(pages):
        picture = pixels if page == 0 else pixels[::-1]
        data += _tiff_page(picture, photometric, orientation, extra, planar, order, 8 + len(data), page == pages - 1)
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8) + data


def _tiff_page(
    pixels: NDArray[np.generic],
    photometric: int,
    orientation: int,
    extra: int | None,
    planar: int,
    order: str,
    start: int,
    last: bool,
) -> bytes:
    height, width, channels = pixels.shape
    bits = pixels.dtype.itemsize * 8
    raw = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    tags = {256: (4, width), 257: (4, height), 258: (3, bits), 259: (3, 1), 262: (3, photometric), 273: (4, 0)}
    tags |= {274: (3, orientation), 277: (3, channels), 278: (4, height), 279: (4, len(raw)), 284: (3, planar)}
    tags |= {} if extra is None else {338: (3, extra)}
    depths = struct.pack(f"{order}{channels}H", *[bits] * channels)
    depths_at = start + 2 + 12 * len(tags) + 4
    pixels_at = depths_at + len(depths)
    tags[273] = (4, pixels_at)
    out = struct.pack(order + "H", len(tags))
    for number, (kind, value) in tags.items():
        if number == 258 and len(depths) > 4:
            out += struct.pack(order + "HHII", number, kind, channels, depths_at)
        elif number == 258:
            out += struct.pack(order + "HHI", number, kind, channels) + depths.ljust(4, b"\0")
        elif kind == 3:
            out += struct.pack(order + "HHIHH", number, kind, 1, value, 0)
        else:
            out += struct.pack(order + "HHII", number, kind, 1, value)
    following = 0 if last else pixels_at + len(raw)
    return out + struct.pack(order + "I", following) + depths + raw
