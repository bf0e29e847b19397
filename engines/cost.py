"""What one image costs: multiply-accumulates of convolutions, transposed convolutions and matrix products, and what
each node reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable, BadInputFile
from ganrt.interrupts import import_whole

# They rename or re-address what is there: no engine moves a byte for them.
_VIEWS = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout", "Shape"})
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class LayerCost:
    """One node of the graph, for one image; `weights`, `inputs` and `outputs` count elements.

    Weights are what is constant: initializers and all that is computed from them alone.
    """

    name: str
    operator: str
    macs: int
    weights: int
    inputs: int
    outputs: int


def macs_of_one_image(path: Path) -> int | None:
    """MACs of one image: the sum over `layer_costs`; None where the shapes cannot be inferred.

    Raises:
        BackendUnavailable: the onnx package is missing.
    """
    layers = layer_costs(path)
    return None if layers is None else sum(layer.macs for layer in layers)


def layer_costs(path: Path) -> tuple[LayerCost, ...] | None:
    """Costs of one image, node by node in the graph's order, from the shapes that onnx infers.

    A convolution costs output positions x weights of one output position; a transposed one input positions x
    its weights (zeros that stride inserts are not counted). Nodes without multiplications have `macs` 0. Where the
    picture's sides are open, those of the spec are taken. None where the shapes cannot be inferred.

    Raises:
        BackendUnavailable: the onnx package is missing.
    """
    try:
        onnx = import_whole("onnx")
    except ImportError as error:
        raise BackendUnavailable('onnx is not installed\ninstall it: pip install "ganrt[compile]"') from error
    try:
        model = onnx.load(str(path), load_external_data=False)
        _close_axes(model.graph, _open_sides(path))
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        shapes = _shapes(model.graph)
        constants = {tensor.name for tensor in model.graph.initializer}
        return tuple(_layer(node, shapes, constants) for node in model.graph.node)
    except (KeyError, IndexError, onnx.shape_inference.InferenceError):
        return None


def _open_sides(path: Path) -> tuple[int, int] | None:
    """Height and width for a translator's open axes; None for all else, and for graphs that are not ours."""
    try:
        image = read_onnx(path).spec().image
    except BadInputFile:
        return None
    return (image.height, image.width) if image else None


def _close_axes(graph: Any, sides: tuple[int, int] | None) -> None:
    """Batch 1, and fixed sides of an NHWC picture."""
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        dims[0].dim_value = 1
        if sides and len(dims) == 4:
            for dim, side in zip(dims[1:3], sides, strict=True):
                dim.dim_value = dim.dim_value or side
    for value in graph.output:  # what was declared open is inferred anew
        for dim in value.type.tensor_type.shape.dim:
            if not dim.HasField("dim_value"):
                dim.Clear()


def _shapes(graph: Any) -> Shapes:
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = tuple(max(1, d.dim_value) for d in value.type.tensor_type.shape.dim)
    return shapes


def _layer(node: Any, shapes: Shapes, constants: set[str]) -> LayerCost:
    """The cost of one node; adds its outputs to `constants` where all of its inputs are."""
    given = [name for name in node.input if name]
    fixed = sum(prod(shapes[name]) for name in given if name in constants)
    moved = sum(prod(shapes[name]) for name in given if name not in constants)
    made = sum(prod(shapes[name]) for name in node.output if name)
    name = node.name or node.output[0]
    if all(part in constants for part in given):  # computed once, when the model is loaded
        constants.update(node.output)
        return LayerCost(name, node.op_type, 0, 0, 0, 0)
    if node.op_type in _VIEWS:
        return LayerCost(name, node.op_type, 0, 0, 0, 0)
    return LayerCost(name, node.op_type, _node_macs(node, shapes), fixed, moved, made)


def _node_macs(node: Any, shapes: Shapes) -> int:
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
