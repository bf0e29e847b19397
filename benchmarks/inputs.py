"""The batches that every runner is given, and the pictures that it must draw of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.document import Json
from ganrt.engines.backends import OWN, open_model
from ganrt.engines.protocol import Arrays, Engine, EngineOptions
from ganrt.errors import UsageError
from ganrt.pixels import comparable, ssim
from ganrt.runtime.compare import psnr
from ganrt.runtime.sample_inputs import make_inputs
from ganrt.spec import GeneratorSpec

Images = NDArray[np.uint8]
_PIXELS = 2**20  # of one reference batch
_POOL = 4


@dataclass(frozen=True)
class Batches:
    """A few batches of inputs in turn, and the FP32 pictures of each: uint8 [n, h, w, c]. Batch i holds the images
    i * n to i * n + n - 1 of `seed`."""

    seed: int
    inputs: tuple[Arrays, ...]
    expected: tuple[Images, ...]

    def input(self, number: int) -> Arrays:
        """Batch `number`, round and round."""
        return self.inputs[number % len(self.inputs)]

    def reference(self, number: int) -> Images:
        """Its pictures."""
        return self.expected[number % len(self.expected)]


@dataclass(frozen=True)
class Agreement:
    """The worst of `checked` pictures against the reference; `psnr_db` and `ssim` are None where all are identical."""

    checked: int = 0
    psnr_db: float | None = None
    max_error: int = 0
    ssim: float | None = None

    def with_pictures(self, drawn: Images, reference: Images) -> Agreement:
        """The same with more pictures, uint8 [n, h, w, c] both.

        Raises:
            UsageError: the shapes or the type differ.
        """
        if drawn.shape != reference.shape or drawn.dtype != np.uint8:
            raise UsageError(f"{drawn.dtype} {list(drawn.shape)} instead of uint8 {list(reference.shape)}")
        values = [psnr(a, b) for a, b in zip(drawn, reference, strict=True)]
        worst = int(np.argmin(values))
        error = math.ceil(np.abs(comparable(drawn) - comparable(reference)).max())  # whole, but for RGBA
        same = values[worst] == math.inf
        likeness = None if same else ssim(drawn[worst], reference[worst])  # of the worst alone: it takes longer
        return joined([self, Agreement(len(drawn), None if same else values[worst], error, likeness)])

    def fields(self) -> Json:
        """As a result has them."""
        return {
            "outputs_checked": self.checked,
            "psnr_db": None if self.psnr_db is None else round(self.psnr_db, 3),
            "ssim": None if self.ssim is None else round(self.ssim, 6),
            "max_error": self.max_error if self.checked else None,
        }


def joined(agreements: Sequence[Agreement]) -> Agreement:
    """The worst of all pictures."""
    return Agreement(
        sum(each.checked for each in agreements),
        min((each.psnr_db for each in agreements if each.psnr_db is not None), default=None),
        max((each.max_error for each in agreements), default=0),
        min((each.ssim for each in agreements if each.ssim is not None), default=None),
    )


def make_batches(path: Path, spec: GeneratorSpec, batch_size: int, seed: int) -> Batches:
    """Four batches (fewer of many large pictures), drawn by ONNX Runtime on the CPU as the reference: in FP32,
    or in what the file was compiled in.

    Raises:
        BackendUnavailable: onnxruntime is not installed.
    """
    output = spec.output
    pixels = batch_size * (output.height * output.width if output else 1)
    pool = max(1, min(_POOL, 4 * _PIXELS // pixels))
    inputs = tuple(make_inputs(spec, seed, i * batch_size, batch_size) for i in range(pool))
    with open_model(path, "onnxruntime", EngineOptions(device="cpu", precision=OWN)) as engine:
        step = max(1, min(engine.batch_sizes.optimum, _PIXELS * batch_size // pixels))
        return Batches(seed, inputs, tuple(np.concatenate(list(_drawn(engine, batch, step))) for batch in inputs))


def _drawn(engine: Engine, batch: Arrays, step: int) -> Iterator[Images]:
    for first in range(0, len(next(iter(batch.values()))), step):
        part = {name: values[first : first + step] for name, values in batch.items()}
        yield np.asarray(engine.run(part)["image"], np.uint8)
