"""Measures what avatars-2 costs, side by side with avatars-1 and with its pictures checked; says what is reached.

    python tools/measure_avatars_2.py -o avatars-2.json             # on a quiet machine; some minutes
    python tools/measure_avatars_2.py --quick                       # a look whether it works, without worth

The time of one picture and of sixteen from a cold process, both as times avatars-1's; `ganrt play` without a window for
a minute at 60 frames a second; and the web page's first picture in WebAssembly, for which Node with what `npm ci` in
clients/js installs, and Chromium, are needed. Exit code 1 if a limit is passed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from suite_jobs import measure
from suite_jobs.avatars_2 import LIMITS
from suite_jobs.scope import Figures, Scope

from ganrt.benchmarks.clock import SystemClock
from ganrt.benchmarks.machine import describe_machine
from ganrt.benchmarks.models import ModelFile
from ganrt.runtime.models import resolve_model

ROOT = Path(__file__).parents[1]
_LOADS = 5
_FIRST = "document.documentElement.dataset.firstAvatar"
_FAILED = "!document.getElementById('alert').hidden"

sys.path.insert(0, str(ROOT / "tests" / "helpers"))


def page(loads: int) -> Figures:
    """Seconds until the page of avatars-2 has drawn, in WebAssembly: as it says itself, and by our clock."""
    from chromium import ISOLATED, Chromium, served

    told: list[float] = []
    seen: list[float] = []
    with TemporaryDirectory() as folder:
        subprocess.run(["node", ROOT / "examples/web/build.mjs", "--output", folder], check=True, capture_output=True)
        with served(Path(folder), ISOLATED) as url:
            for _ in range(loads):
                browser = Chromium()
                try:
                    began = time.monotonic()
                    browser.open(f"{url}/?backend=wasm")
                    browser.wait(f"{_FIRST} || {_FAILED}")
                    seen.append(time.monotonic() - began)
                    told.append(float(browser.evaluate(_FIRST)))
                finally:
                    browser.close()
    return {
        "page_first_picture_s": round(statistics.median(told), 3),
        "page_opened_s": round(statistics.median(seen), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="a .json file, beside standard output")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        scope = Scope(ModelFile(resolve_model("avatars-2")), Path(folder), SystemClock(), given.quick)
        figures = measure("avatars_2", scope)
    figures |= page(1 if given.quick else _LOADS)
    limits = {**LIMITS, "play_missed": 0, "page_first_picture_s": 3.0}
    reached = {name: float(figures[name]) <= limit for name, limit in limits.items()}
    document = {"machine": describe_machine(), "figures": figures, "at_most": limits, "reached": reached}
    text = json.dumps(document, indent=2, sort_keys=True)
    print(text)
    if given.output is not None:
        given.output.write_text(text + "\n", "utf-8")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
