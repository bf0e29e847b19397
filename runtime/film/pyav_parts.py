"""A film of a clip, by PyAV: written to a part that plays at any moment and that a later run goes on with; when all is
drawn, it is put together with the clip's sound.

The part is a fragmented MP4 (ISO/IEC 14496-12, 8.8): each group of pictures is complete by itself, so that a process
that is killed, or a disk that is full, costs the last group alone. Its frames are encoded once; the film is a copy.
"""

from __future__ import annotations

import errno
import heapq
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.video.reformatter import VideoReformatter

from ganrt.errors import OutputFailed
from ganrt.files import atomic_write
from ganrt.runtime.film.options import Frame, even
from ganrt.runtime.film.origin import Origin, append_to_mp4
from ganrt.runtime.film.pyav import CODECS, Codec, add_stream, picture
from ganrt.runtime.film.pyav_clips import opened, picture_stream, zero_of

_FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
_GROUP_S = 2  # seconds between key frames: what an end in mid-film may cost
_FINE = 10_000  # ticks a second, at least, for frames of a varying rate
_SOUNDS = {".mp4": (("aac", "mp3", "ac3", "eac3", "alac", "opus"), "aac"), ".webm": (("opus", "vorbis"), "libopus")}
_EARLY_S = Fraction(1, 10)  # of sound before the first frame: an encoder's lead-in


