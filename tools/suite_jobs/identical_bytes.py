"""The same files from other batch sizes, ranges, orders and processes: how many were compared, or it fails."""

from __future__ import annotations

from ganrt.errors import NegativeResult
from suite_jobs.scope import Figures, Scope, digests


def measure(scope: Scope) -> Figures:
    """`identical_files`."""
    count, sizes = (10, (1, 3)) if scope.quick else (100, (1, 2, 3, 7, 16, 33, 64))
    same = ("generate", "-m", str(scope.model.onnx), "--seed", "5")
    scope.ganrt(*same, "--count", str(count), "-o", str(scope.folder / "whole"))
    whole, compared = digests(scope.folder / "whole"), 0
    for size in sizes:
        target = scope.folder / f"batch{size}"
        scope.ganrt(*same, "--count", str(count), "-b", str(size), "-o", str(target))
        if digests(target) != whole:
            raise NegativeResult(f"batch size {size} changes the pictures")
        compared += len(whole)
    for start in range(count - 1, -1, -20):
        scope.ganrt(*same, "--count", "1", "--start", str(start), "-o", str(scope.folder / "single"))
    single = digests(scope.folder / "single")
    if any(whole[name] != digest for name, digest in single.items()):
        raise NegativeResult("a picture drawn alone differs")
    return {"identical_files": compared + len(single)}
