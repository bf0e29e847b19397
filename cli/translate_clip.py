"""`ganrt translate clip.mp4 -o out.mp4`: a clip through an image-to-image model, as a film; and its options."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from ganrt.checks import sides
from ganrt.cli.app import Progress, announce, in_use, print_json, say
from ganrt.cli.options import EngineOptions
from ganrt.errors import NegativeResult, OutputFailed, UsageError

if TYPE_CHECKING:
    from ganrt.cli.picture_runs import PictureOptions
    from ganrt.runtime.film.clips import Clip, Excerpt
    from ganrt.runtime.film.of_clip import ClipFilm
    from ganrt.runtime.fitting import Fit
    from ganrt.runtime.generator import Generator

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
        from ganrt.runtime.film.clips import Excerpt

        return Excerpt(
            seconds("--start", self.start) if self.start else Fraction(0),
            seconds("--end", self.end) if self.end else None,
            self.max_size,
            _rate(self.fps) if self.fps else None,
            _raw(self.raw) if self.raw else None,
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


def _raw(text: str) -> tuple[int, int]:
    width, height = sides("--raw", text, "WIDTHxHEIGHT", "640x360", 99999)
    return width, height


_DEPTH_BYTES = 2**26  # of frames that wait for the encoder


def translate_clip(
    given: str,
    output: Path,
    model: str,
    pictures: PictureOptions,
    clip: ClipOptions,
    engine: EngineOptions,
    *,
    force: bool,
    json: bool,
) -> None:
    """The whole run; a Ctrl-C ends the film where it is.

    Raises:
        KeyboardInterrupt: there was one. NegativeResult: parts of the clip were damaged, and passed over.
    """
    from ganrt.runtime.film.camera import open_clip

    _refuse(output, pictures, clip, json)
    excerpt = clip.excerpt(pictures.skip_bad)
    source = open_clip(given, excerpt, sys.stdin.buffer)
    if given != "-" and str(output) != "-":
        _keep_apart(Path(given).resolve(), output.resolve())
    for note in source.notes:
        say(f"note: {note}")
    with engine.load(model) as generator:
        fit = pictures.fitting("pad" if generator.spec.image and generator.spec.image.dynamic else "resize")
        film, size = _film(generator, source, excerpt, output, pictures, clip, fit, force)
        announce(generator)
        report = _run(generator, source, film, fit, size, pictures.batch_size, clip, output)
        if json:
            print_json({**in_use(generator), "file": str(output), **report})
    if source.bad:
        raise NegativeResult(f"{given}: {source.bad} damaged frames or packets were passed over; the rest is done")


def _refuse(output: Path, pictures: PictureOptions, clip: ClipOptions, json: bool) -> None:
    clip.refuse(*("start", "end", "max_size", "compare", "steady", "fps", "raw", "codec"), where="it needs --camera")
    for name, was in (("--sheet", pictures.sheet), ("--recursive", pictures.recursive), ("--encode", pictures.encode)):
        if was:
            raise UsageError(f"{name}: it belongs to pictures one by one, and the output {output} is a film")
    if str(output) == "-" and json:
        raise UsageError("--json and -o -: both go to standard output; expected one of them")


def _keep_apart(given: Path, output: Path) -> None:
    from ganrt.runtime.film.of_clip import part_of

    if given == output:
        raise OutputFailed(f"{output.name} is the input: give another --output")
    if output.name and given.is_relative_to(part_of(output)):
        raise OutputFailed(
            f"{output.name}: while it is drawn it is {part_of(output).name}, which is the input\ngive another --output"
        )


def _film(
    generator: Generator,
    source: Clip,
    excerpt: Excerpt,
    output: Path,
    pictures: PictureOptions,
    clip: ClipOptions,
    fit: Fit,
    force: bool,
) -> tuple[ClipFilm, tuple[int, int] | None]:
    """The film, and the height and width of its pictures; None: the model's."""
    from ganrt import __version__
    from ganrt.runtime.film.drawing import film_size
    from ganrt.runtime.film.of_clip import RawFilm, Source, opaque, open_film
    from ganrt.runtime.film.options import FilmOptions

    size = film_size(generator.spec, fit, source.size)
    raw = str(output) == "-"
    behind = pictures.background if opaque(None if raw else output) else None
    if raw:
        return RawFilm(sys.stdout.buffer, source.rate, behind), size
    made: dict[str, object] = {
        **in_use(generator),
        "ganrt": __version__,
        "clip": Path(source.name).name,
        **{"start": str(excerpt.start), "end": str(excerpt.end), "max_size": excerpt.max_size},
        **{"fit": fit.mode, "alpha": fit.alpha, "background": bytes(fit.background).hex()},
        **{"compare": clip.compare, "steady": clip.steady, "rate": str(source.rate)},
    }
    # A steadied frame depends on all before it, which nobody has in a later run.
    identity = "" if clip.steady or not source.identity else _digest({**made, "source": source.identity})
    height, width = size or source.size
    about = Source(
        source.rate, source.sound, excerpt.end, identity, source.count * height * width * (6 if clip.compare else 3)
    )
    options = FilmOptions(float(source.rate), codec=clip.codec, background=behind, force=force, origin=made)
    return open_film(output, options, about), size


