"""Pictures -> features: every picture brought to one size in the same way, read one batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.evaluation.extractors import Extractor, Outputs
from ganrt.benchmarks.evaluation.pictures import Pictures, Shape
from ganrt.errors import BadInputFile
from ganrt.runtime.fitting import Fit, fit_image
from ganrt.runtime.photos import Photo
from ganrt.spec import ImageInput

_BATCH = 32
_PLAIN = Fit("resize", "flatten")


@dataclass(frozen=True)
class Sample:
    """One side, measured.

    Attributes:
        features: float32 [n, d]; classes: float32 [n, k], the extractor's class outputs, where it has any.
        labels: int64 [n], numbers of `label_names`, -1 throughout where there are none.
        shapes: how many pictures had which height, width and channels (without alpha).
    """

    features: NDArray[np.float32]
    classes: NDArray[np.float32] | None
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    shapes: dict[Shape, int]


def measure(
    pictures: Pictures,
    extractor: Extractor,
    common: Shape | None,
    fit: Fit,
    progress: Callable[[int], object] | None = None,
) -> Sample:
    """The features of all pictures; memory holds the features and one batch of pictures.

    Args:
        common: the size and channels that every picture, real or fake, gets before the extractor's own; None: the
            extractor's alone.
        fit: how a picture gets the first of these sizes; the second is a plain resize.

    Raises:
        BadInputFile: a picture cannot be read, or its features are not finite.
    """
    run = _Run(extractor)
    for photo, label in pictures:
        run.add(photo, label, prepare(photo, extractor.takes, common, fit))
        del photo  # not kept while the next one is read
        if progress:
            progress(len(run.labels))
    run.flush()
    classes = [part.classes for part in run.parts if part.classes is not None]
    return Sample(
        np.concatenate([part.features for part in run.parts]),
        np.concatenate(classes) if classes else None,
        np.array(run.labels, np.int64),
        pictures.labels,
        dict(run.shapes),
    )


def prepare(photo: Photo, takes: ImageInput, common: Shape | None, fit: Fit) -> NDArray[np.uint8]:
    """A picture as the extractor takes it, uint8 [h, w, c]: laid over the background, then sized.

    Sides that shrink are area averages, sides that grow bilinear (`ganrt.runtime.fitting`).
    """
    if common is not None:
        height, width, channels = common
        at_common = fit_image(photo, ImageInput(height=height, width=width, channels=channels), fit).source
        photo, fit = Photo(photo.path, photo.sha256, at_common, None), _PLAIN
    return fit_image(photo, takes, fit).source


@dataclass
class _Run:
    """Pictures wait, at the extractor's size, until a batch is full."""

    extractor: Extractor
    parts: list[Outputs] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    shapes: Counter[Shape] = field(default_factory=Counter)
    _sources: list[NDArray[np.uint8]] = field(default_factory=list)
    _paths: list[Path] = field(default_factory=list)

    def add(self, photo: Photo, label: int, source: NDArray[np.uint8]) -> None:
        height, width, channels = photo.colour.shape
        self.shapes[height, width, channels] += 1
        self.labels.append(label)
        self._sources.append(source)
        self._paths.append(photo.path)
        if len(self._sources) == _BATCH:
            self.flush()

    def flush(self) -> None:
        if self._sources:
            self.parts.append(self._finite(self.extractor.run(np.stack(self._sources))))
        self._sources, self._paths = [], []

    def _finite(self, outputs: Outputs) -> Outputs:
        columns = [outputs.features] if outputs.classes is None else [outputs.features, outputs.classes]
        good = np.logical_and.reduce([np.isfinite(column).all(axis=1) for column in columns])
        if not good.all():
            bad = self._paths[int(np.argmin(good))]
            raise BadInputFile(f"{self.extractor.name} gives NaN or infinite values for {bad}")
        return outputs
