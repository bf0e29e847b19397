"""Seconds and peak memory of `ganrt export`, its verification included, in a process of its own."""

from __future__ import annotations

from ganrt.benchmarks.models import require_torch
from ganrt.errors import UsageError
from suite_jobs.scope import Figures, Scope, peak_mb


def measure(scope: Scope) -> Figures:
    """`export_s` of the whole process, `peak_mb`, `onnx_mb`.

    Raises:
        UsageError: the model has no checkpoint.
    """
    if scope.model.checkpoint is None:
        raise UsageError(f"{scope.model.onnx.name} has no checkpoint to export")
    require_torch()
    output = scope.folder / "exported.onnx"
    ran = scope.ganrt("export", str(scope.model.checkpoint), "-o", str(output))
    return {
        "export_s": round(ran.total_ns / 1e9, 2),
        "peak_mb": peak_mb(ran),
        "onnx_mb": round(output.stat().st_size / 2**20, 1),
    }
