"""`ganrt export --preview` and `--samples`: pictures to look at, and the owner's own pictures to compare with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.picture_files import find_pictures

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

Pictures = NDArray[np.uint8]
COLUMNS = 4
_SHOWN = COLUMNS**2
_MOST = 256  # samples
_DRAWN = 64
_FITS = 2.0  # grey levels on average: pictures saved as JPEG are as far as that
LATENTS, LABELS = "z.npy", "labels.npy"


@dataclass(frozen=True)
class Compared:
    """What a comparison found: lines for people, figures for programs, and whether it speaks against the model."""

    lines: tuple[str, ...]
    figures: dict[str, object]
    contradicts: bool = False


def check_before(preview: Path | None, samples: Path | None, force: bool) -> None:
    """What can be refused before any work.

    Raises:
        UsageError: a preview that is no PNG file. OutputFailed: it exists. BadInputFile: no folder of pictures.
    """
    from ganrt.files import check_free

    if preview is not None:
        if preview.suffix.lower() != ".png":
            raise UsageError(f"--preview {preview}: expected a name that ends in .png")
        check_free(preview, force)
    if samples is not None:
        if not samples.is_dir():
            raise BadInputFile(f"--samples {samples}: expected a folder of pictures")
        find_pictures([str(samples)], recursive=False)


def draw_and_compare(
    model: Path, preview: Path | None, samples: Path | None, force: bool, say: Callable[[str], object]
) -> Compared | None:
    """What was asked for of `model`, drawn in FP32 by ONNX Runtime; `say` is told what the comparison found."""
    if preview is None and samples is None:
        return None
    from ganrt.runtime.generator import load

    with load(str(model), backend="onnxruntime") as generator:
        if preview is not None:
            write_preview(generator, preview, force)
            say(f"{preview}: sixteen pictures to look at")
        compared = None if samples is None else compare(generator, samples)
    for line in () if compared is None else compared.lines:
        say(line)
    return compared


def write_preview(generator: Generator, path: Path, force: bool) -> None:
    """Sixteen pictures, seed 0, index 0 on, row by row; of a generator with classes, these in turn.

    Raises:
        UsageError: the model takes pictures.
    """
    from ganrt.files import whole_file
    from ganrt.runtime.picture_sheet import Sheet
    from ganrt.runtime.pictures import encode_png

    if generator.spec.latent is None or generator.spec.output is None:
        raise UsageError("--preview: this model takes pictures\ndraw with: ganrt translate")
    pictures = _drawn(generator, _SHOWN)
    page = Sheet()
    for first in range(0, _SHOWN, COLUMNS):
        page.add(list(pictures[first : first + COLUMNS]))
    with whole_file(path, force=force) as partial:
        partial.write_bytes(encode_png(page.picture()))


def compare(generator: Generator, folder: Path) -> Compared:
    """The owner's pictures in `folder` with the model's: one by one where `z.npy` lies beside them, else as sets.

    Raises:
        BadInputFile: no pictures that can be compared. UsageError: the model takes pictures.
    """
    if generator.spec.latent is None or generator.spec.output is None:
        raise UsageError("--samples: this model takes pictures\ncompare them with: ganrt translate")
    samples = _samples(generator, folder)
    if (folder / LATENTS).exists():
        return _one_by_one(generator, folder, samples)
    return _as_sets(generator, folder, samples)


def _samples(generator: Generator, folder: Path) -> Pictures:
    from ganrt.runtime.likeness import stacked, tiles
    from ganrt.runtime.photos import read_photo

    output = generator.spec.output
    assert output is not None
    read = [read_photo(file.path).colour for file in find_pictures([str(folder)], recursive=False)]
    cells = [cell for picture in read for cell in tiles(picture, output.height, output.width)]
    if not cells:
        sizes = ", ".join(sorted({f"{p.shape[0]}x{p.shape[1]}" for p in read})[:4])
        raise BadInputFile(
            f"--samples {folder}: pictures of {sizes}\nexpected {output.height}x{output.width} as the model draws, or "
            "contact sheets of that size (torchvision's save_image)"
        )
    return stacked(cells[:_MOST], output.channels)


def _drawn(generator: Generator, count: int) -> Pictures:
    labels = generator.spec.labels
    if labels is None:
        return generator.sample(count)
    rows = np.eye(labels.count, dtype=np.float32)[np.arange(count) % labels.count]
    return np.concatenate([generator.sample(1, start=i, labels=row[None]) for i, row in enumerate(rows)])


def _one_by_one(generator: Generator, folder: Path, samples: Pictures) -> Compared:
    from ganrt.runtime.latent_files import read_latent_file

    latents = read_latent_file(folder / LATENTS)
    latents.check(generator.spec.latent)
    z = latents.z
    labels = read_latent_file(folder / LABELS).z if (folder / LABELS).exists() else None
    if len(z) != len(samples):
        raise BadInputFile(
            f"{folder / LATENTS} holds {len(z)} latents\nexpected one for each of {len(samples)} pictures"
        )
    drawn = generator.synthesize(z, labels=labels)[..., : samples.shape[-1]]
    apart = np.abs(drawn.astype(np.int64) - samples)
    worst, mean = int(apart.max()), float(apart.mean())
    line = (
        f"{folder}: {len(z)} pictures drawn again from its {LATENTS} are {mean:.2f} grey levels off on average, "
        f"{worst} at most"
    )
    figures: dict[str, object] = {
        "compared": "one by one",
        "pictures": len(z),
        "mean_levels": mean,
        "max_levels": worst,
    }
    return Compared((line,), figures, mean > _FITS)


def _as_sets(generator: Generator, folder: Path, samples: Pictures) -> Compared:
    from ganrt.runtime.likeness import LEAST, likeness, stacked

    if len(samples) < LEAST:
        raise BadInputFile(
            f"--samples {folder}: {len(samples)} pictures\nexpected at least {LEAST}, or {LATENTS} beside them"
        )
    found = likeness(samples, stacked(list(_drawn(generator, _DRAWN)), samples.shape[-1]))
    lines = [
        f"{folder}: the average of {len(samples)} pictures and their spread, in 8x8 fields, are {found.drawn:.3f} from "
        f"what the model draws; two halves of them are {found.own:.3f} apart. No picture was compared with another."
    ]
    if found.misread:
        lines.append(f"warning: they are nearer to the drawn pictures read {found.reading}: {found.nearest:.3f}")
    figures: dict[str, object] = {
        "compared": "as sets", "pictures": len(samples), "distance": found.drawn, "halves": found.own,
        "nearest_reading": found.reading if found.misread else None,
    }  # fmt: skip
    return Compared(tuple(lines), figures, found.misread)
