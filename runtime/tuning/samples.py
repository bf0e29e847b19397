"""Pictures to judge a candidate by: inputs from the prior, and what the portable form makes of them in FP32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.engines.backends import BACKENDS
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.protocol import Arrays, Engine, EngineOptions
from ganrt.pixels import ssim
from ganrt.runtime.compare import psnr
from ganrt.runtime.sample_inputs import make_inputs
from ganrt.runtime.tuning.candidates import Candidate

SEED = 2  # apart from the export's own verification, which has seed 1
FEW, LEAST, MOST = 2, 8, 256
_STEP = 16  # pictures drawn at a time, of small models
_BYTES = 2**18  # of such a picture, at most


class Samples:
    """Images 0 on of `SEED`: inputs, and reference pictures that are drawn when somebody asks for them.

    Raises:
        BackendUnavailable: ONNX Runtime, which draws the reference, is missing.
    """

    def __init__(self, model: OnnxFile, threads: int | None) -> None:
        BACKENDS["onnxruntime"].probe()
        self._spec = model.spec()
        self._opened = ExitStack()
        self._engine = self._opened.enter_context(
            BACKENDS["onnxruntime"].open(model, EngineOptions(threads=threads)),
        )
        self._inputs: list[Arrays] = []
        self._pictures: list[NDArray[np.uint8]] = []

    def part(self, start: int, count: int) -> Arrays:
        """The inputs of images `start` to `start + count - 1`."""
        for index in range(len(self._inputs), start + count):
            self._inputs.append(make_inputs(self._spec, SEED, index, 1))
        rows = self._inputs[start : start + count]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    def pictures(self, start: int, count: int) -> list[NDArray[np.uint8]]:
        """Their reference pictures, uint8 [h, w, c] each."""
        while len(self._pictures) < start + count:
            first = len(self._pictures)
            for drawn in draw_in(self._engine, self.part(first, start + count - first), self.step):
                self._pictures += list(drawn)
        return self._pictures[start : start + count]

    @property
    def step(self) -> int:
        """How many to draw at a time: one of large ones."""
        return _STEP if self._pictures and self._pictures[0].nbytes <= _BYTES else 1

    def __enter__(self) -> Samples:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()


def draw_in(engine: Engine, inputs: Arrays, step: int) -> Iterator[NDArray[np.uint8]]:
    """The pictures of `inputs`, uint8 [n, h, w, c], in batches of `step`."""
    count = len(next(iter(inputs.values())))
    for start in range(0, count, step):
        part = {name: np.ascontiguousarray(values[start : start + step]) for name, values in inputs.items()}
        yield np.asarray(engine.run(part)["image"], np.uint8)


@dataclass(frozen=True)
class Verdict:
    """How far a candidate's worst picture is from the reference; `psnr` and `ssim` None where all are identical."""

    passed: bool
    samples: int
    psnr: float | None
    ssim: float | None = None

    def __str__(self) -> str:
        likeness = "" if self.ssim is None else f", SSIM {self.ssim:.6f}"
        found = "identical" if self.psnr is None else f"{self.psnr:.1f} dB{likeness}"
        return f"{found}, worst of {self.samples}"


def judge(
    candidate: Candidate,
    samples: Samples,
    gate: float,
    threads: int | None,
    most: int = MOST,
    enough: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Draws samples with a candidate until one is below `gate` dB: the first two, up to 8, then as many as there is
    time for.

    Args:
        most: how many to draw.
        enough: asked from the eighth on; True ends it before `most`.

    Raises:
        whatever the backend raises: the caller leaves the candidate out.
    """
    worst, done, pair = float("inf"), 0, None
    with candidate.open(threads) as engine:
        while done < most and (done < LEAST or not enough()):
            count = min(most, FEW if done < FEW else LEAST if done < LEAST else done + max(4, samples.step)) - done
            drawn = [picture for batch in draw_in(engine, samples.part(done, count), count) for picture in batch]
            wanted = samples.pictures(done, count)
            errors = [psnr(a, b) for a, b in zip(drawn, wanted, strict=True)]
            if min(errors) < worst:
                pair = min(zip(errors, drawn, wanted, strict=True), key=lambda each: each[0])[1:]
            worst = float(np.min([worst, *errors]))  # not-a-number stays what it is
            done += count
            if not worst >= gate:
                break
    return Verdict(worst >= gate, done, None if worst == np.inf else worst, None if pair is None else ssim(*pair))
