"""Pictures from files, as a translator takes them: 8 bits, upright, colour and opacity apart.

Colour profiles are not applied. CMYK (JPEG only) is converted by the plain formula (1 - ink) * (1 - black).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile
from ganrt.files import read_file
from ganrt.runtime.picture_headers import Header, read_header

MAX_PIXELS = 2**27  # 134 megapixels: no camera's picture is larger, and 400 MB of RGB is enough
MAX_BYTES = 2**30

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Photo:
    """One picture.

    Attributes:
        sha256: of the file, hexadecimal.
        colour: uint8 [h, w, 1] (grey) or [h, w, 3] (RGB), as stored, also beneath transparent pixels.
        alpha: uint8 [h, w], 255 for opaque; None where the file has none.
    """

    path: Path
    sha256: str
    colour: Pixels
    alpha: Pixels | None


def read_photo(path: Path) -> Photo:
    """Reads a PNG, JPEG, WebP, BMP or TIFF (its first page) of 8 or 16 bits; EXIF orientation is applied.

    Raises:
        BadInputFile: missing, empty, of another kind, cut off, damaged as far as the format lets that be seen,
            animated, or larger than `MAX_PIXELS` (seen in the header, before anything is decoded).
    """
    data = read_file(path, MAX_BYTES, "a picture")
    header = read_header(path, data)
    if header.height * header.width > MAX_PIXELS:
        raise BadInputFile(f"{path} has {header.width} x {header.height} pixels; expected at most {MAX_PIXELS} in all")
    pixels = _eight_bits(path, _decode(path, data, header))
    colour, alpha = _apart(pixels, header)
    colour = _upright(colour, header.orientation)
    alpha = None if alpha is None else _upright(alpha, header.orientation)
    return Photo(path, hashlib.sha256(data).hexdigest(), colour, alpha)


def _decode(path: Path, data: bytes, header: Header) -> NDArray[np.generic]:
    """[h, w] or [h, w, c] in OpenCV's channel order, neither turned nor converted."""
    encoded = np.frombuffer(data, np.uint8)
    if header.patches:
        encoded = encoded.copy()
    for position, patch in header.patches:
        encoded[position : position + len(patch)] = np.frombuffer(patch, np.uint8)
    try:
        with quiet_opencv():
            pixels = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise BadInputFile(f"{path} cannot be decoded as {header.format}") from error
    if pixels is None or pixels.shape[:2] != (header.height, header.width):
        raise BadInputFile(f"{path} is damaged, or a {header.format} of a kind that OpenCV does not read")
    return pixels


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV would write its complaints to standard error; an exception says it all."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


def _eight_bits(path: Path, pixels: NDArray[np.generic]) -> Pixels:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, np.uint8)
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)  # v / 257 to the nearest
    raise BadInputFile(f"{path} holds {pixels.dtype} values; expected 8 or 16 bits a channel")


def _apart(pixels: Pixels, header: Header) -> tuple[Pixels, Pixels | None]:
    """[h, w] or [h, w, 3 or 4], blue first -> colour [h, w, 1 or 3], red first, and alpha [h, w]."""
    if pixels.ndim == 2:
        return pixels[..., None], None
    colour = np.ascontiguousarray(pixels[..., 2::-1])
    if pixels.shape[2] < 4 or not header.alpha:
        return colour, None
    alpha = np.ascontiguousarray(pixels[..., 3])
    return (_divided(colour, alpha) if header.associated else colour), alpha


def _divided(colour: Pixels, alpha: Pixels) -> Pixels:
    """Undoes a multiplication by alpha; what is wholly transparent stays as it is."""
    share = np.maximum(alpha, 1).astype(np.uint32)[..., None]
    straight = np.minimum((colour * np.uint32(255) + share // 2) // share, 255).astype(np.uint8)
    return np.where(alpha[..., None] == 0, colour, straight)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Applies an EXIF orientation: 2 mirrored, 3 half a turn, 6 a quarter turn clockwise, and so on."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)
