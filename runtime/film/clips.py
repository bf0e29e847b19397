"""Clips, frame by frame: a film's file, numbered pictures, raw frames through a pipe. Every source is a `Clip`."""

from __future__ import annotations

import hashlib
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import IO, TypeVar

import cv2
import numpy as np

from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.film.options import Frame
from ganrt.runtime.fitting import fitted_sides, resized
from ganrt.runtime.photos import Photo, read_photo
from ganrt.runtime.picture_files import find_pictures

T = TypeVar("T")
SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".wmv", ".flv", ".ogv")
MAX_PIXELS = 2**25  # of a frame: 8K has 33 million
_ENDS = 2**20  # bytes at both ends of a file that tell it from others
_RATE = 30
NO_FILM = "expected a film, such as an .mp4, .webm or .gif"


@dataclass(frozen=True)
class Shot:
    """One frame: `pixels` uint8 [h, w, c], grey, RGB or RGBA, upright; `time` in seconds from the clip's first."""

    pixels: Frame
    time: Fraction


@dataclass(frozen=True)
class Excerpt:
    """What of a clip is read, and how.

    Attributes:
        start, end: seconds from its first frame; the end is left out. None: all.
        max_size: pixels of the longer side; frames that are larger are made smaller. None: as they are.
        rate: frames a second of pictures or a pipe; None: 30. A film has its own.
        raw: width and height of the RGB frames of a pipe.
        skip_bad: goes on after what cannot be decoded.
    """

    start: Fraction = Fraction(0)
    end: Fraction | None = None
    max_size: int | None = None
    rate: Fraction | None = None
    raw: tuple[int, int] | None = None
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise UsageError("--start and --end: expected times of 0 or more, the end after the start")
        if self.max_size is not None and self.max_size < 2:
            raise UsageError(f"--max-size {self.max_size}: expected at least 2 pixels")
        if self.rate is not None and not Fraction(1, 100) <= self.rate <= 1000:
            raise UsageError("--fps: expected at least 0.01 and at most 1000")


class Clip(ABC):
    """A clip that was opened. All its shots have one size.

    Attributes:
        name: for messages. identity: tells it from other clips; "" where a second reading is not possible.
        rate: frames a second, exactly; of a film whose rate varies what it says.
        size: height and width of the shots, after `Excerpt.max_size`.
        count: how many shots there will be, nearly; 0: not known.
        sound: the file whose sound belongs to the film; None: there is none, or it cannot be read here.
        notes: what a user should hear before the work. bad: how many frames or packets were damaged, so far.
    """

    name: str
    identity = ""
    rate: Fraction
    size: tuple[int, int]
    count = 0
    sound: Path | None = None
    notes: tuple[str, ...] = ()
    bad = 0

    @abstractmethod
    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        """The shots of the excerpt from that time on; once.

        Raises:
            BadInputFile: damaged.
        """

    def _wanted(self, frames: Iterable[T], excerpt: Excerpt, since: Fraction) -> Iterator[tuple[Fraction, T]]:
        """Frames at a constant rate with their times: those of the excerpt, from `since` on."""
        for number, frame in enumerate(frames):
            time = number / self.rate
            if excerpt.end is not None and time >= excerpt.end:
                return
            if time >= max(excerpt.start, since):
                yield time, frame


def check_pixels(name: str, height: int, width: int) -> None:
    """Raises BadInputFile for frames that are too large, or have no pixels."""
    if not 0 < height * width <= MAX_PIXELS:
        raise BadInputFile(f"{name}: frames of {width} x {height} pixels; expected at most {MAX_PIXELS} in all")


def limited(height: int, width: int, excerpt: Excerpt) -> tuple[int, int]:
    """Height and width of frames after `max_size`."""
    return (
        (height, width)
        if max(height, width) <= (excerpt.max_size or max(height, width))
        else fitted_sides(height, width, excerpt.max_size or 1)
    )


def file_identity(path: Path) -> str:
    """Size and the hash of both ends: enough to tell a film from another, in no time."""
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = file.read(_ENDS)
        file.seek(max(0, size - _ENDS))
        ends += file.read(_ENDS)
    return f"{size}:{hashlib.sha256(ends).hexdigest()}"


def excerpt_count(rate: Fraction, duration: Fraction, excerpt: Excerpt, name: str) -> int:
    """How many frames of a clip of so many seconds are read; 0 seconds: not known.

    Raises:
        UsageError: the excerpt begins behind its end.
    """
    if duration <= 0:
        return 0
    if excerpt.start >= duration:
        raise UsageError(f"--start {float(excerpt.start):g}: {name} is {float(duration):.2f} s long")
    return max(1, round((min(excerpt.end or duration, duration) - excerpt.start) * rate))


