"""Pictures of any size to what a translator takes, and its answer back: resize, crop, pad; alpha kept or flattened.
Colours are premultiplied while they are resized, so that those of clear pixels bleed into no others.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.pixels import over
from ganrt.runtime.arguments import one_of
from ganrt.runtime.photos import Photo
from ganrt.spec import MAX_SIDE, GeneratorSpec, ImageInput

_BLOCK = 17  # pixels


def resampled(image: Pixels, height: int, width: int, way: int) -> Pixels:
    """uint8 [h, w, c] -> uint8 [height, width, c], computed in float32 by one of OpenCV's ways, `cv2.INTER_...`.

    Where the result is clear, its colour is 0.
    """
    channels = image.shape[2]
    values = image.astype(np.float32)
    if channels == 4:
        values[..., :3] *= values[..., 3:] / 255
    values = np.asarray(cv2.resize(values, (width, height), interpolation=way), np.float32)
    values = values.reshape(height, width, channels)
    if channels == 4:
        values[..., 3:] = values[..., 3:].clip(0, 255)
        values[..., :3] *= 255 / np.maximum(values[..., 3:], 1 / 255)
        values[values[..., 3] < 0.5] = 0
    return np.asarray(values.clip(0, 255).round(), np.uint8)


def fitted(image: Pixels, size: int) -> Pixels:
    """The longer side gets `size` pixels: by area averages where it shrinks, by Lanczos where it grows."""
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer == size:
        return image
    way = cv2.INTER_AREA if size < longer else cv2.INTER_LANCZOS4
    return resampled(image, *fitted_sides(height, width, size), way)


def fitted_sides(height: int, width: int, size: int) -> tuple[int, int]:
    """Height and width of what `fitted` makes of such a picture."""
    longer = max(height, width)
    return max(1, round(height * size / longer)), max(1, round(width * size / longer))


def continued(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA whose clear pixels have the colours around them: what a lossy encoder mixes with those that are seen.

    Such encoders halve the colours' resolution and work in blocks of 8 pixels; a box of 17 reaches over both. Clear
    pixels that are farther away become black. Pixels that are seen, and alpha, are left as they are.
    """
    alpha = image[..., 3].astype(np.float32)
    weights = cv2.blur(alpha, (_BLOCK, _BLOCK), borderType=cv2.BORDER_REPLICATE)[..., None]
    seen = cv2.blur(image[..., :3] * alpha[..., None], (_BLOCK, _BLOCK), borderType=cv2.BORDER_REPLICATE)
    near = np.divide(seen, weights, out=np.zeros_like(seen), where=weights > 0.5)  # of 255
    colours = np.where(alpha[..., None] == 0, near.round().clip(0, 255).astype(np.uint8), image[..., :3])
    return np.concatenate([colours, image[..., 3:]], axis=2)


FITS = ("resize", "crop", "pad")
ALPHAS = ("keep", "flatten")

Pixels = NDArray[np.uint8]
Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class Fit:
    """How a picture of any size gets the size that the model takes.

    Attributes:
        mode: a model of fixed size: `resize` stretches the picture to it; `crop` takes the largest centred part of
            the model's proportions and resizes that; `pad` resizes the whole picture, proportions kept, to fit
            inside, centred on `background` (transparent, where alpha is kept).
            A dynamic model: `resize` to each side's nearest legal multiple; `crop` cuts each side, centred, down to
            one (enlarging first what is smaller than one); `pad` repeats the last row and column up to the next
            one, and cuts them off the model's answer.
        alpha: `keep` hands the alpha channel, sized along, to the answer; `flatten` lays the picture over
            `background` first.
        background: red, green, blue, each 0 to 255.
    """

    mode: str = "resize"
    alpha: str = "keep"
    background: tuple[int, int, int] = (255, 255, 255)

    def __post_init__(self) -> None:
        one_of("fit", self.mode, FITS)
        one_of("alpha", self.alpha, ALPHAS)


@dataclass(frozen=True)
class Fitted:
    """A picture as the model takes it: `source` uint8 [h, w, c], `alpha` uint8 [h, w] or None.

    `shown` is the part (from the top left corner) that is the picture; the rest is cut off again.
    """

    source: Pixels
    alpha: Pixels | None
    shown: Size


def fit_photo(photo: Photo, spec: GeneratorSpec, fit: Fit) -> Fitted:
    """A picture as the translator `spec` takes it.

    Raises:
        UsageError: the model is not a translator, or takes pictures with 2 channels.
        BadInputFile: the picture is longer than the largest size there is.
    """
    if spec.image is None or spec.image.channels == 2:
        raise UsageError(f"'{spec.name}' does not take grey, RGB or RGBA pictures")
    return fit_image(photo, spec.image, fit)


def fit_image(photo: Photo, image: ImageInput, fit: Fit) -> Fitted:
    """A picture at the size and with the channels (1, 3 or 4) of `image`.

    Raises:
        BadInputFile: the picture is longer than the largest size there is.
    """
    colour, alpha = photo.colour, photo.alpha
    if alpha is not None and fit.alpha == "flatten":
        colour, alpha = over(_with_channels(colour, alpha, 4), fit.background), None
    source = _with_channels(colour, alpha, image.channels)
    fitted = _fit_dynamic(source, alpha, image, fit) if image.dynamic else _fit_fixed(source, alpha, image, fit)
    if max(fitted.source.shape) > MAX_SIDE:
        raise BadInputFile(f"{photo.path}: a side is longer than {MAX_SIDE} pixels")
    return fitted


