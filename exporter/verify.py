"""The torch module, as loaded, against the ONNX graph in ONNX Runtime: float and uint8, worst of many pictures.

Tolerance: 1e-4 on pictures in [-1, 1] or [0, 1]. Both sides compute in float32 and differ in the order of sums and
in the folded batch norm; tanh networks of this depth differ by about 1e-6, so 1e-4 leaves room for deep ones, while
any wrong constant (an epsilon, a shifted kernel) errs by 1e-2 and more. 1e-4 is 0.013 (tanh) or 0.026 (sigmoid) of
a grey level: the uint8 pictures can differ by one level only, and only where a value lies that close to a half. So
each uint8 value must lie within 0.5 and that little of torch's unrounded one: truncating would not pass.

Encoders give floats of any scale: their error is relative to the largest |z| of its picture. Of RGBA the values are
compared as they are, alpha beside colours, for each comes from the tail on its own; PSNR, which tells how alike the
pictures look, multiplies the colours by alpha first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx_ir as ir
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganrt.errors import NegativeResult
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.graph import to_levels, to_native_input, to_uint8, with_native_output
from ganrt.exporter.inputs import Array, Inputs, Sampler, picture_sizes, sample_inputs, truncation_of
from ganrt.exporter.session import Runs, Session
from ganrt.pixels import comparable
from ganrt.spec import GeneratorSpec, Verification, psi_input
from ganrt.tolerances import EXPORT_ERROR, EXPORT_LEVELS

BATCHES = (1, 3, 4, 8, 16, 32)  # 64 pictures in batches of several sizes: a constant batch cannot hide
PLANNED = sum(BATCHES)
MINIMUM = 4
_BATCH_PIXELS = 2**19
SEED = 1


@dataclass(frozen=True)
class Comparison:
    """What a verification found.

    Attributes:
        against: what the graph was compared with.
        samples: pictures compared, indices 0 on of seed 1.
        max_error: worst absolute difference of the float pictures; of an encoder's z, over the picture's largest |z|.
        worst_index: the picture that errs most: in grey levels, then in floats.
        max_error_uint8: worst difference in grey levels; `differing` of `values` uint8 values differ at all.
        rounding_error: worst distance of a uint8 value from torch's unrounded one, in grey levels; ideally 0.5.
        psnr: of the worst uint8 picture in dB, None if all are identical, and for encoders, which draw none.
        tolerance: of `max_error`, in floats; that of the levels goes with it.
    """

    against: str
    samples: int
    max_error: float
    worst_index: int
    max_error_uint8: int
    rounding_error: float
    differing: int
    values: int
    psnr: float | None
    tolerance: float = EXPORT_ERROR

    @property
    def passed(self) -> bool:
        # Written so that a NaN fails.
        return (
            self.max_error <= self.tolerance
            and self.max_error_uint8 <= self.levels
            and self.rounding_error <= 0.5 + 255 * self.tolerance
        )

    @property
    def levels(self) -> int:
        """How many grey levels `tolerance` may come to."""
        return max(EXPORT_LEVELS, round(255 * self.tolerance))

    def to_spec(self) -> Verification:
        """The part of it that the spec keeps."""
        return Verification(
            against=self.against,
            samples=self.samples,
            max_error=self.max_error,
            max_error_uint8=self.max_error_uint8,
            psnr=self.psnr,
        )


def verify(
    built: Candidate,
    model: ir.Model | Runs,
    sampler: Sampler,
    *,
    budget_s: float = 20.0,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Compares the generator's module, not folded, with `model` on 64 latents, or on as many as `budget_s` allows.

    Translators and encoders are compared on 64 pictures; where they leave height and width open, in two sizes.

    Args:
        model: as `build_graph` returns it; or what runs it, and gives the float picture beside the image.
        budget_s: seconds; at least 4 latents or pictures are compared whatever they take.

    Raises:
        NegativeResult: out of tolerance, or not finite; the message names the worst of them and the figures.
    """
    what = "latents" if built.spec.image is None else "pictures"
    sizes = picture_sizes(built.spec)
    compare = _compare if built.spec.output else _compare_codes
    session = model if isinstance(model, Runs) else Session(with_native_output(model))
    errors: list[_Errors] = []
    began, done = time.monotonic(), 0
    for number, batch in enumerate(min(batch, _most_at_once(built.spec)) for batch in BATCHES):
        spent = time.monotonic() - began
        if done >= MINIMUM and spent * (done + batch) / done > budget_s:
            break
        inputs = sample_inputs(built.spec, sampler, SEED, done, batch, sizes[number % len(sizes)])
        errors += compare(built, session, inputs, done)
        done += batch
        if progress is not None:
            progress(f"verified {done} of {PLANNED} {what}")
    result = _summarise(errors, f"torch {torch.__version__}, float32, before folding")
    result = replace(result, tolerance=built.tolerance)
    if not result.passed:
        raise NegativeResult(_failure(result, what, built.spec))
    return result


@dataclass(frozen=True)
class _Errors:
    """One picture: see `Comparison`; `mean_square` of the differences in grey levels."""

    floats: float
    levels: int
    rounding: float
    differing: int
    values: int
    mean_square: float


