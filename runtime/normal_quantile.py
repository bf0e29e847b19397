"""The table-driven normal quantile of latent spec 1 (docs/latent-spec.md): the same bits on every machine.

Only IEEE-754 double additions and multiplications, rounded to nearest even, take part: no mathematical library,
no fused operations. The table holds a cubic for each sixteenth of each octave of p = min(u, 1 - u), for p from
2^-53 to 1/2; its largest error is 1.5e-8 (of q, absolute). tools/make_quantile_table.py makes it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BadInputFile, UsageError

F64: TypeAlias = NDArray[np.float64]

TABLE_FILE = Path(__file__).parent / "data" / "normal-quantile.txt"
TABLE_SHA256 = "1cf703723fde751829068ee81b0cbab13ce64de04948d19abd26be6fd9f71026"
FIRST_ROW, LAST_ROW, COLUMNS = 2, 53, 16
SMALLEST = 2.0**-LAST_ROW  # the smallest p that the table covers
BISECTION_STEPS = 128

_MANTISSA_BITS = 52
_COLUMN_BITS = 4
_CELL_SHIFT = np.int64(_MANTISSA_BITS - _COLUMN_BITS)
_REST_MASK = np.int64((1 << (_MANTISSA_BITS - _COLUMN_BITS)) - 1)
_ONE_BITS = np.int64(1023 << _MANTISSA_BITS)
_SIGN_BIT = np.int64(-(1 << 63))
_HALF_CELL = np.int64((1023 - 1) << _COLUMN_BITS)  # exponent and column bits of 1/2, the cell after the last


@lru_cache(maxsize=1)
def table() -> F64:
    """The coefficients, float64 [52, 16, 4]: row e - 2, column, c0 to c3. Raises BadInputFile if it is damaged."""
    lines = TABLE_FILE.read_text(encoding="ascii", errors="replace").splitlines()
    try:
        flat = [float.fromhex(word) for line in lines if not line.startswith("#") for word in line.split()]
    except ValueError:
        flat = []
    values = np.array(flat, dtype=np.float64)
    if sha256(values.astype("<f8").tobytes()).hexdigest() != TABLE_SHA256:
        raise BadInputFile(f"{TABLE_FILE}: the table of the normal quantile is damaged; reinstall ganrt")
    return values.reshape(LAST_ROW - FIRST_ROW + 1, COLUMNS, 4)


@lru_cache(maxsize=1)
def _cells() -> tuple[F64, F64, F64, F64]:
    """c0..c3, each float64 [833], by distance below p = 1/2; the cell of 1/2 itself comes first and is zero."""
    descending = table()[:, ::-1].reshape(-1, 4)
    columns = np.vstack((np.zeros((1, 4)), descending)).T
    return tuple(np.ascontiguousarray(column) for column in columns)  # type: ignore[return-value]


@lru_cache(maxsize=1)
def _rows() -> list[list[list[float]]]:
    """The table as lists: for single values Python's floats are faster than arrays."""
    rows: list[list[list[float]]] = table().tolist()
    return rows


def quantile(u: F64) -> F64:
    """The x at which the normal distribution function is u.

    u: float64, any shape, in [2^-53, 1 - 2^-53]. Returns float64 of that shape, in about [-8.21, 8.21].
    Raises UsageError for values outside.
    """
    u = np.asarray(u, dtype=np.float64)
    if u.size and not (u.min() >= SMALLEST and u.max() <= 1.0 - SMALLEST):
        raise UsageError(f"u: the normal quantile covers 2^-53 to 1 - 2^-53, given {u.min()!r} to {u.max()!r}")
    return quantile_in_range(u.ravel()).reshape(u.shape)


def quantile_in_range(u: F64) -> F64:
    """`quantile` without its checks: u float64 [n], contiguous, in [2^-53, 1 - 2^-53]; u is left as it is."""
    c0, c1, c2, c3 = _cells()
    p = np.subtract(1.0, u)
    np.minimum(p, u, out=p)
    bits = p.view(np.int64)
    cell = np.right_shift(bits, _CELL_SHIFT)
    np.subtract(_HALF_CELL, cell, out=cell)
    # The bits below the column, moved up to be the mantissa of a number in [1, 2): subtracting 1 is exact.
    np.bitwise_and(bits, _REST_MASK, out=bits)
    np.left_shift(bits, _COLUMN_BITS, out=bits)
    np.bitwise_or(bits, _ONE_BITS, out=bits)
    f = np.subtract(p, 1.0, out=p)
    x, c = np.empty_like(f), np.empty_like(f)
    np.take(c3, cell, out=x, mode="clip")
    for coefficients in (c2, c1, c0):
        np.multiply(x, f, out=x)
        np.take(coefficients, cell, out=c, mode="clip")
        np.add(x, c, out=x)
    # Negate where u > 1/2, by the sign bit of 1/2 - u, which is exact.
    sign = np.subtract(0.5, u, out=c).view(np.int64)
    np.bitwise_and(sign, _SIGN_BIT, out=sign)
    np.bitwise_xor(x.view(np.int64), sign, out=x.view(np.int64))
    return x


def lower_quantile(p: float) -> float:
    """The quantile of one p in [2^-53, 1/2], bit for bit that of `quantile`, at most 0."""
    if p == 0.5:
        return 0.0
    mantissa, exponent = math.frexp(p)  # p = mantissa * 2^exponent, mantissa in [1/2, 1)
    place = (2.0 * mantissa - 1.0) * COLUMNS
    column = int(place)
    f = place - column
    c0, c1, c2, c3 = _rows()[1 - exponent - FIRST_ROW][column]
    return ((c3 * f + c2) * f + c1) * f + c0


@lru_cache(maxsize=4096)
def tail(threshold: float) -> float:
    """a(t): the smallest double that the bisection of the specification finds with q(a) >= -threshold.

    threshold: in (0, 8]. Returns a double in (0, 1/2].
    """
    low, high = SMALLEST, 0.5
    for _ in range(BISECTION_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):  # no double is left between them, and further steps change nothing
            break
        if lower_quantile(middle) < -threshold:
            low = middle
        else:
            high = middle
    return high
