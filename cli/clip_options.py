"""The options of `ganrt translate` for films and the camera, declared once."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.runtime.film.clips import Excerpt

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")
_TIME = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,9}(?:\.\d{1,9})?)")


@dataclass(frozen=True)
class ClipOptions:
    """What of a clip is translated, and how its film is made."""

    panel: ClassVar[str] = "Films and camera"
    start: Annotated[str | None, typer.Option("--start", help="Where a film begins: seconds, or 1:02.5.")] = None
    end: Annotated[str | None, typer.Option("--end", help="Where it ends: seconds, or 1:02.5.")] = None
    max_size: Annotated[
        int | None,
        typer.Option("--max-size", min=2, help="Most pixels of the longer side; larger frames shrink first."),
    ] = None
    compare: Annotated[bool, typer.Option("--compare", help="Source and translation side by side.")] = False
    steady: Annotated[
        bool,
        typer.Option("--steady", help="Less flicker where the source stands still: a blend with the frame before."),
    ] = False
    fps: Annotated[
        str | None,
        typer.Option(
            "--fps", help="Frames a second of a folder of pictures or a pipe: 24, or 30000/1001. Default: 30."
        ),
    ] = None
    raw: Annotated[
        str | None, typer.Option("--raw", metavar="<WxH>", help="Size of the raw RGB frames of a pipe: 640x360.")
    ] = None
    codec: Annotated[
        str, typer.Option("--codec", help="Of an .mp4: h264, av1 (both need PyAV), opencv; auto: h264 if it can.")
    ] = "auto"
    camera: Annotated[
        str | None, typer.Option("--camera", help="A camera's number, live in a window; or a film's file in its place.")
    ] = None
    headless: Annotated[bool, typer.Option("--headless", help="Of the camera: no window, measures alone.")] = False
    duration: Annotated[float | None, typer.Option("--duration", help="Of the camera: seconds.")] = None

    def refuse(self, *kept: str, where: str) -> None:
        """Raises UsageError for options that were given and are none of `kept`."""
        for field in fields(self):
            if field.name not in kept and getattr(self, field.name) != field.default:
                raise UsageError(f"--{field.name.replace('_', '-')}: {where}")

    def excerpt(self, skip_bad: bool) -> Excerpt:
        """What of the clip is read."""
        from ganrt.runtime.film.clips import Excerpt

        return Excerpt(
            seconds("--start", self.start) if self.start else Fraction(0),
            seconds("--end", self.end) if self.end else None,
            self.max_size,
            _rate(self.fps) if self.fps else None,
            _size(self.raw) if self.raw else None,
            skip_bad,
        )


def seconds(name: str, text: str) -> Fraction:
    """Seconds, minutes and hours: 62.5, 1:02.5, 0:01:02.5.

    Raises:
        UsageError: something else.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise UsageError(f"{name} {text}: expected seconds, or minutes and seconds, such as 62.5 or 1:02.5")
    hours, minutes, rest = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(rest)


def is_film(inputs: list[str], output: Path | None, clip: ClipOptions) -> bool:
    """Whether the names ask for a film, and not for pictures one by one.

    Raises:
        UsageError: films beside other inputs.
    """
    from ganrt.runtime.film.clips import SUFFIXES
    from ganrt.runtime.film.of_clip import SUFFIXES as WRITTEN

    films = [given for given in inputs if given == "-" or Path(given).suffix.lower() in SUFFIXES]
    wanted = output is not None and (str(output) == "-" or output.suffix.lower() in WRITTEN)
    if not (films or wanted or clip.fps):
        return False
    if len(inputs) > 1:
        raise UsageError(f"{len(inputs)} inputs: expected one film, folder of frames or pipe, for one film at a time")
    return True


def _rate(text: str) -> Fraction:
    try:
        return Fraction(text).limit_denominator(1001)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"--fps {text}: expected frames a second, such as 24, 29.97 or 30000/1001") from None


def _size(text: str) -> tuple[int, int]:
    found = _SIZE.fullmatch(text)
    if not found:
        raise UsageError(f"--raw {text}: expected WIDTHxHEIGHT, such as 640x360")
    return int(found[1]), int(found[2])
