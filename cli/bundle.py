"""`ganrt bundle`: one folder for a game: the model, clients in C, C# and JavaScript, known answers and hashes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Status, command, note_foreign, print_json, say
from ganrt.errors import NegativeResult, UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.runtime.generator import Generator


@command(
    "bundle",
    """
    ganrt bundle -m avatars -o kit
    ganrt bundle -m avatars --precision fp16 -o kit16
    ganrt bundle --check kit --json
    """,
)
def bundle(
    model: options.Model = DEFAULT_MODEL,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The folder to make.")] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option("--precision", metavar="<str>", help="Further graphs beside FP32: fp16; may be given again."),
    ] = None,
    engine: Annotated[
        list[Path] | None,
        typer.Option("--engine", metavar="<path>", help="A compiled engine of this model, to go along; several times."),
    ] = None,
    drawer: Annotated[
        str,
        typer.Option(
            "--drawer", metavar="<str>", help="The built-in drawer's file: fp32, fp16 (half the size) or none."
        ),
    ] = "fp32",
    check: Annotated[Path | None, typer.Option("--check", help="A bundle to look over instead of making one.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a bundle; files there that are not of it are kept.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Makes a folder that a game ships, or checks one: every hash, the spec, the latents and the canary."""
    if (output is None) == (check is None):
        raise UsageError("expected either -o DIR, to make a bundle, or --check DIR, to look one over")
    if check is not None:
        _check(check, json)
    elif output is not None:
        _make(model, output, tuple(dict.fromkeys(precision or ())), tuple(engine or ()), drawer, force, json)


def _make(
    model: str,
    output: Path,
    precisions: tuple[str, ...],
    engines: tuple[Path, ...],
    drawer: str,
    force: bool,
    json: bool,
) -> None:
    import tempfile

    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.bundle import Contents, write_bundle
    from ganrt.runtime.bundle_manifest import check_place
    from ganrt.runtime.models import resolve_model

    if unknown := set(precisions) - {"fp16"}:
        raise UsageError(f"--precision {', '.join(sorted(unknown))}: expected fp16; fp32 is always there")
    if drawer not in ("fp32", "fp16", "none"):
        raise UsageError(f"--drawer {drawer}: expected fp32, fp16 or none")
    check_place(output, force)  # before a graph is lowered, which takes minutes
    path = resolve_model(model)
    opened = read_onnx(path)
    with tempfile.TemporaryDirectory() as folder:
        variants = {precision: _lowered(path, precision, Path(folder)) for precision in precisions}
        contents = Contents(opened, variants, engines, *_drawn(opened, drawer))
        manifest = write_bundle(contents, output, force=force)
    files = manifest["additional_metadata"]["ganrt"]["files"]
    say(f"{len(files) + 1} files: {output}; look it over with: ganrt bundle --check {output}")
    note_foreign(_foreign(output), "bundle")
    if json:
        print_json({"folder": str(output), "manifest": manifest})


def _drawn(model: OnnxFile, storage: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Files of `builtin/` (and a sentence where the built-in drawer does not know the model), and known pictures."""
    from ganrt.runtime.generator import load
    from ganrt.runtime.known_pictures import known_pictures

    if model.spec().task != "generate":
        return {}, {}
    with load(model.path, backend="onnxruntime") as generator:
        return _builtin(model, generator, storage), known_pictures(generator)


def _builtin(model: OnnxFile, generator: Generator, storage: str) -> dict[str, bytes]:
    from ganrt.engines.drawer.lowering import NoDrawerError
    from ganrt.runtime.known_pictures import canary_bytes, make_drawer

    builtin = {"canary.raw": canary_bytes(generator)}
    if storage != "none":
        try:
            builtin["model.drawer"] = make_drawer(model, generator, storage)
        except NoDrawerError as error:
            say(f"no built-in drawer: {str(error).removeprefix('drawer: ')}")
    return builtin


def _lowered(model: Path, precision: str, folder: Path) -> Path:
    from ganrt.cli.compile_engine import Lowering, Request, compile_portable

    with Status() as status:
        made = compile_portable(Request(model, folder, Lowering(precision=precision)), status.show)
    return Path(str(made["file"]))


def _check(folder: Path, json: bool) -> None:
    from ganrt.runtime.bundle_check import check_bundle

    findings = check_bundle(folder)
    if json:
        print_json({"folder": str(folder), "ok": not findings, "findings": findings, "foreign": _foreign(folder)})
    for finding in findings:
        say(f"  {finding}")
    note_foreign(_foreign(folder), "bundle")
    if findings:
        raise NegativeResult(
            f"{folder}: {len(findings)} {'finding' if len(findings) == 1 else 'findings'}\n"
            f"make it again, with the options it was made with: ganrt bundle -m MODEL -o {folder} --force"
        )
    say(f"{folder} is whole, and draws its canary")


def _foreign(folder: Path) -> list[str]:
    from ganrt.runtime.bundle_manifest import foreign_files, listed_files, read_manifest

    return foreign_files(folder, listed_files(read_manifest(folder)))
