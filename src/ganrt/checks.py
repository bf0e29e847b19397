"""Checks of single values in a generator spec, used for reading JSON and for building a spec in Python alike.

A check takes a value as it stands in JSON and its dotted field name, and returns the Python value or raises
`SpecError`. A dataclass field names its check with `checked(...)`; `decode` and `encode` need nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from ganrt.errors import SpecError, UsageError

Check = Callable[[Any, str], Any]
T = TypeVar("T")
_UINT64 = re.compile(r"0|[1-9][0-9]{0,19}")


def fail(where: str, value: object, expected: str) -> SpecError:
    """The one wording of every spec error."""
    shown = repr(value)
    return SpecError(
        f"spec field '{where}': expected {expected}, got {shown if len(shown) <= 80 else shown[:77] + '...'}"
    )


def integer(low: int, high: int) -> Check:
    def check(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise fail(where, value, f"an integer from {low} to {high}")
        return value

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any, where: str) -> float:
        # NaN fails every comparison; an integer of any size can be compared.
        if type(value) not in (int, float) or not low <= value <= high:
            raise fail(where, value, f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def boolean(value: Any, where: str) -> bool:
    if type(value) is not bool:
        raise fail(where, value, "true or false")
    return value


def text(limit: int, pattern: str = ".*", described: str = "") -> Check:
    compiled = re.compile(pattern, re.DOTALL)

    def check(value: Any, where: str) -> str:
        if type(value) is not str or len(value) > limit or not compiled.fullmatch(value) or not _encodable(value):
            raise fail(where, value, described or f"text of at most {limit} characters")
        return value

    return check


def _encodable(value: str) -> bool:
    """No lone surrogates; most texts are ASCII, which is told at once."""
    return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)


def one_of(*choices: str) -> Check:
    def check(value: Any, where: str) -> str:
        if type(value) is not str or value not in choices:
            raise fail(where, value, "one of " + ", ".join(choices))
        return value

    return check


def uint64(value: Any, where: str) -> int:
    """In JSON a string, since many readers of JSON round integers above 2^53."""
    if type(value) is int and 0 <= value < 2**64:
        return value
    if type(value) is str and _UINT64.fullmatch(value) and int(value) < 2**64:
        return int(value)
    raise fail(where, value, "an unsigned 64-bit integer as a string of digits")


def optional(check: Check) -> Check:
    def check_or_none(value: Any, where: str) -> Any:
        return None if value is None else check(value, where)

    return check_or_none


def list_of(check: Check, limit: int) -> Check:
    def check_all(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > limit:
            raise fail(where, value, f"a list of at most {limit} items")
        return tuple(check(item, f"{where}[{i}]") for i, item in enumerate(value))

    return check_all


def section(cls: type[T]) -> Check:
    """A nested dataclass, given as one or as a JSON object."""

    def check(value: Any, where: str) -> T:
        return value if isinstance(value, cls) else decode(cls, value, where)

    return check


def checked(check: Check, *, default: Any = MISSING, json_text: bool = False, added: bool = False) -> Any:
    """A dataclass field with its check.

    Args:
        json_text: written as a string (64-bit integers).
        added: by a later version of the format: not written where it has its default, so that files which need
            nothing of that version stay what they were.
    """
    metadata = {"check": check, "json_text": json_text, "added": added}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def validate(instance: Any) -> None:
    """Runs every field's check on a frozen dataclass (call it from `__post_init__`)."""
    for f in fields(instance):
        if "check" in f.metadata:
            value = f.metadata["check"](getattr(instance, f.name), f.name)
            object.__setattr__(instance, f.name, value)


@dataclass(frozen=True, kw_only=True)
class Section:
    """Base of a spec's sections: checks on construction, and keeps what a newer minor version added."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        validate(self)


def decode(cls: type[T], value: Any, where: str = "", *, keep_unknown: bool = True) -> T:
    """JSON object -> dataclass. Unknown fields go to `extra`, or are refused where `keep_unknown` is false."""
    if not isinstance(value, Mapping):
        raise fail(where or "(whole)", value, "a JSON object")
    prefix = f"{where}." if where else ""
    arguments: dict[str, Any] = {}
    known = {f.name: f for f in fields(cls) if "check" in f.metadata}  # type: ignore[arg-type]
    for name, f in known.items():
        if name in value:
            arguments[name] = f.metadata["check"](value[name], prefix + name)
        elif f.default is MISSING:
            raise SpecError(f"spec field '{prefix}{name}': missing")
    unknown = {name: value[name] for name in value if name not in known}
    if unknown and not keep_unknown:
        raise SpecError(f"spec field '{prefix}{next(iter(unknown))}': unknown in this version of the spec")
    return cls(**arguments, extra=unknown)  # type: ignore[call-arg]  # every section has `extra`


def encode(instance: Any) -> dict[str, Any]:
    """Dataclass -> what `json.dumps` takes; the unknown fields of a newer minor version are written back."""
    result = dict(instance.extra)
    for f in fields(instance):
        if "check" in f.metadata:
            value = getattr(instance, f.name)
            if f.metadata["added"] and value == f.default:
                continue
            if f.metadata["json_text"] and value is not None:
                value = str(value)
            result[f.name] = _plain(value)
    return result


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return encode(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def sides(option: str, text: str, shape: str, example: str, most: int) -> tuple[int, ...]:
    """ "20x36" for the shape "HEIGHTxWIDTH" -> (20, 36).

    Raises:
        UsageError: anything but as many whole numbers from 1 to `most`.
    """
    parts = text.lower().split("x")
    fit = [re.fullmatch("[0-9]{1,5}", part) is not None and 1 <= int(part) <= most for part in parts]
    if len(parts) != len(shape.split("x")) or not all(fit):
        raise UsageError(f"{option} {text}: expected {shape}, whole numbers from 1 to {most}, such as {example}")
    return tuple(map(int, parts))
