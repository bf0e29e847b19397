"""FP32 graph -> strongly typed FP16 graph: which operators can be in FP16, and the casts between the two.

Every input of an operator has the type that the operator's schema asks for: no FP32 weight ever meets an FP16 tensor.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import onnx
from onnx import defs, helper, numpy_helper

from ganrt.engines.precisions.prepared import FLOAT, HALF, Prepared

_FLOAT_TYPE, _HALF_TYPE = "tensor(float)", "tensor(float16)"


def can_be_half(prepared: Prepared, node: onnx.NodeProto) -> bool:
    """Whether an operator that computes in FP32 exists in FP16 too, with results in FP16."""
    if not any(prepared.is_float(name) for name in (*node.input, *node.output)):
        return False
    if node.op_type == "Cast":
        return True
    schema = _schema(prepared, node)
    if schema is None:
        return False
    follows = {schema.inputs[_place(i, schema.inputs)].type_str for i in _float_places(prepared, node.input)}
    made = [schema.outputs[_place(i, schema.outputs)] for i in _float_places(prepared, node.output)]
    # A result whose type no input decides (ConstantOfShape, say) comes in FP32.
    return all(_HALF_TYPE in formal.types and formal.type_str in follows for formal in made)


def half_graph(prepared: Prepared, keep: Collection[str]) -> onnx.ModelProto:
    """The model in FP16, its inputs and outputs as they were.

    Args:
        keep: names of operators that stay in FP32.
    """
    return _Writer(prepared, keep).model()


class _Writer:
    def __init__(self, prepared: Prepared, keep: Collection[str]) -> None:
        self._prepared, self._keep = prepared, keep
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._types = {value.name: value.type.tensor_type.elem_type for value in prepared.model.graph.input}
        self._names = {*prepared.types}
        self._versions: dict[tuple[str, int], str] = {}  # (tensor, type) -> its name in that type

    def model(self) -> onnx.ModelProto:
        outputs = {value.name for value in self._prepared.model.graph.output}
        for node in self._prepared.model.graph.node:
            self._add(node, outputs)
        made = onnx.ModelProto()
        made.CopyFrom(self._prepared.model)
        for field, values in (("node", self._nodes), ("initializer", self._weights.values())):
            made.graph.ClearField(field)
            getattr(made.graph, field).extend(values)
        return made

    def _add(self, node: onnx.NodeProto, outputs: set[str]) -> None:
        half = node.name not in self._keep and can_be_half(self._prepared, node)
        new = onnx.NodeProto()
        new.CopyFrom(node)
        new.input[:] = [self._in_type(name, self._wanted(node, i, half)) for i, name in enumerate(node.input)]
        if half and node.op_type == "Cast":
            _set_cast(new)
        self._nodes.append(new)
        for i, name in enumerate(node.output):
            self._types[name] = HALF if half and self._prepared.is_float(name) else self._prepared.types.get(name, 0)
            if name in outputs and self._types[name] == HALF:  # the graph's own outputs keep their type
                new.output[i] = self._fresh(f"{name}.half")
                self._versions[name, HALF] = new.output[i]
                self._cast(new.output[i], name, FLOAT)

    def _wanted(self, node: onnx.NodeProto, index: int, half: bool) -> int:
        name = node.input[index]
        if not half or not self._prepared.is_float(name):
            return self._prepared.types.get(name, 0)
        schema = _schema(self._prepared, node)
        assert schema is not None
        return HALF if _HALF_TYPE in schema.inputs[_place(index, schema.inputs)].types else FLOAT

    def _in_type(self, name: str, kind: int) -> str:
        """The tensor's name in a type; a cast or a rounded weight is made when it is first asked for."""
        if not name:
            return name
        if name in self._prepared.weights:
            return self._weight(name, kind)
        if self._types[name] == kind:
            return name
        if (name, kind) not in self._versions:
            made = self._fresh(f"{name}.{'half' if kind == HALF else 'float'}")
            self._cast(name, made, kind)
            self._versions[name, kind] = made
        return self._versions[name, kind]

    def _weight(self, name: str, kind: int) -> str:
        if self._prepared.types[name] == kind:
            self._weights[name] = self._prepared.weights[name]
            return name
        if (name, kind) not in self._versions:
            made = self._fresh(f"{name}.half")
            self._versions[name, kind] = made
            with np.errstate(over="ignore"):  # what overflows was kept in FP32; see `ranges.py`
                self._weights[made] = numpy_helper.from_array(self._prepared.array(name).astype(np.float16), made)
        return self._versions[name, kind]

    def _cast(self, source: str, target: str, kind: int) -> None:
        self._nodes.append(helper.make_node("Cast", [source], [target], name=target, to=kind))

    def _fresh(self, name: str) -> str:
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name


def _set_cast(node: onnx.NodeProto) -> None:
    for attribute in node.attribute:
        if attribute.name == "to" and attribute.i == FLOAT:
            attribute.i = HALF


def _schema(prepared: Prepared, node: onnx.NodeProto) -> defs.OpSchema | None:
    versions = {opset.domain: opset.version for opset in prepared.model.opset_import}
    try:
        return defs.get_schema(node.op_type, versions.get(node.domain, 0), node.domain)
    except defs.SchemaError:
        return None


def _float_places(prepared: Prepared, names: Collection[str]) -> list[int]:
    return [i for i, name in enumerate(names) if prepared.is_float(name)]


def _place(index: int, formals: Collection[object]) -> int:
    """The last formal parameter stands for all that follow."""
    return min(index, len(formals) - 1)
