"""`ganrt interpolate`: a walk through latent space as a video, an animation, frames or a sprite sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli import walk_options as walks
from ganrt.cli.app import Progress, command, in_use, print_json, say
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.runtime.film.options import FilmOptions, Written
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.walk_path import Walk


@dataclass(frozen=True)
class FrameOptions:
    """How frames are written."""

    fps: Annotated[float, typer.Option("--fps", help="Frames a second.")] = 30.0
    zoom_filter: Annotated[
        str, typer.Option("--zoom-filter", help="nearest: each pixel a square; lanczos: smooth.")
    ] = "nearest"
    codec: Annotated[
        str, typer.Option("--codec", help="Of an .mp4: h264, av1 (both need PyAV), opencv; auto: h264 if it can.")
    ] = "auto"
    background: Annotated[
        str | None,
        typer.Option(
            "--background",
            help="Behind frames with transparency: none or RRGGBB. Default: none, or white in .mp4 and .gif. A .gif "
            "with none is clear below half of alpha.",
        ),
    ] = None

    def film(self, pictures: options.SizeOptions, force: bool) -> FilmOptions:
        from ganrt.runtime.film.options import FilmOptions

        sizes = (pictures.zoom, self.zoom_filter, pictures.size, pictures.mask)
        return FilmOptions(self.fps, *sizes, self.codec, self.background, force)


@command(
    "interpolate",
    """
    ganrt interpolate --seeds 1-4 --duration 4 -o walk.mp4
    ganrt interpolate --seeds 7,8,9 --loop --method cubic --fps 20 -o loop.gif
    ganrt interpolate --seeds 1,2 --set-z 0:4=1 --duration 1 -o frames
    ganrt interpolate --seeds 1,2 --set hair=afro --set glasses=round --loop --duration 1 -o afros.gif
    ganrt interpolate --name Ann --name Bob --loop --fps 12 --duration 1 -o friends.gif
    ganrt interpolate --identities players.txt --loop --pace pictures --fps 12 --duration 2 -o sprites.json
    ganrt interpolate --seeds 1-4 --loop --bpm 120 --ease hold --zoom 2 --zoom-filter lanczos -m avatars -o beat.webp
    ganrt interpolate ganrt:avatars-2:0:1 ganrt:avatars-2:0:2 --loop --duration 1 --fps 12 -o looks.webp
    ganrt interpolate --method drift --seeds 5 --duration 2 --truncation 0.7 -o drift.apng
    ganrt interpolate -m flowers.onnx --classes daisy,rose --seeds 5 --loop -o flowers.gif
    ganrt interpolate -m flowers.onnx --classes 0,2 --seeds 1,2 --truncations 0.4,1 -o both.gif
    ganrt interpolate -m flowers.onnx --class tulip --seeds 1-3 -o tulips.gif
    ganrt interpolate -m digits.onnx --encoder digits-encoder.onnx --picture seven.png --picture sevens/one.png --class 7 -o sevens.gif
    """,  # noqa: E501
)
def interpolate(
    context: typer.Context,
    codes: options.Codes = None,
    model: options.Model = DEFAULT_MODEL,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help=".mp4, .gif, .webp, .apng, or .json: a sprite sheet; no suffix: a folder of PNGs."
        ),
    ] = Path("walk.mp4"),
    source: walks.FilmedOptions,
    way: walks.PathOptions,
    fixed: options.ControlOptions,
    frames: FrameOptions,
    pictures: options.SizeOptions,
    truncation: options.TruncationOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Walks from keyframe to keyframe, from class to class or both, and writes what it sees."""
    from ganrt.runtime.film.write import check_frames, check_output

    sampling, film = truncation.distribution(), frames.film(pictures, force)
    # What is wrong with the options or the output is said before a model is loaded.
    looks = source.coded(codes, sampling)
    walk = None if looks or source.encoder or source.is_designed else walks.make_walk(source, way, sampling, fixed)
    if walk is not None:
        walk.frame_count(film.fps)
    check_output(output, film)
    if looks:
        model = options.model_of_looks(looks.path, model, context)
    with engine.open(model) as generator:
        check_frames(output, film, generator.spec)
        for name in source.names():
            options.note_weights(generator, name)
        options.note_frozen(generator, truncation.truncation)
        _note_background(generator, film, output)
        if source.encoder is not None:
            with engine.load(source.encoder) as encoding:
                encoded = walks.encode_pictures(generator, encoding, source)
            walk = walks.make_walk(source, way, sampling, fixed, encoded)
        elif source.is_designed:
            if source.classes is not None:
                raise UsageError(f"--classes beside looks in --identities {source.identities}: expected one of them")
            looks = source.of_rows(generator, sampling, source.class_name, fixed)
        if looks is not None:
            walk = walks.make_walk(source, way, sampling, fixed, looks=looks)
        assert walk is not None
        of_looks = {"look_codes": [look.code for look in looks.path]} if looks else {}
        of_way = way.origin(sampling, fixed, generator.controls.canonical(walk.controls))
        origin = {**in_use(generator), **source.origin(), **of_looks, **of_way, "fps": film.fps}
        written = _write(generator, walk, way, output, replace(film, origin=origin))
        if json:
            files = [str(path) for path in written.files]
            report = {"file": str(output), "files": files, "frames": written.frames, "encoder": written.encoder}
            print_json({**in_use(generator), **report, "fps": film.fps})


def _note_background(generator: Generator, film: FilmOptions, output: Path) -> None:
    from ganrt.runtime.film.write import is_opaque
    from ganrt.runtime.picture_style import opaque_note

    if film.background == "none" or not is_opaque(output):
        return
    if note := opaque_note(output.suffix[1:].lower(), generator.spec, film.background, film.mask):
        say(f"note: {note}")


def _write(generator: Generator, walk: Walk, way: walks.PathOptions, output: Path, film: FilmOptions) -> Written:
    from ganrt.runtime.film.mp4 import note_on_colours
    from ganrt.runtime.film.write import write_frames
    from ganrt.runtime.pace import even_pace

    if way.pace == "pictures":
        walk = even_pace(walk, generator)
    if walk.is_still:
        say("note: one keyframe: the picture stands still")
    frames = generator.stream(walk, film.fps, paced=False)
    with frames, Progress(walk.frame_count(film.fps), "frames") as progress:
        written = write_frames(output, progress.follow(frames), film)
    if note := note_on_colours(written.encoder):
        say(f"note: {note}")
    say(f"{written.frames} frames at {film.fps:g} a second, {written.encoder}: {output}")
    return written
