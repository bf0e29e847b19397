"""Writes docs/options.md: every option of every command, each meaning under one spelling.

python tools/make_option_docs.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from ganrt.cli.main import app

PAGE = Path(__file__).parents[1] / "docs" / "options.md"
HEAD = """# Options

Made by `python tools/make_option_docs.py`; edit the commands, not this page. One meaning has one spelling in every
command; a spelling with several rows says in each what it stands for there. Hidden options are left out: spellings of
0.1.0, which work in this release and say the new one.

| Option | Commands | Meaning |
|---|---|---|
"""


def options() -> Iterator[tuple[str, str, str]]:
    """(spellings, command, meaning) of every option that is shown, command by command."""
    yield from _of(typer.main.get_command(app), "")


def _of(command: Any, name: str) -> Iterator[tuple[str, str, str]]:
    for parameter in command.params:
        if name and parameter.param_type_name == "option" and not parameter.hidden:
            spellings = [*parameter.opts, *parameter.secondary_opts]
            # Long ones first: the first is what everything else calls it.
            yield ", ".join(sorted(spellings, key=lambda s: not s.startswith("--"))), name, parameter.help or ""
    for below, child in getattr(command, "commands", {}).items():
        yield from _of(child, f"{name} {below}".strip())


def page() -> str:
    """The whole page."""
    rows: dict[tuple[str, str], list[str]] = {}
    for spellings, command, meaning in options():
        rows.setdefault((spellings, meaning), []).append(command)
    lines = [
        f"| `{spellings}` | {', '.join(commands)} | {meaning.replace('|', chr(92) + '|')} |"
        for (spellings, meaning), commands in sorted(rows.items(), key=lambda row: (row[0][0], row[1]))
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
