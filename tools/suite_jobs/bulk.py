"""Bulk generation to WebDataset shards, beside the script that one would write without ganrt.

The script draws batches of 64 with torch's eager mode and saves PNG files with Pillow, in the manner of StyleGAN's
`gen_images.py` (which draws them one at a time). What the cores allow is cores / (engine + encoder), both measured
alone in the same run, in core-seconds a picture.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np

from ganrt.benchmarks.runners import open_runner
from ganrt.benchmarks.runners.protocol import Request
from ganrt.errors import BackendUnavailable, NegativeResult
from ganrt.runtime.bulk.audit import check_files, read_run
from ganrt.runtime.bulk.begin import Options
from ganrt.runtime.bulk.describe import describe, describe_drawing
from ganrt.runtime.bulk.pipeline import Drawer
from ganrt.runtime.bulk.plan import Plan, make_layout
from ganrt.runtime.bulk.remote import open_target
from ganrt.runtime.bulk.run import run
from ganrt.runtime.generator import Generator, load
from ganrt.runtime.latents import latents
from ganrt.runtime.pictures import encode_png
from suite_jobs.scope import Figures, Scope, peak_mb

_BATCH = 64
_ROUNDS = 3


def measure(scope: Scope) -> Figures:
    """Pictures a second of both, their ratio, the share of what the cores allow, and memory by count.

    `times_the_script`, `share_of_cores` and the rates are medians of rounds in which both take turns.
    """
    batches, ours, rounds = (1, 128, 1) if scope.quick else (24, 12_800, _ROUNDS)
    model = str(scope.model.onnx)
    script = _script(scope)
    figures: Figures = {}
    with load(model, precision="fastest") as fastest, load(model) as exact:
        found: dict[str, list[float]] = {}
        for turn in range(rounds + 1):  # the first warms up
            size = batches if turn else 1
            seen = {
                "script_images_a_second": _rate(partial(script, size), scope),
                "bulk_images_a_second": _rate(lambda: _bulk(fastest, ours, scope), scope),
                "bulk_images_a_second_fp32": _rate(lambda: _bulk(exact, ours // 4, scope), scope),
                "audit_mb_a_second": _audit(scope),
                "engine_core_us": 1e6 * _engine(fastest, ours // 4),
                "encoder_core_us": 1e6 * _encoder(fastest, ours // 8),
            }
            for name, value in seen.items() if turn else ():
                found.setdefault(name, []).append(value)
        figures["fastest_is"] = f"{fastest.backend} {fastest.precision} {fastest.form}"
    middle = {name: float(np.median(values)) for name, values in found.items()}
    allowed = (os.cpu_count() or 1) * 1e6 / (middle["engine_core_us"] + middle["encoder_core_us"])
    figures |= {name: round(value, 1) for name, value in middle.items()}
    figures["times_the_script"] = round(middle["bulk_images_a_second"] / middle["script_images_a_second"], 2)
    figures["share_of_cores"] = round(middle["bulk_images_a_second"] / allowed, 3)
    return figures | _memory(scope)


def _rate(work: Callable[[], int], scope: Scope) -> float:
    """Pictures a second of one call."""
    started = scope.clock.now()
    count = work()
    return count * 1e9 / (scope.clock.now() - started)


def _script(scope: Scope) -> Callable[[int], int]:
    """script(batches): draws and saves that many batches of 64 as PNG files."""
    try:
        pillow = import_module("PIL.Image")
    except ImportError as error:
        raise BackendUnavailable(
            f"the script to compare with needs Pillow: {error}\ninstall it: pip install pillow"
        ) from error
    with load(str(scope.model.onnx)) as generator:
        spec = generator.spec
    if spec.latent is None or spec.labels is not None:
        raise BackendUnavailable(f"{spec.name}: the script to compare with draws from latents alone")
    runner = open_runner("torch-eager", Request(scope.model.onnx, spec, device="cpu", batch_size=_BATCH))
    dim, folder = spec.latent.dim, scope.folder / "script"

    def script(batches: int) -> int:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for first in range(0, batches * _BATCH, _BATCH):
            images = runner.run({"z": latents(_BATCH, dim, seed=0, start=first)})
            for k, image in enumerate(images):
                pillow.fromarray(np.asarray(image)).save(folder / f"seed{first + k:04d}.png")
        return batches * _BATCH

    return script


def _bulk(generator: Generator, count: int, scope: Scope) -> int:
    """A whole run to WebDataset shards of 5000 pictures."""
    folder: Path = scope.folder / "bulk"
    shutil.rmtree(folder, ignore_errors=True)
    layout = make_layout("webdataset", size=5000)
    drawing = describe_drawing(generator)
    plan = Plan(count, 0, 0, None, None, describe(generator, layout), drawing, layout)
    outcome = run(plan, folder, Drawer(generator), Options())
    if outcome.drawn_images != count:
        raise NegativeResult(f"{outcome.drawn_images} pictures of {count} were drawn")
    return count


def _audit(scope: Scope) -> float:
    """Megabytes a second that `audit` reads and hashes of the last run, which is still in the system's memory."""
    target = open_target(scope.folder / "bulk")
    started = scope.clock.now()
    found = check_files(target, read_run(target), lambda _: None)
    if (wrong := next(found.findings(), None)) is not None:
        raise NegativeResult(f"{wrong.name} is {wrong.kind} after an undisturbed run")
    return found.bytes * 1e3 / (scope.clock.now() - started)


def _engine(generator: Generator, count: int) -> float:
    """Core-seconds a picture of the engine alone, latents and all."""
    started = time.process_time()
    for _ in generator.sample_pairs((0, index) for index in range(count)):
        pass
    return (time.process_time() - started) / count


def _encoder(generator: Generator, count: int) -> float:
    """Core-seconds a picture of the PNG encoder alone."""
    images = generator.sample(count)
    started = time.process_time()
    for image in images:
        encode_png(image)
    return (time.process_time() - started) / count


def _memory(scope: Scope) -> Figures:
    """Peak memory of whole processes, by count."""
    figures: Figures = {}
    for count in (64, 128) if scope.quick else (20_000, 60_000):
        target = scope.folder / str(count)
        arguments = ("--format", "webdataset", "--precision", "fastest", "-o", str(target))
        ran = scope.ganrt("bulk", "run", "-m", str(scope.model.onnx), "--count", str(count), *arguments)
        figures[f"peak_mb_{count}"] = peak_mb(ran)
        figures[f"process_images_a_second_{count}"] = round(count / (ran.total_ns / 1e9), 1)
        shutil.rmtree(target)
    return figures
