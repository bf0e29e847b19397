"""`write_frames`: which writer an output's name asks for, and the frames on their way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from ganrt.errors import OutputFailed, UsageError
from ganrt.files import ensure_absent
from ganrt.runtime.film import folder
from ganrt.runtime.film.options import FilmOptions, Frame, Writer, Written
from ganrt.runtime.film.overlap import overlapped
from ganrt.runtime.fitting import fitted, resampled
from ganrt.runtime.picture_style import PictureStyle, check_background, laid
from ganrt.spec import GeneratorSpec

_WAITING = 128  # frames between engine and encoder: a few batches of small pictures
_WAITING_BYTES = 2**26  # and fewer of large ones
_WRITERS = {
    ".mp4": "ganrt.runtime.film.mp4",
    ".gif": "ganrt.runtime.film.animations",
    ".webp": "ganrt.runtime.film.animations",
    ".apng": "ganrt.runtime.film.animations",
    ".json": "ganrt.runtime.film.sprites",
    "": "ganrt.runtime.film.folder",
}
ACCEPTED = "expected .mp4, .gif, .webp, .apng, .json (a sprite sheet), or a folder's name for single frames"


def write_frames(path: Path, frames: Iterable[Frame], options: FilmOptions) -> Written:
    """Writes frames, uint8 [h, w, c] each; the encoder works in its own thread while the next frames are made.

    Files appear whole or not at all. Transparency: see `FilmOptions.background`. An mp4 has even sides: odd ones are
    extended by one pixel.

    Args:
        path: ends in `.mp4` (streamed), in `.gif`, `.webp` or `.apng` (held in memory until the end), or in `.json`
            (a sprite sheet, beside it as `.png`); without a suffix it is a folder of numbered PNGs.

    Raises:
        UsageError: an unknown suffix, or no frames. OutputFailed: it cannot be written, or exists and `force` is not
            set. BackendUnavailable: a codec that needs PyAV, which is not installed.
    """
    check_output(path, options)
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise UsageError(f"output {path}: no frames to write")
    write: Writer = import_module(_WRITERS[path.suffix.lower()]).write
    size = zoomed(first, options).nbytes

    def encode(raw: Iterator[Frame]) -> Written:
        return write(path, (_prepared(frame, path, options) for frame in raw), options)

    return overlapped(encode, chain([first], iterator), max(1, min(_WAITING, _WAITING_BYTES // size)))


def check_output(path: Path, options: FilmOptions) -> None:
    """Asked before the work begins.

    Raises:
        UsageError: an unknown suffix, or a rate that the format does not have.
        BackendUnavailable: the codec needs PyAV.
        OutputFailed: the file exists, or the folder holds frames already, and `force` is not set.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS or not path.name:
        raise UsageError(f"output {path}: {ACCEPTED}")
    if suffix == ".mp4":
        check_background(options.background, "an mp4")
    if options.codec != "auto" and suffix != ".mp4":
        raise UsageError(f"codec {options.codec}: only an .mp4 has one; given {path}")
    if suffix:
        ensure_absent(path, options.force)
    elif path.is_dir() and not options.force and folder.frames_in(path):
        raise OutputFailed(f"{path} holds frames already: give --force to replace them, or another --output")
    import_module(_WRITERS[suffix]).check(path, options)


def check_frames(path: Path, options: FilmOptions, spec: GeneratorSpec) -> None:
    """Raises UsageError for frames that would be larger than a file holds."""
    PictureStyle("webp" if path.suffix.lower() == ".webp" else "png", zoom=options.zoom, size=options.size).check(spec)


def is_opaque(path: Path) -> bool:
    """Whether frames with transparency lie over white in this file, unless something else is asked for."""
    return path.suffix.lower() in (".mp4", ".gif")


def _prepared(frame: Frame, path: Path, options: FilmOptions) -> Frame:
    opaque = is_opaque(path) and options.background != "none"  # which a gif may have, too
    return laid(zoomed(frame, options), options.background, options.mask, opaque)


def zoomed(frame: Frame, options: FilmOptions) -> Frame:
    """The frame, `zoom` times as large, or of the size that was asked for."""
    if options.size is not None:
        return fitted(frame, options.size)
    if options.zoom == 1:
        return frame
    if options.zoom_filter == "nearest":
        return np.repeat(np.repeat(frame, options.zoom, axis=0), options.zoom, axis=1)
    height, width, channels = frame.shape
    if channels == 4:
        return resampled(frame, height * options.zoom, width * options.zoom, cv2.INTER_LANCZOS4)
    size = (width * options.zoom, height * options.zoom)
    large = cv2.resize(frame, size, interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(large, np.uint8).reshape(size[1], size[0], channels)
