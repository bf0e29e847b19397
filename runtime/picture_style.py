"""How a single picture is written: its size, its mask, what lies behind it, and its encoding.

In this order: size or zoom, background, mask, encoding. Alpha is straight in memory and in files; it is premultiplied
while a picture is resized, so that the colours of what cannot be seen do not bleed into the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import OutputFailed, UsageError
from ganrt.pixels import over
from ganrt.runtime.arguments import one_of
from ganrt.runtime.fitting import continued, fitted, fitted_sides
from ganrt.runtime.pictures import encode_png, to_opencv
from ganrt.spec import MAX_SIDE, GeneratorSpec

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
# Soft colours for `auto`. Their number is prime: in a grid no column has one colour throughout.
AUTO = (
    *("f6c1c1", "f9d5b3", "fbe9b0", "e3efb3", "c5e8b7", "b9e6cc", "b5e5e3"),
    *("b8dcf2", "bccdf5", "cdc4f2", "e0c3ee", "f2c4e2", "dcd6cc"),
)


def parse_colour(text: str, least: str = "") -> Colour:
    """ "ff8000" or "#ff8000" -> (255, 128, 0).

    Args:
        least: what else is accepted, for the message, such as "none, auto or ".

    Raises:
        UsageError: anything else.
    """
    digits = text.removeprefix("#")
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
        raise UsageError(f"--background {text}: expected {least}a colour as RRGGBB, such as ffffff for white")
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def check_background(text: str | None, opaque: str | None = None) -> None:
    """Refuses what is no background.

    Args:
        text: `none`, `auto`, a colour RRGGBB, or None where nothing was asked for.
        opaque: the format, where it has no transparency.

    Raises:
        UsageError: another text, or `none` for an opaque format.
    """
    if text == "none" and opaque is not None:
        raise UsageError(
            f"--background none: {opaque} has no transparency; expected auto or a colour as RRGGBB, such as ffffff"
        )
    if text not in (None, "none", "auto"):
        parse_colour(text, "none, auto or ")


def colour_behind(text: str | None, opaque: bool, seed: int = 0, index: int = 0) -> Colour | None:
    """The colour behind picture `index` of `seed`; None: nothing, it keeps its transparency.

    `auto` is colour (seed + index) mod 13 of `AUTO`. Where nothing was asked for, an opaque format has white.
    """
    if text == "auto":
        return parse_colour(AUTO[(seed + index) % len(AUTO)])
    if text is None or text == "none":
        return WHITE if opaque else None
    return parse_colour(text)


ENCODINGS = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}
MASKS = ("none", "round")
MAX_ZOOM = 64
_MOST_PIXELS = 2**28  # of a file: what encoders and viewers still take
_LONGEST = {"png": 2**20, "webp": 16383, "jpeg": 65500}  # sides; of WebP and JPEG the formats' own
QUALITY = {"webp": 90, "jpeg": 95}  # unless another one is asked for
BEST_QUALITY = {"webp": 101, "jpeg": 100}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class PictureStyle:
    """How pictures are written.

    Attributes:
        encode: png, webp or jpeg.
        quality: 1 to 100, of webp also 101 for lossless; None: 95 of jpeg, 90 of webp. PNG has none.
        zoom: each pixel becomes a square of so many, 1 to 64.
        size: pixels of the longer side, 1 to 16384, in place of zoom; None: as drawn.
        background: what lies behind: `none`, a colour RRGGBB, or `auto`, a soft colour that follows from seed and
            index; None: nothing, or white where the encoding has no transparency.
        mask: `round` leaves a disc of the shorter side, background and all; the rest is transparent, or white where
            the encoding has no transparency.
    """

    encode: str = "png"
    quality: int | None = None
    zoom: int = 1
    size: int | None = None
    background: str | None = None
    mask: str = "none"

    def __post_init__(self) -> None:
        one_of("--encode", self.encode, tuple(ENCODINGS))
        one_of("--mask", self.mask, MASKS)
        best = BEST_QUALITY.get(self.encode)
        if best is None and self.quality is not None:
            raise UsageError(f"--quality {self.quality}: it belongs to --encode jpeg and webp")
        if best is not None and self.quality is not None and not 1 <= self.quality <= best:
            raise UsageError(f"--quality {self.quality}: expected 1 to {best}")
        if not 1 <= self.zoom <= MAX_ZOOM:
            raise UsageError(f"--zoom {self.zoom}: expected 1 to {MAX_ZOOM}")
        if self.size is not None and self.zoom != 1:
            raise UsageError("--size and --zoom: expected one of them")
        if self.size is not None and not 1 <= self.size <= MAX_SIDE:
            raise UsageError(f"--size {self.size}: expected pixels, 1 to {MAX_SIDE}")
        check_background(self.background, "jpeg" if self.opaque else None)

    @property
    def ending(self) -> str:
        """How the names of its files end: .png, .webp or .jpg."""
        return ENCODINGS[self.encode]

    @property
    def opaque(self) -> bool:
        """Whether the encoding has no transparency."""
        return self.encode == "jpeg"

    def shape(self, height: int, width: int, channels: int) -> tuple[int, int, int]:
        """What `applied` makes of a picture of this shape: height, width, channels."""
        zoomed = (height * self.zoom, width * self.zoom)
        sides = zoomed if self.size is None else fitted_sides(height, width, self.size)
        if channels == 4 and (self.opaque or self.background not in (None, "none")):
            channels = 3
        if self.mask == "round":
            channels = 3 if self.opaque else 4
        return *sides, channels

    def check(self, spec: GeneratorSpec, columns: int = 1, rows: int = 1) -> None:
        """Refuses files that would be too large, before any picture is drawn.

        Args:
            columns, rows: of pictures on the largest sheet.

        Raises:
            UsageError: a picture's side would be longer than 16384 pixels, or a file larger than its encoding holds.
        """
        if spec.output is None:
            return
        sides = (spec.output.height, spec.output.width)
        if max(sides) * self.zoom > MAX_SIDE:
            raise UsageError(f"--zoom {self.zoom}: a side would be longer than {MAX_SIDE} pixels")
        height, width, _ = self.shape(*sides, spec.output.channels)
        height, width = rows * height, columns * width
        if max(height, width) > _LONGEST[self.encode] or height * width > _MOST_PIXELS:
            raise UsageError(
                f"a {self.encode} of {width} x {height} pixels: expected at most {_LONGEST[self.encode]} a side and "
                f"{_MOST_PIXELS // 10**6} million in all\ngive a smaller --size or --grid"
            )

    def note(self, spec: GeneratorSpec) -> str | None:
        """What is to be said of transparency that the files cannot hold; None: nothing."""
        return opaque_note(self.encode, spec, self.background, self.mask) if self.opaque else None

    def origin(self) -> dict[str, object]:
        """What a picture says of it: what is not as drawn."""
        return (
            {}
            if self == PictureStyle(self.encode, self.quality)
            else {"size": self.size, "zoom": self.zoom, "background": self.background, "mask": self.mask}
        )

    def applied(self, image: Pixels, seed: int = 0, index: int = 0) -> Pixels:
        """Picture `index` of `seed` as it is written: uint8 [h, w, c] -> uint8 [h, w, c], 1, 3 or 4 channels each."""
        image = fitted(image, self.size) if self.size is not None else _zoomed(image, self.zoom)
        return laid(image, self.background, self.mask, self.opaque, seed, index)

    def encoded(self, image: Pixels, origin: Mapping[str, object] | None = None) -> bytes:
        """A file's bytes, of a picture that `applied` gave. PNG alone keeps the origin.

        Raises:
            OutputFailed: the encoder refuses it, such as a WebP of more than 16383 pixels a side.
        """
        if self.encode == "png":
            return encode_png(image, origin)
        quality = QUALITY[self.encode] if self.quality is None else self.quality
        if self.encode == "webp" and quality < BEST_QUALITY["webp"] and image.shape[2] == 4:
            image = continued(image)
        if self.encode == "webp":
            parameters = [cv2.IMWRITE_WEBP_QUALITY, quality]
        else:  # all colour is kept: the usual halving shows on flat drawings
            full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
            parameters = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
        try:
            ok, data = cv2.imencode(self.ending, to_opencv(image), parameters)
        except cv2.error:
            ok = False
        if not ok:
            raise OutputFailed(f"the {self.encode} encoder refused a picture of shape {list(image.shape)}")
        return data.tobytes()


def opaque_note(format: str, spec: GeneratorSpec, background: str | None, mask: str) -> str | None:
    """What is to be said of transparency that a format never holds; None: nothing."""
    if mask != "none":
        return f"{format} has no transparency: what the mask leaves out is white"
    if spec.output is None or spec.output.channels != 4 or background is not None:
        return None
    such = "such " if format == "gif" else ""  # a pixel of a gif may be clear, but in no part
    return f"{format} has no {such}transparency: pictures lie over white; --background gives another colour"


def laid(image: Pixels, background: str | None, mask: str, opaque: bool, seed: int = 0, index: int = 0) -> Pixels:
    """Picture `index` of `seed` over its background, then masked; `opaque`: without any transparency at the end."""
    colour = colour_behind(background, opaque, seed, index)
    image = image if colour is None else over(image, colour)
    if mask == "round":
        image = _round(image)
    return over(image, WHITE) if opaque else image


def _zoomed(image: Pixels, zoom: int) -> Pixels:
    return image.repeat(zoom, 0).repeat(zoom, 1) if zoom > 1 else image


def _round(image: Pixels) -> Pixels:
    """RGBA, transparent outside of the centred disc of the shorter side; its edge covers pixels in part."""
    height, width, channels = image.shape
    y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    x = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    inside = (min(height, width) / 2 - np.hypot(y, x) + 0.5).clip(0, 1)
    alpha = image[..., 3] if channels == 4 else np.uint8(255)
    covered = (alpha * inside).round().astype(np.uint8)
    colours = np.broadcast_to(image[..., : min(channels, 3)], (height, width, 3))
    return np.concatenate([colours, covered[..., None]], axis=2)
