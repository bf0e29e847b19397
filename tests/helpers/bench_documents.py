"""Bench documents made up for tests: latencies drawn at random, the rest by the harness's own statistics."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np

from ganrt.benchmarks.document import Document, Latency, Model, Result, write_document
from ganrt.benchmarks.statistics import intervals, summarise

MODEL = Model("toy", "ab" * 32, 100_000_000, 3_000_000)
MACHINE = {
    "cpu": "Test CPU",
    "cores": 4,
    "usable_cores": 4,
    "memory_bytes": 16 * 2**30,
    "os": "Linux 6.1",
    "python": "3.11.7",
    "packages": {"numpy": "2.0.0", "onnxruntime": "1.20.0"},
    "gpus": [],
    "jetson": None,
    "notes": ["no GPU described"],
}
LIMITS = {
    "rates": [
        {"quantity": "macs", "precision": "fp32", "measured_by": "numpy 2", "median": 1e11, "best": 1.1e11},
        {"quantity": "bytes", "precision": None, "measured_by": "numpy copy", "median": 2e10, "best": 2e10},
    ],
    "notes": [],
}
LAYERS = {
    "engine": "onnxruntime",
    "runs": 3,
    "batch_size": 16,
    "ms": 3.0,
    "matched_macs": 1.0,
    "layers": [
        {"layer": "slow", "operator": "ConvTranspose", "ms": 2.0, "share": 0.67, "macs": 9e8, "gmacs_per_second": 450.0,
         "roof_ms": 1.0},
        {"layer": "quick", "operator": "Relu", "ms": 1.0, "share": 0.33, "macs": None, "gmacs_per_second": None,
         "roof_ms": None},
    ],
}  # fmt: skip


def result(
    subject="ganrt/onnxruntime",
    median_ms=10.0,
    *,
    scenario="single_stream",
    batch_size=1,
    spread=0.02,
    count=2000,
    seed=0,
    **more,
):
    """A timed result whose latencies are lognormal about `median_ms`."""
    values, found = _drawn(median_ms, spread, count, seed)
    mean = found.get("mean")
    rated = scenario not in ("load", "frame")
    fields = {
        "status": "ok",
        "precision": "fp32",
        "device": "cpu",
        "samples": count,
        "duration_s": float(values.sum() / 1e3),
        "latency_ms": Latency(**{name: value and round(value, 6) for name, value in summarise(values).items()}),
        "latency_intervals": {name: (round(a, 6), round(b, 6)) for name, (a, b) in found.items()},
        "images_per_second": round(1e3 * batch_size / float(values.mean()), 3) if rated else None,
        "images_per_second_interval": (1e3 * batch_size / mean[1], 1e3 * batch_size / mean[0])
        if mean and rated
        else None,
        "outputs_checked": 8,
        "max_error": 0,
        "latencies_us": [round(float(value) * 1e3, 2) for value in values],
        "timeline": timeline(values),
        "telemetry": TELEMETRY,
    }
    return Result(scenario, subject, MODEL, batch_size=batch_size, **{"processes": 5, **fields, **more})


@cache
def _drawn(median_ms, spread, count, seed):
    values = median_ms * np.exp(spread * np.random.default_rng(seed).standard_normal(count))
    return values, intervals(values, [count], 0)


TELEMETRY = {
    "seconds": 5.0,
    "statistics": {"nvidia.power_w": {"mean": 30.0, "min": 20.0, "max": 40.0, "samples": 50}},
    "throttled": {"nvidia.thermal": 0.25},
    "energy": {"nvidia": {"joules": 150.0, "of": "the GPU", "by": "counter", "seconds": 5.0, "joules_per_image": 0.3}},
    "about": {},
    "notes": ["jetson: not read: this machine has no tegrastats"],
}


def timeline(values):
    """Latencies and readings in time."""
    times = np.cumsum(values) / 1e3
    own = [{"t_s": round(float(t), 4), "latency_ms": float(v)} for t, v in zip(times[::10], values[::10], strict=True)]
    readings = [
        {
            "t_s": round(t * float(times[-1]) / 49, 4),
            "nvidia.temperature_c": 40 + 30 * (1 - math.exp(-t / 15)),
            "nvidia.sm_mhz": 1900.0 if t < 30 else 1700.0,
            "nvidia.power_w": 30 + 5 * math.sin(t / 3),
            "cpu.rss_bytes": 1e9,
        }
        for t in range(50)
    ]
    return sorted([*own, *readings], key=lambda point: point["t_s"])


def document(results, **more):
    """A document that holds them."""
    fields = {"machine": MACHINE, "options": {"seed": 0, "threads": None}, "created": "2026-11-22T03:12:00+00:00"}
    return Document(ganrt="0.1.0", results=tuple(results), **{**fields, **more})


def full_document(factor=1.0, seed=0, **more):
    """One of everything: scenarios, batches, peers, what was not run, what is unstable, figures, layers, limits."""
    speeds = {"ganrt/onnxruntime": 9.0, "onnxruntime-plain": 10.0, "torch-eager": 24.0}
    results = [
        result(
            runner, factor * speed * (1 + 0.8 * (batch - 1)) / (1 + 0.05 * batch), batch_size=batch,
            spread=0.04 + 0.05 * index, seed=seed + 100 * index + batch,
        )
        for batch in (1, 4, 16)
        for index, (runner, speed) in enumerate(speeds.items())
    ]  # fmt: skip
    results += [
        result(scenario="offline", batch_size=16, median_ms=80 * factor, seed=seed),
        result("torch-eager", 200 * factor, scenario="offline", batch_size=16, seed=seed + 1, spread=0.3,
               status="unstable", reason="spread: the median is known to 9% only, expected 5% or better"),
        result(scenario="frame", median_ms=4 * factor, missed_deadlines=3, deadline_ms=16.667, seed=seed),
        result(scenario="cold_start", median_ms=400 * factor, count=7, seed=seed, latency_intervals={},
               figures={"imports_ms": 200.0, "open_ms": 90.0}, images_per_second_interval=None),
        Result("single_stream", "torch-tensorrt", MODEL, "not_run", "torch_tensorrt is not installed", batch_size=1),
        Result("single_stream", "openvino-plain", MODEL, "wrong_output", "the worst picture is 12 dB", batch_size=1),
        Result("memory", "ganrt/onnxruntime", MODEL, "ok", batch_size=1, precision="fp32", device="cpu", samples=1,
               figures={"base_mb": 30.0, "peak_mb": 210.5 * factor}),
        Result("latents", "ganrt", Model("toy"), "ok", entry="latents", figures={"normal_64_ns": 25.0 * factor}),
    ]  # fmt: skip
    return document(results, **{"limits": LIMITS, "profiles": (LAYERS,), **more})


def save(path: Path, made: Document) -> Path:
    """Writes a document for the command line to read."""
    write_document(path, made, force=True)
    return path
