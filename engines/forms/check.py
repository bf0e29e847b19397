"""The check of a form: onnx's checker, and its outputs against those of the model as it was, in ONNX Runtime."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ganrt.engines.forms.make import make_form
from ganrt.engines.forms.table import FORMS, PLAIN, CheckedForm, MadeForm
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.errors import BadInputFile, NegativeResult
from ganrt.pixels import comparable
from ganrt.spec import METADATA_KEY, GeneratorSpec
from ganrt.tolerances import FORM_ERROR, FORM_LEVELS, FORM_PSNR

_SIDE = 64  # of pictures whose sides are open, where no spec says what they usually are
Arrays = dict[str, NDArray[Any]]


def checked_form(data: bytes, name: str, samples: int) -> CheckedForm:
    """See `ganrt.engines.forms.checked_form`."""
    try:
        return _check(data, make_form(data, name), samples)
    except NegativeResult as error:
        return _plain(data, f"{error}; the plain graph is used")


def distinct_forms(data: bytes, samples: int) -> list[CheckedForm]:
    """See `ganrt.engines.forms.distinct_forms`."""
    forms: dict[bytes, CheckedForm] = {}
    dropped = []
    for name in FORMS:
        try:
            made = make_form(data, name)
            if made.data not in forms and made.data != data:
                forms[made.data] = _check(data, made, samples)
        except NegativeResult as error:
            dropped.append(f"{error}; dropped")
    return [_plain(data, *dropped), *forms.values()]


def _plain(data: bytes, *notes: str) -> CheckedForm:
    return CheckedForm(PLAIN, data, notes, (), 0.0, float("inf"))


def _check(data: bytes, made: MadeForm, samples: int) -> CheckedForm:
    """Raises NegativeResult where the form differs from the plain graph, or does not run."""
    if made.data == data:
        return CheckedForm(**asdict(made), worst=0.0, psnr=float("inf"))
    import_onnxruntime("cpu")  # its absence is no fault of the form
    try:
        onnx.checker.check_model(made.data, full_check=True)
        before, inputs = _drawn(data, samples)
        after, _ = _drawn(made.data, samples, inputs)
        pairs = list(zip(before, after, strict=True))
    except Exception as error:  # onnx and ONNX Runtime have no common class of errors; any of theirs is a failed check
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise NegativeResult(f"form '{made.name}' does not run ({reason})") from error
    worst = max(_difference(*pair) for pair in pairs)
    psnr = min(_psnr(*pair) for pair in pairs)
    pictures = pairs[0][0].dtype == np.uint8
    passed = worst <= FORM_LEVELS and psnr >= FORM_PSNR if pictures else worst <= FORM_ERROR
    if not passed:
        found = f"{worst:g} levels, PSNR {psnr:.1f} dB" if pictures else f"relative {worst:.2g}"
        raise NegativeResult(f"form '{made.name}' differs from the plain graph ({found})")
    return CheckedForm(**asdict(made), worst=worst, psnr=psnr)


def _session(data: bytes) -> Any:
    onnxruntime = import_onnxruntime("cpu")
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.enable_cpu_mem_arena = False  # a few samples only: keeping memory between them costs gigabytes
    return onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])


def _drawn(data: bytes, samples: int, inputs: list[Arrays] | None = None) -> tuple[list[NDArray[Any]], list[Arrays]]:
    """All outputs of every sample, and the inputs; one session at a time, since each may take gigabytes."""
    session = _session(data)
    inputs = _inputs(session, samples) if inputs is None else inputs
    names = [output.name for output in session.get_outputs()]
    return [value for given in inputs for value in session.run(names, given)], inputs


def _difference(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Not-a-number counts as infinitely wrong."""
    if before.shape != after.shape or before.dtype != after.dtype:
        return float("inf")
    wide = before.astype(np.float64)
    error = float(np.abs(after - wide).max(initial=0.0))
    scale = 1.0 if before.dtype == np.uint8 else float(np.abs(wide).max(initial=0.0)) or 1.0
    return error / scale if np.isfinite(error) else float("inf")


def _psnr(before: NDArray[Any], after: NDArray[Any]) -> float:
    if before.dtype != np.uint8 or before.shape != after.shape:
        return float("inf")
    error = float(np.square(comparable(after) - comparable(before)).mean())
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def _inputs(session: Any, samples: int) -> list[Arrays]:
    """Random inputs, one sample a batch; the same in every run."""
    spec = _spec(session)
    random = np.random.default_rng(0)
    return [{value.name: _input(value, spec, random) for value in session.get_inputs()} for _ in range(samples)]


def _spec(session: Any) -> GeneratorSpec | None:
    try:
        return GeneratorSpec.from_json(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY, ""))
    except BadInputFile:
        return None


def _input(value: Any, spec: GeneratorSpec | None, random: np.random.Generator) -> NDArray[Any]:
    usual = (spec.image.height, spec.image.width) if spec is not None and spec.image is not None else (_SIDE, _SIDE)
    shape = [1, *(side if isinstance(side, int) else usual[axis % 2] for axis, side in enumerate(value.shape[1:]))]
    if value.type == "tensor(uint8)":
        return random.integers(0, 256, shape, dtype=np.uint8)
    if value.name == "labels":
        return np.eye(shape[1], dtype=np.float32)[random.integers(0, shape[1], 1)]
    dtype = np.float64 if value.type == "tensor(double)" else np.float32
    if value.name == "truncation":
        return random.uniform(0.1, 1.0, shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype)
