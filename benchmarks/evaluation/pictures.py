"""The two sides of a comparison: pictures from files, and pictures drawn by a generator; labelled or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.generator import Generator
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.latent_files import LatentFile
from ganrt.runtime.latents import class_choice
from ganrt.runtime.photos import Photo, read_photo
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import SettingsLike
from ganrt.spec import psi_input

Shape = tuple[int, int, int]  # height, width, channels without alpha
Labelled = tuple[Photo, int]  # a picture and its label's number; -1 where there are no labels


class Pictures(ABC):
    """One side. `labels` are the labels' names, () where pictures have none; `note` says why, if it may surprise."""

    name: str
    labels: tuple[str, ...]
    note: str | None = None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Labelled]:
        """One picture after the other; none is kept."""

    @abstractmethod
    def shape(self) -> Shape:
        """Of the first picture."""

    @abstractmethod
    def describe(self) -> dict[str, object]:
        """Where they come from, for the report."""


class PictureFiles(Pictures):
    """Pictures from files. If every one lies in a sub-folder, the first sub-folder's name is its label.

    Labels are in the order of their names; names that are all numbers are in the numbers' order.
    """

    def __init__(self, name: str, files: Sequence[tuple[Path, Path]]) -> None:
        """
        Args:
            files: paths, and their places below the folder that was given.
        """
        self.name, self._paths = name, [path for path, _ in files]
        tops = [place.parts[0] if len(place.parts) > 1 else None for _, place in files]
        self.labels = _in_order({top for top in tops if top is not None}) if None not in tops else ()
        stray = [path for path, top in zip(self._paths, tops, strict=True) if top is None]
        if 0 < len(stray) < len(tops):
            self.note = (
                f"{len(stray)} of {len(tops)} pictures of {name} lie in no sub-folder ({stray[0]}): "
                "the sub-folders are no labels then"
            )
        self._numbers = [self.labels.index(top) if top is not None and self.labels else -1 for top in tops]

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[Labelled]:
        return ((read_photo(path), number) for path, number in zip(self._paths, self._numbers, strict=True))

    def shape(self) -> Shape:
        """See `Pictures.shape`."""
        height, width, channels = read_photo(self._paths[0]).colour.shape
        return height, width, channels

    def describe(self) -> dict[str, object]:
        """See `Pictures.describe`."""
        return {"source": self.name}


@dataclass(frozen=True)
class Drawing:
    """Which pictures a generator draws.

    Attributes:
        count: pictures in all, or with `per_class` of each class or code.
        labels: one class for all; None: each picture's own, as `Generator.sample` draws it.
        pinned, controls: as for `Generator.sample_pairs`.
        latents: what is drawn in place of sampled latents, all of them; then `count` is their number.
    """

    count: int
    seed: int = 0
    start: int = 0
    per_class: bool = False
    truncation: Truncation | None = None
    labels: LabelsLike | None = None
    pinned: str = ""
    controls: SettingsLike = None
    latents: LatentFile | None = None


class GeneratedPictures(Pictures):
    """Pictures drawn by a generator; its classes or codes are the labels."""

    def __init__(self, generator: Generator, drawing: Drawing) -> None:
        """
        Raises:
            UsageError: no classes to draw each of, a class beside them, or numbers out of range.
            BadInputFile: latents of another length.
        """
        if drawing.latents is not None:
            drawing.latents.check(generator.spec.latent)
        known = generator.spec.labels
        classes = 0 if known is None else known.count
        if drawing.per_class and not classes:
            raise UsageError(
                f"--per-class: expected a generator with classes or codes; '{generator.spec.name}' has none"
            )
        if drawing.per_class and drawing.labels is not None:
            raise UsageError("--per-class and --class exclude each other: expected one of them")
        self._count = drawing.count * (classes if drawing.per_class else 1)
        if drawing.count < 1 or not 0 <= drawing.seed < 2**64 or not 0 <= drawing.start <= 2**64 - self._count:
            raise UsageError(
                f"count {self._count}, seed {drawing.seed}, start {drawing.start}: expected at least one picture, and "
                "seed and indices from 0 to 2^64 - 1"
            )
        self._generator, self._drawing = generator, drawing
        self.name = generator.spec.name
        several = known is not None and drawing.labels is None
        names = known.names if known is not None else None
        self.labels = (names or tuple(str(number) for number in range(classes))) if several else ()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Labelled]:
        drawing = self._drawing
        if not drawing.per_class:
            yield from self._draw(drawing.start, self._count, drawing.labels)
            return
        for number in range(len(self.labels)):
            first = drawing.start + number * drawing.count  # no two pictures share a latent
            yield from ((photo, number) for photo, _ in self._draw(first, drawing.count, number))

    def shape(self) -> Shape:
        """See `Pictures.shape`."""
        output = self._generator.spec.output
        if output is None or self._generator.spec.task != "generate":
            raise UsageError(f"'{self.name}' has the task '{self._generator.spec.task}': it does not draw pictures")
        return output.height, output.width, min(output.channels, 3)

    def describe(self) -> dict[str, object]:
        """See `Pictures.describe`; 64-bit integers as strings."""
        generator, drawing, given = self._generator, self._drawing, self._drawing.latents
        latent = generator.spec.latent
        distribution = (drawing.truncation or Truncation()).arguments(latent) if latent else None
        drawn = (
            given is None or psi_input(generator.spec) is not None
        )  # psi goes into such a graph beside given latents
        return {
            "source": self.name,
            "model_sha256": generator.model_sha256,
            "backend": generator.backend,
            "device": generator.device,
            "precision": generator.precision,
            **({"seed": str(drawing.seed), "start": str(drawing.start)} if given is None else {}),
            **({"law": distribution} if drawn else {}),
            **({"latents": given.origin()} if given is not None else {}),
            "class": drawing.labels,
            "per_class": drawing.count if drawing.per_class else None,
            **({"controls": dict(generator.controls.canonical(drawing.controls))} if drawing.controls else {}),
            **({"set_z": drawing.pinned} if drawing.pinned else {}),
        }

    def _draw(self, first: int, count: int, labels: LabelsLike | None) -> Iterator[Labelled]:
        drawing = self._drawing
        z = None if drawing.latents is None else drawing.latents.z
        pairs: Iterable[tuple[int, int]] = ((drawing.seed, first + i) for i in range(count))
        for batch, images in self._generator.sample_pairs(
            pairs, drawing.truncation, labels, None, drawing.pinned, drawing.controls, None, z
        ):
            numbers = np.full(len(batch), -1)
            if self.labels and labels is None:
                numbers = class_choice([seed for seed, _ in batch], [index for _, index in batch], len(self.labels))
            for (seed, index), image, number in zip(batch, images, numbers.tolist(), strict=True):
                yield _as_photo(f"seed{seed}-index{index:08d}", image), number


def _as_photo(name: str, image: NDArray[np.uint8]) -> Photo:
    return Photo(Path(name), "", image[..., :3], image[..., 3] if image.shape[2] == 4 else None)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    names = sorted(names)
    return tuple(sorted(names, key=int) if all(name.isdecimal() for name in names) else names)
