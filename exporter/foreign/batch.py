"""A batch that was fixed made free, where only reshapes fix it. Whether that was sound, verification decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper


def free_batch(model: onnx.ModelProto, batch: int) -> onnx.ModelProto:
    """A copy whose constant reshapes to [batch, ...] take their first axis from what they are given.

    The others are what they are for that batch; where that cannot be inferred and one of them is -1, the first becomes
    0 (as the input's first axis).
    """
    freed = onnx.ModelProto()
    freed.CopyFrom(model)
    constants, known = _constants(freed), _shapes(freed)
    for i, node in enumerate(freed.graph.node):
        shape = constants.get(node.input[1], []) if node.op_type == "Reshape" else []
        if shape[:1] != [batch]:
            continue
        new = [-1, *known.get(node.output[0], shape)[1:]]
        if new.count(-1) > 1:
            if _zero_is_zero(node):
                continue
            new[0] = 0
        name = f"free_batch_{i}"
        freed.graph.initializer.append(numpy_helper.from_array(np.array(new, np.int64), name))
        node.input[1] = name
    return freed


def _zero_is_zero(node: Any) -> bool:
    return any(attribute.name == "allowzero" and attribute.i for attribute in node.attribute)


def _shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Those that are whole in the graph as it was made."""
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {v.name: v.type.tensor_type.shape.dim for v in (*inferred.value_info, *inferred.output)}
    return {
        name: [dim.dim_value for dim in dims]
        for name, dims in shapes.items()
        if dims and all(dim.HasField("dim_value") for dim in dims)
    }


def _constants(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Constant integers, whether weights or made by Constant nodes."""
    values: dict[str, Any] = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            values.update((node.output[0], attribute.t) for attribute in node.attribute if attribute.name == "value")
    integers = {name: tensor for name, tensor in values.items() if tensor.data_type == onnx.TensorProto.INT64}
    return {name: numpy_helper.to_array(tensor).ravel().tolist() for name, tensor in integers.items()}
