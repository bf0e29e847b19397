"""Pictures to judge a candidate by: inputs from the prior, and what the portable form makes of them in FP32."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.inputs import make_inputs
from ganrt.benchmarks.tuning.candidates import Candidate
from ganrt.engines.backends import BACKENDS
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.protocol import Arrays, Engine, EngineOptions
from ganrt.errors import BackendUnavailable
from ganrt.runtime.compare import psnr

SEED = 2  # apart from the export's own verification, which has seed 1
MOST, LEAST = 256, 8
_STEP = 8


@dataclass(frozen=True)
class Samples:
    """Inputs of images 0 on of `SEED`, and their reference pictures, uint8 [n, h, w, c]."""

    inputs: Arrays
    pictures: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pictures)

    def part(self, start: int, count: int) -> Arrays:
        """The inputs of some of them."""
        return {name: np.ascontiguousarray(values[start : start + count]) for name, values in self.inputs.items()}


def make_samples(model: OnnxFile, budget_s: float, threads: int | None) -> Samples:
    """256 samples, or as many as the reference draws in `budget_s`, but at least 8.

    Raises:
        BackendUnavailable: ONNX Runtime, which draws the reference, is missing.
    """
    spec = model.spec()
    BACKENDS["onnxruntime"].probe()
    made: list[tuple[Arrays, NDArray[np.uint8]]] = []
    began = time.monotonic()
    with BACKENDS["onnxruntime"].open(model, EngineOptions(threads=threads)) as engine:
        while len(made) * _STEP < MOST and (not made or time.monotonic() - began < budget_s):
            inputs = make_inputs(spec, SEED, len(made) * _STEP, _STEP)
            made.append((inputs, np.concatenate(list(draw_in(engine, inputs, 1 if _large(made) else _STEP)))))
    names = made[0][0].keys()
    return Samples(
        {name: np.concatenate([inputs[name] for inputs, _ in made]) for name in names},
        np.concatenate([pictures for _, pictures in made]),
    )


def draw_in(engine: Engine, inputs: Arrays, step: int) -> Iterator[NDArray[np.uint8]]:
    """The pictures of `inputs`, uint8 [n, h, w, c], in batches of `step`."""
    count = len(next(iter(inputs.values())))
    for start in range(0, count, step):
        part = {name: np.ascontiguousarray(values[start : start + step]) for name, values in inputs.items()}
        yield np.asarray(engine.run(part)["image"], np.uint8)


@dataclass(frozen=True)
class Verdict:
    """How far a candidate's worst picture is from the reference; `psnr` None where all are identical."""

    passed: bool
    samples: int
    psnr: float | None

    def __str__(self) -> str:
        found = "identical" if self.psnr is None else f"{self.psnr:.1f} dB"
        return f"{found}, worst of {self.samples}"


def judge(candidate: Candidate, samples: Samples, gate: float, threads: int | None) -> Verdict:
    """Draws the samples with a candidate; it passes if every picture reaches `gate` dB.

    A candidate that does not run is unavailable, whatever it raised.
    """
    try:
        with candidate.open(threads) as engine:
            drawn = np.concatenate(list(draw_in(engine, samples.inputs, 16 if len(samples) > LEAST else 1)))
    except Exception as error:
        raise BackendUnavailable(f"{candidate.name} does not run: {error}") from error
    worst = min(psnr(a, b) for a, b in zip(drawn, samples.pictures, strict=True))
    return Verdict(worst >= gate, len(samples), None if worst == np.inf else float(worst))


def _large(made: list[tuple[Arrays, NDArray[np.uint8]]]) -> bool:
    return bool(made) and made[0][1].nbytes > 2**22
