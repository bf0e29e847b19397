"""`ganrt compile`: a model for one backend, in a lower precision, behind a gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ganrt.cli import options
from ganrt.cli.app import Status, command, print_json, say
from ganrt.cli.compile_engine import (
    EngineRequest,
    Lowering,
    Request,
    clean_engines,
    compile_engine,
    compile_portable,
    list_engines,
    list_portable,
)
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

# What a backend's files are made by, from a `Request` to what is to be reported.
_COMPILERS: dict[str, Callable[[Request, Callable[[str, int], object]], dict[str, Any]]] = {
    "onnxruntime": compile_portable,
    "tensorrt-rtx": compile_engine,
    "tensorrt": compile_engine,
}


@command(
    "compile",
    """
    ganrt compile --precision fp16 -o compiled
    ganrt compile -m avatars --backend onnxruntime --precision int8 -o compiled --json
    ganrt compile --backend tensorrt-rtx --target sm86,rtx4090 --batch 1:8:64 -o engines
    ganrt compile --list -o engines
    """,
)
def compile_model(
    model: options.Model = DEFAULT_MODEL,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")] = Path("compiled"),
    backend: Annotated[str, typer.Option("--backend", help=f"For which: {', '.join(_COMPILERS)}.")] = "onnxruntime",
    lowering: Lowering,
    engine: EngineRequest,
    listing: Annotated[bool, typer.Option("--list", help="List the compiled files in --output; make nothing.")] = False,
    clean: Annotated[
        bool, typer.Option("--clean", help="Remove the engines in --output that cannot be loaded any more.")
    ] = False,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Makes a file in a lower precision, or an engine; writes nothing unless its worst picture passes the gate."""
    if listing and clean:
        raise UsageError("--list and --clean: give one of them; --list removes nothing")
    if listing or clean:
        _list(output, clean, json)
        return
    from ganrt.runtime.models import resolve_model

    if backend not in _COMPILERS:
        raise UsageError(f"--backend {backend}: nothing is compiled for it; expected {', '.join(_COMPILERS)}")
    if backend == "onnxruntime" and engine != EngineRequest():
        raise UsageError("--target, --batch and the like are of engines: give --backend tensorrt-rtx or tensorrt")
    request = Request(resolve_model(model), output, lowering, force, backend, engine)
    with Status() as status:
        report = _COMPILERS[backend](request, status.show)
    if json:
        print_json(report)
        return
    for layer in report["islands"]:
        say(f"in FP32: {layer['name']} ({layer['why']})")
    for note in report["notes"]:
        say(f"note: {note}")
    quality = "identical" if report["psnr_db"] is None else f"{report['psnr_db']:.1f} dB"
    likeness = "" if report["ssim"] is None else f", SSIM {report['ssim']:.6f}"
    judged = f"; worst of {report['samples']}: {quality}{likeness}" if report["samples"] else ""
    say(f"{report['file']}: {report['precision']}, form {report['form']}, {report['bytes']} bytes{judged}")


def _list(folder: Path, clean: bool, json: bool) -> None:
    report = clean_engines(folder) if clean else [*list_engines(folder), *list_portable(folder)]
    if json:
        print_json(report)
        return
    for engine in report:
        say(f"{'removed ' if clean else ''}{engine['file']}: {engine['bytes']} bytes; {engine['problem'] or 'sound'}")
    if not report:
        say(f"{folder}: {'nothing to remove' if clean else 'no engines, and no graphs in a lower precision'}")
