"""What is to be written, and what was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.picture_style import PictureStyle, check_background
from ganrt.runtime.pictures import as_rgb, to_opencv

Frame: TypeAlias = NDArray[np.uint8]
CODECS = ("auto", "h264", "av1", "opencv")
ZOOM_FILTERS = ("nearest", "lanczos")
_SLOWEST = 0.01  # frames a second that every container can say


@dataclass(frozen=True)
class FilmOptions:
    """How frames are written.

    Attributes:
        fps: frames a second, 0.01 to 1000.
        zoom: each picture becomes so many times as large: 1 to 64.
        size: pixels of the longer side, 1 to 16384, in place of zoom; None: as drawn.
        mask: none, or `round`: a disc with its background, clear around it, or white where there is no transparency.
        zoom_filter: `nearest`: each pixel a square; `lanczos`: smooth.
        codec: of an mp4: `h264` or `av1` (both need PyAV), `opencv`: what its build has; `auto`: h264 where PyAV is
            installed, else opencv.
        background: what lies behind frames with transparency: `none` or a colour RRGGBB; None: nothing where the format
            has transparency (webp, apng, sprite sheets, single frames), else white (mp4, and gif, whose pixels are
            either clear or not). A gif with `none` is clear where alpha is below 128 of 255.
        force: replaces what is there.
        origin: what drew the frames; kept in the file.
    """

    fps: float
    zoom: int = 1
    zoom_filter: str = "nearest"
    size: int | None = None
    mask: str = "none"
    codec: str = "auto"
    background: str | None = None
    force: bool = False
    origin: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if not _SLOWEST <= self.fps <= 1000:
            raise UsageError(f"fps {self.fps}: expected at least {_SLOWEST} and at most 1000")
        PictureStyle(zoom=self.zoom, size=self.size, mask=self.mask)
        if self.zoom_filter not in ZOOM_FILTERS:
            raise UsageError(f"zoom filter '{self.zoom_filter}': expected {', '.join(ZOOM_FILTERS)}")
        if self.background == "auto":
            raise UsageError("--background auto: frames of a walk have none of their own; expected none or RRGGBB")
        check_background(self.background)
        if self.codec not in CODECS:
            raise UsageError(f"codec '{self.codec}': expected {', '.join(CODECS)}")


@dataclass(frozen=True)
class Written:
    """`frames` of them, by `encoder`, in `files`."""

    frames: int
    encoder: str
    files: tuple[Path, ...]


Writer: TypeAlias = Callable[[Path, Iterator[Frame], FilmOptions], Written]


def frame_times(count: int, fps: float, unit_ms: int) -> NDArray[np.int64]:
    """How long each of `count` frames is shown, in ms: whole multiples of `unit_ms` that never stray from the rate.

    The sum of the first k is k / fps to within half a unit.
    """
    edges = np.round(np.arange(count + 1) * 1000 / fps / unit_ms).astype(np.int64) * unit_ms
    return np.maximum(np.diff(edges), unit_ms)


def for_opencv(frame: Frame) -> Frame:
    """Grey, RGB or RGBA in OpenCV's order, with 3 or 4 channels."""
    return to_opencv(frame if frame.shape[2] == 4 else as_rgb(frame))


def all_or_nothing(frame: Frame) -> Frame:
    """RGBA whose pixels are clear or opaque, as a gif's are: opaque from alpha 128 on."""
    if frame.shape[2] != 4:
        return frame
    opaque = frame[..., 3:] >= 128
    return np.where(opaque, np.maximum(frame, np.array([0, 0, 0, 255], np.uint8)), np.uint8(0))


def even(frame: Frame) -> Frame:
    """Codecs halve the colour planes and would drop an odd row or column."""
    height, width = frame.shape[:2]
    if height % 2 == width % 2 == 0:
        return frame
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
