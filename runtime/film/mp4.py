"""mp4: H.264 or AV1 by PyAV where it is installed, else what OpenCV's build has."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2

from ganrt.errors import BackendUnavailable, OutputFailed
from ganrt.files import atomic_write
from ganrt.runtime.film.options import FilmOptions, Frame, Written, even, for_opencv
from ganrt.runtime.film.origin import append_to_mp4

# Browsers play VP9; MPEG-4 part 2 is what every OpenCV build can write.
_OPENCV_CODECS = {"vp09": "VP9 (OpenCV)", "mp4v": "MPEG-4 (OpenCV)"}


def note_on_colours(encoder: str) -> str:
    """What there is to say of a film that OpenCV encoded for want of PyAV; else nothing."""
    if encoder not in _OPENCV_CODECS.values() or find_spec("av") is not None:
        return ""
    return f'colours by {encoder} are a little off: pip install "ganrt[video]" for H.264, which keeps them'


def check(path: Path, options: FilmOptions) -> None:
    """Raises BackendUnavailable where the codec needs PyAV, and that is missing or lacks it."""
    if options.codec in ("h264", "av1"):
        if find_spec("av") is None:
            raise BackendUnavailable(
                f'{path.name}: codec {options.codec} needs PyAV, which is not installed: pip install "ganrt[video]"\n'
                "or give --codec opencv"
            )
        from ganrt.runtime.film.pyav import check_codec

        check_codec(options.codec)


def write(path: Path, frames: Iterator[Frame], options: FilmOptions) -> Written:
    """Frame by frame: memory does not grow with their number."""
    sided = map(even, frames)
    with atomic_write(path, force=options.force) as partial:
        if options.codec == "opencv" or (options.codec == "auto" and not has_h264()):
            count, encoder = _by_opencv(partial, sided, options.fps)
        else:
            from ganrt.runtime.film.pyav import encode

            count, encoder = encode(partial, sided, options)
        append_to_mp4(partial, options.origin)
    return Written(count, encoder, (path,))


def has_h264() -> bool:
    """Whether PyAV is installed, and writes it."""
    if find_spec("av") is None:
        return False
    from ganrt.runtime.film.pyav import has_codec

    return has_codec("h264")


def _by_opencv(path: Path, frames: Iterator[Frame], fps: float) -> tuple[int, str]:
    writer, encoder, count = None, "", 0
    try:
        for count, frame in enumerate(frames, 1):  # noqa: B007
            if writer is None:
                writer, encoder = _open(path, (frame.shape[1], frame.shape[0]), fps)
            writer.write(for_opencv(frame))
    finally:
        if writer is not None:
            writer.release()
    _check(path, count)
    return count, encoder


def _open(path: Path, size: tuple[int, int], fps: float) -> tuple[cv2.VideoWriter, str]:
    for codec, name in _OPENCV_CODECS.items():
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if writer.isOpened():
            return writer, name
        writer.release()
    raise OutputFailed(
        f'{path.suffix}: this build of OpenCV writes none: pip install "ganrt[video]", or take a .gif or .webp'
    )


def _check(path: Path, count: int) -> None:
    """OpenCV's writer reports no failure, a full disk included: only reading back tells."""
    capture = cv2.VideoCapture(str(path))
    found = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    if found != count:
        raise OSError(errno.EIO, f"the video holds {found} of {count} frames; is the disk full?")
