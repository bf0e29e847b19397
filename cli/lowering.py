"""The model in the precision that `ganrt compile` is asked for, as portable files and engines share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganrt.errors import UsageError

if TYPE_CHECKING:
    from ganrt.cli.compile import Request
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.engines.precisions import Lowered


def lowered(request: Request, model: OnnxFile, progress: Callable[[str, int], object]) -> Lowered:
    """Made and gated, or taken from the cache where it was before: what was asked for decides, and no other file.

    Args:
        request: of a precision that is known.

    Raises:
        UsageError: an unknown form. Others: see `ganrt.engines.precisions.lower_precision`.
    """
    from ganrt.benchmarks.precision_samples import precision_samples
    from ganrt.engines.forms import FORMS
    from ganrt.engines.precisions import lower_precision
    from ganrt.engines.precisions.kept import kept_or_made

    if request.form is not None and request.form not in FORMS:
        raise UsageError(f"--form {request.form}: expected {', '.join(FORMS)}")
    asked = {
        "precision": request.precision,
        "form": request.form,
        "gate": request.gate,
        "budget_s": request.budget_s,
    }

    def make() -> Lowered:
        return lower_precision(
            model,
            request.precision,
            precision_samples(model.spec()),
            form=request.form,
            gate=request.gate,
            budget_s=request.budget_s,
            threads=request.threads,
            progress=progress,
        )

    return kept_or_made(model.sha256, asked, make)[0]
