"""One batch at a time: how large it is, what the engine is given, and what of its answer the caller gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.protocol import Engine
from ganrt.errors import UsageError
from ganrt.runtime.arguments import UINT64_LIMIT, integer_between
from ganrt.runtime.fitting import Fit, Fitted, fit_photo
from ganrt.runtime.labels import LabelsLike, as_weights
from ganrt.runtime.photos import Photo
from ganrt.runtime.sampling import Truncation, psi_value
from ganrt.spec import GeneratorSpec, ImageInput, Latent, Output, psi_input

Item = TypeVar("Item")
Images = NDArray[np.uint8]
Inputs = dict[str, NDArray[np.generic]]
_BATCH_PIXELS = 2**18  # of one batch of translations: larger ones need memory and are no faster


class Batches:
    """Runs the batches of one engine; `Generator` holds one."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._spec = engine, engine.spec

    def size(self, wanted: int | None) -> int:
        """Images a batch: `wanted`, as far as the engine takes so many; None: what it likes best."""
        sizes = self._engine.batch_sizes
        if wanted is None:
            return sizes.optimum
        return min(integer_between("batch size", wanted, 1, UINT64_LIMIT), sizes.maximum)

    def statistics(
        self, given: float | Truncation | NDArray[np.float32] | None, count: int
    ) -> Truncation | NDArray[np.float32]:
        """What the graph's input `truncation` is made of: for all images, or checked float32 [n]."""
        if not isinstance(given, np.ndarray):
            return given if isinstance(given, Truncation) else Truncation(psi=given)
        if given.shape != (count,) or given.dtype.kind not in "fiu":
            raise UsageError(f"truncation of shape {list(given.shape)}: expected a number, or float32 [{count}]")
        if psi_input(self._spec) is not None and count:
            for value in (given.min(), given.max()):
                psi_value(self._spec, Truncation(psi=float(value), statistics=float(value)))
        return given.astype(np.float32)

    def of_latents(
        self,
        z: NDArray[np.float32],
        weights: NDArray[np.float32] | None,
        truncation: Truncation | NDArray[np.float32],
    ) -> Images:
        """The images of one batch of latents: uint8 [n, h, w, c]."""
        count = len(z)
        inputs: Inputs = {"z": z}
        if weights is not None:
            inputs["labels"] = weights
        if psi_input(self._spec) is not None:
            inputs["truncation"] = (
                truncation
                if isinstance(truncation, np.ndarray)
                else np.full(count, psi_value(self._spec, truncation), np.float32)
            )
        return np.asarray(self._padded(inputs, "image"), np.uint8)

    def of_styles(self, w: NDArray[np.float32]) -> Images:
        """The images of one batch of styles float32 [n, count, dim]: uint8 [n, h, w, c]."""
        return np.asarray(self._padded({"w": np.ascontiguousarray(w)}, "image"), np.uint8)

    def of_pictures(self, pictures: Images, batch_size: int | None, output: str) -> Iterator[NDArray[np.generic]]:
        """What a translator or encoder makes of uint8 [n, h, w, c], batch by batch."""
        count, height, width = pictures.shape[:3]
        step = self.picture_size(height, width, batch_size)
        for i in range(0, count, step):
            yield self._padded({"source": np.ascontiguousarray(pictures[i : i + step])}, output)

    def picture_size(self, height: int, width: int, wanted: int | None) -> int:
        """Pictures of `height` x `width` a batch: `wanted`, or what is best; fewer where they are large."""
        step = self.size(wanted)
        if wanted is not None:
            return step
        return max(self._engine.batch_sizes.minimum, min(step, _BATCH_PIXELS // (height * width)))

    def _padded(self, inputs: Inputs, output: str) -> NDArray[np.generic]:
        """One batch, padded up to what the engine takes; the padding never reaches the caller."""
        count = len(next(iter(inputs.values())))
        return self._engine.run(padded(inputs, self._engine.batch_sizes.minimum))[output][:count]

    def none(self) -> Images:
        """No images, in the right shape: uint8 [0, h, w, c]."""
        output = self._spec.output
        shape = (0, output.height, output.width, output.channels) if output else (0, 0, 0, 0)
        return np.empty(shape, np.uint8)


def padded(inputs: Inputs, least: int) -> Inputs:
    """Arrays of at least `least` rows: the last row again, as often as it takes."""
    missing = least - len(next(iter(inputs.values())))
    if missing <= 0:
        return inputs
    return {name: np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) for name, rows in inputs.items()}


def checked_rows(labels: LabelsLike | None, count: int) -> LabelsLike | None:
    """Weights a row an image become an array, as many rows as images; anything else goes for all."""
    if labels is None or isinstance(labels, (int, np.integer, str)):
        return labels
    weights = as_weights(labels)
    if weights.ndim == 2 and len(weights) != count:
        raise UsageError(f"labels: {len(weights)} rows of weights for {count} images")
    return weights


def rows(labels: LabelsLike | None, first: int, count: int) -> LabelsLike | None:
    """The labels of one batch: rows of weights [n, count] are cut, anything else goes for all."""
    return labels[first : first + count] if isinstance(labels, np.ndarray) and labels.ndim == 2 else labels


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items; the last may be shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


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
