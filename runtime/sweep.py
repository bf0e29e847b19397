"""The truncation study: rows of images for each factor, how diverse and how sharp each is, as a table and a plot; and
the table of style mixing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.pixels import over
from ganrt.runtime.figures import figure_pixels, new_figure
from ganrt.runtime.generator import Generator
from ganrt.runtime.identity import identity_index
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.latents import latents
from ganrt.runtime.looks import Look
from ganrt.runtime.measures import MIN_SAMPLES, Estimate, distances, features, mean_estimate, pair_estimate, sharpness
from ganrt.runtime.picture_style import Colour
from ganrt.runtime.pictures import sheet
from ganrt.runtime.sampling import Truncation, draw, scaled, statistics_value
from ganrt.runtime.settings import SettingsLike
from ganrt.runtime.styles import parse_mix
from ganrt.spec import GeneratorSpec

_MARGIN = 44  # pixels left of the grid, at least, for the factor
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.45


@dataclass(frozen=True)
class Row:
    """One factor, its first images uint8 [n, h, w, c], and what was measured on all of them.

    Attributes:
        start: the index of the row's first image; it has `samples` of them.
        statistics: the truncation of the batch-norm statistics; None where the generator does not take one.
    """

    psi: float
    statistics: float | None
    start: int
    samples: int
    images: NDArray[np.uint8]
    diversity: Estimate
    sharpness: Estimate


def sweep(
    generator: Generator,
    factors: Sequence[float],
    columns: int = 5,
    *,
    seed: int = 0,
    start: int = 0,
    truncation: Truncation | None = None,
    labels: LabelsLike | None = None,
    pinned: str = "",
    controls: SettingsLike = None,
    identity: str | None = None,
    latents: NDArray[np.float32] | None = None,
    looks: Sequence[Look] = (),
    diversity_samples: int = 64,
    progress: Callable[[int], object] | None = None,
) -> list[Row]:
    """Draws `columns` images for each factor, with fresh noise in every row.

    Row r shows images start + r * n to start + r * n + columns - 1 of `seed`, where n = `images_a_row` is how many
    images the row is measured on. Of these only a batch and the ones to show are held. An identity or given latents
    are the same in every row instead.

    Args:
        truncation: mode, threshold and statistics for all rows; psi is the row's factor, and for a BigGAN the
            statistics' as well where none is given.
        labels: as for `Generator.sample`, the same for all; None: a class drawn for each image.
        pinned: edits of every latent, such as "0:35=-1" (`ganrt.runtime.edits`).
        controls: what named controls are set to in all images.
        identity: whose image and rerolls are drawn, in place of `seed` and `start`.
        latents: what is drawn, float32 [n, dim], in place of sampled ones: times psi, so that no mode but `scale` goes
            with them; of a style space as they are. At most as many rows as a row of images has are taken.
        looks: shown in each row, at its factor in place of their own truncation; the measures are of fresh noise.
        progress: told how many images are drawn.

    Raises:
        UsageError: nothing to draw, too few images to measure, or a factor out of range; before anything is drawn.
    """
    per_row = images_a_row(columns, diversity_samples, latents)
    base = truncation or Truncation()
    columns = 0 if looks else columns
    if latents is not None and (base.mode == "resample" or base.threshold is not None):
        raise UsageError("given latents are scaled: expected no truncation mode resample and no threshold with them")
    truncations = [replace(base, psi=psi) for psi in factors]
    if not truncations:
        raise UsageError("sweep: expected at least one factor")
    statistics = [_checked(generator.spec, truncation) for truncation in truncations]
    rows: list[Row] = []
    for psi, truncation, statistic in zip(factors, truncations, statistics, strict=True):
        done = len(rows) * per_row
        if identity is not None:
            pairs = [(0, identity_index(identity, reroll=i)) for i in range(per_row)]
        elif latents is not None:
            pairs = [(0, i) for i in range(per_row)]
        else:
            pairs = [(seed, start + done + i) for i in range(per_row)]
        z = None if latents is None else scaled(generator.latent, latents, psi)
        shown: list[NDArray[np.uint8]] = []
        x, sharp = [], []
        for _, images in generator.sample_pairs(pairs, truncation, labels, pinned=pinned, controls=controls, latents=z):
            shown += [image.copy() for image in images[: columns - len(shown)]]  # a view would keep its batch alive
            x.append(features(images))
            sharp.append(sharpness(images))
            done += len(images)
            if progress:
                progress(done)
        for _, images in generator.draw_looks(replace(look, truncation=truncation) for look in looks):
            shown += list(images)
        diversity = pair_estimate(distances(np.concatenate(x)))
        sharp_mean = mean_estimate(np.concatenate(sharp))
        rows.append(Row(psi, statistic, pairs[0][1], per_row, np.stack(shown), diversity, sharp_mean))
    return rows


def images_a_row(columns: int, diversity_samples: int, latents: NDArray[np.float32] | None = None) -> int:
    """How many images a row draws: those to show, and as many more as are to be measured; of latents what there is.

    Raises:
        UsageError: no column, or fewer samples than an interval needs.
    """
    if columns < 1:
        raise UsageError("sweep: expected at least one latent a row")
    if diversity_samples < MIN_SAMPLES:
        raise UsageError(f"sweep: {diversity_samples} images to measure; an interval needs at least {MIN_SAMPLES}")
    if latents is None:
        return max(columns, diversity_samples)
    if len(latents) < MIN_SAMPLES:
        raise UsageError(f"sweep: {len(latents)} latents to measure; an interval needs at least {MIN_SAMPLES}")
    return min(len(latents), max(columns, diversity_samples))


def _checked(spec: GeneratorSpec, truncation: Truncation) -> float | None:
    """The statistics' truncation of a row; raises UsageError where the row could not be drawn."""
    if spec.latent is not None:
        draw(spec.latent, np.zeros(1, np.uint64), np.zeros(1, np.uint64), truncation)
    return statistics_value(spec, truncation) if spec.statistics.mode == "input" else None


