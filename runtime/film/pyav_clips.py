"""Films as PyAV (FFmpeg's libraries) reads them: upright, with transparency, each frame at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from ganrt.errors import BadInputFile
from ganrt.runtime.film.clips import (
    MAX_PIXELS,
    NO_FILM,
    Clip,
    Excerpt,
    Shot,
    check_pixels,
    excerpt_count,
    file_identity,
    limited,
)
from ganrt.runtime.film.options import Frame
from ganrt.runtime.fitting import resized

_UNSPECIFIED = 2  # ITU-T H.273
_HDR = (16, 18)  # its transfer functions of PQ and HLG
_HD_ROWS = 720  # from here on unmarked films are BT.709, below BT.601
_SNAP = Fraction(101, 100)  # of what a container's clock rounds


class PyAvClip(Clip):
    """A film's file. Its shots may be taken once."""

    def __init__(self, path: Path, excerpt: Excerpt) -> None:
        self._path, self._excerpt, self.name, self.identity = path, excerpt, str(path), file_identity(path)
        with opened(path) as container:
            stream = picture_stream(path, container)
            context = stream.codec_context
            check_pixels(self.name, context.height, context.width)
            self.rate = _rate(stream)
            self.count = excerpt_count(self.rate, _duration(container, stream), excerpt, self.name)
            heard = [sound.codec_context is not None for sound in container.streams.audio[:1]]
            self.sound = path if any(heard) else None
            if context.color_trc in _HDR:
                self.notes += ("its colours are HDR, and are taken as they are: expect a pale film",)
            if not all(heard):
                self.notes += ("its sound is of a kind that nothing here decodes, and is lost",)
            first = next(self._decoded(container, stream, 0), None)
            self.bad = 0  # the shots count it again
        if first is None:
            raise BadInputFile(f"{path} holds no frame that can be decoded; {NO_FILM}")
        self._square = _square(first, stream)
        turns, _ = _upright(first)
        self.size = limited(*(self._square[::-1] if turns % 2 else self._square), excerpt)
        self._converter = VideoReformatter()

    def shots(self, since: Fraction = Fraction(0)) -> Iterator[Shot]:
        """Decodes; what lies before the excerpt is passed over, from the last key frame before it on."""
        half = 1 / (2 * self.rate)
        start = max(self._excerpt.start, since)
        before: Fraction | None = None
        with opened(self._path) as container:
            stream = picture_stream(self._path, container)
            zero = zero_of(stream)
            if start > 0:
                with suppress(av.FFmpegError):  # what cannot be sought is decoded from its beginning
                    container.seek(int((start + zero) / stream.time_base), stream=stream)
            for frame in self._decoded(container, stream, start):
                time = self._time(frame, stream, zero, before)
                if self._excerpt.end is not None and time > self._excerpt.end - half:
                    return
                if time >= start - half and (before is None or time > before):
                    before = time
                    yield Shot(self._pixels(frame), time)

    def _decoded(self, container: Any, stream: Any, start: Fraction | int) -> Iterator[Any]:
        """The frames; of what is damaged none, or an error."""
        decoder = _decoder(stream)
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                frames = [] if packet is None else decoder.decode(packet)  # the last one is empty, and flushes
            except av.FFmpegError as error:
                if isinstance(error, av.error.EOFError):
                    return
                self._damaged(start, str(error.strerror))
                continue
            if packet is None:
                return
            for frame in frames:
                start = start if frame.pts is None else frame.pts * stream.time_base
                if frame.is_corrupt and start >= self._excerpt.start:
                    self._damaged(start, "a frame is corrupt")
                yield frame

    def _damaged(self, time: Any, why: str) -> None:
        self.bad += 1
        if not self._excerpt.skip_bad:
            raise BadInputFile(
                f"{self.name} is damaged at about {float(time):.2f} s: {why}\n"
                "give --skip-bad to go on after it, or --end to stop before"
            )

    def _time(self, frame: Any, stream: Any, zero: Fraction, before: Fraction | None) -> Fraction:
        """Seconds from the first frame; a frame of a constant rate gets its exact time, whatever the clock rounded."""
        if frame.pts is None:
            return Fraction(0) if before is None else before + 1 / self.rate
        time = frame.pts * stream.time_base - zero
        number = round(time * self.rate)
        near = abs(time * self.rate - number) <= _SNAP * self.rate * stream.time_base
        return Fraction(number) / self.rate if near else Fraction(time)

    def _pixels(self, frame: Any) -> Frame:
        check_pixels(self.name, frame.height, frame.width)
        alpha = any(component.is_alpha for component in frame.format.components) or frame.format.has_palette
        kind = "rgba" if alpha else "rgb24"
        space = frame.colorspace
        if space == _UNSPECIFIED:
            space = Colorspace.ITU709 if frame.height >= _HD_ROWS else Colorspace.ITU601
        picture = self._converter.reformat(frame, format=kind, src_colorspace=space, dst_color_range=ColorRange.JPEG)
        pixels: Frame = resized(np.asarray(picture.to_ndarray(), np.uint8), self._square)
        turns, mirrored = _upright(frame)
        pixels = np.rot90(pixels, turns)
        return resized(np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels), self.size)


