"""Opening a clip by its name, and cameras: clips that never wait, or a film in their place at its own pace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import cv2
import numpy as np

from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.files import check_file
from ganrt.runtime.film.clips import NO_FILM, SUFFIXES, Clip, Excerpt, OpenCvClip, PictureClip, PipeClip, Shot, limited
from ganrt.runtime.fitting import resized
from ganrt.runtime.photos import quiet_opencv

_MAX_BYTES = 2**42


def open_clip(given: str, excerpt: Excerpt, pipe: IO[bytes] | None = None) -> Clip:
    """A film's file; a folder, a glob or a single picture; or `-`, the frames of `pipe`.

    Raises:
        BadInputFile: missing, empty, damaged, without pictures, or larger than `MAX_PIXELS` (seen in the header).
        UsageError: options that it does not have, or an excerpt that lies behind its end.
    """
    if given == "-":
        assert pipe is not None
        return PipeClip(pipe, excerpt)
    if excerpt.raw is not None:
        raise UsageError("--raw: it belongs to frames through a pipe: ganrt translate - --raw 640x360")
    path = Path(given)
    if path.suffix.lower() not in SUFFIXES:
        return PictureClip(given, excerpt)
    if excerpt.rate is not None:
        raise UsageError(f"--fps: {path} keeps its own rate; expected it with a folder of pictures or a pipe")
    if check_file(path, _MAX_BYTES, "a film") == 0:
        raise BadInputFile(f"{path} is empty; {NO_FILM}")
    if find_spec("av") is None:
        return OpenCvClip(path, excerpt)
    from ganrt.runtime.film.pyav_clips import PyAvClip

    return PyAvClip(path, excerpt)


_INSTEAD = "try it with a film: ganrt translate --camera clip.mp4 -m MODEL"
_DIGITS = 3  # of a camera's number
_WARM_UP = 5  # reads: cameras may answer late


def open_camera(given: str, excerpt: Excerpt) -> Clip:
    """Camera number `given`, or the film of that name. Times of shots are those of `time.monotonic`, when they came.

    Raises:
        BackendUnavailable: there is no such camera, or it may not be used.
        BadInputFile: the film cannot be read.
        UsageError: a pipe, or no number that a camera has.
    """
    if given == "-" or (given.isdecimal() and len(given) > _DIGITS):
        raise UsageError(f"--camera {given}: expected a camera's number, such as 0, or a film's file")
    return Camera(int(given), excerpt) if given.isdecimal() else FilmAsCamera(open_clip(given, excerpt))


class FilmAsCamera(Clip):
    """A film whose frames come when it is their time."""

    def __init__(self, film: Clip) -> None:
        self._film, self.name, self.rate, self.size = film, film.name, film.rate, film.size

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        """Each frame at its time, counted from the first."""
        begun: float | None = None
        for shot in self._film.shots(since):
            begun = time.monotonic() - float(shot.time) if begun is None else begun
            time.sleep(max(0.0, begun + float(shot.time) - time.monotonic()))
            yield Shot(shot.pixels, Fraction(time.monotonic()))


class Camera(Clip):
    """A camera by OpenCV, opened until its shots end."""

    def __init__(self, number: int, excerpt: Excerpt) -> None:
        self.name, self._excerpt = f"camera {number}", excerpt
        with quiet_opencv():  # its backends would each say that they have no camera
            self._capture = cv2.VideoCapture(number)
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what waits in the driver is old
            opened = self._capture.isOpened() and any(self._capture.grab() for _ in range(_WARM_UP))
        if not opened:
            self._capture.release()
            raise BackendUnavailable(
                f"{self.name}: there is none, it is in use, or this program may not use it\n{_INSTEAD}"
            )
        self.rate = Fraction(self._capture.get(cv2.CAP_PROP_FPS) or 30).limit_denominator(1001)
        height, width = (
            max(1, int(self._capture.get(side))) for side in (cv2.CAP_PROP_FRAME_HEIGHT, cv2.CAP_PROP_FRAME_WIDTH)
        )
        self.size = limited(height, width, excerpt)

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:  # noqa: ARG002 (it has no past)
        """What it sees, as it sees it.

        Raises:
            BackendUnavailable: it gives no more.
        """
        try:
            while True:
                read, frame = self._capture.read()
                if not read:
                    raise BackendUnavailable(
                        f"{self.name} gives no more pictures: it was pulled out, or another program took it"
                    )
                pixels = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
                yield Shot(
                    resized(pixels, limited(pixels.shape[0], pixels.shape[1], self._excerpt)),
                    Fraction(time.monotonic()),
                )
        finally:
            self._capture.release()
