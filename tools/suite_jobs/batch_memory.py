"""Peak memory and rate of `ganrt generate`: the memory must not grow with the count."""

from __future__ import annotations

from ganrt.errors import NegativeResult
from suite_jobs.scope import Figures, Scope, peak_mb


def measure(scope: Scope) -> Figures:
    """For each count `peak_mb_N` (MiB) and `images_a_second_N`, the whole process counted."""
    figures: Figures = {}
    for count in (16, 100) if scope.quick else (16, 1000, 10000):
        target = scope.folder / str(count)
        ran = scope.ganrt("generate", "-m", str(scope.model.onnx), "--count", str(count), "-o", str(target))
        if len(list(target.iterdir())) != count:
            raise NegativeResult(f"generate --count {count} wrote {len(list(target.iterdir()))} files")
        figures[f"peak_mb_{count}"] = peak_mb(ran)
        figures[f"images_a_second_{count}"] = round(count / (ran.total_ns / 1e9), 1)
    return figures
