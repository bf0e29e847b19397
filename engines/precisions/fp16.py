"""FP16: one strongly typed graph, its fallback layers found by measuring.

Every input of an operator has the type that the operator's schema asks for: no FP32 weight ever meets an FP16 tensor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import onnx_ir as ir
from onnx import defs

from ganrt.engines.precisions.judge import Judge, batches
from ganrt.engines.precisions.prepared import FLOAT, HALF, Prepared, is_float, is_weight
from ganrt.engines.precisions.ranges import measure, out_of_range
from ganrt.engines.precisions.search import Found, Progress, layers, search, tail
from ganrt.engines.precisions.table import Limits
from ganrt.engines.protocol import Arrays
from ganrt.engines.stamp import FallbackLayer
from ganrt.graphs.values import attribute, constant

_HALF_TYPE = "tensor(float16)"


def can_be_half(node: ir.Node) -> bool:
    """Whether an operator that computes in FP32 exists in FP16 too, with results in FP16."""
    if not any(is_float(value) for value in (*node.inputs, *node.outputs)):
        return False
    if node.op_type == "Cast":
        return True
    schema = _schema(node)
    if schema is None:
        return False
    follows = {schema.inputs[_place(i, schema.inputs)].type_str for i in _float_places(node.inputs)}
    made = [schema.outputs[_place(i, schema.outputs)] for i in _float_places(node.outputs)]
    # A result whose type no input decides (ConstantOfShape, say) comes in FP32.
    return all(_HALF_TYPE in formal.types and formal.type_str in follows for formal in made)


def half_graph(prepared: Prepared, keep: Collection[str]) -> Prepared:
    """The model in FP16, its inputs and outputs as they were.

    Args:
        keep: names of operators that stay in FP32.
    """
    made = prepared.copy()
    writer = _Writer(made.graph)
    # Asked of all nodes first: a rewrite changes the types that the next node sees.
    for node, half in [(node, node.name not in keep and can_be_half(node)) for node in made.graph]:
        writer.rewrite(node, half)
    return made


class _Writer:
    def __init__(self, graph: ir.Graph) -> None:
        self._graph = graph
        made = [value for node in graph for value in node.outputs]
        values = [*graph.inputs, *graph.initializers.values(), *made]
        self._floats = {value for value in values if is_float(value)}
        self._names = {value.name for value in values}
        self._versions: dict[tuple[ir.Value, ir.DataType], ir.Value] = {}  # of a tensor in another type

    def rewrite(self, node: ir.Node, half: bool) -> None:
        schema = _schema(node) if half else None
        for i, value in enumerate(node.inputs):
            if value in self._floats:
                wants_half = schema is not None and _HALF_TYPE in schema.inputs[_place(i, schema.inputs)].types
                node.replace_input_with(i, self._in_type(value, HALF if wants_half else FLOAT, node))
        if not half:
            return
        if node.op_type == "Cast" and attribute(node, "to", None) == FLOAT:
            node.attributes["to"] = ir.AttrInt64("to", int(HALF))
        for value in [value for value in node.outputs if value in self._floats]:
            value.type = ir.TensorType(HALF)
            if value.is_graph_output():  # the graph's own outputs keep their type
                name, value.name = value.name, self._fresh(f"{value.name}.half")
                cast = _cast(value, name, FLOAT)
                self._graph.insert_after(node, cast)
                self._graph.outputs[self._graph.outputs.index(value)] = cast.outputs[0]
                self._versions[value, FLOAT] = cast.outputs[0]

    def _in_type(self, value: ir.Value, kind: ir.DataType, reader: ir.Node) -> ir.Value:
        """The tensor in a type; a cast or a rounded weight is made when it is first asked for."""
        if value.dtype == kind:
            return value
        if (value, kind) not in self._versions:
            name = self._fresh(f"{value.name}.{'half' if kind == HALF else 'float'}")
            if is_weight(value):
                self._versions[value, kind] = self._rounded(value, name)
            else:
                cast = _cast(value, name, kind)
                self._graph.insert_before(reader, cast)
                self._versions[value, kind] = cast.outputs[0]
        return self._versions[value, kind]

    def _rounded(self, weight: ir.Value, name: str) -> ir.Value:
        exact = constant(weight)
        assert exact is not None
        with np.errstate(over="ignore"):  # what overflows was kept in FP32; see `ranges.py`
            made = ir.val(name, const_value=ir.tensor(exact.astype(np.float16), name=name))
        self._graph.register_initializer(made)
        return made

    def _fresh(self, name: str) -> str:
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name


def _cast(value: ir.Value, name: str | None, kind: ir.DataType) -> ir.Node:
    node = ir.node("Cast", [value], {"to": int(kind)}, name=name)
    node.outputs[0].name, node.outputs[0].dtype = name, kind
    return node


def _schema(node: ir.Node) -> defs.OpSchema | None:
    assert isinstance(node.graph, ir.Graph)
    try:
        return defs.get_schema(node.op_type, node.graph.opset_imports.get(node.domain, 0), node.domain)
    except defs.SchemaError:
        return None


def _float_places(values: Sequence[ir.Value | None]) -> list[int]:
    return [i for i, value in enumerate(values) if is_float(value)]


def _place(index: int, formals: Collection[object]) -> int:
    """The last formal parameter stands for all that follow."""
    return min(index, len(formals) - 1)


def make_fp16(prepared: Prepared, judge: Judge, calibration: Arrays, limits: Limits, progress: Progress) -> Found:
    """The FP16 graph that passes the gate; its fallback layers are those out of range, then those that cost too much.

    Raises:
        NegativeResult: FP32 is not finite, or the gate cannot be reached.
    """
    progress("measuring ranges", 0)
    extremes = measure(prepared, judge.interpreter(prepared), batches(calibration, judge.step))
    in_tail = tail(prepared)
    reasons = {name: why for name, why in out_of_range(prepared, extremes).items() if name not in in_tail}
    able = {node.name or "" for node in prepared.graph if can_be_half(node)}
    halves = able - in_tail - set(reasons)
    candidates = {name: members & halves for name, members in layers(prepared).items() if members & halves}

    def make(kept: frozenset[str]) -> Prepared:
        stay = in_tail.union(reasons, *(candidates[name] for name in kept))
        return half_graph(prepared, stay)

    found = search(candidates, make, judge, limits, progress)
    ranges = [FallbackLayer(name, why) for name, why in reasons.items() if name in able]
    return Found(found.prepared, found.score, (*ranges, *found.fallback_layers))
