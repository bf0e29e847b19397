"""A batch that was fixed made free, where only reshapes fix it. Whether that was sound, verification decides."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir

from ganrt.graphs.values import attribute, constant, dims, input_of, is_operator


def free_batch(model: onnx.ModelProto, batch: int) -> onnx.ModelProto:
    """A copy whose constant reshapes to [batch, ...] take their first axis from what they are given.

    The others are what they are for that batch; where that cannot be inferred and one of them is -1, the first becomes
    0 (as the input's first axis).
    """
    freed = ir.serde.deserialize_model(onnx.shape_inference.infer_shapes(model, data_prop=True))
    for i, node in enumerate(freed.graph):
        given = constant(input_of(node, 1)) if is_operator(node, "Reshape") else None
        if given is None or given.ravel()[:1].tolist() != [batch]:
            continue
        inferred = dims(node.outputs[0])
        whole = inferred is not None and None not in inferred
        new = [-1, *(inferred if inferred and whole else given.ravel().tolist())[1:]]
        if new.count(-1) > 1:
            if attribute(node, "allowzero", 0):
                continue
            new[0] = 0
        shape = ir.val(f"free_batch_{i}", const_value=ir.tensor(np.array(new, np.int64), name=f"free_batch_{i}"))
        freed.graph.register_initializer(shape)
        node.replace_input_with(1, shape)
    made = ir.serde.serialize_model(freed)
    made.graph.ClearField("value_info")
    return made
