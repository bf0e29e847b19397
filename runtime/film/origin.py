"""What drew a film, kept in its container as a still keeps it in its PNG: JSON, where players do not look.

gif: a comment extension before the trailer (GIF89a, section 24). webp: a RIFF chunk `gnrt` after the others, as the
container's specification allows unknown ones. apng: the tEXt chunk of a PNG. mp4: a box `uuid` at the end (ISO/IEC
14496-12, section 11.1), which readers skip.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from ganrt.errors import BadInputFile
from ganrt.files import check_file
from ganrt.runtime.pictures import read_origin as read_png_origin
from ganrt.runtime.pictures import with_origin

Origin = Mapping[str, object]
_MAX_BYTES = 2**32
_MAX_TEXT = 2**24
_CHUNK = b"gnrt"
_MARK = b"ganrt\0"  # begins our gif comment
_UUID = bytes.fromhex("7a9e6f7f1d3c4cf6a5b2f3c1de0a6721")  # of our box; chosen at random


def animation_with_origin(data: bytes, suffix: str, origin: Origin | None) -> bytes:
    """The bytes of a gif, webp or apng with their origin."""
    if origin is None:
        return data
    if suffix == ".apng":
        return with_origin(data, origin)
    text = _text(origin)
    if suffix == ".gif":
        blocks = b"".join(bytes([len(part)]) + part for part in _pieces(_MARK + text))
        return data[:-1] + b"\x21\xfe" + blocks + b"\0;"
    body = data[8:] + _CHUNK + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def append_to_mp4(path: Path, origin: Origin | None) -> None:
    """Puts the box at the end of a finished mp4."""
    if origin is not None:
        text = _text(origin)
        with path.open("ab") as file:
            file.write(struct.pack(">I", 24 + len(text)) + b"uuid" + _UUID + text)


def read_film_origin(path: Path) -> dict[str, object]:
    """The origin that a gif, webp, apng, png or mp4 of ours holds.

    Raises:
        BadInputFile: another kind of file, cut short, or without one.
    """
    check_file(path, 2**40, "a film or an animation")
    with path.open("rb") as file:
        start = file.read(12)
    if start.startswith(b"\x89PNG"):
        return read_png_origin(path)
    if path.stat().st_size > _MAX_BYTES:
        raise BadInputFile(f"{path} is larger than {_MAX_BYTES} bytes")
    try:
        text = _found(path, start)
        origin = json.loads(text) if text is not None else None
    except (struct.error, IndexError, ValueError, RecursionError) as error:
        raise BadInputFile(f"{path} is cut short or damaged") from error
    if not isinstance(origin, dict):
        raise BadInputFile(f"{path} was not written by ganrt, or what it says of itself was removed")
    return origin


def _found(path: Path, start: bytes) -> bytes | None:
    if start.startswith(b"GIF8"):
        return _of_gif(path.read_bytes())
    if start.startswith(b"RIFF") and start[8:] == b"WEBP":
        return _of_webp(path.read_bytes())
    if start[4:8] == b"ftyp":
        return _of_mp4(path)
    raise BadInputFile(f"{path} is no gif, webp, apng, png or mp4")


def _text(origin: Origin) -> bytes:
    return json.dumps(origin, sort_keys=True).encode("ascii")


def _pieces(data: bytes) -> Iterator[bytes]:
    """At most 255 bytes each, as a gif's blocks hold."""
    return (data[i : i + 255] for i in range(0, len(data), 255))


def _of_gif(data: bytes) -> bytes | None:
    """The last comment of ours: found from the front, block by block."""
    found = None
    position = 13 + _table_bytes(data[10])
    while data[position] != 0x3B:
        kind = data[position]
        if kind == 0x21:
            label, position = data[position + 1], position + 2
        elif kind == 0x2C:
            label, position = 0, position + 11 + _table_bytes(data[position + 9])
        else:
            raise ValueError("neither an extension nor a picture")
        body, position = _blocks(data, position)
        if label == 0xFE and body.startswith(_MARK):
            found = body[len(_MARK) :]
    return found


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: bytes, position: int) -> tuple[bytes, int]:
    """The content of a chain of blocks, and where it ends."""
    parts: list[bytes] = []
    while size := data[position]:
        parts.append(data[position + 1 : position + 1 + size])
        position += 1 + size
    return b"".join(parts), position + 1


def _of_webp(data: bytes) -> bytes | None:
    position = 12
    while position + 8 <= len(data):
        (size,) = struct.unpack_from("<I", data, position + 4)
        if data[position : position + 4] == _CHUNK:
            return data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    return None


def _of_mp4(path: Path) -> bytes | None:
    """Box by box, without reading the pictures."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            start = file.tell() - 8
            size, kind = struct.unpack(">I4s", head)
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
            if kind == b"uuid" and 24 <= size <= _MAX_TEXT and file.read(16) == _UUID:
                return file.read(size - 24)
            if size < 8:
                return None
            file.seek(start + size)
    return None
