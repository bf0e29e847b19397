"""What one image costs: multiply-accumulates of convolutions, transposed convolutions and matrix products."""

from __future__ import annotations

from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

from ganrt.errors import BackendUnavailable


def macs_of_one_image(path: Path) -> int | None:
    """MACs of one image, from the shapes that onnx infers.

    A convolution costs output positions x weights of one output position; a transposed one input positions x
    its weights (zeros that stride inserts are not counted). None where the shapes cannot be inferred.

    Raises:
        BackendUnavailable: the onnx package is missing.
    """
    try:
        onnx = import_module("onnx")
    except ImportError as error:
        raise BackendUnavailable('onnx is not installed\ninstall it: pip install "ganrt[compile]"') from error
    try:
        model = onnx.load(str(path))
        for value in model.graph.input:
            value.type.tensor_type.shape.dim[0].dim_value = 1
        model = onnx.shape_inference.infer_shapes(model)
        shapes = _shapes(model.graph)
        return sum(_node_macs(node, shapes) for node in model.graph.node)
    except (KeyError, IndexError, onnx.shape_inference.InferenceError):
        return None


def _shapes(graph: Any) -> dict[str, tuple[int, ...]]:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = tuple(max(1, d.dim_value) for d in value.type.tensor_type.shape.dim)
    return shapes


def _node_macs(node: Any, shapes: dict[str, tuple[int, ...]]) -> int:
    if node.op_type == "Conv":
        weight, output = shapes[node.input[1]], shapes[node.output[0]]
        return prod(output[2:]) * prod(weight)
    if node.op_type == "ConvTranspose":
        return prod(shapes[node.input[0]][2:]) * prod(shapes[node.input[1]])
    if node.op_type in ("MatMul", "Gemm"):
        left = shapes[node.input[0]]
        inner = left[0] if any(a.name == "transA" and a.i for a in node.attribute) else left[-1]
        return prod(shapes[node.output[0]]) * inner
    return 0
