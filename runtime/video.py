"""Frames to mp4, gif, webp, or a folder of PNGs."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ganrt.errors import OutputFailed, UsageError
from ganrt.files import check_free, make_folder, whole_file, write_file
from ganrt.runtime.pictures import encode_png, to_opencv

Frame = NDArray[np.uint8]
ANIMATIONS = (".gif", ".webp")
# Browsers play VP9; MPEG-4 part 2 is what every OpenCV build can write.
_MP4_CODECS = ("vp09", "mp4v")
_FRAME_NAME = "frame{:06d}.png"


def write_frames(
    path: Path,
    frames: Iterable[Frame],
    fps: float,
    *,
    zoom: int = 1,
    force: bool = False,
    origin: Mapping[str, object] | None = None,
) -> int:
    """Writes frames, uint8 [h, w, c] each, and returns how many.

    An mp4 has even sides: odd ones are extended by one pixel.

    Args:
        path: ends in `.mp4` (streamed), `.gif` or `.webp` (held in memory until the end); without a
            suffix it is a folder of numbered PNGs.
        fps: frames a second, above 0.
        zoom: each pixel becomes zoom x zoom pixels.
        origin: what drew the frames; kept in each PNG of a folder, with the frame's number.

    Raises:
        UsageError: an unknown suffix. OutputFailed: it cannot be written, or exists and `force` is not set.
    """
    single = check_output(path, force)
    zoomed = (np.repeat(np.repeat(frame, zoom, axis=0), zoom, axis=1) for frame in frames)
    if not single:
        return _write_folder(path, zoomed, origin)
    if path.suffix.lower() in ANIMATIONS:
        count, data = _encode_animation(path, zoomed, fps)
        write_file(path, data, force=force)
        return count
    with whole_file(path, force=force) as partial:
        return _write_mp4(partial, zoomed, fps)


def check_output(path: Path, force: bool) -> bool:
    """Whether `path` names one file (true) or a folder of frames (false); asked before the work begins.

    Raises:
        UsageError: an unknown suffix.
        OutputFailed: the file exists, or the folder holds frames already, and `force` is not set.
    """
    if path.suffix.lower() not in (".mp4", *ANIMATIONS, ""):
        raise UsageError(f"output {path}: expected .mp4, .gif, .webp, or a folder's name for single frames")
    if path.suffix:
        check_free(path, force)
    elif path.is_dir() and not force and any(path.glob("frame*.png")):
        raise OutputFailed(f"{path} holds frames already: give --force to replace them, or another --output")
    return path.suffix != ""


def _colour(frame: Frame) -> Frame:
    """OpenCV's writers want three channels."""
    return to_opencv(np.repeat(frame, 3, axis=2) if frame.shape[2] == 1 else frame[..., :3])


def _even(frame: Frame) -> Frame:
    """Codecs halve the colour planes and would drop an odd row or column."""
    height, width = frame.shape[:2]
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _write_mp4(path: Path, frames: Iterator[Frame], fps: float) -> int:
    writer, count = None, 0
    try:
        for count, frame in enumerate(map(_even, frames), 1):  # noqa: B007
            if writer is None:
                writer = _open_mp4(path, (frame.shape[1], frame.shape[0]), fps)
            writer.write(_colour(frame))
    finally:
        if writer is not None:
            writer.release()
    _check_mp4(path, count)
    return count


def _check_mp4(path: Path, count: int) -> None:
    """OpenCV's writer reports no failure, a full disk included: only reading back tells."""
    capture = cv2.VideoCapture(str(path))
    found = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    if found != count:
        raise OSError(errno.EIO, f"the video holds {found} of {count} frames; is the disk full?")


def _open_mp4(path: Path, size: tuple[int, int], fps: float) -> cv2.VideoWriter:
    for codec in _MP4_CODECS:
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if writer.isOpened():
            return writer
        writer.release()
    raise OutputFailed(f"{path.name}: this build of OpenCV writes no mp4; take a name that ends in .gif or .webp")


def _encode_animation(path: Path, frames: Iterator[Frame], fps: float) -> tuple[int, bytes]:
    animation = cv2.Animation()
    pictures = [_colour(frame) for frame in frames]
    animation.frames = pictures
    # Whole milliseconds (centiseconds for gif) that add up to the true length, up to the format's fastest rate.
    unit = 10 if path.suffix.lower() == ".gif" else 1
    edges = np.round(np.arange(len(pictures) + 1) * 1000 / fps / unit).astype(np.int64) * unit
    animation.durations = np.maximum(np.diff(edges), unit).tolist()
    done, data = cv2.imencodeanimation(path.suffix.lower(), animation)
    if not done:
        raise OutputFailed(f"{path.name}: the encoder refused {len(pictures)} frames")
    return len(pictures), data.tobytes()


def _write_folder(path: Path, frames: Iterator[Frame], origin: Mapping[str, object] | None) -> int:
    make_folder(path)
    old = set(path.glob("frame*.png"))
    count = 0
    for number, frame in enumerate(frames):
        target = path / _FRAME_NAME.format(number)
        write_file(target, encode_png(frame, {**origin, "frame": number} if origin else None), force=True)
        old.discard(target)
        count += 1
    for surplus in old:  # of a longer walk that was in the same folder
        surplus.unlink()
    return count
