"""A sprite sheet with its atlas in TexturePacker's JSON hash form, as Phaser, PixiJS, Cocos and others read it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

from ganrt.errors import UsageError
from ganrt.files import atomic_write, ensure_absent
from ganrt.runtime.film.options import FilmOptions, Frame, Written, frame_times
from ganrt.runtime.pictures import atlas, encode_png, sheet

MAX_SIDE = 16384  # pixels: the largest texture of common desktop GPUs; phones take 4096 to 8192


def check(path: Path, options: FilmOptions) -> None:
    """The picture must be free as well."""
    ensure_absent(path.with_suffix(".png"), options.force)


def write(path: Path, frames: Iterator[Frame], options: FilmOptions) -> Written:
    """Writes the atlas to `path` and the sheet beside it, as `.png`."""
    pictures = list(frames)
    height, width = pictures[0].shape[:2]
    columns = _columns(len(pictures), width, height)
    page = sheet(pictures, columns)
    picture = path.with_suffix(".png")
    names = [f"{path.stem}-{number:06d}.png" for number in range(len(pictures))]
    shown = [{"duration": duration} for duration in frame_times(len(pictures), options.fps, 1).tolist()]
    document = atlas(names, pictures[0].shape, columns, picture.name, page.shape, shown)
    document["animations"] = {path.stem: names}
    if options.origin:
        document["meta"]["origin"] = dict(options.origin)
    with atomic_write(picture, force=options.force) as png, atomic_write(path, force=options.force) as text:
        png.write_bytes(encode_png(page, options.origin))
        text.write_text(json.dumps(document, indent=1), "utf-8")
    return Written(len(pictures), "png", (path, picture))


def _columns(count: int, width: int, height: int) -> int:
    """So many that the sheet is about square.

    Raises UsageError where a side would be too long for a texture.
    """
    columns = max(1, min(count, MAX_SIDE // width, math.ceil(math.sqrt(count * height / width))))
    if width > MAX_SIDE or -(-count // columns) * height > MAX_SIDE:
        raise UsageError(
            f"sprite sheet: {count} frames of {width} x {height} pixels do not fit into {MAX_SIDE} x {MAX_SIDE}\n"
            "give fewer frames (--fps, --duration) or a smaller --zoom"
        )
    return columns