def finish(fitted: Fitted, image: Pixels) -> Pixels:
    """The model's answer to `fitted`, uint8 [h, w, c], without padding and with the alpha that was kept.

    Returns:
        uint8 [h, w, c]; [h, w, 4] with alpha.
    """
    image = shown_part(fitted, image)
    if fitted.alpha is None or image.shape[2] == 4:
        return image
    alpha = resized(shown_part(fitted, fitted.alpha[..., None]), image.shape[:2])
    return np.concatenate([np.broadcast_to(image, (*image.shape[:2], 3)), alpha], axis=2)


def shown_part(fitted: Fitted, image: Pixels) -> Pixels:
    """Cuts padding off a picture that lies over `fitted.source`, of the same size or of a multiple of it."""
    height, width = (
        shown * side // taken
        for shown, side, taken in zip(fitted.shown, image.shape[:2], fitted.source.shape[:2], strict=True)
    )
    return np.ascontiguousarray(image[:height, :width])


def resized(pixels: Pixels, size: Size) -> Pixels:
    """uint8 [h, w, c] to `size`: first the sides that shrink (area average), then those that grow (bilinear).

    RGBA premultiplied.
    """
    smaller = (min(pixels.shape[0], size[0]), min(pixels.shape[1], size[1]))
    for step, interpolation in ((smaller, cv2.INTER_AREA), (size, cv2.INTER_LINEAR)):
        if pixels.shape[:2] != step and pixels.shape[2] == 4:
            pixels = resampled(pixels, step[0], step[1], interpolation)
        elif pixels.shape[:2] != step:
            scaled = cv2.resize(pixels, (step[1], step[0]), interpolation=interpolation)
            pixels = np.asarray(scaled, np.uint8).reshape(*step, pixels.shape[2])
    return pixels


def _with_channels(colour: Pixels, alpha: Pixels | None, channels: int) -> Pixels:
    """Grey [h, w, 1] (BT.601 luma), RGB [h, w, 3] or RGBA [h, w, 4]."""
    if channels == 1:
        grey = colour[..., 0] if colour.shape[2] == 1 else cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
        return np.asarray(grey, np.uint8)[..., None]
    rgb = np.ascontiguousarray(np.broadcast_to(colour, (*colour.shape[:2], 3)))
    if channels == 3:
        return rgb
    opaque = np.full(colour.shape[:2], 255, np.uint8) if alpha is None else alpha
    return np.concatenate([rgb, opaque[..., None]], axis=2)


def _fit_fixed(source: Pixels, alpha: Pixels | None, image: ImageInput, fit: Fit) -> Fitted:
    size = (image.height, image.width)
    layers = [source] if alpha is None else [source, alpha[..., None]]
    if fit.mode == "crop":
        layers = [_centre(layer, _of_proportions(source.shape[:2], size)) for layer in layers]
    if fit.mode == "pad":
        inside = _of_proportions(size, source.shape[:2])
        grounds = (_ground(fit, image.channels, opaque=alpha is None), np.zeros(1, np.uint8))
        layers = [
            _laid_on(resized(layer, inside), size, ground) for layer, ground in zip(layers, grounds, strict=False)
        ]
    layers = [resized(layer, size) for layer in layers]
    return Fitted(layers[0], None if alpha is None else layers[1][..., 0], size)


def _fit_dynamic(source: Pixels, alpha: Pixels | None, image: ImageInput, fit: Fit) -> Fitted:
    height, width = source.shape[:2]
    step = image.multiple_of
    layers = [source] if alpha is None else [source, alpha[..., None]]
    size = (max(step, (height + step // 2) // step * step), max(step, (width + step // 2) // step * step))
    if fit.mode == "crop":
        covering = _covering((height, width), step)
        size = (covering[0] // step * step, covering[1] // step * step)
        layers = [_centre(resized(layer, covering), size) for layer in layers]
    if fit.mode == "pad":
        size = (-(-height // step) * step, -(-width // step) * step)
        more = ((0, size[0] - height), (0, size[1] - width), (0, 0))
        layers = [np.pad(layer, more, mode="edge") for layer in layers]
    layers = [resized(layer, size) for layer in layers]
    shown = (height, width) if fit.mode == "pad" else size
    return Fitted(layers[0], None if alpha is None else layers[1][..., 0], shown)


def _of_proportions(size: Size, proportions: Size) -> Size:
    """The largest size within `size` of the given proportions, to the nearest pixel."""
    (height, width), (high, wide) = size, proportions
    if width * high >= height * wide:
        return height, min(width, max(1, (height * wide + high // 2) // high))
    return min(height, max(1, (width * high + wide // 2) // wide)), width


def _covering(size: Size, least: int) -> Size:
    """`size` if both sides have `least` pixels, else scaled up until they have."""
    height, width = size
    short = min(height, width)
    return size if short >= least else (-(-height * least // short), -(-width * least // short))


def _centre(pixels: Pixels, size: Size) -> Pixels:
    top, left = (pixels.shape[0] - size[0]) // 2, (pixels.shape[1] - size[1]) // 2
    return np.ascontiguousarray(pixels[top : top + size[0], left : left + size[1]])


def _ground(fit: Fit, channels: int, *, opaque: bool) -> Pixels:
    """The background as the model takes it, uint8 [c]."""
    ground: Pixels = _with_channels(np.array([[fit.background]], np.uint8), None, channels)[0, 0].copy()
    ground[3:] = 255 if opaque else 0
    return ground


def _laid_on(pixels: Pixels, size: Size, ground: Pixels) -> Pixels:
    page = np.empty((*size, pixels.shape[2]), np.uint8)
    page[...] = ground
    top, left = (size[0] - pixels.shape[0]) // 2, (size[1] - pixels.shape[1]) // 2
    page[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return page
