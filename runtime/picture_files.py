"""Which pictures a command was given (files, folders, globs) and what their outputs are called."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ganrt.errors import BadInputFile, UsageError

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".webp", ".bmp", ".dib", ".tif", ".tiff")
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class PictureFile:
    """One picture, and its place below the folder or the fixed part of the glob that it was found in."""

    path: Path
    place: Path


def find_pictures(given: Iterable[str], recursive: bool, output: Path | None = None) -> list[PictureFile]:
    """All pictures that the arguments name, in their order and then by name, each once.

    A folder gives the files in it whose name ends like a picture's (with `recursive` also those of the folders
    below, but not of `output`); names that start with a dot are passed over. What is no file and no folder is a glob.

    Raises:
        BadInputFile: an argument names nothing, or a folder holds no picture.
    """
    found: dict[Path, PictureFile] = {}
    for argument in given:
        before = len(found)
        known = False
        for picture in _pictures_of(argument, recursive, output):
            known = known or picture.path.resolve() in found
            found.setdefault(picture.path.resolve(), picture)
        if len(found) == before and not known:
            raise BadInputFile(f"{argument}: {_nothing(argument, recursive)}")
    return list(found.values())


def output_names(pictures: Iterable[PictureFile], endings: Iterable[str], reserved: Iterable[str]) -> None:
    """Checks that no two outputs get one name, also where case does not tell names apart.

    Raises:
        UsageError: it names both pictures.
    """
    taken: dict[str, str] = {name.casefold(): f"the {name} of the run" for name in reserved}
    for picture in pictures:
        for ending in endings:
            name = output_name(picture, ending)
            other = taken.setdefault(name.as_posix().casefold(), str(picture.path))
            if other != str(picture.path):
                raise UsageError(
                    f"{picture.path} and {other} would both be written to {name}\n"
                    "rename one, or give each its own --output folder"
                )


def output_name(picture: PictureFile, ending: str) -> Path:
    """photo.jpg -> photo.png, below the folders that it was found in."""
    return picture.place.with_name(picture.place.stem + ending)


def _pictures_of(argument: str, recursive: bool, output: Path | None) -> Iterator[PictureFile]:
    path = Path(argument)
    if path.is_dir():
        for file in sorted(path.rglob("*") if recursive else path.iterdir()):
            if _is_picture(file, path) and not (output and _is_below(file, output, path)):
                yield PictureFile(file, file.relative_to(path))
    elif path.exists() or not _MAGIC.search(argument):
        if path.exists():
            yield PictureFile(path, Path(path.name))
    else:
        root = _fixed_part(path)
        for match in sorted(glob.glob(argument, recursive=True)):  # noqa: PTH207 (Path.glob refuses absolute patterns)
            if Path(match).is_file():
                yield PictureFile(Path(match), Path(match).relative_to(root))


def _is_picture(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.suffix.lower() in SUFFIXES and file.is_file()


def _is_below(file: Path, output: Path, folder: Path) -> bool:
    """Whether a file is an output of an earlier run: in an output folder that lies inside the input folder."""
    target = output.resolve()
    return target != folder.resolve() and target in file.resolve().parents and folder.resolve() in target.parents


def _fixed_part(pattern: Path) -> Path:
    """The folders of a glob before the first wildcard."""
    fixed = Path()
    for part in pattern.parts[:-1]:
        if _MAGIC.search(part):
            break
        fixed /= part
    return fixed


def _nothing(argument: str, recursive: bool) -> str:
    if Path(argument).is_dir():
        deeper = "" if recursive else "; those of the folders below are taken with --recursive"
        return f"no picture in this folder ({', '.join(SUFFIXES)}){deeper}"
    if _MAGIC.search(argument):
        return "no file matches this glob"
    return "there is no such file or folder; expected a picture, a folder of pictures or a glob"