def sweep_sheet(rows: Sequence[Row], behind: Colour | None = None) -> NDArray[np.uint8]:
    """The rows as one picture, uint8 [h, w, 3 or 4]; each row begins with its factor, on white.

    Args:
        behind: the colour that lies behind RGBA; None: nothing, it stays transparent.
    """
    scale = _FONT_SCALE * max(1.0, rows[0].images.shape[1] / 128)
    labels = [f"{row.psi:.3g}" for row in rows]
    thickness = max(1, round(scale))
    widest = max(cv2.getTextSize(label, _FONT, scale, thickness)[0][0] for label in labels)
    width = max(_MARGIN, widest + 12)
    pages = []
    for row, label in zip(rows, labels, strict=True):
        page = sheet(row.images if behind is None else over(row.images, behind), len(row.images))
        page = np.repeat(page, 3, axis=2) if page.shape[2] == 1 else page
        margin = np.full((page.shape[0], width, 3), 255, np.uint8)  # text that OpenCV writes makes holes in alpha
        (_, height), _ = cv2.getTextSize(label, _FONT, scale, thickness)
        place = (6, (page.shape[0] + height) // 2)
        cv2.putText(margin, label, place, _FONT, scale, (0, 0, 0), thickness, cv2.LINE_AA)
        if page.shape[2] == 4:
            margin = np.dstack([margin, np.full(margin.shape[:2], 255, np.uint8)])
        pages.append(np.concatenate([margin, page], axis=1))
    return np.concatenate(pages)


def mixing_sheet(
    generator: Generator,
    styles: str,
    columns: int,
    *,
    seed: int = 0,
    truncation: float | None = None,
    labels: LabelsLike | None = None,
) -> NDArray[np.uint8]:
    """`columns` pictures across, as many down; where they cross, the row's picture with the column's `styles`.

    The columns are images 0 on of `seed`, the rows those after them. The first row and the first column show the
    pictures themselves.

    Args:
        styles: such as "0-3" or "5".

    Returns:
        uint8 [h, w, c].

    Raises:
        UsageError: no styles of this generator's.
    """
    chosen = parse_mix(f"{styles}=0")
    count, _ = generator.style_space.shape
    if chosen.last >= count:
        raise UsageError(f"--mix {styles}: this generator's styles are 0 to {count - 1}")
    w = generator.styles(latents(2 * columns, generator.latent.dim, seed), labels, truncation)
    places = slice(chosen.first, chosen.last + 1)
    across, down = w[:columns], w[columns:]
    pictures = generator.synthesize_styles(across)
    table = [np.full_like(pictures[:1], 255), pictures]
    for row in down:
        mixed = np.repeat(row[None], columns + 1, axis=0)
        mixed[1:, places] = across[:, places]
        table.append(generator.synthesize_styles(mixed))
    return sheet(np.concatenate(table), columns + 1)


_MEASURES = ("diversity", "sharpness")
_SIZE = (800, 360)  # pixels


def sweep_table(rows: Sequence[Row]) -> list[dict[str, object]]:
    """One dictionary a row, ready for JSON: the factor, the images measured, each measure and its 95 % interval."""
    return [
        {
            "psi": row.psi,
            "statistics": row.statistics,
            "start": str(row.start),
            "samples": row.samples,
            **{name: _rounded(_of(row, name).value) for name in _MEASURES},
            **{f"{name}_interval": [_rounded(_of(row, name).low), _rounded(_of(row, name).high)] for name in _MEASURES},
        }
        for row in rows
    ]


def sweep_csv(rows: Sequence[Row]) -> bytes:
    """The same as CSV, one row a factor; an empty cell where there are no statistics to choose."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = [f"{name}{end}" for name in _MEASURES for end in ("", "_low", "_high")]
    writer.writerow(["psi", "statistics", "start", "samples", *ends])
    for row in rows:
        values = [_rounded(x) for name in _MEASURES for e in [_of(row, name)] for x in (e.value, e.low, e.high)]
        writer.writerow([row.psi, "" if row.statistics is None else row.statistics, row.start, row.samples, *values])
    return text.getvalue().encode()


def sweep_plot(rows: Sequence[Row], title: str) -> NDArray[np.uint8]:
    """Diversity and sharpness by factor with their intervals: uint8 [360, 800, 3].

    Raises:
        BackendUnavailable: matplotlib is missing.
    """
    title = f"{title}: {rows[0].samples} images a factor, 95 % intervals"
    figure = new_figure(*_SIZE, title)
    rows = sorted(rows, key=lambda row: row.psi)
    psi = [row.psi for row in rows]
    for number, name in enumerate(_MEASURES):
        axes = figure.add_subplot(1, 2, number + 1)
        estimates = [_of(row, name) for row in rows]
        whiskers = np.array([[e.value - e.low, e.high - e.value] for e in estimates]).T.clip(0)
        axes.errorbar(psi, [e.value for e in estimates], whiskers, marker="o", markersize=4, capsize=3)
        axes.set_xlabel("truncation psi")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    return figure_pixels(figure)


def _of(row: Row, name: str) -> Estimate:
    return row.diversity if name == "diversity" else row.sharpness


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
