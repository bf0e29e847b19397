"""What a job is given, and how it runs the command line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ganrt.benchmarks.clock import Clock
from ganrt.benchmarks.models import ModelFile
from ganrt.benchmarks.processes import Ran, run_child
from ganrt.errors import NegativeResult

Figures = dict[str, float | str]


@dataclass(frozen=True)
class Scope:
    """The model, an empty folder, the clock; `quick` asks for as little as shows that it works."""

    model: ModelFile
    folder: Path
    clock: Clock
    quick: bool = False

    def ganrt(self, *arguments: str) -> Ran:
        """`ganrt ARGUMENTS` in a process of its own, with its time and its peak memory.

        Raises:
            NegativeResult: it did not end with success.
        """
        ran = run_child({"ganrt": list(arguments)}, self.clock)
        if ran.report["exit_code"]:
            raise NegativeResult(f"ganrt {' '.join(arguments[:2])} ended with exit code {ran.report['exit_code']}")
        return ran


def peak_mb(ran: Ran) -> float | str:
    """Peak resident memory in MiB."""
    value = ran.report["peak_bytes"]
    return "not told by this system" if value is None else round(value / 2**20, 1)


def digests(folder: Path) -> dict[str, str]:
    """File name -> SHA-256 of the pictures in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("seed*.png"))}
