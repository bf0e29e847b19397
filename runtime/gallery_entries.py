"""What goes into a gallery: looks that are drawn, of a model or a bulk run, and pictures that hold their codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.bulk.identities import read_mapping
from ganrt.runtime.bulk.plan import Plan
from ganrt.runtime.bulk.storage import Storage
from ganrt.runtime.control_reading import LookReader
from ganrt.runtime.gallery import Entry
from ganrt.runtime.generator import Generator
from ganrt.runtime.look_drawing import model_of
from ganrt.runtime.looks import Look
from ganrt.runtime.photos import read_photo
from ganrt.runtime.pictures import read_origin
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import overridden, parse_settings

_BATCH = 64
Named = tuple[str, Look]


def drawn_entries(generator: Generator, items: Iterable[Named], filters: bool) -> Iterator[Entry]:
    """Draws looks, each with its title, and finds what they can be found by; in constant memory."""
    reader = LookReader(generator) if filters and generator.controls.controls else None
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        looks = [look for _, look in batch]
        pictures = [picture for _, made in generator.draw_looks(looks) for picture in made]
        told = reader.read(looks, pictures) if reader else [{} for _ in batch]
        for (name, look), picture, controls in zip(batch, pictures, told, strict=True):
            yield Entry(name, look.code, picture, controls)


def looks_of_plan(generator: Generator, plan: Plan, storage: Storage) -> Iterator[Named]:
    """The looks of a bulk run, to be drawn again: shards of any format have the same."""
    how = plan.drawing
    law = Truncation(how["psi"], how["mode"], how["threshold"], how["statistics_truncation"])
    common, pins = generator.controls.canonical(parse_settings(how.get("set", "").split())), how.get("set_z", "")
    for shard in plan.shards():
        for item in plan.items(shard) if plan.identities is None else read_mapping(storage, shard):
            name = item.identity or f"seed {item.seed}, {item.index}"
            if item.look:
                yield name, Look.parse(item.look)
                continue
            controls = overridden(common, generator.controls.canonical(item.controls))
            pair, labels = (item.seed, item.index), how["class"]
            yield name, generator.look(*pair, truncation=law, labels=labels, controls=controls, pinned=pins)


def coded_pictures(folder: Path) -> tuple[list[Path], int]:
    """The PNG pictures of a folder that hold a look code, by name, and how many hold none.

    Raises:
        BadInputFile: none of them does.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".png" and path.is_file())
    coded = [path for path in paths if look_in(path) is not None]
    if not coded:
        raise BadInputFile(
            f"{folder}: none of its {len(paths)} PNG pictures holds a look code; expected pictures that ganrt generate "
            "drew, or a bulk run"
        )
    return coded, len(paths) - len(coded)


def read_entries(paths: Sequence[Path], generator: Generator | None, filters: bool) -> Iterator[Entry]:
    """Pictures as they are; their generator, where it is at hand, tells what they can be found by."""
    reader = LookReader(generator) if generator and filters and generator.controls.controls else None
    own = model_of(generator) if generator else ""
    left = iter(paths)
    while batch := list(islice(left, _BATCH)):
        looks = [(path, look) for path in batch if (look := look_in(path)) is not None]
        mine = [look for _, look in looks if look.model == own]
        told: dict[Look, dict[str, str]] = {}
        if reader and generator and mine:
            drawn = [picture for _, made in generator.draw_looks(mine) for picture in made]
            told = dict(zip(mine, reader.read(mine, drawn), strict=True))
        for path, look in looks:
            photo = read_photo(path)
            picture = photo.colour if photo.alpha is None else np.dstack([_rgb(photo.colour), photo.alpha])
            yield Entry(path.stem, look.code, picture, told.get(look, dict(look.controls)))


def look_in(path: Path) -> Look | None:
    """The look that a picture's file holds, if it does."""
    try:
        return Look.parse(str(read_origin(path).get("look")))
    except (BadInputFile, UsageError):
        return None


def _rgb(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return colour if colour.shape[2] == 3 else colour.repeat(3, axis=2)
