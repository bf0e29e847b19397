"""A sprite sheet with its atlas in TexturePacker's JSON hash form, as Phaser, PixiJS, Cocos and others read it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

from ganrt.errors import UsageError
from ganrt.files import check_free, whole_file
from ganrt.runtime.film.options import FilmOptions, Frame, Written, frame_times
from ganrt.runtime.pictures import encode_png, sheet

MAX_SIDE = 16384  # pixels: the largest texture of common desktop GPUs; phones take 4096 to 8192
_FORMATS = {1: "I8", 3: "RGB888", 4: "RGBA8888"}


def check(path: Path, options: FilmOptions) -> None:
    """The picture must be free as well."""
    check_free(path.with_suffix(".png"), options.force)


def write(path: Path, frames: Iterator[Frame], options: FilmOptions) -> Written:
    """Writes the atlas to `path` and the sheet beside it, as `.png`."""
    pictures = list(frames)
    height, width = pictures[0].shape[:2]
    columns = _columns(len(pictures), width, height)
    page = sheet(pictures, columns)
    picture = path.with_suffix(".png")
    atlas = _atlas(path.stem, len(pictures), pictures[0], columns, options)
    with whole_file(picture, force=options.force) as png, whole_file(path, force=options.force) as text:
        png.write_bytes(encode_png(page, options.origin))
        text.write_text(json.dumps({**atlas, "meta": _meta(picture.name, page, options)}, indent=1), "utf-8")
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


def _atlas(stem: str, count: int, frame: Frame, columns: int, options: FilmOptions) -> dict[str, dict[str, object]]:
    height, width = frame.shape[:2]
    names = [f"{stem}-{number:06d}.png" for number in range(count)]
    frames: dict[str, object] = {}
    for number, (name, duration) in enumerate(zip(names, frame_times(count, options.fps, 1).tolist(), strict=True)):
        row, column = divmod(number, columns)
        frames[name] = {
            "frame": {"x": column * width, "y": row * height, "w": width, "h": height},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, "w": width, "h": height},
            "sourceSize": {"w": width, "h": height},
            "duration": duration,
        }
    return {"frames": frames, "animations": {stem: names}}


def _meta(image: str, page: Frame, options: FilmOptions) -> dict[str, object]:
    meta: dict[str, object] = {
        "app": "ganrt",
        "version": "1.0",
        "image": image,
        "format": _FORMATS[page.shape[2]],
        "size": {"w": page.shape[1], "h": page.shape[0]},
        "scale": "1",
    }
    return {**meta, "origin": dict(options.origin)} if options.origin else meta
