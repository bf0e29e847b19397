"""What a subject compiles once and keeps: opening with nothing in its caches, and opening again.

Apart from `load`, which opens in a process that has done so before: a build happens at the first open of a machine's
life, so that it takes a process and caches of its own. The choice of `ganrt tune` is no build: it is kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ganrt.benchmarks.clock import Clock
from ganrt.benchmarks.options import Cell
from ganrt.benchmarks.processes import ChildFailed, run_child, subject_request
from ganrt.engines.cache import cache_folder
from ganrt.engines.choice import KINDS

Figures = dict[str, float | str]
BuildFigures = Callable[[Cell, str, int, Clock], Figures]


def build_figures(cell: Cell, subject: str, seed: int, clock: Clock) -> Figures:
    """`build_ms`: opening and first pictures with empty caches; `cached_ms`: the same with what that left there."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for kind in KINDS:
            if (cache_folder() / kind).is_dir():
                shutil.copytree(cache_folder() / kind, home / kind)
        request = subject_request(cell, subject, seed, Path(folder) / "images.npy")
        environment = {**os.environ, "GANRT_HOME": str(home), "TORCHINDUCTOR_CACHE_DIR": str(Path(folder) / "torch")}
        try:
            runs = [run_child(request, clock, environment).report for _ in range(2)]
        except ChildFailed as error:
            return {"build_ms": f"not told: {error}"[:200]}
    first, again = (round(1e3 * (run["open_s"] + run["first_images_s"]), 3) for run in runs)
    return {"build_ms": first, "cached_ms": again}
