"""The judge: what FP32 draws of the sampled inputs, and how far the worst picture of another graph is from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.precisions.interpreter import Interpreter, Sessions, Values
from ganrt.engines.precisions.prepared import FLOAT, HALF, Prepared
from ganrt.engines.precisions.table import Limits
from ganrt.engines.protocol import Arrays
from ganrt.pixels import comparable, ssim

LEAST = 8
_REFERENCE_SHARE = 0.2  # of the time for judging: rounding after every operator takes several times as long as FP32
_HALF_INFINITY = 0x7C00  # as an integer; the sign is the bit above
_STEP_BYTES = 2**20  # of pictures drawn at a time: their largest tensors take a few hundred times as much


@dataclass(frozen=True)
class Score:
    """How far the samples are from FP32.

    Attributes:
        errors: each one's mean square error relative to full scale; infinite where a tensor was not finite.
        broken: the first tensor that was not finite.
        ssim: of the worst picture, where all were judged; None of latents, and where all are identical.
    """

    errors: NDArray[np.float64]
    broken: str = ""
    ssim: float | None = None

    @property
    def psnr(self) -> float:
        """Of the worst sample, in dB; infinite where all are identical."""
        worst = float(self.errors.max())
        return -10 * float(np.log10(worst)) if worst > 0 else float("inf")


class Judge:
    """Reference pictures of a model, drawn by ONNX Runtime in FP32 as users run it."""

    def __init__(self, data: bytes, samples: Arrays, limits: Limits) -> None:
        onnxruntime = import_onnxruntime("cpu")
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = limits.threads or 0
        settings.enable_cpu_mem_arena = False  # of large models it takes gigabytes, while pictures take seconds
        session = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        self._name = session.get_outputs()[0].name
        self._samples, self._threads = samples, limits.threads
        self._sessions: Sessions = {}
        self.step = 1
        drawn: list[NDArray[Any]] = []
        began = time.monotonic()
        count = len(next(iter(samples.values())))
        while len(drawn) < count and (
            len(drawn) < LEAST or time.monotonic() - began < _REFERENCE_SHARE * limits.budget_s
        ):
            drawn += list(
                session.run([self._name], self._part(range(len(drawn), min(count, len(drawn) + self.step))))[0]
            )
            self.step = max(1, min(16, _STEP_BYTES // drawn[0].nbytes))
        self._pictures = np.stack(drawn)
        scale = 255.0 if self._pictures.dtype == np.uint8 else float(np.abs(self._pictures).max(initial=0.0)) or 1.0
        self._scale = scale

    def __len__(self) -> int:
        return len(self._pictures)

    def interpreter(self, prepared: Prepared) -> Interpreter:
        """Of a graph, sharing operators with all that were judged."""
        return Interpreter(prepared, self._threads, self._sessions)

    def score(
        self,
        prepared: Prepared,
        chosen: Sequence[int] | None = None,
        progress: Callable[[int], object] = lambda _: None,
    ) -> Score:
        """Draws the samples (or some of them) with a graph, rounding after every operator.

        Args:
            progress: told the percentage that is done.
        """
        wanted = list(range(len(self)) if chosen is None else chosen)
        interpreter, watch = self.interpreter(prepared), _Finite()
        errors, likenesses = [], []
        for start in range(0, len(wanted), self.step):
            rows = wanted[start : start + self.step]
            made = interpreter.run(self._part(rows), watch)[self._name]
            difference = (_wide(made) - _wide(self._pictures[rows])) / self._scale
            errors += list(np.square(difference).reshape(len(rows), -1).mean(axis=1))
            if chosen is None and made.dtype == np.uint8:
                likenesses += [ssim(*pair) for pair in zip(made, self._pictures[rows], strict=True)]
            progress(round(100 * (start + len(rows)) / len(wanted)))
        if watch.broken:
            return Score(np.full(len(wanted), np.inf), watch.broken)
        least = min(likenesses, default=1.0)
        return Score(np.asarray(errors), ssim=least if least < 1 else None)

    def _part(self, rows: Sequence[int]) -> dict[str, NDArray[Any]]:
        return {name: np.ascontiguousarray(values[list(rows)]) for name, values in self._samples.items()}


def _wide(values: NDArray[Any]) -> NDArray[np.float64]:
    """Pictures as they are compared, RGBA premultiplied; an encoder's latents as they are."""
    return comparable(values) if values.dtype == np.uint8 else values.astype(np.float64)


class _Finite:
    """Notices the first tensor that is not finite: an activation may well hide it from all that follows."""

    broken = ""

    def __call__(self, node: ir.Node, values: Values) -> None:
        for value in node.outputs:
            name = value.name or ""
            if not self.broken and name and value.dtype in (HALF, FLOAT) and not _all_finite(values[name]):
                self.broken = name


def _all_finite(value: NDArray[Any]) -> bool:
    """Of FP16 by its bits, several times as fast as numpy: what is not finite has all bits of the exponent set."""
    if value.dtype != np.float16:
        return bool(np.isfinite(value).all())
    positive, negative = value.view(np.int16).max(initial=0), value.view(np.uint16).max(initial=0)
    return bool(positive < _HALF_INFINITY and negative < _HALF_INFINITY + 2**15)


def batches(samples: Arrays, step: int) -> Iterator[Arrays]:
    """The inputs in batches."""
    count = len(next(iter(samples.values())))
    for start in range(0, count, step):
        yield {name: np.ascontiguousarray(values[start : start + step]) for name, values in samples.items()}
