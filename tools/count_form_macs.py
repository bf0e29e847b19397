"""Multiply-accumulates of one picture in each form of a graph: the table in docs/stylegan.md.

    python tools/count_form_macs.py face.onnx [--forms plain phase phase3 phase-blur]

Counted from the shapes in each form's own graph (`ganrt inspect` says the same of the file as it is).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ganrt.engines.cost import macs_of_one_image
from ganrt.engines.forms import make_form


def main() -> None:
    """Prints a line a form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--forms", nargs="+", default=["plain", "phase", "phase3", "phase-blur"])
    given = parser.parse_args()
    data = given.model.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for name in given.forms:
            path = Path(folder, f"{name}.onnx")
            path.write_bytes(make_form(data, name).data)
            macs = macs_of_one_image(path)
            print(f"{name:12} {'unknown' if macs is None else f'{macs / 1e9:.1f} GMAC'}", flush=True)


if __name__ == "__main__":
    main()