def _run(
    generator: Generator,
    source: Clip,
    film: ClipFilm,
    fit: Fit,
    size: tuple[int, int] | None,
    batch_size: int | None,
    clip: ClipOptions,
    output: Path,
) -> dict[str, Any]:
    from ganrt.interrupts import HeldInterrupts
    from ganrt.runtime.film.drawing import Drawing, Steady, sized
    from ganrt.runtime.film.overlap import overlapped

    if film.since is not None:
        say(f"going on with {film.part}, which holds {film.frames} frames")
    steady, before = Steady(), film.frames
    depth = max(2, min(64, _DEPTH_BYTES // (source.size[0] * source.size[1] * 6)))

    def write(drawn: Iterator[Any]) -> None:
        frames = sized(steady(drawn) if clip.steady else drawn, size, compare=clip.compare)
        film.write(_told(frames, source.rate) if str(output) == "-" else frames)

    shots = source.shots(film.since) if film.since is not None else source.shots()
    with (
        Drawing(generator, shots, fit, batch_size=batch_size) as drawing,
        HeldInterrupts(drawing.stop) as interrupts,
        Progress(max(source.count, before), "frames") as progress,
    ):
        overlapped(write, progress.follow(drawing, before), depth)
    if interrupts.told:
        if film.part is not None and film.frames:
            more = "; the same command goes on with it" if film.resumable else ""
            say(f"{film.part} holds the {film.frames} frames so far, and plays{more}")
        raise KeyboardInterrupt
    film.finish()
    return _said(film, source, output, steady if clip.steady else None)


def _said(film: ClipFilm, source: Clip, output: Path, steady: Any) -> dict[str, Any]:
    from ganrt.runtime.film.mp4 import note_on_colours

    sound = f", sound: {film.sound}" if film.sound else ""
    if source.sound is not None and not film.sound and output.suffix:
        say(f"note: {output.name} has no sound; an .mp4 or .webm written with PyAV keeps it")
    if note := note_on_colours(film.encoder):
        say(f"note: {note}")
    say(f"{film.frames} frames at {source.rate} a second, {film.encoder}{sound}: {output}")
    report: dict[str, Any] = {"frames": film.frames, "rate": str(source.rate), "encoder": film.encoder}
    report |= {"sound": film.sound or None, "bad": source.bad}
    if steady is not None:
        say(
            f"still parts changed by {steady.before:.2f} of 255 from frame to frame, and by {steady.after:.2f} steadied"
        )
        report |= {"flicker": round(steady.before, 4), "flicker_steadied": round(steady.after, 4)}
    return report


def _told(frames: Iterator[Any], rate: Fraction) -> Iterator[Any]:
    """Says what goes through the pipe, before it does."""
    for number, (time, frame) in enumerate(frames):
        if number == 0:
            height, width = frame.shape[:2]
            say(f"raw frames: -f rawvideo -pix_fmt rgb24 -video_size {width}x{height} -framerate {rate}")
        yield time, frame


def _digest(made: dict[str, object]) -> str:
    import hashlib
    import json

    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
