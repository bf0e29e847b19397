"""Which class is meant by `--code` and `--args`; read without running anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganrt.errors import UsageError

EXPECTED = "expected --code FILE.py:CLASS, such as --code models.py:Generator"


@dataclass(frozen=True)
class Code:
    """Where the class is, and what it is built with.

    Attributes:
        place: a .py file, or the name of an installed module.
        name: of a class, of a function that returns a module, or of a module; "" for the only class of the file.
        positional, named: the arguments, from JSON.
    """

    place: str
    name: str = ""
    positional: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()


def read_code(text: str | None, arguments: str | None) -> Code | None:
    """From the texts of `--code` and `--args`; None without `--code`.

    Raises:
        UsageError: no such file, or `--args` is no JSON object or list.
    """
    if text is None:
        if arguments is not None:
            raise UsageError("--args are those of a class\ngive the class too: --code models.py:Generator")
        return None
    place, name = text, ""
    if not Path(text).is_file() and ":" in text:
        place, _, name = text.rpartition(":")
    if place.endswith(".py") or "/" in place or "\\" in place:
        if not Path(place).is_file():
            raise UsageError(f"--code {text}: there is no file {place}\n{EXPECTED}")
        place = str(Path(place).resolve())
    if not place or (name and not name.replace(".", "_").isidentifier()):
        raise UsageError(f"--code {text}: {EXPECTED}")
    positional, named = _arguments(arguments)
    return Code(place, name, positional, named)


def _arguments(text: str | None) -> tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]:
    expected = """expected JSON: {"ngf": 64}, a list [100, 64], or both: {"*": [100], "ngf": 64}"""
    try:
        value = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--args {text!s:.80}: not JSON ({error})\n{expected}") from error
    if isinstance(value, list):
        value = {"*": value}
    if not isinstance(value, dict) or not isinstance(value.get("*", []), list):
        raise UsageError(f"--args {text!s:.80}: {expected}")
    positional = tuple(value.pop("*", []))
    return positional, tuple(value.items())
