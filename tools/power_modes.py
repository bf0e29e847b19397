"""`ganrt bench` in every power mode of a Jetson, and one page of all.

    sudo .venv/bin/python tools/power_modes.py -o modes
    sudo .venv/bin/python tools/power_modes.py -o modes --modes MAXN,15W -- --precision fp16 --batch-size 1,8,32

What follows `--` goes to `ganrt bench`. A mode that asks for a restart is left out and said; the mode that was on comes
back at the end, after Ctrl-C as well, and so do the clocks, which jetson_clocks fixes in each mode.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ganrt.benchmarks.telemetry.jetson import ask, parse_nvpmodel

CONFIGURATION = Path("/etc/nvpmodel.conf")
USUAL = ("--runners", "ganrt/tensorrt", "--precision", "fp16", "--batch-size", "1,8,32", "--device", "cuda")
_SWITCH_S = 60


def modes(text: str) -> dict[str, str]:
    """nvpmodel's configuration -> the name of each mode and its number, in the file's order."""
    found = re.findall(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>", text)
    return {name: number for number, name in found}


def switch(name: str, number: str) -> bool:
    """Whether the mode is on now. A mode that needs a restart asks; the answer is no."""
    try:
        subprocess.run(["nvpmodel", "-m", number], input="no\n", capture_output=True, text=True, timeout=_SWITCH_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return parse_nvpmodel(ask("nvpmodel", "-q")) == name


def sweep(chosen: dict[str, str], out: Path, options: Sequence[str]) -> list[Path]:
    """Measures each mode; the documents that were written."""
    written = []
    for name, number in chosen.items():
        if not switch(name, number):
            print(f"{name}: left out; nvpmodel -m {number} did not switch to it (it needs a restart, or sudo)")
            continue
        ask("jetson_clocks")
        document = out / f"mode-{name}.json"
        print(f"{name}:", flush=True)
        command = [sys.executable, "-m", "ganrt", "bench", *options, "-o", str(document), "--force"]
        if subprocess.run(command).returncode == 0:
            written.append(document)
    return written


def restore(before: str | None, known: dict[str, str], clocks: str) -> bool:
    """Whether the mode `before` is on again; the clocks are set as `clocks`, a file of jetson_clocks, has them."""
    back = before in known and switch(before, known[before])
    ask("jetson_clocks", "--restore", clocks)
    if not back:
        mends = f"sudo nvpmodel -m {known[before]}" if before in known else "see nvpmodel -q"
        print(f"power modes: {before or 'unknown'}, which was on, did not come back: {mends}", file=sys.stderr)
    return back


def main() -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=Path("modes"), help="a folder")
    parser.add_argument("--modes", help="names with commas between; by default all")
    parser.add_argument("options", nargs="*", help=f"of ganrt bench, after --; by default {' '.join(USUAL)}")
    given = parser.parse_args()
    known = modes(CONFIGURATION.read_text()) if CONFIGURATION.is_file() else {}
    wanted = given.modes.split(",") if given.modes else list(known)
    if not known or not set(wanted) <= set(known):
        found = ", ".join(known) or f"no {CONFIGURATION}: this is no Jetson"
        print(f"power modes: expected names of {CONFIGURATION}, found {found}", file=sys.stderr)
        return 3 if not known else 2
    given.output.mkdir(parents=True, exist_ok=True)
    before, back = parse_nvpmodel(ask("nvpmodel", "-q")), False
    with tempfile.TemporaryDirectory() as folder:
        clocks = str(Path(folder) / "clocks")
        ask("jetson_clocks", "--store", clocks)
        try:
            written = sweep({name: known[name] for name in wanted}, given.output, given.options or USUAL)
        finally:
            back = restore(before, known, clocks)
    if not written:
        print("no mode was measured", file=sys.stderr)
        return 1
    page = ["bench", "report", *map(str, written), "--html", str(given.output / "modes.html"), "--force"]
    return subprocess.run([sys.executable, "-m", "ganrt", *page]).returncode or int(not back)


if __name__ == "__main__":
    sys.exit(main())
