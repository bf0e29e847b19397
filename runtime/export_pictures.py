"""`ganrt export --preview` and `--samples`: pictures to look at, and the owner's own pictures to compare with.

Sets of pictures that show different things are compared by their average picture, and the spread around it.
Neither says that a generator is right. But colours in reverse, pictures upside down, and a range that is read wrong
change both at once, and are told from a few dozen pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.picture_files import find_pictures

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator

FIELDS = 8
LEAST = 8  # pictures of each kind
_CLEAR = 1.5  # times that another reading must be nearer
_PADDINGS = (2, 0)  # of torchvision's `save_image` and `make_grid`, and of none


def _reversed_colours(x: NDArray[Any]) -> NDArray[Any]:
    return x[..., ::-1]


READINGS: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "colours in reverse (BGR)": _reversed_colours,
    "upside down": lambda x: x[:, ::-1],
    "rows and columns swapped": lambda x: x.swapaxes(1, 2) if x.shape[1] == x.shape[2] else x,
    "as a negative": lambda x: 1 - x,
    "values from 0 to 1 (--range sigmoid)": lambda x: (2 * x - 1).clip(0, 1),
    "values from -1 to 1 (--range tanh)": lambda x: (x + 1) / 2,
}


@dataclass(frozen=True)
class Likeness:
    """Distances are root mean squares over `FIELDS` x `FIELDS` fields and the colours, of pictures from 0 to 1.

    Attributes:
        own: between two halves of the samples: what chance makes.
        drawn: between the samples and what was drawn.
        reading, nearest: the reading of what was drawn that is nearest to the samples, and its distance.
    """

    own: float
    drawn: float
    reading: str
    nearest: float

    @property
    def misread(self) -> bool:
        """Whether that reading is clearly nearer than what was drawn, and chance does not explain it."""
        return self.nearest * _CLEAR < self.drawn and self.drawn > self.own


def likeness(samples: Pictures, drawn: Pictures) -> Likeness:
    """Both uint8 [n, h, w, c], c as one another, n at least `LEAST`."""
    mine, theirs = (_fields(each) for each in (drawn, samples))
    wanted = _moments(theirs)
    found = {name: _distance(_moments(read(mine)), wanted) for name, read in READINGS.items()}
    reading = min(found, key=lambda name: found[name])
    own = _distance(_moments(theirs[::2]), _moments(theirs[1::2]))
    return Likeness(own, _distance(_moments(mine), wanted), reading, found[reading])


def tiles(picture: Pictures, height: int, width: int) -> list[Pictures]:
    """The pictures of a contact sheet of `height` x `width` cells; the picture itself if it has that size."""
    rows, columns = picture.shape[:2]
    if (rows, columns) == (height, width):
        return [picture]
    for padding in _PADDINGS:
        down, below = divmod(rows - padding, height + padding)
        across, right = divmod(columns - padding, width + padding)
        if below == right == 0 and down > 0 and across > 0:
            places = [(r * (height + padding) + padding, c * (width + padding) + padding)
                      for r in range(down) for c in range(across)]  # fmt: skip
            cells = [picture[top : top + height, left : left + width] for top, left in places]
            return [cell for cell in cells if cell.any()]  # a sheet's last row is filled up with black
    return []


def _fields(pictures: Pictures) -> NDArray[np.float32]:
    small = [cv2.resize(picture, (FIELDS, FIELDS), interpolation=cv2.INTER_AREA) for picture in pictures]
    made: NDArray[np.float32] = np.asarray(small, np.float32).reshape(len(small), FIELDS, FIELDS, -1) / np.float32(255)
    return made


def _moments(fields: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([fields.mean(0), fields.std(0)])


def _distance(left: NDArray[Any], right: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(left - right))))


def stacked(pictures: Sequence[Pictures], channels: int) -> Pictures:
    """Pictures of one size as uint8 [n, h, w, channels]: transparency is left out, grey repeated."""
    made = []
    for picture in pictures:
        colours = picture[..., :3] if picture.shape[-1] > 3 else picture
        if channels == 1 and colours.shape[-1] == 3:
            colours = colours.mean(-1, keepdims=True).round().astype(np.uint8)
        made.append(np.repeat(colours, 3, -1) if channels > 1 and colours.shape[-1] == 1 else colours)
    return np.stack(made)


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
    from ganrt.files import ensure_absent

    if preview is not None:
        if preview.suffix.lower() != ".png":
            raise UsageError(f"--preview {preview}: expected a name that ends in .png")
        ensure_absent(preview, force)
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
    from ganrt.files import atomic_write
    from ganrt.runtime.pictures import Sheet, encode_png

    if generator.spec.latent is None or generator.spec.output is None:
        raise UsageError("--preview: this model takes pictures\ndraw with: ganrt translate")
    pictures = _drawn(generator, _SHOWN)
    page = Sheet()
    for first in range(0, _SHOWN, COLUMNS):
        page.add(list(pictures[first : first + COLUMNS]))
    with atomic_write(path, force=force) as partial:
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
