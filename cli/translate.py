"""`ganrt translate`: pictures through an image-to-image model."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options, picture_options
from ganrt.cli.app import announce, command, in_use, print_json, say
from ganrt.cli.picture_runs import PictureRun, make_plan
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
    """,
)
def translate(
    inputs: picture_options.Pictures,
    model: Annotated[str, typer.Option("-m", "--model", help="An .onnx file with the task translate.")],
    output: picture_options.Folder,
    *,
    back: Annotated[
        str | None,
        typer.Option(
            "--back", help="The opposite model: also write photo-back.png (or as --encode), and measure what it lost."
        ),
    ] = None,
    pictures: picture_options.PictureOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Translates pictures, image to image; a picture's translation does not depend on the others."""
    from ganrt.runtime.translation import translate_photos

    how = pictures.how()
    plan = make_plan(inputs, output, pictures, force, ("",) if back is None else ("", _BACK))
    with ExitStack() as stack:
        generator = stack.enter_context(engine.open(model))
        announce(generator)
        opposite = None
        if back is not None:
            opposite = stack.enter_context(engine.open(back))
            announce(opposite)
        run = PictureRun(generator, how, plan, pictures.skip_bad)
        results = translate_photos(generator, run.photos(), how, back=opposite, batch_size=pictures.batch_size)
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
