"""Lower precisions of a model: FP16 as one strongly typed graph, and INT8 with quantise and dequantise nodes.

Both keep the graph contract and pass a gate before they are handed out. Needs the extra `compile`, and ONNX Runtime to
judge; their packages are imported when a precision is made, not before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ganrt.engines.onnx_file import OnnxFile, derived
from ganrt.engines.precisions import table
from ganrt.engines.precisions.table import FORMS, PRECISIONS, Lowered, Samples
from ganrt.engines.protocol import Arrays
from ganrt.engines.stamp import FallbackLayer
from ganrt.graphs import import_with_onnx
from ganrt.tolerances import GATES, TUNED

__all__ = [
    "FORMS",
    "PRECISIONS",
    "FallbackLayer",
    "Lowered",
    "Samples",
    "int8_model",
    "lower_precision",
    "whole_int8_model",
]
Progress = Callable[[str, int], object]


def lower_precision(
    model: OnnxFile,
    precision: str,
    samples: Samples,
    *,
    form: str | None = None,
    gate: float | None = None,
    budget_s: float = 20.0,
    patience_s: float | None = None,
    threads: int | None = None,
    progress: Progress = lambda _, __: None,
) -> Lowered:
    """A portable FP32 model in a lower precision.

    Layers whose rounding costs most stay in FP32 until the worst picture reaches the gate.

    Args:
        precision: `fp16` or `int8`.
        form: the exact form to start from; by default `FORMS`, and `plain` where that form fails its check.
        gate: dB instead of `ganrt.tolerances.GATES`.
        budget_s: seconds for judging once: as many of the samples as it allows, but at least 8.
        patience_s: seconds for finding the layers to keep; None: as long as it takes.
        progress: told what is being done, and its percentage.

    Raises:
        UsageError: an unknown precision or form. BadInputFile: the file is in a lower precision already.
        NegativeResult: the gate cannot be reached, or FP32 itself is not finite.
        BackendUnavailable: the onnx package or ONNX Runtime is missing.
    """
    lower = _module("lower").lower
    limits = table.Limits(GATES.get(precision, 0.0) if gate is None else gate, budget_s, patience_s, threads)
    return cast(Lowered, lower(model, precision, samples, form, limits, progress))


def int8_model(
    model: OnnxFile, samples: Samples, *, gate: float = TUNED["int8"], patience_s: float | None = None
) -> OnnxFile:
    """The INT8 file that `ganrt tune` measures, of a form such as `phase-mixed-int8`; raises as `lower_precision`."""
    made = lower_precision(model, "int8", samples, gate=gate, budget_s=5.0, patience_s=patience_s)
    return derived(model, made.data, f"{made.form}-int8")


def whole_int8_model(model: OnnxFile, calibration: Arrays) -> OnnxFile:
    """All layers in INT8 that can be, whatever becomes of the pictures: to time, since none in INT8 is faster.

    Raises:
        NegativeResult: there is no layer to quantise, or FP32 is not finite.
        BackendUnavailable: the onnx package or ONNX Runtime is missing.
    """
    data, form = cast("tuple[bytes, str]", _module("lower").whole(model, calibration))
    return derived(model, data, f"{form}-int8-whole")


def _module(name: str) -> Any:
    return import_with_onnx(f"ganrt.engines.precisions.{name}", "precisions are made with it")
