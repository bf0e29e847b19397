"""Nanoseconds a latent value, and the share of a batch of 64 that the latents take."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np

from ganrt.benchmarks.clock import Clock
from ganrt.errors import NegativeResult
from ganrt.runtime.generator import load
from ganrt.runtime.latents import latents
from suite_jobs.scope import Figures, Scope

_DIM = 100


def measure(scope: Scope) -> Figures:
    """Medians; `latents_share` is of a batch of 64 pictures."""
    runs, figures = 5 if scope.quick else 200, Figures()
    for batch in (64, 256, 1024):
        for prior in ("normal", "truncated_normal"):
            seconds = _median(scope.clock, lambda n=batch, p=prior: latents(n, _DIM, prior=p), runs)  # type: ignore[misc]
            figures[f"{prior}_{batch}_ns"] = round(seconds / (batch * _DIM) * 1e9, 1)
    with load(str(scope.model.onnx)) as generator:
        dim = generator.spec.latent.dim if generator.spec.latent else _DIM
        if not np.array_equal(generator.synthesize(latents(64, dim)), generator.sample(64)):
            raise NegativeResult("sample and synthesize disagree")
        batch_s = _median(scope.clock, lambda: generator.sample(64, batch_size=64), max(3, runs // 8))
    figures["batch_of_64_ms"] = round(batch_s * 1e3, 2)
    figures["latents_share"] = round(_median(scope.clock, lambda: latents(64, dim), runs) / batch_s, 4)
    return figures


def _median(clock: Clock, call: Callable[[], object], runs: int) -> float:
    """Median seconds, after one call that is not counted."""
    call()
    times = []
    for _ in range(runs):
        started = clock.now()
        call()
        times.append((clock.now() - started) / 1e9)
    return statistics.median(times)