def _compare(built: Candidate, session: Runs, inputs: Inputs, start: int) -> list[_Errors]:
    with torch.no_grad():
        native = _reference(built, inputs)
        exact = to_levels(native.double(), built.value_range).permute(0, 2, 3, 1).numpy()
        expected = to_uint8(native, built.value_range).numpy()
    image, floats = session.run(inputs)
    reference = native.numpy()
    _refuse_non_finite(reference, floats, start)
    if floats.shape != reference.shape or image.shape != expected.shape:
        raise NegativeResult(
            f"the exported graph gives {floats.shape} and {image.shape}; "
            f"torch gives {reference.shape} and {expected.shape}\nnothing was written"
        )
    return [_picture(*five) for five in zip(floats, reference, image, expected, exact, strict=True)]


def _compare_codes(built: Candidate, session: Runs, inputs: Inputs, start: int) -> list[_Errors]:
    """An encoder's latents, float32 [n, dim]: there are no pictures to compare."""
    with torch.no_grad():
        reference = _reference(built, inputs).numpy()
    (found,) = session.run(inputs)
    _refuse_non_finite(reference, found, start)
    if found.shape != reference.shape:
        raise NegativeResult(f"the exported graph gives {found.shape}, torch {reference.shape}\nnothing was written")
    return [_code(*pair) for pair in zip(found, reference, strict=True)]


def _most_at_once(spec: GeneratorSpec) -> int:
    """The largest batch that memory is asked for: 128 pictures of 64 px, 2 of 512 px; two are still a batch."""
    picture = spec.output or spec.image
    assert picture is not None
    return max(2, _BATCH_PIXELS // (picture.height * picture.width))


def _reference(built: Candidate, inputs: Inputs) -> Tensor:
    """What the module gives, large pictures one by one: torch frees less on the way than ONNX Runtime."""
    step = max(1, _most_at_once(built.spec) // 2)
    values = [to_native_input(torch.from_numpy(value), built.value_range) for value in inputs.values()]
    batches = range(0, len(values[0]), step)
    return torch.cat([built.module(*(value[first : first + step] for value in values)) for first in batches])


def _code(found: Array, reference: Array) -> _Errors:
    scale = float(np.max(np.abs(reference))) or 1.0
    error = float(np.max(np.abs(found.astype(np.float64) - reference))) / scale
    return _Errors(floats=error, levels=0, rounding=0.0, differing=0, values=0, mean_square=0.0)


def _picture(
    floats: Array, reference: Array, image: NDArray[Any], expected: NDArray[Any], exact: NDArray[Any]
) -> _Errors:
    levels = np.abs(image.astype(np.int64) - expected.astype(np.int64))
    return _Errors(
        floats=float(np.max(np.abs(floats.astype(np.float64) - reference))),
        levels=int(levels.max()),
        rounding=float(np.max(np.abs(image - exact))),
        differing=int(np.count_nonzero(levels)),
        values=levels.size,
        mean_square=float(np.mean(np.square(comparable(image) - comparable(expected)))),
    )


def _refuse_non_finite(reference: NDArray[Any], found: NDArray[Any], start: int) -> None:
    for who, values in (("the checkpoint's own torch module", reference), ("the exported graph", found)):
        for i, value in enumerate(values):
            if not np.isfinite(value).all():
                raise NegativeResult(
                    f"{who} gives NaN or infinite values for seed {SEED}, index {start + i}\n"
                    "nothing was written: the checkpoint is unusable, export another one"
                )


def _summarise(errors: list[_Errors], against: str) -> Comparison:
    # Most often the float error tells; where only the tail is wrong, the levels do.
    worst = max(range(len(errors)), key=lambda i: (errors[i].levels, errors[i].floats, errors[i].rounding))
    mean_square = max(error.mean_square for error in errors)
    return Comparison(
        against=against,
        samples=len(errors),
        max_error=max(error.floats for error in errors),
        worst_index=worst,
        max_error_uint8=max(error.levels for error in errors),
        rounding_error=max(error.rounding for error in errors),
        differing=sum(error.differing for error in errors),
        values=sum(error.values for error in errors),
        psnr=10 * math.log10(255**2 / mean_square) if mean_square else None,
    )


def _failure(result: Comparison, what: str, spec: GeneratorSpec) -> str:
    where = f"index {result.worst_index} of {result.samples} {what}"
    psi = psi_input(spec)
    if psi is not None:
        where += f", truncation {truncation_of(psi, result.worst_index):.4g}"
    does = "draws" if spec.output else "encodes"
    message = (
        f"the exported graph {does} something else than the checkpoint, worst at seed {SEED}, {where}; "
        f"nothing was written\nfloat error {result.max_error:.3g} (at most {result.tolerance:g})"
    )
    if spec.output is None:
        return message
    psnr = "identical" if result.psnr is None else f"{result.psnr:.1f} dB"
    return (
        f"{message}, uint8 error {result.max_error_uint8} (at most {result.levels}), "
        f"rounding error {result.rounding_error:.3g} (at most {0.5 + 255 * result.tolerance:.3g}), PSNR {psnr}"
    )
