"""The commands below `ganrt bench`; each is registered by its own file."""

from __future__ import annotations

import typer

from ganrt.cli.app import app

bench = typer.Typer(
    name="bench",
    help="Measures speed, and says what it is worth.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(bench)
