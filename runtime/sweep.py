"""The truncation study: one row of fresh images for each factor, and how diverse each row is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.generator import Generator
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.pictures import sheet
from ganrt.runtime.sampling import Truncation

FEATURE_SIDE = 16
_MARGIN = 44  # pixels left of the grid, for the factor


@dataclass(frozen=True)
class Row:
    """One factor, its images uint8 [n, h, w, c] and their diversity."""

    psi: float
    images: NDArray[np.uint8]
    diversity: float


def features(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Images uint8 [n, h, w, c] -> float64 [n, 16 * 16 * c]: area averages in [0, 1]; a space without any download."""
    small = [cv2.resize(image, (FEATURE_SIDE, FEATURE_SIDE), interpolation=cv2.INTER_AREA) for image in images]
    return np.reshape(np.asarray(small, np.float64) / 255, (len(images), -1))


def diversity(images: NDArray[np.uint8]) -> float:
    """Mean Euclidean distance over all pairs of images in the space of `features`; 0 for fewer than two."""
    x = features(images)
    if len(x) < 2:
        return 0.0
    distances = [np.linalg.norm(x[i + 1 :] - x[i], axis=1) for i in range(len(x) - 1)]
    return float(np.concatenate(distances).mean())


def sweep(
    generator: Generator,
    factors: Sequence[float],
    columns: int = 5,
    *,
    seed: int = 0,
    start: int = 0,
    truncation: Truncation | None = None,
    labels: LabelsLike | None = None,
    diversity_samples: int = 64,
    progress: Callable[[int], object] | None = None,
) -> list[Row]:
    """Draws `columns` images for each factor, with fresh noise in every row.

    Row r shows images start + r * n to start + r * n + columns - 1 of `seed`, where n = diversity_samples is how
    many images the row's diversity is measured on.
    """
    if columns < 1 or not factors:
        raise UsageError("sweep: expected at least one factor and one latent a row")
    base = truncation or Truncation()
    per_row = max(columns, diversity_samples)
    rows = []
    for number, psi in enumerate(factors):
        how = replace(base, psi=psi)
        images = generator.sample(per_row, seed=seed, start=start + number * per_row, truncation=how, labels=labels)
        rows.append(Row(psi, images[:columns], diversity(images)))
        if progress:
            progress(number + 1)
    return rows


def sweep_sheet(rows: Sequence[Row]) -> NDArray[np.uint8]:
    """The rows as one picture, uint8 [h, w, 3 or 4]; each row begins with its factor."""
    pages = []
    for row in rows:
        page = sheet(row.images, len(row.images))
        page = np.repeat(page, 3, axis=2) if page.shape[2] == 1 else page
        margin = np.full((page.shape[0], _MARGIN, page.shape[2]), 255, np.uint8)
        baseline = page.shape[0] // 2 + 5
        cv2.putText(margin, f"{row.psi:.2f}", (4, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0, 255), 1)
        pages.append(np.concatenate([margin, page], axis=1))
    return np.concatenate(pages)
