"""Makes a form: reads the model, runs the form's passes, writes it again. Equal models give equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import import_module
from typing import cast

import onnx
import onnx_ir as ir
from onnx_ir.passes.common import (
    IdentityEliminationPass,
    LiftConstantsToInitializersPass,
    RemoveUnusedNodesPass,
    ShapeInferencePass,
)

from ganrt.engines.forms.phase_nodes import Layout
from ganrt.engines.forms.table import FORMS, MadeForm, Step
from ganrt.engines.stamp import FORM_KEY, STAMP_KEY, form_stamp
from ganrt.errors import NegativeResult, UsageError
from ganrt.graphs.files import read_proto, to_bytes, to_proto
from ganrt.graphs.passes import GraphPass


def make_form(data: bytes, name: str) -> MadeForm:
    """See `ganrt.engines.forms.make_form`."""
    if name not in FORMS:
        raise UsageError(f"form '{name}': expected one of {', '.join(FORMS)}")
    if not isinstance(data, bytes):
        raise UsageError(f"a form of {data!r}: expected the bytes of an .onnx file, such as Path(...).read_bytes()")
    return apply_steps(data, name, FORMS[name].steps)


def apply_steps(data: bytes, name: str, steps: Sequence[Step]) -> MadeForm:
    """The model in `data` after these passes, under this name; without any it is as it was given.

    Raises:
        NegativeResult: a pass failed on this graph.
    """
    if not steps:
        return MadeForm(name, data, (), ())
    given = read_proto(data)
    model = ir.serde.deserialize_model(given)
    notes: list[str] = []
    changed: list[str] = []
    shapes_known = False
    _run(name, model, LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0))
    _run(name, model, IdentityEliminationPass())
    _run(name, model, RemoveUnusedNodesPass())
    for step in steps:
        made = load_pass(step)
        if made.needs_shapes and not shapes_known:
            _infer_shapes(name, model)
            shapes_known = True
        if _run(name, model, made):
            _run(name, model, RemoveUnusedNodesPass())
            changed.append(step.name)
            shapes_known = False
        notes += made.notes
    return MadeForm(name, _serialise(model, given, data), tuple(dict.fromkeys(notes)), tuple(changed))


def load_pass(step: Step) -> GraphPass:
    """The pass of a step."""
    made = getattr(import_module(step.module, __package__), step.name)
    options = {key: Layout(value) if key == "layout" else value for key, value in step.options.items()}
    return cast(GraphPass, made(**options))


def _run(form: str, model: ir.Model, step: ir.passes.PassBase) -> bool:
    """Whether the pass changed anything."""
    try:
        return step(model).modified
    except Exception as error:  # whatever it is, the graph as exported is still there
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise NegativeResult(f"form '{form}': {type(step).__name__} failed on this graph ({reason})") from error


def _infer_shapes(form: str, model: ir.Model) -> None:
    """Anew: a pass may have left shapes that are no longer so."""
    for node in model.graph.all_nodes():
        for value in node.outputs:
            if not value.is_graph_output():
                value.shape = None
    _run(form, model, ShapeInferencePass(check_type=False, strict_mode=False))


def _serialise(model: ir.Model, given: onnx.ModelProto, data: bytes) -> bytes:
    made = to_proto(model, given)
    written = to_bytes(made, {})
    if written == data or {entry.key for entry in given.metadata_props} & {FORM_KEY, STAMP_KEY}:
        return written  # the model itself, or of a file that says already what it was made from
    return to_bytes(made, {FORM_KEY: form_stamp(hashlib.sha256(data).hexdigest())})
