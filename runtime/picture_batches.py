"""Batches of pictures for a translator or an encoder: which shapes its spec takes, and which come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganrt.errors import UsageError
from ganrt.runtime.fitting import Fit, Fitted, fit_photo
from ganrt.runtime.photos import Photo
from ganrt.spec import GeneratorSpec, ImageInput, Latent, Output


def translator(spec: GeneratorSpec) -> tuple[ImageInput, Output]:
    """What a translator takes and gives.

    Raises:
        UsageError: the model is not a translator.
    """
    if spec.task != "translate" or spec.image is None or spec.output is None:
        raise UsageError(
            f"'{spec.name}' has the task '{spec.task}': it does not translate pictures\n"
            "expected a model with the task 'translate', such as an exported CycleGAN"
        )
    return spec.image, spec.output


def encoder(spec: GeneratorSpec) -> tuple[ImageInput, Latent]:
    """What an encoder takes and gives.

    Raises:
        UsageError: the model is not an encoder.
    """
    if spec.task != "encode" or spec.image is None or spec.latent is None:
        raise UsageError(
            f"'{spec.name}' has the task '{spec.task}': it does not encode pictures\n"
            "expected a model with the task 'encode', such as ganrt export CHECKPOINT --network encoder writes"
        )
    return spec.image, spec.latent


def check_pictures(image: ImageInput, pictures: object) -> None:
    """Checks a batch against what a translator or encoder takes.

    Raises:
        UsageError: not uint8 [n, h, w, c] with sides and channels that it takes.
    """
    expected = f"expected uint8 [n, {described(image)}, {image.channels}]"
    if not isinstance(pictures, np.ndarray):
        raise UsageError(f"pictures of type {type(pictures).__name__}: {expected}")
    given = f"pictures of shape {list(pictures.shape)} and type {pictures.dtype}"
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != image.channels:
        raise UsageError(f"{given}: {expected}")
    height, width = pictures.shape[1:3]
    fits = (height, width) == (image.height, image.width)
    if image.dynamic:
        fits = height > 0 < width and height % image.multiple_of == 0 == width % image.multiple_of
    if not fits:
        raise UsageError(f"{given}: {expected}")


def described(image: ImageInput) -> str:
    """The size for a message: "256, 256", or "multiples of 4, multiples of 4"."""
    many = f"multiple of {image.multiple_of}"
    return f"{many}, {many}" if image.dynamic else f"{image.height}, {image.width}"


def translated_shape(spec: GeneratorSpec, height: int, width: int) -> tuple[int, int, int]:
    """[h, w, c] of the translation of a picture of `height` x `width` pixels."""
    image, output = translator(spec)
    return height * output.height // image.height, width * output.width // image.width, output.channels


def check_back(spec: GeneratorSpec, back: GeneratorSpec) -> None:
    """Checks that `back` takes what `spec` gives and gives what `spec` takes, so that a cycle can be closed.

    Raises:
        UsageError: one is not a translator, or the sizes or channels do not meet.
    """
    (image, output), (back_image, back_output) = translator(spec), translator(back)
    for gives, takes in ((output, back_image), (back_output, image)):
        same = (gives.height, gives.width) == (takes.height, takes.width) or takes.dynamic
        if gives.channels != takes.channels or not same:
            raise UsageError(
                f"'{back.name}' does not lead back from '{spec.name}': one gives {gives.height} x {gives.width} x "
                f"{gives.channels}, the other takes {takes.height} x {takes.width} x {takes.channels}"
            )
    if image.dynamic and (not back_image.dynamic or image.multiple_of % back_image.multiple_of):
        raise UsageError(f"'{back.name}' does not take every size that '{spec.name}' gives")


BATCH_SIZE = 16
MAX_BATCH_PIXELS = 2**24  # of the pictures that wait for their batch


@dataclass(frozen=True)
class FittedPhoto:
    """A photo without its pixels as they were: those may be many more than the model takes."""

    path: Path
    sha256: str
    fitted: Fitted


def photo_batches(
    spec: GeneratorSpec, photos: Iterable[Photo], fit: Fit, size: int | None = None
) -> Iterator[list[FittedPhoto]]:
    """Photos as the translator or encoder `spec` takes them, `size` a batch (16), fewer where they are large.

    They are taken from the iterable a batch at a time, so that memory does not grow with their number.

    Raises:
        UsageError: the model takes no pictures.
        BadInputFile: a picture is too large.
    """
    batch: list[FittedPhoto] = []
    pixels = 0
    for photo in photos:
        fitted = fit_photo(photo, spec, fit)
        batch.append(FittedPhoto(photo.path, photo.sha256, fitted))
        pixels += fitted.source.shape[0] * fitted.source.shape[1]
        del photo  # not kept while the next one is read
        if len(batch) == (size or BATCH_SIZE) or pixels >= MAX_BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch
