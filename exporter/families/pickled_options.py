"""The attributes of NVIDIA's pickled modules, which say what weights do not: gains, clamps, architecture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ganrt.errors import BadInputFile
from ganrt.exporter.source import Record, Source

Options = Mapping[str, Mapping[str, Any]]  # by the module's dotted name, "" for the whole
_CLOSE = 1e-5


def options_of(source: Source, classes: Mapping[str, str]) -> Options | None:
    """Plain attributes of every module; None where the file holds tensors alone.

    Args:
        classes: the class that each module must be of, by the last parts of its name ("" is the whole).

    Raises:
        BadInputFile: it is of another class.
    """
    if source.module is None:
        return None
    found = dict(_walk(source.module, ""))
    for name, (cls, _) in found.items():
        wanted = classes.get(name)
        if wanted is not None and cls != wanted:
            raise BadInputFile(f"{name or 'the network'} is of class {cls}, which is not supported\nexpected {wanted}")
    return {name: options for name, (_, options) in found.items()}


def _walk(module: Record, name: str, depth: int = 0) -> Iterator[tuple[str, tuple[str, Mapping[str, Any]]]]:
    state = module.state if isinstance(module.state, Mapping) else {}
    yield name, (module.name, {key: value for key, value in state.items() if not str(key).startswith("_")})
    for child, inner in dict(state.get("_modules") or {}).items():
        if isinstance(inner, Record) and depth < 8:
            yield from _walk(inner, f"{name}.{child}".lstrip("."), depth + 1)


def require(options: Options, name: str, expected: Mapping[str, Any]) -> None:
    """Refuses a module whose attributes, where it has them, are not these; numbers to within rounding.

    Raises:
        BadInputFile: it names the attribute.
    """
    for key, wanted in expected.items():
        given = options.get(name, {}).get(key, wanted)
        if not _same(given, wanted):
            raise BadInputFile(
                f"{name} has {key} {str(given)[:40]}, which is not supported\nexpected {key} {str(wanted)[:40]}"
            )


def number_of(options: Options, name: str, key: str) -> float | None:
    """An attribute that is a number; None where it is missing or None.

    Raises:
        BadInputFile: it is something else.
    """
    value = options.get(name, {}).get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise BadInputFile(f"{name} has {key} {str(value)[:40]}\nexpected a number")
    return float(value)


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(given, (int, float)):
        return abs(given - wanted) <= _CLOSE * max(1.0, abs(wanted))
    return bool(given == wanted)
