"""A folder of numbered PNGs; all of them or none."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ganrt.errors import OutputFailed
from ganrt.files import check_written, make_folder, refuse_links, write_file
from ganrt.runtime.film.options import FilmOptions, Frame, Written
from ganrt.runtime.pictures import encode_png

_NAME = "frame{:06d}.png"
_OURS = re.compile(r"frame\d{6,}\.png")


def check(path: Path, options: FilmOptions) -> None:
    """Every rate will do."""


def write(path: Path, frames: Iterator[Frame], options: FilmOptions) -> Written:
    """Writes beside `path` first; frames of a longer walk that were in the same folder are removed."""
    if path.exists() and not path.is_dir():
        raise OutputFailed(f"{path} is a file; expected a folder for the output")
    make_folder(path.parent)
    partial = path.with_name(f".{secrets.token_hex(4)}")
    try:
        names = _write_all(partial, frames, options)
        move(partial, path)
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Written(len(names), "png", tuple(path / name for name in names))


def frames_in(folder: Path) -> list[Path]:
    """The numbered frames in a folder; other files that begin alike are not ours."""
    return [path for path in folder.glob("frame*.png") if _OURS.fullmatch(path.name)]


def _write_all(folder: Path, frames: Iterator[Frame], options: FilmOptions) -> list[str]:
    make_folder(folder)
    names: list[str] = []
    for number, frame in enumerate(frames):
        origin = {**options.origin, "frame": number} if options.origin else None
        names.append(_NAME.format(number))
        write_file(folder / names[-1], encode_png(frame, origin), within=folder)
    check_written(folder / name for name in names)
    return names


def move(partial: Path, path: Path) -> None:
    """Puts a folder of frames in the place of another's; files that are no frames stay."""
    if not path.exists():
        partial.replace(path)
        return
    old = set(frames_in(path))
    for source in sorted(partial.iterdir()):
        refuse_links(path / source.name, within=path)
        source.replace(path / source.name)
        old.discard(path / source.name)
    for surplus in old:
        surplus.unlink()
