"""Streams at sixty frames a second: latency, what they cost beside the engine, the unpaced rate, and under load."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from ganrt.errors import NegativeResult
from ganrt.runtime.generator import Generator, load
from ganrt.runtime.streaming.statistics import StreamStatistics
from ganrt.runtime.walk import walk
from suite_jobs.scope import Figures, Scope

_FPS, _WALKS = 60, 16
_SECONDS, _SHORT_S, _QUICK_S = 60.0, 12.0, 1.0
_CHANGE_EVERY = 20  # frames
_BUSY = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
while True: pass
"""


def measure(scope: Scope) -> Figures:
    """Of a smooth stream on an otherwise idle machine, unless the name says more.

    `cpu_share_beside_engine` is of one core; `unpaced_share` is of the bare engine's rate at the same batch, the median
    of pairs taken in turn; `..._with_one_core_taken`: while another process computes all the time; `change_...`: from
    a change of truncation to the first frame that has it, at low latency.

    Raises:
        NegativeResult: a stream and the generator disagree about a picture.
    """
    long, short = (_QUICK_S, _QUICK_S) if scope.quick else (_SECONDS, _SHORT_S)
    with load(str(scope.model.onnx)) as generator:
        _check(generator)
        told, used = _paced(generator, long, 1)
        bare = _bare_process_seconds(generator, told.batches, told.micro_batch)
        unpaced = _unpaced_share(generator, 1 if scope.quick else 15)
        changed = _changing(generator, short)
        with _one_core_taken():
            loaded, _ = _paced(generator, short, 1)
    with load(str(scope.model.onnx), precision="fastest") as generator:
        many, _ = _paced(generator, short, _WALKS)
    return {
        "micro_batch": told.micro_batch,
        "cpu_share_beside_engine": round((used - bare) / long, 4),
        "unpaced_share": round(unpaced, 4),
        "change_to_frame_p50_ms": changed.change_latency_ms.p50,
        "change_to_frame_p99_ms": changed.change_latency_ms.p99,
        **_named("", told),
        **_named("_at_low_latency", changed),
        **_named("_with_one_core_taken", loaded),
        **_named(f"_of_{_WALKS}_walks", many),
    }


def _named(ending: str, told: StreamStatistics) -> Figures:
    """The figures of one stream."""
    return {
        f"fps{ending}": told.fps,
        f"frames{ending}": told.frames,
        f"missed{ending}": told.missed,
        f"latency_p50_ms{ending}": told.frame_latency_ms.p50,
        f"latency_p99_9_ms{ending}": told.frame_latency_ms.p99_9,
    }


def _paced(generator: Generator, seconds: float, walks: int) -> tuple[StreamStatistics, float]:
    """Statistics, and processor seconds of the whole process, of a stream that is only looked at."""
    paths = [walk([100 * k, 100 * k + 1, 100 * k + 2], duration=seconds) for k in range(walks)]
    began = time.process_time()
    with generator.stream(paths, _FPS, copy=False) as stream:
        for _ in stream:
            pass
    return stream.statistics(), time.process_time() - began


def _changing(generator: Generator, seconds: float) -> StreamStatistics:
    """A slider is moved three times a second."""
    path = walk([1, 2, 3], duration=seconds)
    with generator.stream(path, _FPS, latency="low", copy=False) as stream:
        for number, _ in enumerate(stream):
            if number % _CHANGE_EVERY == _CHANGE_EVERY - 1:
                stream.set(truncation=0.5 + number % 50 / 100)
    return stream.statistics()


def _bare_process_seconds(generator: Generator, batches: int, size: int) -> float:
    """Processor seconds of as many batches, without a stream."""
    z = np.zeros((size, _dim(generator)), np.float32)
    began = time.process_time()
    for _ in range(batches):
        generator.synthesize(z)
    return time.process_time() - began


def _unpaced_share(generator: Generator, pairs: int) -> float:
    """The rate of an unpaced stream by that of the engine alone, which runs right after, or right before."""
    size = generator.batch_size
    count = 24 * size
    path = walk([1, 2, 3], duration=count / _FPS)
    z = np.random.default_rng(0).normal(size=(size, _dim(generator))).astype(np.float32)

    def streamed() -> None:
        with generator.stream(path, _FPS, paced=False, copy=False) as stream:
            if sum(1 for _ in stream) != count:
                raise NegativeResult("an unpaced stream lost frames")

    def alone() -> None:
        for _ in range(count // size):
            generator.synthesize(z)

    streamed()
    return statistics.median(_time_ratio(alone, streamed, swapped=bool(pair % 2)) for pair in range(pairs))


def _time_ratio(a: Callable[[], None], b: Callable[[], None], *, swapped: bool) -> float:
    """Seconds of a by those of b; which of them comes first would favour one."""
    seconds = {}
    for part in (b, a) if swapped else (a, b):
        began = time.perf_counter()
        part()
        seconds[part] = time.perf_counter() - began
    return seconds[a] / seconds[b]


@contextmanager
def _one_core_taken() -> Iterator[None]:
    """Another process computes all the time, while this one lives."""
    with subprocess.Popen([sys.executable, "-c", _BUSY], stdin=subprocess.PIPE) as other:
        try:
            yield
        finally:
            other.kill()


def _check(generator: Generator) -> None:
    path = walk([1, 2], duration=0.5)
    frames = np.stack(list(generator.stream(path, _FPS, paced=False)))
    assert generator.spec.latent is not None
    z = path.latents(generator.spec.latent, range(len(frames)), _FPS)
    if not np.array_equal(frames, generator.synthesize(z)):
        raise NegativeResult("the stream and synthesize disagree")


def _dim(generator: Generator) -> int:
    return generator.spec.latent.dim if generator.spec.latent else 0
