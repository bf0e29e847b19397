"""The film of a clip: what its output's name asks for. Each is written to a part first, and is whole up to where it
ends whenever its frames do."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TypeAlias

from ganrt.errors import BackendUnavailable, OutputFailed, UsageError
from ganrt.files import ensure_absent
from ganrt.runtime.film import animations, folder, mp4
from ganrt.runtime.film.options import FilmOptions, Frame
from ganrt.runtime.film.write import check_output, is_opaque, write_frames
from ganrt.runtime.picture_style import laid
from ganrt.runtime.pictures import as_rgb

Timed: TypeAlias = tuple[Fraction, Frame]
SUFFIXES = (".mp4", ".webm", ".gif", ".webp", ".apng")
_MOST_BYTES = 2**31  # of an animation's frames, which are held in memory until its end
_INSTALL = 'pip install "ganrt[video]"'


@dataclass(frozen=True)
class Source:
    """What the film is made from.

    Attributes:
        rate: frames a second. sound: the clip that has it; None: silent. end: seconds of the clip; None: its end.
        identity: tells this film from every other, for going on with it; "": it cannot be gone on with.
        bytes: of all its frames in memory, nearly; 0: not known.
    """

    rate: Fraction
    sound: Path | None = None
    end: Fraction | None = None
    identity: str = ""
    bytes: int = 0


class ClipFilm(ABC):
    """A film that is being written.

    Attributes:
        part: what holds the film so far; None: nothing does.
        since: the clip's time from which on frames are wanted; None: from the beginning. frames: how many it holds.
        resumable: whether a later run goes on with the part.
        encoder, sound: what they are called, once it is written.
    """

    part: Path | None = None
    since: Fraction | None = None
    frames = 0
    encoder = ""
    sound = ""
    resumable = False

    @abstractmethod
    def write(self, frames: Iterator[Timed]) -> None:
        """Takes all frames there are; uint8 [h, w, c] of one size, with times in seconds of the clip.

        Raises:
            OutputFailed: they cannot be written.
        """

    def finish(self) -> None:
        """Makes the part the film."""
        if not self.frames:
            raise UsageError("no frames to write: the excerpt lies between two of them")

    def _counted(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            self.frames += 1
            yield frame


def open_film(path: Path, options: FilmOptions, source: Source) -> ClipFilm:
    """The film at `path`: `.mp4` or `.webm` with sound, an animation, or a folder.

    Raises:
        UsageError: another suffix, or an animation that would not fit in memory.
        BackendUnavailable: it needs PyAV.
        OutputFailed: it exists and `force` is not set, or something is in the way of its part.
    """
    suffix = path.suffix.lower()
    if suffix not in (*SUFFIXES, "") or not path.name:
        raise UsageError(f"output {path}: expected {', '.join(SUFFIXES)}, a folder's name for single frames, or -")
    by_pyav = mp4.has_h264() if options.codec == "auto" else options.codec != "opencv" and find_spec("av")
    if suffix == ".webm" or (suffix == ".mp4" and by_pyav):
        return PartedFilm(path, options, source)
    fastest = animations.FASTEST.get(suffix)
    if fastest and source.bytes * min(Fraction(1), fastest / source.rate) > _MOST_BYTES:
        raise _too_long(path)
    return WholeFilm(path, options, source)


class PartedFilm(ClipFilm):
    """An mp4 or webm by PyAV: at the clip's own times, resumed, with sound."""

    def __init__(self, path: Path, options: FilmOptions, source: Source) -> None:
        if find_spec("av") is None:
            raise BackendUnavailable(f"{path.name}: needs PyAV, which is not installed: {_INSTALL}\nor take an .mp4")
        from ganrt.runtime.film.pyav import check_codec, has_codec
        from ganrt.runtime.film.pyav_parts import Part

        webm = path.suffix.lower() == ".webm"
        if webm and options.codec not in ("auto", "av1"):
            raise UsageError(f"codec {options.codec}: a .webm has VP9 (auto), or av1")
        codec = {"auto": "vp9" if webm else "h264"}.get(options.codec, options.codec)
        if not has_codec(codec):
            check_codec(codec)
        ensure_absent(path, options.force)
        self.part = part_of(path)
        self._path, self._options, self._source = path, options, source
        self._part = Part(self.part, codec, source.rate, source.identity)
        self.resumable = bool(source.identity)
        self.since, self.frames, self.encoder = self._part.since, self._part.frames, self._part.encoder

    def write(self, frames: Iterator[Timed]) -> None:
        shown = ((time, laid(frame, self._options.background, "none", opaque=True)) for time, frame in frames)
        try:
            self._part.write(shown)
        finally:
            self.frames = self._part.frames

    def finish(self) -> None:
        super().finish()
        origin = self._options.origin or {}
        source = self._source
        self.sound = self._part.finish(self._path, source.sound, source.end, origin, force=self._options.force)


