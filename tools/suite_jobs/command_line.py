"""Whole processes of the command line, in turn: the interpreter, --help, and sixteen PNGs on disk."""

from __future__ import annotations

import statistics
import subprocess
import sys

from ganrt.errors import NegativeResult
from suite_jobs.scope import Figures, Scope, digests


def measure(scope: Scope) -> Figures:
    """Medians in seconds, and the slowest of the last."""
    ganrt = [sys.executable, "-m", "ganrt"]
    jobs = {
        "python_s": [sys.executable, "-c", "pass"],
        "help_s": [*ganrt, "--help"],
        "sixteen_s": [
            *ganrt, "generate", "-m", str(scope.model.onnx), "--count", "16", "--force", "-o", str(scope.folder)
        ],
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(2 if scope.quick else 12):
        for name, command in jobs.items():
            started = scope.clock.now()
            subprocess.run(command, check=True, capture_output=True)
            if turn:
                times[name].append((scope.clock.now() - started) / 1e9)
    if len(digests(scope.folder)) != 16:
        raise NegativeResult("not sixteen pictures")
    figures: Figures = {name: round(statistics.median(values), 4) for name, values in times.items()}
    return {**figures, "sixteen_max_s": round(max(times["sixteen_s"]), 4), "processes": len(times["sixteen_s"])}
