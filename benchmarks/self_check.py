"""The harness measures itself: what a timed call costs besides the call, and whether its intervals keep their word."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.clock import Clock
from ganrt.benchmarks.inputs import Batches, Images
from ganrt.benchmarks.measurement import Measurement
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.runners.protocol import Request, Runner
from ganrt.benchmarks.statistics import intervals
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.protocol import Arrays
from ganrt.runtime.models import resolve_model

_SLICE_NS = 100_000_000
_PICTURES = np.zeros((1, 1, 1, 3), np.uint8)
_SERIES, _LENGTH, _SLICES = 400, 1000, 20


def overhead_ns(clock: Clock) -> float:
    """Nanoseconds a call that the harness adds: the whole of a slice of empty calls over their number.

    The calls go the way of every runner's, the check of the pictures included. What falls between the two readings
    of the clock is counted as latency, so that it is an upper bound.
    """
    path = resolve_model("avatars")
    request, case = Request(path, read_onnx(path).spec()), Case(path, "single_stream", 1)
    batches = Batches(0, ({},), (_PICTURES,))
    measurement = Measurement("empty", request, case, batches, clock, runner=_Empty())
    started = clock.now()
    measurement.run(_SLICE_NS, Timing())
    return (clock.now() - started) / measurement.calls


class _Empty(Runner):
    """Does nothing."""

    device, precision = "cpu", "fp32"

    def run(self, inputs: Arrays) -> Images:  # noqa: ARG002
        return _PICTURES


@dataclass(frozen=True)
class Coverage:
    """How often an interval held the truth, and how often two runs agreed within theirs; shares of `series`.

    `p90` is None where so few series support an interval of it that the share says nothing.
    """

    correlation: float
    series: int
    median: float
    p90: float | None
    agreeing: float


def coverage(correlation: float, seed: int = 0, series: int = _SERIES) -> Coverage:
    """On synthetic latencies whose truth is known: log-normal, autoregressive, 1000 a series.

    Two runs agree where the medians differ by less than their intervals' half widths, added in squares.
    """
    truth = {"p50": 10.0, "p90": 10 * math.exp(0.1 * 1.2815515655446004)}
    found = [intervals(row, [_LENGTH // _SLICES] * _SLICES) for row in synthetic(correlation, series, _LENGTH, seed)]
    hits = {
        name: [pair[name][0] <= value <= pair[name][1] for pair in found if name in pair]
        for name, value in truth.items()
    }
    medians = [pair["p50"] for pair in found if "p50" in pair]
    agreeing = [agree(a, b) for a, b in combinations(medians, 2)]
    p90 = float(np.mean(hits["p90"])) if len(hits["p90"]) > series / 2 else None
    return Coverage(correlation, series, float(np.mean(hits["p50"])), p90, float(np.mean(agreeing)))


def agree(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether two runs agree, by their intervals of the same statistic."""
    distance = abs((a[0] + a[1]) / 2 - (b[0] + b[1]) / 2)
    return distance <= math.hypot((a[1] - a[0]) / 2, (b[1] - b[0]) / 2)


def synthetic(correlation: float, series: int, length: int, seed: int) -> NDArray[np.float64]:
    """[series, length]: 10 * exp(0.1 * x), x a stationary AR(1) process of variance 1."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(series, length))
    for i in range(1, length):
        x[:, i] = correlation * x[:, i - 1] + math.sqrt(1 - correlation**2) * x[:, i]
    return np.asarray(10 * np.exp(0.1 * x))
