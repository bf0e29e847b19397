"""What avatars-2 costs beside avatars-1, in turn: a picture, sixteen from a cold process; and a minute of `play`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np

from ganrt.errors import NegativeResult
from ganrt.runtime.canary import canary_error
from ganrt.runtime.generator import Generator, load
from ganrt.tolerances import CANARY_STEPS
from suite_jobs.scope import Figures, Scope, digests

MODELS = ("avatars-1", "avatars-2")
LIMITS = {"times_avatars_1": 6.0, "sixteen_times_avatars_1": 1.7}
_PAIRS, _COLD, _FPS, _SECONDS = 400, 10, 60, 60


def measure(scope: Scope) -> Figures:
    """Medians of each, and of the ratios of neighbours; what `play` missed, with what `tune` finds fastest here.

    Raises:
        NegativeResult: a model draws another picture than its own, or fewer than were asked for.
    """
    return {**_one_picture(scope), **_sixteen(scope), **_played(scope)}


def _one_picture(scope: Scope) -> Figures:
    """FP32, batch 1, in this process."""
    with ExitStack() as stack:
        generators = [stack.enter_context(load(name, precision="fp32")) for name in MODELS]
        draws = [_drawer(generator) for generator in generators]
        backend = " ".join(generator.backend for generator in generators)
        times = _in_turn(scope, draws, 5 if scope.quick else _PAIRS)
    return {"backends": backend, **_told(times, "", 1e3, "ms", "times_avatars_1")}


def _drawer(generator: Generator) -> Callable[[], object]:
    error = canary_error(generator)
    if error is None or error > CANARY_STEPS:
        raise NegativeResult(f"{generator.spec.name} differs from its own picture by {error}")
    latent = generator.spec.latent
    z = np.random.default_rng(0).normal(size=(1, latent.dim if latent else 0)).astype(np.float32)
    return lambda: generator.synthesize(z)


def _sixteen(scope: Scope) -> Figures:
    """Whole processes of `generate --count 16`, to PNG files."""
    folders = {name: scope.folder / name for name in MODELS}

    def run(name: str) -> None:
        command = [sys.executable, "-m", "ganrt", "generate", "-m", name, "--count", "16", "--force", "-o"]
        subprocess.run([*command, str(folders[name])], check=True, capture_output=True)

    times = _in_turn(scope, [partial(run, name) for name in MODELS], 1 if scope.quick else _COLD)
    if any(len(digests(folder)) != 16 for folder in folders.values()):
        raise NegativeResult("not sixteen pictures")
    return _told(times, "sixteen_", 1.0, "s", "sixteen_times_avatars_1")


def _played(scope: Scope) -> Figures:
    told = scope.folder / "played.json"
    seconds = 2 if scope.quick else _SECONDS
    scope.ganrt("tune", "-m", MODELS[1], *(["--budget", "5"] if scope.quick else []))
    asked = ("play", "-m", MODELS[1], "--headless", "--precision", "fastest", "--fps", str(_FPS))
    scope.ganrt(*asked, "--duration", str(seconds), "--stats", str(told))
    found = json.loads(told.read_text("utf-8"))
    return {
        "play_with": f"{found['backend']} {found['precision']} {found['form']}",
        "play_seconds": seconds,
        "play_frames": found["frames"],
        "play_missed": found["missed"],
        "play_fps": found["fps"],
        "play_latency_p99_ms": found["frame_latency_ms"]["p99"],
    }


def _in_turn(scope: Scope, jobs: Sequence[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Seconds of each job, once a round, after one that is not counted; who comes first changes."""
    times: list[list[float]] = [[] for _ in jobs]
    for turn in range(rounds + 1):
        order = list(enumerate(jobs))
        for place, job in order if turn % 2 else reversed(order):
            began = scope.clock.now()
            job()
            if turn:
                times[place].append((scope.clock.now() - began) / 1e9)
    return times


def _told(times: list[list[float]], prefix: str, scale: float, unit: str, ratio: str) -> Figures:
    medians = {
        f"{prefix}{name.replace('-', '_')}_{unit}": round(statistics.median(own) * scale, 4)
        for name, own in zip(MODELS, times, strict=True)
    }
    first, second = times
    return {**medians, ratio: round(statistics.median(b / a for a, b in zip(first, second, strict=True)), 3)}
