"""Values of `--set`, shared by the families: text in, checked values out."""

from __future__ import annotations

from collections.abc import Mapping

from ganrt.errors import UsageError
from ganrt.spec import MAX_SIDE

_BOOLEANS = {"true": True, "false": False}


def side(settings: Mapping[str, str], key: str, default: int, *, low: int, multiple_of: int) -> int:
    """The setting `key` as pixels, `low` to 16384 and divisible by `multiple_of`.

    Raises:
        UsageError: it is not; the message names the nearest sides that are.
    """
    text = settings.get(key)
    if text is None:
        return default
    value = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_SIDE)) else -1
    if not low <= value <= MAX_SIDE or value % multiple_of:
        near = _nearest(value, low, multiple_of)
        raise UsageError(
            f"setting {key}={text!r}: expected a side in pixels from {low} to {MAX_SIDE}, divisible by {multiple_of}\n"
            f"such as --set {key}={near}"
        )
    return value


def _nearest(value: int, low: int, multiple_of: int) -> int:
    rounded = (value + multiple_of // 2) // multiple_of * multiple_of
    return min(max(rounded, low), MAX_SIDE // multiple_of * multiple_of)


def boolean(settings: Mapping[str, str], key: str) -> bool:
    """The setting `key`, false if it is not given.

    Raises:
        UsageError: neither true nor false.
    """
    text = settings.get(key, "false")
    if text not in _BOOLEANS:
        raise UsageError(f"setting {key}={text!r}: expected true or false")
    return _BOOLEANS[text]
