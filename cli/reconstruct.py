"""`ganrt reconstruct`: pictures through an encoder and its generator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import announce, command, in_use, print_json, say
from ganrt.cli.picture_runs import Folder, PictureOptions, PictureRun, Pictures, make_plan
from ganrt.errors import UsageError
from ganrt.runtime.picture_files import PictureFile

if TYPE_CHECKING:
    from ganrt.runtime.reconstruction import Reconstructed


@command(
    "reconstruct",
    """
    ganrt reconstruct seven.png -m digits.onnx --encoder digits-encoder.onnx --class 7 -o again
    ganrt reconstruct sevens -m digits.onnx --encoder digits-encoder.onnx --class 7 --sheet --json -o again
    """,
)
def reconstruct(
    inputs: Pictures,
    model: Annotated[str, typer.Option("-m", "--model", help="The generator: an .onnx file.")],
    output: Folder,
    *,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="The encoder that belongs to it: an .onnx file with the task encode."),
    ] = None,
    class_name: Annotated[
        str | None,
        typer.Option("--class", help="The pictures' class name or number; needed if the generator has classes."),
    ] = None,
    any_pair: Annotated[
        bool, typer.Option("--any-pair", help="Also with a generator that the encoder was not trained with.")
    ] = False,
    fixed: options.ControlOptions,
    pictures: PictureOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Encodes pictures and draws them again: what the generator keeps of them. The same picture gives the same."""
    from ganrt.runtime.reconstruction import check_pair, reconstruct_photos

    if encoder is None:
        raise UsageError(
            "--encoder is missing: a generator draws from latents, and only its encoder makes them of pictures\n"
            "give --encoder ENCODER.onnx, exported from the same checkpoint with --network encoder"
        )
    fit = pictures.fitting()
    plan = make_plan(inputs, output, pictures, force)
    with (
        engine.load(model) as generator,
        engine.load(encoder) as encoding,
    ):
        announce(generator)
        announce(encoding)
        check_pair(generator.spec, encoding.spec, files=(model, encoder), any_pair=any_pair)
        options.note_weights(generator, class_name)
        run = PictureRun(generator, fit, plan, pictures.skip_bad)
        controls = generator.controls.canonical(fixed.settings)
        results = reconstruct_photos(
            generator,
            encoding,
            run.photos(),
            fit,
            labels=class_name,
            any_pair=any_pair,
            batch_size=pictures.batch_size,
            pinned=fixed.pins,
            controls=controls,
        )
        used: dict[str, object] = {
            "encoder": encoding.spec.name,
            "encoder_sha256": encoding.model_sha256,
            "class": class_name,
        }
        used |= {"controls": dict(controls)} if controls else {}
        used |= {"set_z": fixed.pins} if fixed.pins else {}
        run.write_all(results, lambda picture, done: _write(run, used, picture, done))
        if json:
            print_json({**run.report(), "encoder": in_use(encoding), "class": class_name})
    run.refuse_bad()


def _write(run: PictureRun, used: dict[str, object], picture: PictureFile, done: Reconstructed) -> dict[str, object]:
    path = run.plan.path(picture)
    run.save(path, done.image, {**run.origin(picture, done.sha256), **used})
    likeness = None if math.isinf(done.psnr) else round(done.psnr, 4)
    say(f"{picture.path}: {'identical' if likeness is None else f'PSNR {likeness:.1f} dB'}")
    return {"source": str(picture.path), "file": str(path), "psnr": likeness}