class Part:
    """The film so far.

    Attributes:
        path: its file. frames: how many it holds.
        since: the clip's time from which a later run goes on; None: from the beginning.
    """

    def __init__(self, path: Path, codec: str, rate: Fraction, identity: str) -> None:
        """Looks for what an earlier run left. `identity`: all that the film is made from; "": nothing is gone on with.

        Raises:
            OutputFailed: there is another file at `path`.
        """
        self.path, self.frames = path, 0
        self.since: Fraction | None = None
        self._codec = _grouped(CODECS[codec], rate)
        self._rate, self._identity = rate, identity and f"{identity} {codec} {av.__version__}"
        self._tick = Fraction(1, rate.numerator * -(-_FINE // rate.numerator))
        self._began: Fraction | None = None
        if path.exists() and path.stat().st_size:
            self._find()

    @property
    def encoder(self) -> str:
        return f"{self._codec.name} ({self._codec.encoder}, PyAV {av.__version__})"

    def write(self, frames: Iterator[tuple[Fraction, Frame]]) -> None:
        """Encodes frames with their times, in seconds of the clip, behind what there is.

        Raises:
            OutputFailed: the disk is full, or the part cannot be written; what groups it holds play.
        """
        if (since := self.since) is not None:
            frames = (one for one in frames if one[0] > since - self._tick)
        first = next(frames, None)
        if first is None:
            return
        try:
            self._write(first, frames)
        except (av.FFmpegError, OSError) as error:
            if not isinstance(error, OSError) or isinstance(error, av.error.InvalidDataError):
                raise
            more = "; the same command goes on with it" if self._identity else ""
            kept = f"it holds the film so far, and plays{more}" if _cut_to_whole(self.path) else "it holds no frame yet"
            raise OutputFailed(f"{self.path} cannot be written: {error.strerror or error}\n{kept}") from error

    def finish(self, path: Path, sound: Path | None, end: Fraction | None, origin: Origin, *, force: bool) -> str:
        """Writes the film: the pictures of the part, and the sound that belongs to them. The part goes.

        Returns:
            what became of the sound: `aac, copied`, `aac, encoded anew`, or "" where there is none.
        """
        suffix, began = path.suffix.lower(), self._began or Fraction(0)
        try:
            with atomic_write(path, force=force) as target:
                heard = _put_together(self.path, target, suffix, sound, began, end)
                if suffix == ".mp4":
                    append_to_mp4(target, origin)
        except OutputFailed as error:
            raise OutputFailed(f"{error}\n{self.path} holds all of it, without sound, and plays") from error
        self.path.unlink()
        return heard

    def _write(self, first: tuple[Fraction, Frame], frames: Iterator[tuple[Fraction, Frame]]) -> None:
        self._began = first[0] if self._began is None else self._began
        converter, last = VideoReformatter(), -1
        with self._opened(even(first[1])) as (container, stream):
            for time, frame in chain([first], frames):
                last = max(last + 1, round((time - self._began) / self._tick))
                container.mux(stream.encode(picture(even(frame), last, self._tick, converter)))
                self.frames += 1
            container.mux(stream.encode(None))

    @contextmanager
    def _opened(self, first: Frame) -> Iterator[tuple[Any, Any]]:
        """The part, open behind its last whole group; what it held stays where this fails at once."""
        kept = self.path.with_name(f".{secrets.token_hex(4)}{self.path.suffix}")
        if self.since is not None:
            self.path.replace(kept)
        try:
            with av.open(str(self.path), "w", format="mp4", options=dict(_FRAGMENTS)) as container:
                stream = add_stream(container, self._codec, first, self._rate)
                stream.codec_context.time_base = stream.time_base = self._tick
                container.metadata["comment"] = json.dumps({"film": self._identity, "began": str(self._began)})
                container.start_encoding()
                if self.since is not None:
                    self._carry_over(kept, container, stream)
                    kept.unlink()
                yield container, stream
        finally:
            if kept.exists():
                kept.replace(self.path)

    def _find(self) -> None:
        """Counts the frames of the whole groups of an earlier run."""
        about: dict[str, Any] = {}
        with suppress(av.FFmpegError, ValueError), av.open(str(self.path)) as container:
            found = json.loads(container.metadata.get("comment", "{}"))
            about = found if isinstance(found, dict) else {}
            keys = [(k, p.pts * p.time_base) for k, p in enumerate(_packets(container)) if p.is_keyframe]
            if about.get("film") == self._identity and self._identity and keys and keys[-1][0]:
                self._began = Fraction(about["began"])
                self.frames, self.since = keys[-1][0], keys[-1][1] + self._began
        if "film" not in about or (about["film"] != self._identity and about["film"]):
            raise OutputFailed(
                f"{self.path} is in the way: it is no part of this film, or was drawn with other options\n"
                "remove it, or give another --output"
            )

    def _carry_over(self, kept: Path, container: Any, stream: Any) -> None:
        with av.open(str(kept)) as old:
            source = old.streams.video[0]
            h264 = self._codec.encoder == "libx264"
            plain = BitStreamFilterContext("h264_mp4toannexb", source) if h264 else None
            for number, packet in enumerate(_packets(old)):
                if number == self.frames:
                    return
                for one in [packet] if plain is None else plain.filter(packet):
                    one.stream = stream
                    container.mux(one)


def _grouped(codec: Codec, rate: Fraction) -> Codec:
    """Key frames every two seconds; no frame is shown before one that was encoded earlier, so that times stay."""
    own = {"bf": "0"} if codec.encoder == "libx264" else {}
    return Codec(codec.name, codec.encoder, {**codec.options, **own, "g": str(max(1, round(_GROUP_S * rate)))})


def _packets(container: Any) -> Iterator[Any]:
    """Packets of pictures up to where the file ends, or was cut off."""
    with suppress(av.FFmpegError):
        yield from (packet for packet in container.demux(container.streams.video[0]) if packet.size)


def _cut_to_whole(path: Path) -> bool:
    """Cuts off the last group of a part where it is not all there; whether there is another."""
    plays = False
    with suppress(OSError), path.open("r+b") as file:
        whole = position = 0
        size = path.stat().st_size
        while len(head := file.read(8)) == 8:
            position += max(8, int.from_bytes(head[:4], "big"))
            if head[4:] in (b"moov", b"mdat") and position <= size:
                whole = position
                plays = plays or head[4:] == b"mdat"
            file.seek(position)
        file.truncate(whole)
    return plays


def _put_together(
    part: Path, target: Path, suffix: str, sound: Path | None, began: Fraction, end: Fraction | None
) -> str:
    """Copies the pictures of a part, and the sound of a clip from `began` to as long as the pictures last."""
    try:
        with (
            av.open(str(part)) as drawn,
            av.open(
                str(target), "w", format=suffix[1:], options={"movflags": "+faststart"} if suffix == ".mp4" else {}
            ) as film,
        ):
            pictures = drawn.streams.video[0]
            stream = film.add_stream_from_template(pictures)
            stream.time_base = pictures.time_base
            shown = _moved(_packets(drawn), stream)
            if sound is None:
                heard, packets = "", shown
            else:
                heard, heard_packets = _sound(sound, film, suffix, began, end)
                packets = heapq.merge(shown, heard_packets, key=lambda packet: packet.dts * packet.time_base)
            for packet in packets:
                film.mux(packet)
    except av.FFmpegError as error:
        raise OSError(error.errno or errno.EIO, error.strerror) from error
    return heard


def _moved(packets: Iterator[Any], stream: Any) -> Iterator[Any]:
    for packet in packets:
        packet.stream = stream
        yield packet


def _sound(path: Path, film: Any, suffix: str, began: Fraction, end: Fraction | None) -> tuple[str, Iterator[Any]]:
    """The first sound track: its codec, and its packets, copied where the film's format takes them."""
    clip = opened(path)
    source = clip.streams.audio[0]
    taken, other = _SOUNDS[suffix]
    shift = zero_of(picture_stream(path, clip)) + began
    length = None if end is None else end - began
    codec = source.codec_context.codec.canonical_name
    if codec in taken:
        stream = film.add_stream_from_template(source)
        return f"{codec}, copied", _copied(clip, source, stream, shift, length, cut=began > 0)
    stream = film.add_stream(other, rate=48000, layout="mono" if source.layout.nb_channels == 1 else "stereo")
    return f"{other}, encoded anew", _encoded(clip, source, stream, shift, length)


def _copied(
    clip: Any, source: Any, stream: Any, shift: Fraction, length: Fraction | None, *, cut: bool
) -> Iterator[Any]:
    ticks, early = round(shift / source.time_base), Fraction(0) if cut else _EARLY_S
    with clip:
        for packet in _heard(clip, source):
            time = packet.pts * source.time_base - shift
            if length is not None and time >= length:
                return
            if time >= -early:
                packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
                packet.stream = stream
                yield packet


def _encoded(clip: Any, source: Any, stream: Any, shift: Fraction, length: Fraction | None) -> Iterator[Any]:
    resampler = av.AudioResampler(stream.codec_context.format, stream.codec_context.layout, 48000)
    with clip:
        for time, frame in _decoded(clip, source, shift):
            if length is not None and time >= length:
                break
            if time >= 0:
                frame.pts, frame.time_base = round(time * 48000), Fraction(1, 48000)
                for one in resampler.resample(frame):
                    yield from stream.encode(one)
        yield from stream.encode(None)


def _decoded(clip: Any, source: Any, shift: Fraction) -> Iterator[tuple[Fraction, Any]]:
    """Frames of sound with their times; of several in one packet the first alone has one."""
    time = -shift
    for packet in _heard(clip, source):
        with suppress(av.FFmpegError):  # a gap in the sound
            for frame in packet.decode():
                time = time if frame.pts is None else frame.pts * source.time_base - shift
                yield time, frame
                time += Fraction(frame.samples, frame.sample_rate)


def _heard(clip: Any, source: Any) -> Iterator[Any]:
    """Packets of sound; what is damaged ends it."""
    with suppress(av.FFmpegError):
        for packet in clip.demux(source):
            if packet.size and packet.pts is not None and packet.dts is not None:
                yield packet
