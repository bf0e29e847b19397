"""Opening a clip by its name: which reader it needs, and the first checks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import IO

from ganrt.errors import BadInputFile, UsageError
from ganrt.files import check_file
from ganrt.runtime.film.clips import NO_FILM, SUFFIXES, Clip, Excerpt, OpenCvClip, PictureClip, PipeClip

_MAX_BYTES = 2**42


def open_clip(given: str, how: Excerpt, pipe: IO[bytes] | None = None) -> Clip:
    """A film's file; a folder, a glob or a single picture; or `-`, the frames of `pipe`.

    Raises:
        BadInputFile: missing, empty, damaged, without pictures, or larger than `MAX_PIXELS` (seen in the header).
        UsageError: options that it does not have, or an excerpt that lies behind its end.
    """
    if given == "-":
        assert pipe is not None
        return PipeClip(pipe, how)
    if how.raw is not None:
        raise UsageError("--raw: it belongs to frames through a pipe: ganrt translate - --raw 640x360")
    path = Path(given)
    if path.suffix.lower() not in SUFFIXES:
        return PictureClip(given, how)
    if how.rate is not None:
        raise UsageError(f"--fps: {path} keeps its own rate; expected it with a folder of pictures or a pipe")
    if check_file(path, _MAX_BYTES, "a film") == 0:
        raise BadInputFile(f"{path} is empty; {NO_FILM}")
    if find_spec("av") is None:
        return OpenCvClip(path, how)
    from ganrt.runtime.film.pyav_clips import PyAvClip

    return PyAvClip(path, how)
