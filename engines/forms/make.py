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
from ganrt.errors import BadInputFile, NegativeResult, UsageError
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
        return MadeForm(name, data, ())
    given = _read(data)
    model = ir.serde.deserialize_model(given)
    notes: list[str] = []
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
            shapes_known = False
        notes += made.notes
    return MadeForm(name, _serialise(model, given, data), tuple(dict.fromkeys(notes)))


def _read(data: bytes) -> onnx.ModelProto:
    try:
        return onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own DecodeError, which is no package of ours
        raise BadInputFile("a form of a file that is not ONNX, or damaged: expected an .onnx file's bytes") from error


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
    made = ir.serde.serialize_model(model)
    # What names the model, its interface and its metadata stays as it was written.
    for field in ("input", "output"):
        made.graph.ClearField(field)
        getattr(made.graph, field).extend(getattr(given.graph, field))
    made.graph.ClearField("value_info")
    _order_by_use(made.graph)
    written = cast(bytes, made.SerializeToString(deterministic=True))
    if written == data or {entry.key for entry in given.metadata_props} & {FORM_KEY, STAMP_KEY}:
        return written  # the model itself, or of a file that says already what it was made from
    made.metadata_props.add(key=FORM_KEY, value=form_stamp(hashlib.sha256(data).hexdigest()))
    return cast(bytes, made.SerializeToString(deterministic=True))


def _order_by_use(graph: onnx.GraphProto) -> None:
    """Weights in the order in which nodes read them, so that equal graphs are equal files whatever led to them."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    read = dict.fromkeys(name for node in graph.node for name in node.input if name in tensors)
    ordered = [tensors[name] for name in (*read, *(name for name in tensors if name not in read))]
    graph.ClearField("initializer")
    graph.initializer.extend(ordered)
