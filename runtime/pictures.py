"""Pictures as PNG bytes that say where they came from, and contact sheets."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.files import read_file

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"ganrt"
_SOFTWARE = b"Software"
_MAX_BYTES = 2**30


def encode_png(image: NDArray[np.uint8], origin: Mapping[str, object] | None = None) -> bytes:
    """One PNG.

    Args:
        image: uint8 [h, w, c] with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
        origin: what drew it (seed, index, model hash ...); kept as JSON in a tEXt chunk `ganrt`.
    """
    ok, encoded = cv2.imencode(".png", to_opencv(image))
    if not ok:
        raise OutputFailed(f"the PNG encoder refused a picture of shape {list(image.shape)}")
    return encoded.tobytes() if origin is None else with_origin(encoded.tobytes(), origin)


def with_origin(data: bytes, origin: Mapping[str, object]) -> bytes:
    """A PNG's bytes with its origin."""
    after_header = len(_SIGNATURE) + 25  # the IHDR chunk is always first and 25 bytes long
    text = json.dumps(origin, sort_keys=True).encode("ascii")
    chunks = _chunk(b"tEXt", _SOFTWARE + b"\0ganrt") + _chunk(b"tEXt", _KEYWORD + b"\0" + text)
    return data[:after_header] + chunks + data[after_header:]


def read_origin(path: Path) -> dict[str, object]:
    """The origin that `encode_png` stored.

    Raises:
        BadInputFile: not a whole PNG, or not one written by ganrt.
    """
    data = read_file(path, _MAX_BYTES, "a PNG picture")
    if not data.startswith(_SIGNATURE):
        raise BadInputFile(f"{path} is not a PNG picture")
    for kind, body in _chunks_of(path, data):
        keyword, _, text = body.partition(b"\0")
        if kind == b"tEXt" and keyword == _KEYWORD:
            try:
                origin = json.loads(text)
                json.dumps(origin, ensure_ascii=False).encode()  # a lone surrogate could not even be printed
            except (ValueError, RecursionError) as error:
                raise BadInputFile(f"{path}: its ganrt text chunk is damaged") from error
            if isinstance(origin, dict):
                return origin
    raise BadInputFile(f"{path} was not written by ganrt, or its text chunks were removed")


def to_opencv(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB or RGBA [h, w, c] -> OpenCV's channel order, contiguous."""
    given = np.ascontiguousarray(image)
    swap = {1: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[image.shape[-1]]
    return given if swap is None else np.asarray(cv2.cvtColor(given, swap), np.uint8)  # without Python's lock


def sheet(images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """A contact sheet, row by row: n images uint8 [h, w, c] -> uint8 [rows * h, columns * w, c].

    As many rows as the images need; the last one is filled up with white, of RGBA with nothing.
    """
    height, width, channels = images[0].shape
    rows = -(-len(images) // columns)
    page = np.full((rows * height, columns * width, channels), 0 if channels == 4 else 255, np.uint8)
    for position, image in enumerate(images):
        row, column = divmod(position, columns)
        page[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    return page


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks_of(path: Path, data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        if position + 12 + length > len(data):
            raise BadInputFile(f"{path} is cut short")
        body = data[position + 8 : position + 8 + length]
        crc = data[position + 8 + length : position + 12 + length]
        kind = data[position + 4 : position + 8]
        if crc != struct.pack(">I", zlib.crc32(kind + body)):
            raise BadInputFile(f"{path} is damaged: the checksum of a chunk does not match")
        yield kind, body
        position += 12 + length
