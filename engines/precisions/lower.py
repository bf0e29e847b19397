"""Lowers a model: starts from an exact form, makes the precision, stamps and checks the file."""

from __future__ import annotations

import onnx

from ganrt.engines.forms import PLAIN, CheckedForm, checked_form, make_form
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.precisions.fp16 import make_fp16
from ganrt.engines.precisions.int8 import make_int8, whole_int8
from ganrt.engines.precisions.judge import Judge
from ganrt.engines.precisions.prepared import Prepared, prepare
from ganrt.engines.precisions.search import Progress
from ganrt.engines.precisions.table import FORMS, Limits, Lowered, Samples
from ganrt.engines.protocol import Arrays
from ganrt.engines.stamp import FORM_KEY, STAMP_KEY, Stamp
from ganrt.errors import BadInputFile, UsageError
from ganrt.graphs.files import to_bytes

_MAKERS = {"fp16": make_fp16, "int8": make_int8}


def lower(
    model: OnnxFile,
    precision: str,
    samples: Samples,
    form: str | None,
    limits: Limits,
    progress: Progress,
) -> Lowered:
    """See `ganrt.engines.precisions.lower_precision`."""
    if precision not in _MAKERS:
        raise UsageError(f"precision '{precision}': expected {' or '.join(_MAKERS)}")
    if model.precision != "fp32":
        raise BadInputFile(
            f"{model.path} is in {model.precision} already; precisions are made from the portable FP32 file"
        )
    progress("making the form", 0)
    start = checked_form(model.data, form or FORMS[precision])
    prepared = prepare(start.data)
    name, notes = start.name, _notes(start, form)
    del start  # as large as the model
    progress("drawing the reference", 0)
    judge = Judge(model.data, samples.judged, limits)
    found = _MAKERS[precision](prepared, judge, samples.calibration, limits, progress)
    psnr = None if found.score.psnr == float("inf") else found.score.psnr
    stamp = Stamp(precision, name, model.model_sha256, len(judge), psnr, found.score.ssim, found.fallback_layers)
    return Lowered(
        data=_file(found.prepared, stamp),
        precision=precision,
        form=name,
        psnr=psnr,
        samples=stamp.samples,
        fallback_layers=stamp.islands,
        notes=notes,
        ssim=stamp.ssim,
    )


def whole(model: OnnxFile, calibration: Arrays) -> tuple[bytes, str]:
    """See `ganrt.engines.precisions.whole_int8_model`: the file's bytes, and the form that it was made from."""
    form = make_form(model.data, FORMS["int8"])
    made = whole_int8(prepare(form.data), calibration)
    return _file(made, Stamp("int8", form.name, model.model_sha256)), form.name


def _notes(start: CheckedForm, asked: str | None) -> tuple[str, ...]:
    """Why the form is another than was asked for; what passes left alone matters only to those who asked."""
    return start.notes if start.name == PLAIN or asked else ()


def _file(prepared: Prepared, stamp: Stamp) -> bytes:
    """The bytes, checked: a breach of ONNX's typing is a defect of ours and not of the model."""
    prepared.model.metadata_props.pop(FORM_KEY, None)  # the stamp says it, and more
    made = to_bytes(prepared.proto(), {STAMP_KEY: stamp.to_json()})
    onnx.checker.check_model(made, full_check=True)
    return made
