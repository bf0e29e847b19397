"""Photos in the size that a model takes, gathered into batches that stay small in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ganrt.runtime.fitting import Fit, Fitted, fit_photo
from ganrt.runtime.photos import Photo
from ganrt.spec import GeneratorSpec

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
