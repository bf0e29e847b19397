"""Streams at sixty frames a second: latency, what they cost beside the engine, and the unpaced rate."""

from __future__ import annotations

import time

import numpy as np

from ganrt.benchmarks.jobs.scope import Figures, Scope
from ganrt.errors import NegativeResult
from ganrt.runtime.generator import Generator, load
from ganrt.runtime.streaming.statistics import StreamStatistics
from ganrt.runtime.walk import walk

_FPS, _WALKS = 60, 16


def measure(scope: Scope) -> Figures:
    """`cpu_share_beside_engine` is of one core; `unpaced_share` is of the bare engine's rate at the same batch."""
    seconds = 2 if scope.quick else 60
    with load(str(scope.model.onnx)) as generator:
        _check(generator)
        told, used = _paced(generator, seconds, 1)
        bare = _bare_process_seconds(generator, told.batches, told.micro_batch)
        unpaced = [_unpaced_share(generator) for _ in range(1 if scope.quick else 5)]
    with load(str(scope.model.onnx), precision="fastest") as generator:
        many, _ = _paced(generator, seconds / 4, _WALKS)
    return {
        "fps": told.fps,
        "missed": told.missed,
        "latency_p50_ms": told.frame_latency_ms.p50,
        "latency_p99_9_ms": told.frame_latency_ms.p99_9,
        "cpu_share_beside_engine": round((used - bare) / seconds, 4),
        "unpaced_share": round(float(np.median(unpaced)), 4),
        f"fps_of_{_WALKS}_walks": many.fps,
        f"missed_of_{_WALKS}_walks": many.missed,
        f"latency_p99_9_ms_of_{_WALKS}_walks": many.frame_latency_ms.p99_9,
    }


def _paced(generator: Generator, seconds: float, walks: int) -> tuple[StreamStatistics, float]:
    """Statistics, and processor seconds of the whole process, of a stream that is only looked at."""
    paths = [walk([100 * k, 100 * k + 1, 100 * k + 2], duration=seconds) for k in range(walks)]
    began = time.process_time()
    with generator.stream(paths, _FPS, copy=False) as stream:
        for _ in stream:
            pass
    return stream.statistics(), time.process_time() - began


def _bare_process_seconds(generator: Generator, batches: int, size: int) -> float:
    z = np.zeros((size, _dim(generator)), np.float32)
    began = time.process_time()
    for _ in range(batches):
        generator.synthesize(z)
    return time.process_time() - began


def _unpaced_share(generator: Generator) -> float:
    """Frames a second of an unpaced stream over those of the engine alone, one after the other."""
    with generator.stream(walk([1, 2, 3], duration=10), _FPS, paced=False, copy=False) as stream:
        began = time.perf_counter()
        count = sum(1 for _ in stream)
        rate = count / (time.perf_counter() - began)
        size = stream.statistics().micro_batch
    z = np.random.default_rng(0).normal(size=(size, _dim(generator))).astype(np.float32)
    began = time.perf_counter()
    for _ in range(-(-count // size)):
        generator.synthesize(z)
    return rate * (time.perf_counter() - began) / (-(-count // size) * size)


def _check(generator: Generator) -> None:
    path = walk([1, 2], duration=0.5)
    frames = np.stack(list(generator.stream(path, _FPS, paced=False)))
    assert generator.spec.latent is not None
    z = path.latents(generator.spec.latent, range(len(frames)), _FPS)
    if not np.array_equal(frames, generator.synthesize(z)):
        raise NegativeResult("the stream and synthesize disagree")


def _dim(generator: Generator) -> int:
    return generator.spec.latent.dim if generator.spec.latent else 0
