"""`ganrt translate`: pictures, films and a camera through an image-to-image model."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, in_use, print_json, say
from ganrt.cli.picture_runs import PictureOptions, PictureRun, make_plan
from ganrt.cli.translate_clip import ClipOptions, is_film
from ganrt.errors import UsageError
from ganrt.runtime.picture_files import PictureFile

if TYPE_CHECKING:
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.translation import Translated

_BACK = "-back"


@command(
    "translate",
    """
    ganrt translate horse.jpg -m horse2zebra.onnx -o zebras
    ganrt translate photos --recursive -m horse2zebra.onnx --fit crop --sheet -o zebras
    ganrt translate "photos/*.jpg" -m horse2zebra.onnx --back zebra2horse.onnx -o cycle --json
    ganrt translate photos -m horse2zebra.onnx --alpha flatten --background 87ceeb --skip-bad -o zebras
    ganrt translate horse.jpg -m horse2zebra.onnx --encode webp --quality 80 -o zebras
    ganrt translate photos --fps 12 -m horse2zebra.onnx --compare -o zebras.mp4
    ganrt translate zebras.mp4 --start 0 --end 0:02 -m zebra2horse.onnx --steady -o horses.gif
    ganrt translate --camera zebras.mp4 --headless --duration 1 -m zebra2horse.onnx
    """,
)
def translate(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IN...",
            help="Pictures (PNG, JPEG, WebP, BMP, TIFF), folders of them, or globs; or one film, or -: raw frames "
            "through a pipe.",
            show_default=False,
        ),
    ] = None,
    *,
    model: Annotated[str, typer.Option("-m", "--model", help="An .onnx file with the task translate.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="A folder: photo.jpg becomes photo.png, or as --encode, in it. Of a film: .mp4, .webm, .gif, .webp, "
            ".apng, a folder for its frames, or -. Of the camera: a folder for what keys save.",
        ),
    ] = None,
    back: Annotated[
        str | None,
        typer.Option(
            "--back", help="The opposite model: also write photo-back.png (or as --encode), and measure what it lost."
        ),
    ] = None,
    pictures: PictureOptions,
    clip: ClipOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Translates pictures, image to image; a picture's translation does not depend on the others. Films as well."""
    from ganrt.runtime.translation import translate_photos

    given = inputs or []
    if clip.camera is not None:
        from ganrt.cli.camera import translate_camera

        if given:
            raise UsageError(f"--camera beside {given[0]}: expected one of them")
        translate_camera(output or Path(), model, pictures, clip, engine, json=json)
        return
    if not given or output is None:
        raise UsageError(f"missing {'IN...' if not given else '-o / --output'}\nganrt translate --help says more")
    if is_film(given, output, clip):
        from ganrt.cli.translate_clip import translate_clip

        if back is not None:
            raise UsageError("--back: it belongs to pictures one by one, not to a film")
        translate_clip(given[0], output, model, pictures, clip, engine, force=force, json=json)
        return
    clip.refuse(where="it belongs to films and the camera; pictures are translated one by one")

    fit = pictures.fitting()
    plan = make_plan(given, output, pictures, force, ("",) if back is None else ("", _BACK))
    with ExitStack() as stack:
        generator = stack.enter_context(engine.open(model))
        opposite = None
        if back is not None:
            opposite = stack.enter_context(engine.open(back))
        run = PictureRun(generator, fit, plan, pictures.skip_bad)
        results = translate_photos(generator, run.photos(), fit, back=opposite, batch_size=pictures.batch_size)
        run.write_all(results, lambda picture, done: _write(run, opposite, picture, done))
        if json:
            print_json({**run.report(), "back": in_use(opposite) if opposite else None})
    run.refuse_bad()


def _write(run: PictureRun, back: Generator | None, picture: PictureFile, done: Translated) -> dict[str, object]:
    """Writes a translation, and what came back; returns its entry in the report."""
    origin = run.origin(picture, done.sha256)
    path = run.plan.path(picture)
    entry: dict[str, object] = {"source": str(picture.path), "file": str(path)}
    run.save(path, done.image, origin)
    if done.cycle and back:
        path = run.plan.path(picture, _BACK)
        run.save(path, done.cycle.image, {**origin, "back": back.spec.name, "back_sha256": back.model_sha256})
        entry |= {"back": str(path), "mean_l1": round(done.cycle.mean_l1, 6)}
        say(f"{picture.path}: there and back, mean L1 {done.cycle.mean_l1:.3f} of 255")
    return entry
