"""Megabytes that `pip install ganrt[cpu]` puts into a fresh folder; needs a checkout and the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ganrt.errors import BackendUnavailable, UsageError
from suite_jobs.scope import Figures, Scope

_ROOT = Path(__file__).resolve().parents[2]


def measure(scope: Scope) -> Figures:
    """`installed_mb` and the five largest folders, MiB.

    Raises:
        UsageError: this is no checkout.
        BackendUnavailable: pip failed.
    """
    if not (_ROOT / "pyproject.toml").exists():
        raise UsageError("the installed size is measured from a checkout, and ganrt runs from an installed package")
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(scope.folder), f"{_ROOT}[cpu]"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise BackendUnavailable(f"pip failed: {lines[-1][:300] if lines else done.returncode}")
    sizes = {
        entry.name: sum(p.stat().st_size for p in entry.rglob("*") if p.is_file()) for entry in scope.folder.iterdir()
    }
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    figures: Figures = {"installed_mb": round(sum(sizes.values()) / 2**20, 1)}
    return {**figures, **{f"of_which_{name}_mb": round(sizes[name] / 2**20, 1) for name in largest}}
