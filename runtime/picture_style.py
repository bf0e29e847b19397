"""How a single picture is written: its size, its mask, what lies behind it, and its encoding.

In this order: size or zoom, mask, background, encoding. Alpha is straight in memory and in files; it is premultiplied
while a picture is resized, so that the colours of what cannot be seen do not bleed into the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import OutputFailed, UsageError
from ganrt.runtime.arguments import one_of
from ganrt.runtime.fitting import parse_colour
from ganrt.runtime.pictures import encode_png, to_opencv
from ganrt.spec import MAX_SIDE, GeneratorSpec

ENCODINGS = {"png": ".png", "webp": ".webp", "jpeg": ".jpg"}
MASKS = ("none", "round")
MAX_ZOOM = 64
_QUALITY = {"webp": 90, "jpeg": 95}
_BEST = {"webp": 101, "jpeg": 100}
_WHITE = (255, 255, 255)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class PictureStyle:
    """How pictures are written.

    Attributes:
        encode: png, webp or jpeg.
        quality: 1 to 100, of webp also 101 for lossless; None: 95 of jpeg, 90 of webp. PNG has none.
        zoom: each pixel becomes a square of so many, 1 to 64.
        size: pixels of the longer side, 1 to 16384, in place of zoom; None: as drawn.
        background: `none` keeps transparency, a colour RRGGBB lies behind the picture; `auto` is white where the
            encoding has no transparency, else none.
        mask: `round` leaves a disc of the shorter side; the rest is transparent, or background.
    """

    encode: str = "png"
    quality: int | None = None
    zoom: int = 1
    size: int | None = None
    background: str = "auto"
    mask: str = "none"

    def __post_init__(self) -> None:
        one_of("--encode", self.encode, tuple(ENCODINGS))
        one_of("--mask", self.mask, MASKS)
        best = _BEST.get(self.encode)
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
        if self.background not in ("none", "auto"):
            self._colour()
        if self.background == "none" and self.encode == "jpeg":
            raise UsageError("--background none: jpeg has no transparency; expected a colour, or --encode png or webp")

    @property
    def ending(self) -> str:
        """How the names of its files end: .png, .webp or .jpg."""
        return ENCODINGS[self.encode]

    def check(self, spec: GeneratorSpec) -> None:
        """Refuses pictures that would be too large, before any is drawn.

        Raises:
            UsageError: a side would be longer than 16384 pixels.
        """
        output = spec.output
        if output is not None and max(output.height, output.width) * self.zoom > MAX_SIDE:
            raise UsageError(f"--zoom {self.zoom}: a side would be longer than {MAX_SIDE} pixels")

    def origin(self) -> dict[str, object]:
        """What a picture says of it: what is not as drawn."""
        return (
            {}
            if self == PictureStyle(self.encode, self.quality)
            else {"size": self.size, "zoom": self.zoom, "background": self.background, "mask": self.mask}
        )

    def _colour(self) -> tuple[int, int, int] | None:
        """What lies behind; None: nothing."""
        if self.background == "none" or (self.background == "auto" and self.encode != "jpeg"):
            return None
        try:
            return _WHITE if self.background == "auto" else parse_colour(self.background)
        except UsageError:
            raise UsageError(
                f"--background {self.background}: expected none, auto or a colour as RRGGBB, such as 87ceeb"
            ) from None

    def applied(self, image: Pixels) -> Pixels:
        """The picture as it is written: uint8 [h, w, c] -> uint8 [h, w, c], 1, 3 or 4 channels each."""
        image = _resized(image, self.size) if self.size is not None else _zoomed(image, self.zoom)
        if self.mask == "round":
            image = _round(image)
        colour = self._colour()
        return image if colour is None or image.shape[2] != 4 else composed(image, colour)

    def encoded(self, image: Pixels, origin: Mapping[str, object] | None = None) -> bytes:
        """A file's bytes, of a picture that `applied` gave. PNG alone keeps the origin.

        Raises:
            OutputFailed: the encoder refuses it, such as a WebP of more than 16383 pixels a side.
        """
        if self.encode == "png":
            return encode_png(image, origin)
        quality = _QUALITY[self.encode] if self.quality is None else self.quality
        if self.encode == "webp":
            how = [cv2.IMWRITE_WEBP_QUALITY, quality]
        else:  # all colour is kept: the usual halving shows on flat drawings
            full = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
            how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, full]
        try:
            ok, data = cv2.imencode(self.ending, to_opencv(image), how)
        except cv2.error:
            ok = False
        if not ok:
            raise OutputFailed(f"the {self.encode} encoder refused a picture of shape {list(image.shape)}")
        return data.tobytes()


def composed(image: Pixels, colour: tuple[int, int, int]) -> Pixels:
    """RGBA [h, w, 4] over a colour: RGB [h, w, 3], rounded to the nearest."""
    alpha = image[..., 3:].astype(np.uint32)
    over = np.array(colour, np.uint32)
    return ((image[..., :3] * alpha + over * (255 - alpha) + 127) // 255).astype(np.uint8)


def _zoomed(image: Pixels, zoom: int) -> Pixels:
    return image.repeat(zoom, 0).repeat(zoom, 1) if zoom > 1 else image


def _resized(image: Pixels, size: int) -> Pixels:
    """The longer side gets `size` pixels: by area averages where it shrinks, by Lanczos where it grows."""
    height, width, channels = image.shape
    longer = max(height, width)
    if longer == size:
        return image
    sides = (max(1, round(width * size / longer)), max(1, round(height * size / longer)))
    values = image.astype(np.float32)
    if channels == 4:
        values[..., :3] *= values[..., 3:] / 255
    way = cv2.INTER_AREA if size < longer else cv2.INTER_LANCZOS4
    values = np.asarray(cv2.resize(values, sides, interpolation=way), np.float32).reshape(sides[1], sides[0], channels)
    if channels == 4:
        values[..., 3:] = values[..., 3:].clip(0, 255)
        values[..., :3] *= 255 / np.maximum(values[..., 3:], 1 / 255)
    return np.asarray(values.clip(0, 255).round(), np.uint8)


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
