"""`ganrt controls list`: what can be set by name, and what it looks like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganrt.cli import options
from ganrt.cli.app import command, group, in_use, print_json, say, tell
from ganrt.errors import UsageError
from ganrt.runtime.model_names import DEFAULT_MODEL

if TYPE_CHECKING:
    from ganrt.controls import Control
    from ganrt.runtime.generator import Generator
    from ganrt.runtime.settings import Settings


@group(
    "controls",
    """
    ganrt controls list
    """,
)
def controls(context: typer.Context) -> None:
    """Named properties of the picture, such as hair and glasses, which --set sets."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@command(
    "list",
    """
    ganrt controls list
    ganrt controls list --json
    ganrt controls list --set skin=0.3 -o choices.png
    """,
    controls,
)
def list_controls(
    model: options.Model = DEFAULT_MODEL,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Also draw each choice on one labelled sheet, .png.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the sheet's picture, its image 0.")] = 0,
    name: Annotated[str | None, typer.Option("--name", help="Whose avatar the sheet's picture is.")] = None,
    fixed: options.ControlOptions,
    engine: options.EngineOptions,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Lists a model's controls with their options and ranges; draws each choice with -o."""
    from ganrt.files import ensure_absent, write_file
    from ganrt.runtime.identity import identity_index

    if seed and name is not None:
        raise UsageError("--seed and --name: expected one of them")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: expected a name that ends in .png")
    if output is not None:
        ensure_absent(output, force)
    with engine.open(model) as generator:
        base, found = generator.controls.canonical(fixed.settings), generator.controls.controls
        if json:
            print_json({**in_use(generator), "controls": [_as_json(one) for one in found]})
        elif not found:
            say(f"'{generator.spec.name}' has no named controls; set values of its latent: --set-z 0:4=1")
        for line in () if json else map(_line, found):
            tell(line)
        if output is not None:
            if not found:
                raise UsageError(f"--output {output}: '{generator.spec.name}' has no named controls to draw")
            pair = (seed, 0) if name is None else (0, identity_index(name))
            data = _sheet(generator, base, fixed.pins, pair, {} if name is None else {"name": name})
            write_file(output, data, force=force)
            say(f"{output}")


def _sheet(generator: Generator, base: Settings, pins: str, pair: tuple[int, int], who: dict[str, object]) -> bytes:
    from ganrt import __version__
    from ganrt.runtime.control_sheet import control_sheet
    from ganrt.runtime.pictures import encode_png

    origin = {**in_use(generator), "ganrt": __version__, **who, "seed": str(pair[0]), "index": str(pair[1])}
    origin |= {"controls": dict(base), **({"set_z": pins} if pins else {})}
    return encode_png(control_sheet(generator, base, *pair, pins), origin)


def _line(control: Control) -> str:
    """ "skin: 0 (light) to 1 (dark). Skin colour." """
    if control.kind == "choice":
        values = ", ".join(option.name for option in control.options)
    elif control.kind == "color":
        values = "a colour, such as 3366cc"
    else:
        low, high = (f" ({end})" if control.ends else "" for end in control.ends or ("", ""))
        values = f"{control.low:g}{low} to {control.high:g}{high}"
    return f"{control.name}: {values}" + (f"\n    {control.help}" if control.help else "")


def _as_json(control: Control) -> dict[str, object]:
    from ganrt.checks import encode

    return encode(control)
