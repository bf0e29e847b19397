"""Checks of arguments; each raises UsageError naming the argument, what was given and what is accepted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError

UINT64_LIMIT = 1 << 64
_SHOWN = 60  # characters of a bad value that a message shows
_QUOTES = "'\""


def shown(value: object) -> str:
    """The value for a message, cut to one short line (huge integers cannot even be printed)."""
    try:
        text = repr(value)
    except ValueError:
        return f"a huge {type(value).__name__}"
    text = " ".join(text.split())
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}...{text[0] if text[0] in _QUOTES else ''}"


def integer_between(name: str, value: object, low: int, high: int) -> int:
    """`value` as an int in [low, high]; bool and float are refused, NumPy's integers are not."""
    if isinstance(value, Integral) and not isinstance(value, bool) and low <= int(value) <= high:
        return int(value)
    raise UsageError(f"{name}: given {shown(value)}, accepted are integers from {low} to {high}")


def real_number(name: str, value: object, accepted: str, accepts: Callable[[float], bool]) -> float:
    """`value` as a finite float for which `accepts` holds; bool is refused, NumPy's numbers are not."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number) and accepts(number):
            return number
    raise UsageError(f"{name}: given {shown(value)}, accepted is {accepted}")


def one_of(name: str, value: object, accepted: Sequence[str]) -> None:
    """Check that `value` is one of the accepted words."""
    if not isinstance(value, str) or value not in accepted:
        raise UsageError(f"{name}: given {shown(value)}, accepted are {', '.join(accepted)}")


def as_uint64(name: str, values: NDArray[Any] | Sequence[int]) -> NDArray[np.uint64]:
    """Integers in [0, 2^64), an array [n] or a sequence, as uint64 [n]."""
    if isinstance(values, np.ndarray):
        if values.ndim == 1 and (values.dtype.kind == "u" or (values.dtype.kind == "i" and not (values < 0).any())):
            return values.astype(np.uint64)
        given = f"an array of {values.dtype} and shape {values.shape}"
        raise UsageError(f"{name}: given {given}, accepted are integers [n] from 0 to {UINT64_LIMIT - 1}")
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise UsageError(f"{name}: given {shown(values)}, accepted is a sequence of integers")
    return np.array([integer_between(name, value, 0, UINT64_LIMIT - 1) for value in values], dtype=np.uint64)
