"""The entry point: registers the commands and runs the one asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ganrt import __version__
from ganrt.cli import (  # noqa: F401  (they register themselves)
    bench,
    bench_layers,
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
    portrait,
    reconstruct,
    serve,
    sweep,
    translate,
    tune,
    verify,
)
from ganrt.cli.app import app, strip_debug
from ganrt.cli.former import renamed
from ganrt.errors import ExitCode, UsageError, refusal

_EXPECTED = (
    (r"(Input should be|.* is not) a valid int.*", "expected a whole number"),
    (r"(Input should be|.* is not) a valid (number|float).*", "expected a number"),
    (r"Input should be less than or equal to (\S+)", r"expected at most \1"),
    (r"Input should be greater than or equal to (\S+)", r"expected at least \1"),
    (r".* is not in the range (.*)", r"expected \1"),
)


def _print_version(given: bool) -> None:
    if given:
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
        typer.echo(refusal(str(error)), err=True)
        sys.exit(int(error.exit_code))
    try:
        code = app(args=given, prog_name="ganrt", standalone_mode=False)
    except typer.Abort:
        code = int(ExitCode.INTERRUPTED)
    except Exception as error:
        if not hasattr(error, "format_message"):  # Typer's own, of whatever version
            raise
        _refuse(error, given)
        code = int(ExitCode.USAGE)
    if code == ExitCode.INTERRUPTED:  # outside the command, which would have said so
        typer.echo("error: interrupted", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(error: Any, given: list[str]) -> None:
    """Says what Typer found wrong with the command line as every other refusal is said."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    names: list[str] = getattr(getattr(error, "param", None), "opts", None) or []
    message = error.message.rstrip(".")
    wrong = next((f"{max(names, key=len)} {value}".strip() for value in _values(names, given)), None)
    for pattern, words in _EXPECTED:
        message = re.sub(pattern, words, message)
    told = error.format_message().rstrip(".") if wrong is None or not message else f"{wrong}: {message}"
    path = error.ctx.command_path if error.ctx else "ganrt"
    told = " ".join(told.split("\n"))
    typer.echo(refusal(f"{told[0].lower()}{told[1:]}\n{path} --help says more"), err=True)


def _values(names: list[str], given: list[str]) -> Iterator[str]:
    """The values that an option was given, the last one first."""
    for place in reversed(range(len(given))):
        name, equals, value = given[place].partition("=")
        if name in names and (equals or place + 1 < len(given)):
            yield value if equals else given[place + 1]
