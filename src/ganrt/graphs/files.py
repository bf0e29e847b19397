"""From an ONNX file's bytes to a model of onnx-ir and back, so that equal models give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import onnx
import onnx_ir as ir
from onnx_ir.passes.common import CheckerPass, ShapeInferencePass

from ganrt.errors import BadInputFile


def read_proto(data: bytes) -> onnx.ModelProto:
    """The model in an ONNX file.

    Raises:
        BadInputFile: it is none.
    """
    try:
        return onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own DecodeError, which is no package of ours
        raise BadInputFile("a form of a file that is not ONNX, or damaged: expected an .onnx file's bytes") from error


def read_model(data: bytes) -> ir.Model:
    """As `read_proto`."""
    return ir.serde.deserialize_model(read_proto(data))


def to_proto(model: ir.Model, given: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the inputs and outputs as `given` writes them; its weights in the order of their use."""
    made = ir.serde.serialize_model(model)
    for field in ("input", "output"):
        made.graph.ClearField(field)
        getattr(made.graph, field).extend(getattr(given.graph, field))
    made.graph.ClearField("value_info")
    _order_by_use(made.graph)
    return made


def to_bytes(model: ir.Model | onnx.ModelProto, metadata: Mapping[str, str] | None = None) -> bytes:
    """The file, with further metadata and without shapes of inner tensors; deterministic."""
    made = ir.serde.serialize_model(model) if isinstance(model, ir.Model) else model
    if isinstance(model, ir.Model) and model.producer_version is not None:
        made.producer_version = model.producer_version  # onnx-ir leaves "" out, which makes other bytes
    made.graph.ClearField("value_info")
    for key, value in (metadata or {}).items():
        made.metadata_props.add(key=key, value=value)
    return cast(bytes, made.SerializeToString(deterministic=True))


def check(model: ir.Model) -> None:
    """ONNX's own checker, shapes included, on a graph without its large weights; raises whatever it raises."""
    CheckerPass(full_check=True)(model.clone())  # it changes the weights' order


def infer_shapes(model: ir.Model, *, data_prop: bool = False) -> None:
    """Types and shapes of inner tensors, as far as they can be inferred; the weights keep their order."""
    weights = list(model.graph.initializers.values())
    ShapeInferencePass(check_type=False, strict_mode=False, data_prop=data_prop)(model)
    model.graph.initializers.clear()
    for value in weights:
        model.graph.initializers.add(value)


def one_node(
    node: ir.Node,
    inputs: Iterable[onnx.ValueInfoProto],
    outputs: Iterable[onnx.ValueInfoProto],
    weights: Iterable[onnx.TensorProto] = (),
) -> onnx.ModelProto:
    """A model of one node alone."""
    assert isinstance(node.graph, ir.Graph)
    opsets = [onnx.helper.make_opsetid(*entry) for entry in node.graph.opset_imports.items()]
    proto = ir.serde.serialize_node(node)
    graph = onnx.helper.make_graph([proto], "one", list(inputs), list(outputs), list(weights))
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _order_by_use(graph: onnx.GraphProto) -> None:
    """Weights in the order in which nodes read them, so that equal graphs are equal files whatever led to them."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    read = dict.fromkeys(name for node in graph.node for name in node.input if name in tensors)
    ordered = [tensors[name] for name in (*read, *(name for name in tensors if name not in read))]
    graph.ClearField("initializer")
    graph.initializer.extend(ordered)
