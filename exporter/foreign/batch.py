"""A batch that was fixed at 1 made free, where only reshapes fix it. Whether that was sound, verification decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper


def free_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose constant reshapes to [1, ...] take their first axis from what they are given.

    With a -1 among the others the first becomes 0 (as the input's first axis), else -1 (what is left).
    """
    freed = onnx.ModelProto()
    freed.CopyFrom(model)
    constants = _constants(freed)
    for i, node in enumerate(freed.graph.node):
        if node.op_type != "Reshape" or node.input[1] not in constants:
            continue
        shape = constants[node.input[1]]
        literal = any(attribute.name == "allowzero" and attribute.i for attribute in node.attribute)
        if shape[:1] == [1] and not (literal and -1 in shape):
            first = 0 if -1 in shape else -1
            name = f"free_batch_{i}"
            freed.graph.initializer.append(numpy_helper.from_array(np.array([first, *shape[1:]], np.int64), name))
            node.input[1] = name
    return freed


def _constants(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Constant integers, whether weights or made by Constant nodes."""
    values: dict[str, Any] = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            values.update((node.output[0], attribute.t) for attribute in node.attribute if attribute.name == "value")
    integers = {name: tensor for name, tensor in values.items() if tensor.data_type == onnx.TensorProto.INT64}
    return {name: numpy_helper.to_array(tensor).ravel().tolist() for name, tensor in integers.items()}
