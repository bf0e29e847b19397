"""Measurements of the tool itself: one a file, `measure(scope)` -> figures, found through one lazy table."""

from __future__ import annotations

from importlib import import_module

from ganrt.benchmarks.jobs.scope import Figures, Scope

JOBS: dict[str, str] = {
    "identical_bytes": "ganrt.benchmarks.jobs.identical_bytes",
    "command_line": "ganrt.benchmarks.jobs.command_line",
    "batch_memory": "ganrt.benchmarks.jobs.batch_memory",
    "bulk": "ganrt.benchmarks.jobs.bulk",
    "latents": "ganrt.benchmarks.jobs.latents",
    "installed_size": "ganrt.benchmarks.jobs.installed_size",
    "export": "ganrt.benchmarks.jobs.export",
    "translate": "ganrt.benchmarks.jobs.translate",
    "interpolate": "ganrt.benchmarks.jobs.interpolate",
    "stream": "ganrt.benchmarks.jobs.stream",
    "avatars_2": "ganrt.benchmarks.jobs.avatars_2",
    "runner_overhead": "ganrt.benchmarks.jobs.runner_overhead",
}


def measure(name: str, scope: Scope) -> Figures:
    """Runs a job of `JOBS`.

    Raises:
        NegativeResult: its own check failed.
        GanrtError: it cannot run here; the message says why.
    """
    figures: Figures = import_module(JOBS[name]).measure(scope)
    return figures