def opened(path: Path) -> Any:
    """The container.

    Raises:
        BadInputFile: it is none.
    """
    try:
        return av.open(str(path), metadata_errors="replace")
    except av.FFmpegError as error:
        raise BadInputFile(f"{path} is damaged, or no film: {error.strerror}\n{NO_FILM}") from error


def picture_stream(path: Path, container: Any) -> Any:
    """The stream of its pictures.

    Raises:
        BadInputFile: it has sound alone, or a cover.
    """
    for stream in container.streams.video:
        if stream.codec_context is None:
            container.close()
            raise BadInputFile(f"{path} is damaged, or its pictures are of a kind that nothing here decodes\n{NO_FILM}")
        if not stream.disposition & stream.disposition.attached_pic:
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
            return stream
    what = "sound, and no pictures" if container.streams.audio else "no pictures"
    container.close()
    raise BadInputFile(f"{path} holds {what}; {NO_FILM}")


def zero_of(stream: Any) -> Fraction:
    """The container's time of the first frame."""
    return Fraction((stream.start_time or 0) * stream.time_base)


def _decoder(stream: Any) -> Any:
    """FFmpeg's own decoders of VP8 and VP9 do not see transparency; libvpx does."""
    other = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.codec.canonical_name)
    if stream.metadata.get("alpha_mode") != "1" or other not in av.codecs_available:
        return stream.codec_context
    decoder = av.CodecContext.create(other, "r")
    decoder.extradata = stream.codec_context.extradata
    return decoder


def _rate(stream: Any) -> Fraction:
    rate = stream.guessed_rate or stream.average_rate
    return Fraction(rate).limit_denominator(1001) if rate and Fraction(1, 100) <= rate <= 1000 else Fraction(30)


def _duration(container: Any, stream: Any) -> Fraction:
    if stream.duration:
        return Fraction(stream.duration * stream.time_base)
    return Fraction(container.duration or 0, av.time_base)


def _upright(frame: Any) -> tuple[int, bool]:
    """Quarter turns against the clock, and whether left and right change places after them (ISO/IEC 14496-12, 8.3.2).

    Angles between are taken as the nearest quarter.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 0, False
    (a, b, _), (c, d, _), _ = np.frombuffer(data, np.int32).reshape(3, 3).astype(float)
    mirrored = bool(a * d < b * c)
    return round(np.arctan2(-b, -a if mirrored else a) / (np.pi / 2)), mirrored


def _square(frame: Any, stream: Any) -> tuple[int, int]:
    """Height and width in square pixels."""
    aspect = stream.sample_aspect_ratio
    wide = round(frame.width * aspect) if aspect and Fraction(1, 8) <= aspect <= 8 else frame.width
    return frame.height, max(1, wide)
