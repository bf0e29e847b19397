"""H.264 and AV1 by PyAV (FFmpeg's libraries)."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from ganrt.errors import BackendUnavailable
from ganrt.runtime.film.options import FilmOptions, Frame
from ganrt.runtime.pictures import as_rgb

os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder would print its settings: errors alone

_BT709 = 1  # ITU-T H.273: matrix, primaries and transfer all have this number
_THREAD_PIXELS = 2**19  # pictures below have one thread: more would take the engine's cores and gain nothing


@dataclass(frozen=True)
class Codec:
    """A codec, which encoder writes it, and the encoder's options."""

    name: str
    encoder: str
    options: dict[str, str]


# Constant quality, near what the eye tells from the source; presets that keep up with a generator.
CODECS = {
    "h264": Codec("H.264", "libx264", {"crf": "16", "preset": "veryfast"}),
    "av1": Codec("AV1", "libsvtav1", {"crf": "24", "preset": "8"}),
    "vp9": Codec("VP9", "libvpx-vp9", {"crf": "24", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}),
}


def has_codec(codec: str) -> bool:
    """Whether this build of PyAV has the encoder for it; distributions leave some out."""
    return CODECS[codec].encoder in av.codecs_available


def check_codec(codec: str) -> None:
    """Raises BackendUnavailable where `has_codec` says no."""
    if not has_codec(codec):
        encoder = CODECS[codec].encoder
        raise BackendUnavailable(f"codec {codec}: this build of PyAV lacks {encoder}; its published wheels have it")


def encode(path: Path, frames: Iterator[Frame], options: FilmOptions) -> tuple[int, str]:
    """Writes an mp4 of frames with even sides; returns how many, and by what.

    Raises:
        OSError: it cannot be written.
    """
    name = "h264" if options.codec == "auto" else options.codec
    codec = CODECS[name]
    try:
        return _encode(path, frames, options.fps, codec), f"{codec.name} ({codec.encoder}, PyAV {av.__version__})"
    except av.FFmpegError as error:
        raise OSError(error.errno or errno.EIO, f"{codec.encoder}: {error.strerror}") from error


def _encode(path: Path, frames: Iterator[Frame], fps: float, codec: Codec) -> int:
    first = next(frames)
    rate = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = add_stream(container, codec, first, rate)
        count, converter = 0, VideoReformatter()  # one for all: setting it up takes longer than a small picture
        for frame in chain([first], frames):
            container.mux(stream.encode(picture(frame, count, 1 / rate, converter)))
            count += 1
        container.mux(stream.encode(None))
    return count


def add_stream(container: Any, codec: Codec, first: Frame, rate: Fraction) -> Any:
    """A stream for frames of the size of the first, with even sides."""
    stream = container.add_stream(codec.encoder, rate=rate, options=dict(codec.options))
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = 1 if stream.width * stream.height < _THREAD_PIXELS else 0
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = ColorRange.MPEG
    return stream


def picture(frame: Frame, pts: int, time_base: Fraction, converter: VideoReformatter) -> av.VideoFrame:
    """The frame as encoders take it, shown at pts * time_base seconds."""
    rgb = av.VideoFrame.from_ndarray(as_rgb(frame), format="rgb24")
    shown = converter.reformat(rgb, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    shown.pts, shown.time_base = pts, time_base
    return shown
