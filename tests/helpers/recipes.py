"""The programs of examples/: run in this process, which has loaded torch, as `python PROGRAM ARGUMENTS` runs them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch


def run_program(program: Path, *arguments: object) -> None:
    """Its folder is on the path already. What it does to torch's random numbers is undone."""
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr("sys.argv", [str(program), *map(str, arguments)])
        runpy.run_path(str(program), run_name="__main__")
