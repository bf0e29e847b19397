"""`ganrt compile --backend onnxruntime`: one portable `.onnx` file in a lower precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ganrt.errors import BadInputFile, UsageError

if TYPE_CHECKING:
    from ganrt.cli.compile_request import Lowering, Request
    from ganrt.engines.onnx_file import OnnxFile
    from ganrt.engines.precisions import Lowered


def compile_portable(request: Request, progress: Callable[[str, int], object]) -> dict[str, object]:
    """Writes `<name>.<precision>.onnx` once its gate is passed.

    Returns:
        what is reported: the file, precision, form, samples, worst PSNR and SSIM, islands and notes.
    """
    from ganrt.engines.backends import try_on_cpu
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.precisions import PRECISIONS
    from ganrt.files import check_free, write_file
    from ganrt.trial import remember_made

    precision = request.lowering.precision
    if precision not in PRECISIONS:
        why = {
            "fp32": "; fp32 is the model itself",
            "bf16": "; bf16 is computed by backends from the FP32 file",
        }.get(precision, "")
        raise UsageError(f"--precision {precision}: expected {' or '.join(PRECISIONS)}{why}")
    model = read_onnx(request.model)
    spec = model.spec()
    path = request.folder / f"{spec.name}.{precision}.onnx"
    check_free(path, request.force, within=request.folder)
    try_on_cpu(model)
    made = lowered(request.lowering, model, progress)
    write_file(path, made.data, force=request.force, within=request.folder)
    remember_made(made.data)
    return {
        "file": str(path),
        "model": spec.name,
        "model_sha256": model.sha256,
        "precision": made.precision,
        "form": made.form,
        "bytes": len(made.data),
        "psnr_db": made.psnr,
        "ssim": made.ssim,
        "samples": made.samples,
        "islands": [asdict(island) for island in made.islands],
        "notes": list(made.notes),
    }


def lowered(wanted: Lowering, model: OnnxFile, progress: Callable[[str, int], object]) -> Lowered:
    """Made and gated, or taken from the cache where it was before: what was asked for decides, and no other file.

    Args:
        wanted: of a precision that is known.

    Raises:
        UsageError: an unknown form. Others: see `ganrt.engines.precisions.lower_precision`.
    """
    from ganrt.engines.forms import FORMS
    from ganrt.engines.precisions import lower_precision
    from ganrt.engines.precisions.kept import kept_or_made
    from ganrt.runtime.sample_inputs import precision_samples

    if wanted.form is not None and wanted.form not in FORMS:
        raise UsageError(f"--form {wanted.form}: expected {', '.join(FORMS)}")
    asked = {
        "precision": wanted.precision,
        "form": wanted.form,
        "gate": wanted.min_psnr,
        "budget_s": wanted.budget,
    }

    def make() -> Lowered:
        return lower_precision(
            model,
            wanted.precision,
            precision_samples(model.spec()),
            form=wanted.form,
            gate=wanted.min_psnr,
            budget_s=wanted.budget,
            threads=wanted.threads,
            progress=progress,
        )

    return kept_or_made(model.sha256, asked, make)[0]


def list_portable(folder: Path) -> list[dict[str, object]]:
    """The graphs in a lower precision in a folder, as engines are listed; those that are damaged by their name."""
    found = ((path, *_looked_over(path)) for path in sorted(folder.glob("*.onnx")))
    return [
        {"file": str(path), "bytes": path.stat().st_size, "problem": problem}
        for path, compiled, problem in found
        if compiled
    ]


def _looked_over(path: Path) -> tuple[bool, str | None]:
    """Whether `ganrt compile` wrote it, and what is wrong with it."""
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.engines.stamp import STAMPED

    try:
        return read_onnx(path).precision in STAMPED, None
    except BadInputFile as error:
        problem = str(error).splitlines()[0].removeprefix(f"{path} ")
        return path.suffixes[-2:-1] in [[f".{precision}"] for precision in STAMPED], problem
