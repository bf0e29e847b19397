"""The entry point: registers the commands and runs the one asked for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ganrt import __version__
from ganrt.cli import (  # noqa: F401  (they register themselves)
    bench,
    bench_layers,
    bench_predict,
    bench_report,
    bench_suite,
    bulk,
    bulk_audit,
    bundle,
    classes,
    compile,
    controls,
    doctor,
    evaluate,
    export,
    gallery,
    generate,
    inspect,
    interpolate,
    play,
    reconstruct,
    serve,
    sweep,
    translate,
    tune,
    verify,
)
from ganrt.cli.app import app, strip_debug
from ganrt.cli.former import renamed
from ganrt.errors import UsageError


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ganrt {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
) -> None: ...


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; always ends in SystemExit."""
    given = strip_debug(sys.argv[1:] if arguments is None else arguments)
    try:
        given = renamed(given)
    except UsageError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))
    app(args=given, prog_name="ganrt")
