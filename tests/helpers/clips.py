"""Clips that tests make: frames whose brightness says their number, with a tone if asked for."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = Fraction(30000, 1001)


def level(number: int) -> int:
    """How bright frame `number` is, of 255."""
    return 40 + number % 30 * 6


def picture(number: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """RGB: flat, but for a brighter top left quarter, by which a turned picture is told."""
    frame = np.full((height, width, 3), level(number), np.uint8)
    frame[: height // 2, : width // 2] += 30
    return frame


def save_clip(
    path: Path,
    count: int = 10,
    rate: Fraction = RATE,
    *,
    height: int = 48,
    width: int = 64,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sound: str | None = None,
    times: Sequence[Fraction] | None = None,
    pictures: Sequence[NDArray[np.uint8]] | None = None,
) -> Path:
    """`count` frames at a rate, or at times of their own in seconds; `sound`: the codec of a tone as long as they."""
    options = {"crf": "4", "g": "5"} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = Fraction(1, 30000)
        heard = container.add_stream(sound, rate=48000) if sound else None
        for number in range(count):
            given = picture(number, height, width) if pictures is None else pictures[number]
            frame = av.VideoFrame.from_ndarray(given, format="rgba" if given.shape[2] == 4 else "rgb24")
            time = number / rate if times is None else times[number]
            frame.pts, frame.time_base = round(time * 30000), Fraction(1, 30000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if heard is not None:
            _sing(container, heard, float(count / rate if times is None else times[-1]))
    return path


def _sing(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    wave = 0.3 * np.sin(np.arange(int(48000 * seconds)) * 2 * np.pi * 440 / 48000)
    step = stream.codec_context.frame_size or 1024
    for k in range(0, len(wave), step):
        values = np.tile((wave[k : k + step] * 32767).astype(np.int16), (2, 1)).T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, k, Fraction(1, 48000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def save_sound(path: Path) -> Path:
    """A film's file with sound alone."""
    with av.open(str(path), "w") as container:
        _sing(container, container.add_stream("aac", rate=48000), 0.5)
    return path


def turn(path: Path, a: float = 0, b: float = 1, c: float = -1, d: float = 0) -> Path:
    """Writes into an mp4 where its pictures' points are shown: (ax + cy, bx + dy) (ISO/IEC 14496-12, 8.3.2).

    As it stands: turned by 90 degrees clockwise.
    """
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # version 0: 24 bytes of header fields, 16 of layer, group and volume
    data[place : place + 36] = struct.pack(">9i", *(round(x * 2**16) for x in (a, b, 0, c, d, 0, 0, 0, 2**14)))
    path.write_bytes(data)
    return path


def read_clip(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """The frames in RGB and their times in seconds."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [frame.time for frame in frames]


def sound_of(path: Path) -> list[bytes]:
    """The packets of the first sound track."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]
