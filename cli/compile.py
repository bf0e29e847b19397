"""`ganrt compile`: a model for one backend, in a lower precision, behind a gate."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import Status, command, print_json, say
from ganrt.errors import UsageError

# What a backend's files are made by: `module:function`, from a `Request` to what is to be reported.
_COMPILERS = {"onnxruntime": "ganrt.cli.compile_portable:compile_portable"}


@dataclass(frozen=True)
class Request:
    """What the options ask for.

    Attributes:
        gate: least PSNR in dB; None: the precision's own.
        form: the exact form to start from; None: the precision's own.
        budget_s: seconds for judging once.
    """

    model: Path
    folder: Path
    precision: str
    form: str | None
    gate: float | None
    budget_s: float
    threads: int | None
    force: bool


@command(
    "compile",
    """
    ganrt compile --precision fp16 -o compiled
    ganrt compile -m avatars --backend onnxruntime --precision int8 -o compiled --json
    """,
)
def compile_model(
    model: options.Model = "avatars",
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write to.")] = Path("compiled"),
    backend: Annotated[
        str, typer.Option("--backend", help=f"For which: {', '.join(_COMPILERS)} (a portable .onnx file).")
    ] = "onnxruntime",
    precision: Annotated[str, typer.Option("--precision", help="fp16 or int8.")] = "fp16",
    form: Annotated[
        str | None, typer.Option("--form", help="The exact graph to start from; by default the precision's own.")
    ] = None,
    gate: Annotated[
        float | None,
        typer.Option(
            "--gate", help="Least PSNR in dB to FP32; FP16: 45, INT8: 35. Less for models that were not trained.", min=0
        ),
    ] = None,
    budget: Annotated[
        float, typer.Option("--budget", help="Seconds of judging: as many of 256 samples as that allows.", min=0)
    ] = 20.0,
    threads: options.Threads = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Makes a file in a lower precision; writes nothing unless its worst picture passes the gate."""
    from ganrt.runtime.models import resolve_model

    if backend not in _COMPILERS:
        raise UsageError(f"--backend {backend}: nothing is compiled for it; expected {', '.join(_COMPILERS)}")
    module, _, function = _COMPILERS[backend].partition(":")
    request = Request(resolve_model(model), output, precision, form, gate, budget, threads, force)
    with Status() as status:
        report = getattr(import_module(module), function)(request, status.show)
    if json:
        print_json(report)
        return
    for island in report["islands"]:
        say(f"in FP32: {island['name']} ({island['why']})")
    for note in report["notes"]:
        say(f"note: {note}")
    quality = "identical" if report["psnr_db"] is None else f"{report['psnr_db']:.1f} dB"
    say(
        f"{report['file']}: {report['precision']}, form {report['form']}, {report['bytes']} bytes; "
        f"worst of {report['samples']}: {quality}"
    )
