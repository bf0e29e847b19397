"""A graph in layers: each heavy operator with what follows it up to the next; and the graph's tail."""

from __future__ import annotations

import onnx_ir as ir

from ganrt.engines.precisions.prepared import Prepared, is_weight

HEAVY = (
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum",
    "InstanceNormalization", "GroupNormalization", "LayerNormalization", "BatchNormalization", "Softmax",
)  # fmt: skip
# What may stand between the last layer and the picture: activations, the scale, the layout.
_TAIL = (
    "Tanh", "Sigmoid", "Add", "Sub", "Mul", "Div", "Clip", "Min", "Max", "Round", "Cast", "Identity",
    "Transpose", "Reshape", "DepthToSpace",
)  # fmt: skip

Layers = dict[str, frozenset[str]]  # the first operator's name -> all of the layer's


def layers(prepared: Prepared) -> Layers:
    """Layers in order. What comes before the first heavy operator is a layer called `inputs`."""
    found: dict[str, set[str]] = {"inputs": set()}
    order = {"inputs": 0}
    layer_of: dict[ir.Value | None, str] = {}
    for node in prepared.graph:
        earlier = [layer_of[value] for value in node.inputs if value in layer_of]
        layer = max(earlier, key=order.__getitem__, default="inputs")
        if node.op_type in HEAVY:
            layer = node.name or ""
            found[layer], order[layer] = set(), len(order)
        found[layer].add(node.name or "")
        layer_of.update(dict.fromkeys(node.outputs, layer))
    return {name: frozenset(members) for name, members in found.items() if members}


def tail(prepared: Prepared) -> set[str]:
    """The operators from the last layer's result to a picture in uint8: they stay in FP32.

    Levels up to 255 in FP16 lie up to 1/8 apart, and near -1 and 1 a picture's values lie 1/16 of a level apart: both
    would round before the rounding. In FP32 the tail costs no more, since engines fuse it into one kernel.
    """
    found: set[str] = set()
    for output in prepared.graph.outputs:
        node = output.producer() if output.dtype == ir.DataType.UINT8 else None
        while node is not None and node.op_type in _TAIL:
            given = [value for value in node.inputs if value is not None and not is_weight(value)]
            read_elsewhere = any(other.name not in found for value in node.outputs for other in value.consumers())
            if len(given) != 1 or read_elsewhere:
                break
            found.add(node.name or "")
            node = given[0].producer()
    return found
