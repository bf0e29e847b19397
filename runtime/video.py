"""Frames to mp4, gif, webp, or a folder of PNGs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import OutputFailed, UsageError
from ganrt.files import make_folder, whole_file, write_file
from ganrt.runtime.pictures import encode_png, to_opencv

Frame = NDArray[np.uint8]
ANIMATIONS = (".gif", ".webp")
# Browsers play VP9; MPEG-4 part 2 is what every OpenCV build can write.
_MP4_CODECS = ("vp09", "mp4v")
_FRAME_NAME = "frame{:06d}.png"


def write_frames(path: Path, frames: Iterable[Frame], fps: float, *, zoom: int = 1, force: bool = False) -> int:
    """Writes frames, uint8 [h, w, c] each, and returns how many.

    Args:
        path: ends in `.mp4` (streamed), `.gif` or `.webp` (held in memory until the end); without a
            suffix it is a folder of numbered PNGs.
        fps: frames a second, above 0.
        zoom: each pixel becomes zoom x zoom pixels.

    Raises:
        UsageError: an unknown suffix. OutputFailed: it cannot be written, or exists and `force` is not set.
    """
    single = check_suffix(path)
    zoomed = (np.repeat(np.repeat(frame, zoom, axis=0), zoom, axis=1) for frame in frames)
    if not single:
        return _write_folder(path, zoomed, force)
    write = _write_mp4 if path.suffix == ".mp4" else _write_animation
    with whole_file(path, force=force) as partial:
        return write(partial, zoomed, fps)


def check_suffix(path: Path) -> bool:
    """Whether `path` names one file (true) or a folder of frames (false).

    Raises:
        UsageError: any other suffix.
    """
    if path.suffix not in (".mp4", *ANIMATIONS, ""):
        raise UsageError(f"output {path}: expected .mp4, .gif, .webp, or a folder's name for single frames")
    return path.suffix != ""


def _colour(frame: Frame) -> Frame:
    """OpenCV's writers want three channels."""
    return to_opencv(np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame[..., :3])


def _write_mp4(path: Path, frames: Iterator[Frame], fps: float) -> int:
    writer, count = None, 0
    try:
        for count, frame in enumerate(frames, 1):  # noqa: B007
            if writer is None:
                writer = _open_mp4(path, (frame.shape[1], frame.shape[0]), fps)
            writer.write(_colour(frame))
    finally:
        if writer is not None:
            writer.release()
    return count


def _open_mp4(path: Path, size: tuple[int, int], fps: float) -> cv2.VideoWriter:
    for codec in _MP4_CODECS:
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if writer.isOpened():
            return writer
        writer.release()
    raise OutputFailed(f"{path.name}: this build of OpenCV writes no mp4; take a name that ends in .gif or .webp")


def _write_animation(path: Path, frames: Iterator[Frame], fps: float) -> int:
    animation = cv2.Animation()
    pictures = [_colour(frame) for frame in frames]
    animation.frames = pictures
    # Whole milliseconds (centiseconds for gif) that add up to the true length, whatever the rate.
    unit = 10 if path.suffix == ".gif" else 1
    edges = np.round(np.arange(len(pictures) + 1) * 1000 / fps / unit).astype(np.int64) * unit
    animation.durations = np.maximum(np.diff(edges), unit).tolist()
    if not cv2.imwriteanimation(str(path), animation):
        raise OutputFailed(f"{path.name}: the encoder refused {len(pictures)} frames")
    return len(pictures)


def _write_folder(path: Path, frames: Iterator[Frame], force: bool) -> int:
    make_folder(path)
    count = 0
    for count, frame in enumerate(frames, 1):
        write_file(path / _FRAME_NAME.format(count - 1), encode_png(frame), force=force)
    return count
