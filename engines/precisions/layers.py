"""A graph in layers: each heavy operator with what follows it up to the next; and the graph's tail."""

from __future__ import annotations

import onnx

from ganrt.engines.precisions.prepared import Prepared

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
    layer_of: dict[str, str] = {}
    for node in prepared.model.graph.node:
        earlier = [layer_of[name] for name in node.input if name in layer_of]
        layer = max(earlier, key=order.__getitem__, default="inputs")
        if node.op_type in HEAVY:
            layer = node.name
            found[layer], order[layer] = set(), len(order)
        found[layer].add(node.name)
        layer_of.update(dict.fromkeys(node.output, layer))
    return {name: frozenset(members) for name, members in found.items() if members}


def tail(prepared: Prepared) -> set[str]:
    """The operators from the last layer's result to a picture in uint8: they stay in FP32.

    Levels up to 255 in FP16 lie up to 1/8 apart, and near -1 and 1 a picture's values lie 1/16 of a level apart: both
    would round before the rounding. In FP32 the tail costs no more, since engines fuse it into one kernel.
    """
    producers = {name: node for node in prepared.model.graph.node for name in node.output}
    found: set[str] = set()
    for value in prepared.model.graph.output:
        node = producers.get(value.name)
        if prepared.types[value.name] != onnx.TensorProto.UINT8:
            continue
        while node is not None and node.op_type in _TAIL:
            given = [name for name in node.input if name and name not in prepared.weights]
            read_elsewhere = any(
                other.name not in found for name in node.output for other in prepared.readers.get(name, [])
            )
            if len(given) != 1 or read_elsewhere:
                break
            found.add(node.name)
            node = producers.get(given[0])
    return found
