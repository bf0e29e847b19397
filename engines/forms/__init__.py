"""Exactly equivalent forms of a model's graph: passes, one a file, and the forms that they make (`table.py`).

Which form is the fastest depends on the engine, the precision, the machine and the batch: make all, check, measure.
Needs the extra `compile`; the onnx packages are imported when a form is made, not before.
"""

from __future__ import annotations

from typing import Any, cast

from ganrt.engines.forms.table import FORMS, PLAIN, CheckedForm, MadeForm
from ganrt.graphs import import_with_onnx

__all__ = ["FORMS", "PLAIN", "CheckedForm", "MadeForm", "checked_form", "distinct_forms", "make_form"]


def make_form(data: bytes, name: str) -> MadeForm:
    """A form of the model in `data` (an ONNX file), with the same inputs, outputs, opset, IR version and metadata.

    One metadata entry is added, which names the model that it was made from. Equal models give equal bytes.

    Raises:
        UsageError: there is no form of this name, or `data` is no bytes.
        BadInputFile: `data` is not an ONNX file.
        NegativeResult: a pass failed on this graph; the message names it.
        BackendUnavailable: the onnx packages are missing.
    """
    return cast(MadeForm, _module("make").make_form(data, name))


def checked_form(data: bytes, name: str, samples: int = 2) -> CheckedForm:
    """A form, checked: by onnx's checker, and by drawing `samples` pictures with it and with the model as it was.

    A form that fails, in whatever way, is dropped: the result is then `plain`, and its notes say why.

    Raises:
        UsageError: there is no form of this name.
        BackendUnavailable: the onnx packages or ONNX Runtime are missing.
    """
    return cast(CheckedForm, _module("check").checked_form(data, name, samples))


def distinct_forms(data: bytes, samples: int = 2) -> list[CheckedForm]:
    """`plain`, and all forms of the model that differ from it and from one another and pass their check.

    The notes of `plain` say which forms were dropped, and why. Raises what `checked_form` raises.
    """
    return cast("list[CheckedForm]", _module("check").distinct_forms(data, samples))


def _module(name: str) -> Any:
    return import_with_onnx(f"ganrt.engines.forms.{name}", "forms are made with it")
