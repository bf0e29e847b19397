"""A model made ready to be rewritten: constants as initialisers, a name for every node, a type for every tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import onnx
import onnx_ir as ir
from onnx_ir.passes.common import LiftConstantsToInitializersPass, RemoveUnusedNodesPass

from ganrt.errors import BadInputFile
from ganrt.graphs.files import to_proto

FLOAT, HALF = ir.DataType.FLOAT, ir.DataType.FLOAT16


@dataclass(frozen=True, eq=False)
class Prepared:
    """A model of typed values; `interface`: its inputs and outputs as they were written."""

    model: ir.Model
    interface: onnx.ModelProto

    @property
    def graph(self) -> ir.Graph:
        """The model's."""
        return self.model.graph

    def copy(self) -> Prepared:
        """Another, to be rewritten; weights and types are shared: replace them, and change none."""
        return replace(self, model=self.model.clone())

    def proto(self) -> onnx.ModelProto:
        """As ONNX, without weights that nothing reads."""
        RemoveUnusedNodesPass()(self.model)
        return to_proto(self.model, self.interface)


def is_float(value: ir.Value | None) -> bool:
    """Whether a tensor is in FP32."""
    return value is not None and value.dtype == FLOAT


def is_weight(value: ir.Value | None) -> bool:
    """Whether it is an initialiser that no caller can replace."""
    return value is not None and value.is_initializer() and not value.is_graph_input()


def prepare(data: bytes) -> Prepared:
    """Reads a model and infers its types, strictly.

    Raises:
        BadInputFile: it has subgraphs (If, Loop, Scan), functions, or types that cannot be inferred.
    """
    given = onnx.load_model_from_string(data)
    for node in given.graph.node:
        if any(attribute.type in (attribute.GRAPH, attribute.GRAPHS) for attribute in node.attribute):
            raise BadInputFile(f"operator {node.op_type} ({node.name}) holds a graph: only FP32 runs it")
    given.graph.ClearField("value_info")
    try:
        inferred = onnx.shape_inference.infer_shapes(given, check_type=True, strict_mode=True)
    except onnx.shape_inference.InferenceError as error:
        raise BadInputFile(f"the types of this graph cannot be inferred: {str(error).splitlines()[0]}") from error
    for field in ("node", "initializer"):  # as large as the model
        given.graph.ClearField(field)
    model = ir.serde.deserialize_model(inferred)
    LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(model)
    _name_nodes(model.graph)
    for value in model.graph.initializers.values():
        assert value.const_value is not None
        value.dtype = value.const_value.dtype
    for node in model.graph:
        for value in node.outputs:
            if value.name and value.dtype is None:
                raise BadInputFile(f"the type of tensor '{value.name}' ({node.op_type}) cannot be inferred")
    return Prepared(model, given)


def _name_nodes(graph: ir.Graph) -> None:
    """Unique names: layers are told apart by them."""
    seen: set[str] = set()
    for number, node in enumerate(graph):
        name = node.name or f"{node.op_type}_{number}"
        while name in seen:
            name += "_"
        node.name = name
        seen.add(name)
