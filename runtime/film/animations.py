"""gif, webp and apng: animations that are encoded as a whole, by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2

from ganrt.errors import OutputFailed, UsageError
from ganrt.files import write_file
from ganrt.runtime.film.options import FilmOptions, Frame, Written, all_or_nothing, for_opencv, frame_times
from ganrt.runtime.film.origin import animation_with_origin

# Browsers show frames of 10 ms and less for 100 ms: the rate stays where each frame is longer.
FASTEST = {".gif": 50, ".webp": 90, ".apng": 90}
_SLOWEST = {".apng": 0.016}  # its frames have 16 bits of milliseconds
# Each frame's own 256 colours, the nearest one for each pixel: OpenCV's default is one fixed palette for everything,
# dithered, at half the decibels and twice the size.
_OWN_COLOURS = (cv2.IMWRITE_GIF_COLORTABLE, 1, cv2.IMWRITE_GIF_QUALITY, cv2.IMWRITE_GIF_COLORTABLE_SIZE_256)
_SETTINGS = {
    ".gif": (*_OWN_COLOURS, cv2.IMWRITE_GIF_DITHER, 3),
    # Lossless: else small changes are left out, add up over the frames, and show as rectangles of older colours.
    ".webp": (cv2.IMWRITE_WEBP_QUALITY, 101),
}


def check(path: Path, options: FilmOptions) -> None:
    """Raises UsageError for a rate that viewers do not show."""
    suffix = path.suffix.lower()
    if options.fps > FASTEST[suffix]:
        raise UsageError(
            f"fps {options.fps:g}: a {suffix[1:]} has at most {FASTEST[suffix]}, which viewers show; an .mp4 has more"
        )
    if options.fps < _SLOWEST.get(suffix, 0):
        raise UsageError(
            f"fps {options.fps:g}: an {suffix[1:]} has at least {_SLOWEST[suffix]}; a .gif, .webp or .mp4 has less"
        )


def write(path: Path, frames: Iterator[Frame], options: FilmOptions) -> Written:
    """A gif has 256 colours a frame, and pixels that are clear or opaque.

    webp and apng are lossless, and show a frame that equals the one before it by showing that one longer.
    """
    suffix = path.suffix.lower()
    animation = cv2.Animation()
    pictures = [for_opencv(all_or_nothing(frame) if suffix == ".gif" else frame) for frame in frames]
    animation.frames = pictures
    # A gif counts centiseconds.
    animation.durations = frame_times(len(pictures), options.fps, 10 if suffix == ".gif" else 1).tolist()
    done, data = cv2.imencodeanimation(".png" if suffix == ".apng" else suffix, animation, _SETTINGS.get(suffix, ()))
    if not done:
        raise OutputFailed(f"{path.name}: the encoder refused {len(pictures)} frames")
    write_file(path, animation_with_origin(data.tobytes(), suffix, options.origin), force=options.force)
    return Written(len(pictures), f"{suffix[1:]} (OpenCV)", (path,))
