"""Pictures as PNG bytes that say where they came from, and contact sheets: with captions, and with an atlas."""

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
from ganrt.runtime.fitting import resized

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


def decode_png(data: bytes) -> NDArray[np.uint8] | None:
    """uint8 [h, w, c] in RGB or RGBA; None where it is no picture. OpenCV's error where it is empty."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        return None
    picture = picture[..., None] if picture.ndim == 2 else picture[..., [2, 1, 0, 3][: picture.shape[2]]]
    return np.asarray(picture, np.uint8)


def with_origin(data: bytes, origin: Mapping[str, object]) -> bytes:
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


def as_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey or RGB, uint8 [h, w, c] -> RGB [h, w, 3], contiguous."""
    return np.ascontiguousarray(np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image)


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


MAX_ROWS = 100
MAX_SIDE = 256

Pixels = NDArray[np.uint8]


class Sheet:
    """Collects the rows; those after `MAX_ROWS` are left out, larger pictures are made smaller."""

    def __init__(self) -> None:
        self._cells: list[Pixels] = []
        self._columns = 0
        self.rows = 0

    def add(self, pictures: Sequence[Pixels]) -> None:
        """One row of pictures uint8 [h, w, c], as many in every row."""
        if self.rows < MAX_ROWS:
            self.rows += 1
            self._columns = len(pictures)
            self._cells += [_small(picture) for picture in pictures]

    def picture(self) -> Pixels:
        """The sheet, uint8 [rows * h, columns * w, c], in cells of the largest picture's size on white."""
        height, width, channels = (max(cell.shape[axis] for cell in self._cells) for axis in range(3))
        return sheet([_on_white(picture, height, width, channels) for picture in self._cells], self._columns)


def _small(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= MAX_SIDE:
        return picture
    return resized(picture, (max(1, height * MAX_SIDE // longest), max(1, width * MAX_SIDE // longest)))


def _on_white(picture: Pixels, height: int, width: int, channels: int) -> Pixels:
    page = np.full((height, width, channels), 255, np.uint8)
    rows, columns, own = picture.shape
    page[:rows, :columns, : max(own, min(channels, 3))] = picture  # grey goes into all three colours
    return page


_FONT = cv2.FONT_HERSHEY_SIMPLEX
_NUMBER, _CODE = 0.5, 0.36  # scales of the font: of a number, of a look code
_LINE, _MARGIN = 13, 4  # pixels of a line of code, and around all
_MOST_LINES = 12


def captioned(pictures: Sequence[Pixels], codes: Sequence[str | None]) -> list[Pixels]:
    """Each picture over a white strip with its number, from 1, and its code, broken into lines as wide as the picture.

    A code of more than 12 lines is left out: cut off it would be none.

    Args:
        pictures: uint8 [h, w, c], of one shape.
        codes: one a picture; None: there is none.

    Returns:
        uint8 [h + strip, w, c], with at least 3 channels.
    """
    width = pictures[0].shape[1]
    broken = [_broken(code, width) for code in codes]
    strip = _LINE + 3 * _MARGIN + _LINE * max(map(len, broken))
    numbered = zip(pictures, broken, strict=True)
    return [_with_strip(picture, str(number), lines, strip) for number, (picture, lines) in enumerate(numbered, 1)]


def _broken(code: str | None, width: int) -> list[str]:
    if code is None:
        return []
    lines = _lines(code, width - 2 * _MARGIN)
    return lines if len(lines) <= _MOST_LINES else []


def _lines(code: str, width: int) -> list[str]:
    """A code in lines of at most `width` pixels: after colons where it can be, and never before its check letters."""
    *fields, number, check = code.split(":")
    lines = [""]
    for word in (*(f"{field}:" for field in fields), f"{number}:{check}"):
        if not _fits(lines[-1] + word, width):
            lines.append("")
        for letter in word:  # of what is too long for a line, as much as it takes
            if lines[-1] and not _fits(lines[-1] + letter, width):
                lines.append("")
            lines[-1] += letter
    tail = len(check) + 2
    if len(lines) > 1 and len(lines[-1]) < tail:  # check letters stay with what they follow
        lines[-2:] = [lines[-2][: len(lines[-1]) - tail], lines[-2][len(lines[-1]) - tail :] + lines[-1]]
    return [line for line in lines if line]


def _fits(text: str, width: int) -> bool:
    return bool(cv2.getTextSize(text, _FONT, _CODE, 1)[0][0] <= width)


def _with_strip(picture: Pixels, number: str, lines: Sequence[str], strip: int) -> Pixels:
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    below = np.full((strip, picture.shape[1], 3), 255, np.uint8)  # text that OpenCV writes makes holes in alpha
    _write(below, number, _LINE + _MARGIN, _NUMBER)
    for k, line in enumerate(lines):
        _write(below, line, (k + 2) * _LINE + 2 * _MARGIN, _CODE)
    if picture.shape[2] == 4:
        below = np.dstack([below, np.full(below.shape[:2], 255, np.uint8)])
    return np.concatenate([picture, below])


def _write(strip: Pixels, text: str, bottom: int, scale: float) -> None:
    cv2.putText(strip, text, (_MARGIN, bottom), _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)


_FORMATS = {1: "I8", 3: "RGB888", 4: "RGBA8888"}


def atlas(
    names: Sequence[str],
    shape: Sequence[int],
    columns: int,
    image: str,
    page: Sequence[int],
    more: Sequence[Mapping[str, object]] = (),
) -> dict[str, dict[str, object]]:
    """`frames` by name, and `meta`.

    Args:
        names: of the pictures, row by row as `pictures.sheet` lays them.
        shape: [h, w, ...] of each picture.
        columns: pictures in a row.
        image: the sheet's file.
        page: [h, w, c] of the sheet.
        more: what is said of each picture beside that.
    """
    height, width = shape[:2]
    frames: dict[str, object] = {}
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        frames[name] = {
            "frame": {"x": column * width, "y": row * height, "w": width, "h": height},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, "w": width, "h": height},
            "sourceSize": {"w": width, "h": height},
            **(more[number] if more else {}),
        }
    meta: dict[str, object] = {
        "app": "ganrt",
        "version": "1.0",
        "image": image,
        "format": _FORMATS[page[2]],
        "size": {"w": page[1], "h": page[0]},
        "scale": "1",
    }
    return {"frames": frames, "meta": meta}