class PictureClip(Clip):
    """Pictures in the order of their names, numbers in them as numbers."""

    def __init__(self, given: str, excerpt: Excerpt) -> None:
        found = find_pictures([given], recursive=False)
        self._paths = sorted((picture.path for picture in found), key=_natural)
        self._excerpt, self.name, self.rate = excerpt, given, excerpt.rate or Fraction(_RATE)
        self._whole = _sides(read_photo(self._paths[0]).colour)
        self.size = limited(*self._whole, excerpt)
        self.count = excerpt_count(self.rate, len(self._paths) / self.rate, excerpt, given)
        about = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in self._paths]
        self.identity = hashlib.sha256(repr(about).encode()).hexdigest()

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        for time, path in self._wanted(self._paths, self._excerpt, since):
            yield Shot(self._pixels(path), time)

    def _pixels(self, path: Path) -> Frame:
        photo = read_photo(path)
        if _sides(photo.colour) != self._whole:
            raise BadInputFile(
                f"{path} has {photo.colour.shape[1]} x {photo.colour.shape[0]} pixels, {self._paths[0].name} "
                f"{self._whole[1]} x {self._whole[0]}; expected frames of one size"
            )
        return resized(_joined(photo), self.size)


class PipeClip(Clip):
    """Frames of `--raw` WIDTHxHEIGHT, three bytes a pixel: red, green, blue."""

    def __init__(self, pipe: IO[bytes], excerpt: Excerpt) -> None:
        if excerpt.raw is None:
            raise UsageError("- takes raw RGB frames, and --raw WIDTHxHEIGHT their size, such as --raw 640x360")
        self._pipe, self._excerpt, self.name, self.rate = (
            pipe,
            excerpt,
            "standard input",
            excerpt.rate or Fraction(_RATE),
        )
        self._width, self._height = excerpt.raw
        check_pixels(self.name, self._height, self._width)
        self.size = limited(self._height, self._width, excerpt)

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        shape = (self._height, self._width, 3)
        # Unbuffered: a thread that waits in a buffer's lock as the interpreter ends makes it abort.
        with os.fdopen(os.dup(self._pipe.fileno()), "rb", buffering=0) as pipe:
            for time, data in self._wanted(_read(pipe, shape[0] * shape[1] * 3), self._excerpt, since):
                yield Shot(resized(np.frombuffer(data, np.uint8).reshape(shape), self.size), time)


class OpenCvClip(Clip):
    """A film as OpenCV reads it: without sound and transparency, its rate taken for constant."""

    def __init__(self, path: Path, excerpt: Excerpt) -> None:
        self._path, self._excerpt, self.name, self.identity = path, excerpt, str(path), file_identity(path)
        capture = self._opened()
        self.rate = Fraction(capture.get(cv2.CAP_PROP_FPS) or _RATE).limit_denominator(1001)
        count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        check_pixels(self.name, int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)), int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)))
        read, first = capture.read()
        capture.release()
        if not read:
            raise BadInputFile(f"{path} holds no frame that can be decoded; {NO_FILM}")
        self.size = limited(*_sides(np.asarray(first, np.uint8)), excerpt)
        self.count = excerpt_count(self.rate, count / self.rate, excerpt, self.name)
        self.notes = (
            ()
            if path.suffix.lower() == ".gif"
            else ('sound, if there is any, is lost without PyAV: pip install "ganrt[video]" keeps it',)
        )

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        """Decodes one frame a shot; those before the excerpt are passed over."""
        capture = self._opened()
        try:
            for time, _ in self._wanted(iter(capture.grab, False), self._excerpt, since):
                read, frame = capture.retrieve()
                if not read:
                    raise BadInputFile(f"{self.name} is damaged at {float(time):.2f} s")
                pixels = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
                yield Shot(resized(pixels, self.size), time)
        finally:
            capture.release()

    def _opened(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise BadInputFile(f"{self._path} is damaged, or holds no film; {NO_FILM}")
        return capture


def _read(pipe: IO[bytes], size: int) -> Iterator[bytearray]:
    for number in count():
        data = bytearray()
        while len(data) < size and (more := pipe.read(size - len(data))):
            data += more
        if 0 < len(data) < size:
            raise BadInputFile(f"standard input ends within frame {number}: {len(data)} of {size} bytes")
        if not data:
            return
        yield data


def _sides(pixels: Frame) -> tuple[int, int]:
    return pixels.shape[0], pixels.shape[1]


def _joined(photo: Photo) -> Frame:
    if photo.alpha is None:
        return photo.colour
    rgb = np.broadcast_to(photo.colour, (*photo.alpha.shape, 3))
    return np.concatenate([rgb, photo.alpha[..., None]], axis=2)


def _natural(path: Path) -> list[tuple[int, str]]:
    """frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]
