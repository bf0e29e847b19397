"""Measurements of the tool itself, for the suite: one a file, `measure(scope)` -> figures."""

from __future__ import annotations

import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path

from ganrt.benchmarks.clock import SystemClock
from ganrt.benchmarks.models import ModelFile
from ganrt.benchmarks.suite_entries import Entry
from suite_jobs.scope import Figures, Scope


def measure(name: str, scope: Scope) -> Figures:
    """Runs the job of one of this folder's files.

    Raises:
        NegativeResult: its own check failed.
        GanrtError: it cannot run here; the message says why.
    """
    figures: Figures = import_module(f"suite_jobs.{name}").measure(scope)
    return figures


def _run(name: str, model: ModelFile, quick: bool) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        return measure(name, Scope(model, Path(folder), SystemClock(), quick))


def _entry(name: str, about: str, job: str, scenario: str, model: str = "avatars") -> Entry:
    """`scenario`: of the document, under which the figures go."""
    return Entry(name, about, model, partial(_run, job), (scenario,))


ENTRIES = (
    _entry(
        "identical-bytes",
        "other batch sizes, orders and processes, the same files",
        "identical_bytes",
        "identical_bytes",
    ),
    _entry("command-line", "from the shell to sixteen PNGs", "command_line", "cold_start"),
    _entry("batch-memory", "memory and rate of generate, by count", "batch_memory", "memory"),
    _entry("bulk", "millions of avatars, beside a script of torch and Pillow", "bulk", "end_to_end"),
    _entry("latents", "what latents cost", "latents", "latents"),
    _entry("interpolate", "600 frames to mp4: engine, encoder, and both at once", "interpolate", "end_to_end"),
    _entry("stream", "sixty frames a second for a minute, unpaced, and sixteen walks", "stream", "frame"),
    _entry("avatars-2", "beside avatars-1: a picture, a cold start; a minute of play", "avatars_2", "single_stream"),
    _entry("runner-overhead", "Python time a batch of the CUDA runner", "runner_overhead", "single_stream"),
    _entry("installed-size", "megabytes that an installation takes", "installed_size", "installed_size"),
    _entry("export-cyclegan-256", "exporting, time and memory", "export", "export", "cyclegan-256"),
    _entry("export-biggan-deep-512", "exporting, time and memory", "export", "export", "biggan-deep-512"),
    _entry("translate", "folders of pictures through a CycleGAN", "translate", "end_to_end", "cyclegan-256"),
)
