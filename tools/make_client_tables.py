"""Writes latent spec 1's table into the game clients, between their two `table` comments.

    python tools/make_client_tables.py

C has hexadecimal floats; C# and JavaScript have none, and read the little-endian doubles from base64.
"""

from __future__ import annotations

import base64
import re
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "runtime" / "data" / "normal-quantile.txt"
_SECTION = re.compile(r"(?s)(/\* table: made by tools/make_client_tables\.py \*/\n).*?([ ]*/\* end of table \*/)")


def rows() -> list[list[str]]:
    """The 832 cells: c0 c1 c2 c3 as hexadecimal floats."""
    lines = TABLE.read_text(encoding="ascii").splitlines()
    return [line.split() for line in lines if not line.startswith("#")]


def in_c() -> str:
    """An array of hexadecimal floats."""
    cells = "".join(f"    {{{', '.join(row)}}},\n" for row in rows())
    return f"static const double ganrt__table[832][4] = {{\n{cells}}};\n"


def in_base64(start: str, middle: str, end: str, width: int = 100) -> str:
    """One string of base64, `width` characters a line."""
    doubles = b"".join(struct.pack("<4d", *map(float.fromhex, row)) for row in rows())
    text = base64.b64encode(doubles).decode("ascii")
    return start + middle.join(text[i : i + width] for i in range(0, len(text), width)) + end


CLIENTS = {
    ROOT / "clients" / "c" / "ganrt.h": in_c,
    ROOT / "clients" / "csharp" / "Ganrt.cs": lambda: in_base64(
        '    const string Table =\n        "', '" +\n        "', '";\n'
    ),
    ROOT / "clients" / "js" / "latents.js": lambda: in_base64('const TABLE =\n  "', '" +\n  "', '";\n'),
}


def filled(text: str, table: str) -> str:
    """`text` with `table` between its two comments."""
    if not _SECTION.search(text):
        raise ValueError("expected the comments `table: made by tools/make_client_tables.py` and `end of table`")
    return _SECTION.sub(lambda found: found[1] + table + found[2], text, count=1)


def main() -> None:
    """Rewrites the three files."""
    for path, make in CLIENTS.items():
        path.write_text(filled(path.read_text(encoding="utf-8"), make()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
