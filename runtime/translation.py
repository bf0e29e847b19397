"""Photos through a translator, batch by batch, and back again through its opposite to see what survives the cycle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.batches import FittedPhoto, check_back, photo_batches, translator
from ganrt.runtime.fitting import Fit, Fitted, finish, shown_part
from ganrt.runtime.generator import Generator
from ganrt.runtime.photos import Photo

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Cycle:
    """A picture translated there and back: `image` uint8 [h, w, c], and the mean absolute error in 8-bit steps."""

    image: Pixels
    mean_l1: float


@dataclass(frozen=True)
class Translated:
    """One picture: `source` as the model saw it, `image` as it came out, with the alpha kept; uint8 [h, w, c]."""

    path: Path
    sha256: str  # of the file
    source: Pixels
    image: Pixels
    cycle: Cycle | None

    @property
    def row(self) -> list[Pixels]:
        """Side by side: what went in, what came out, what came back."""
        return [self.source, self.image, *([self.cycle.image] if self.cycle else [])]


def translate_photos(
    generator: Generator,
    photos: Iterable[Photo],
    fit: Fit,
    *,
    back: Generator | None = None,
    batch_size: int | None = None,
) -> Iterator[Translated]:
    """Translates photos in their order; a photo's translation does not depend on the others.

    Photos are taken from the iterable a batch at a time, so that memory does not grow with their number.

    Args:
        back: the translator of the opposite direction, for `Translated.cycle`.
        batch_size: photos a batch; None: 16, fewer where they are large.

    Raises:
        UsageError: the model is not a translator, or `back` does not lead back.
    """
    translator(generator.spec)
    if back is not None:
        check_back(generator.spec, back.spec)
    for batch in photo_batches(generator.spec, photos, fit, batch_size):
        yield from _translate_batch(generator, back, batch, batch_size)


def _translate_batch(
    generator: Generator, back: Generator | None, batch: list[FittedPhoto], batch_size: int | None
) -> Iterator[Translated]:
    sources = [waiting.fitted.source for waiting in batch]
    images = _by_size(generator, sources, batch_size)
    returned = _by_size(back, images, batch_size) if back else None
    for i, waiting in enumerate(batch):
        fitted = waiting.fitted
        cycle = None if returned is None else _cycle(fitted, returned[i])
        source, image = shown_part(fitted, fitted.source), finish(fitted, images[i])
        yield Translated(waiting.path, waiting.sha256, source, image, cycle)


def _by_size(generator: Generator, pictures: list[Pixels], batch_size: int | None) -> list[Pixels]:
    """Translates pictures uint8 [h, w, c] of several sizes: those of one size together, in the order given."""
    places: dict[tuple[int, ...], list[int]] = {}
    for place, picture in enumerate(pictures):
        places.setdefault(picture.shape, []).append(place)
    translated = list(pictures)
    for of_one_size in places.values():
        images = generator.translate(np.stack([pictures[i] for i in of_one_size]), batch_size)
        for place, image in zip(of_one_size, images, strict=True):
            translated[place] = image
    return translated


def _cycle(fitted: Fitted, returned: Pixels) -> Cycle:
    """Compares the part that is the picture, before any alpha is laid on."""
    source, image = shown_part(fitted, fitted.source), shown_part(fitted, returned)
    error = np.abs(source.astype(np.int16) - image)
    return Cycle(finish(fitted, returned), float(error.mean()))
