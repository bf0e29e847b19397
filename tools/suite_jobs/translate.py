"""Rate and peak memory of `ganrt translate`: pictures read, translated and written."""

from __future__ import annotations

import numpy as np

from ganrt.errors import NegativeResult, UsageError
from ganrt.runtime.compare import comparison_picture
from ganrt.runtime.generator import load
from ganrt.runtime.pictures import encode_png
from suite_jobs.scope import Figures, Scope, peak_mb


def measure(scope: Scope) -> Figures:
    """`pictures`, `pictures_a_second` of the whole process, `peak_mb`.

    Raises:
        UsageError: the model is not a translator.
    """
    with load(str(scope.model.onnx)) as generator:
        spec = generator.spec
    if spec.task != "translate":
        raise UsageError(f"{scope.model.onnx.name} is not a translator")
    source, target, count = scope.folder / "in", scope.folder / "out", 2 if scope.quick else 24
    source.mkdir()
    for index in range(count):
        (source / f"{index}.png").write_bytes(encode_png(np.asarray(comparison_picture(spec, 0, 2 * index))))
    ran = scope.ganrt("translate", str(source), "-m", str(scope.model.onnx), "-o", str(target))
    written = len(list(target.glob("*.png")))
    if written != count:
        raise NegativeResult(f"{written} pictures of {count} were written")
    return {
        "pictures": count,
        "pictures_a_second": round(count / (ran.total_ns / 1e9), 2),
        "peak_mb": peak_mb(ran),
    }
