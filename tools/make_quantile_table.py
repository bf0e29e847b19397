"""Make the table behind the normal quantile of latent spec 1: `python tools/make_quantile_table.py OUTPUT`.

Everything is computed in 60-digit decimal arithmetic and rounded to double once, at the end, so that the
script writes the same bytes on every machine. Each cell is a cubic through the quantile at four points of the
cell: its two ends, so that neighbouring cells meet and the last one reaches q(1/2) = 0, and the two inner
points that make them Chebyshev points stretched to the ends, which keeps the error near the smallest possible.
"""

from __future__ import annotations

import sys
from decimal import Decimal, localcontext
from hashlib import sha256
from pathlib import Path
from statistics import NormalDist
from struct import pack

FIRST_ROW, LAST_ROW, COLUMNS = 2, 53, 16
DIGITS = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534")

HEADER = """\
# The normal quantile of latent spec 1, made by tools/make_quantile_table.py; see docs/latent-spec.md.
# Rows e = {first}..{last}, in each {columns} columns, one line a cell: c0 c1 c2 c3 as hexadecimal doubles.
# SHA-256 of the little-endian doubles in this order: {digest}
"""


def lower_tail(x: Decimal) -> tuple[Decimal, Decimal]:
    """The normal distribution function and its density at x, |x| <= 9 (Abramowitz and Stegun, 26.2.11)."""
    density = (-x * x / 2).exp() / (2 * PI).sqrt()
    term = total = x
    odd = 1
    while abs(term) > Decimal(10) ** -DIGITS:
        odd += 2
        term *= x * x / odd
        total += term
    return Decimal("0.5") + density * total, density


def quantile(p: Decimal) -> Decimal:
    """The x whose lower tail is p, 0 < p <= 1/2: Halley's method from the nearest double."""
    if p == Decimal("0.5"):
        return Decimal(0)
    x = Decimal(NormalDist().inv_cdf(float(p)))
    for _ in range(2):  # 16 digits become 48, then all that the working precision holds
        tail, density = lower_tail(x)
        step = (tail - p) / density
        x -= step / (1 + x * step / 2)
    return x


def cubic_through(nodes: list[Decimal], values: list[Decimal]) -> list[Decimal]:
    """c0..c3 of the cubic through four points, by Newton's divided differences, then expanded."""
    differences = list(values)
    for order in range(1, 4):
        for i in range(3, order - 1, -1):
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order])
    coefficients = [differences[3]]
    for i in (2, 1, 0):
        shifted = [Decimal(0), *coefficients]
        for power, coefficient in enumerate(coefficients):
            shifted[power] -= nodes[i] * coefficient
        shifted[0] += differences[i]
        coefficients = shifted
    return coefficients


def make_table() -> list[list[float]]:
    """One row [c0, c1, c2, c3] a cell, the cells of row e = 2 first."""
    with localcontext() as context:
        context.prec = DIGITS
        half_root = Decimal("0.5").sqrt()
        nodes = [Decimal(0), 1 - half_root, half_root, Decimal(1)]
        cells = []
        for row in range(FIRST_ROW, LAST_ROW + 1):
            for column in range(COLUMNS):
                tails = [(1 + (column + node) / COLUMNS) / 2**row for node in nodes]
                cells.append([float(c) for c in cubic_through(nodes, [quantile(p) for p in tails])])
        return cells


def as_text(cells: list[list[float]]) -> str:
    """The table file: three comment lines, then one line a cell."""
    digest = sha256(b"".join(pack("<4d", *cell) for cell in cells)).hexdigest()
    header = HEADER.format(first=FIRST_ROW, last=LAST_ROW, columns=COLUMNS, digest=digest)
    return header + "".join(" ".join(c.hex() for c in cell) + "\n" for cell in cells)


def main() -> None:
    """Write the table to the path given as the only argument."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python tools/make_quantile_table.py OUTPUT")
    Path(sys.argv[1]).write_text(as_text(make_table()), encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