class WholeFilm(ClipFilm):
    """An animation, a folder, or an mp4 by OpenCV: at a constant rate, without sound, not gone on with."""

    def __init__(self, path: Path, options: FilmOptions, source: Source) -> None:
        suffix = path.suffix.lower()
        rate = min(source.rate, Fraction(animations.FASTEST[suffix])) if suffix in animations.FASTEST else source.rate
        self._path, self._rate, self._bytes = path, rate, 0
        by_opencv = suffix == ".mp4" and options.codec == "auto"
        self._options = replace(options, fps=float(rate), codec="opencv" if by_opencv else options.codec)
        check_output(path, self._options)
        self.part = part_of(path)
        if self.part.exists() and not (self.part.is_dir() and folder.frames_in(self.part)) and not _is_ours(self.part):
            raise OutputFailed(f"{self.part} is in the way: remove it, or give another --output")

    def write(self, frames: Iterator[Timed]) -> None:
        assert self.part is not None
        suffix = self._path.suffix.lower()
        shown = constant(frames, self._rate) if suffix else (frame for _, frame in frames)
        first = next(shown, None)
        if first is None:
            return
        held = self._held(first, shown) if suffix in animations.FASTEST else _chained(first, shown)
        written = write_frames(self.part, self._counted(held), replace(self._options, force=True))
        self.encoder = written.encoder

    def finish(self) -> None:
        super().finish()
        assert self.part is not None
        if self._path.suffix:
            ensure_absent(self._path, self._options.force)
            self.part.replace(self._path)
        else:
            folder.move(self.part, self._path)
            shutil.rmtree(self.part, ignore_errors=True)

    def _held(self, first: Frame, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in _chained(first, frames):
            self._bytes += frame.nbytes
            if self._bytes > _MOST_BYTES:
                raise _too_long(self._path)
            yield frame


class RawFilm(ClipFilm):
    """Raw RGB frames, one behind the other, at a constant rate."""

    encoder = "rgb24"

    def __init__(self, pipe: IO[bytes], rate: Fraction, background: str | None) -> None:
        self._pipe, self._rate, self._background = pipe, rate, background

    def write(self, frames: Iterator[Timed]) -> None:
        for frame in self._counted(constant(frames, self._rate)):
            self._pipe.write(as_rgb(laid(frame, self._background, "none", opaque=True)).tobytes())
            self._pipe.flush()


def part_of(path: Path) -> Path:
    """Where the film is while it is written: out.mp4 -> out-part.mp4; what is encoded in parts is an mp4 always."""
    suffix = ".mp4" if path.suffix.lower() == ".webm" else path.suffix
    return path.with_name(f"{path.stem if path.suffix else path.name}-part{suffix}")


def constant(frames: Iterator[Timed], rate: Fraction) -> Iterator[Frame]:
    """Frames at a constant rate: each is shown from the tick next to its time to that of the one after it."""
    before: Timed | None = None
    began, shown = Fraction(0), 0
    for time, frame in frames:
        if before is None:
            began = time
        while before is not None and shown < round((time - began) * rate):
            shown += 1
            yield before[1]
        before = time, frame
    if before is not None:
        yield before[1]


def opaque(path: Path | None) -> bool:
    """Whether frames with transparency lie over a colour in this film; None: raw frames."""
    return path is None or path.suffix.lower() == ".webm" or is_opaque(path)


def _chained(first: Frame, frames: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from frames


def _is_ours(path: Path) -> bool:
    from ganrt.errors import BadInputFile
    from ganrt.runtime.film.origin import read_film_origin

    try:
        return "clip" in read_film_origin(path)
    except BadInputFile:
        return False


def _too_long(path: Path) -> UsageError:
    return UsageError(
        f"{path}: an animation is held in memory, and its frames would be more than {_MOST_BYTES >> 30} GiB\n"
        "give --end or --max-size, or write an .mp4"
    )
