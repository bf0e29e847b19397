"""What one image costs: multiply-accumulates of convolutions, transposed convolutions and matrix products, and what
each node reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BadInputFile
from ganrt.graphs import import_with_onnx

if TYPE_CHECKING:
    import onnx_ir as ir

# They rename or re-address what is there: no engine moves a byte for them.
_VIEWS = frozenset({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout", "Shape"})


class _UnknownShape(Exception):
    """Inference gave a value none."""


@dataclass(frozen=True)
class LayerCost:
    """One node of the graph, for one image; `weights`, `inputs` and `outputs` count elements.

    Weights are what is constant: initializers and all that is computed from them alone. `follows` is the node that
    makes the first input, "" where there is none.
    """

    name: str
    operator: str
    macs: int
    weights: int
    inputs: int
    outputs: int
    follows: str = ""


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
    purpose = "costs are counted with it"
    passes = import_with_onnx("onnx_ir.passes.common", purpose)
    model: ir.Model = import_with_onnx("onnx_ir", purpose).load(path)
    _close_axes(model.graph, _open_sides(path))
    passes.ShapeInferencePass(check_type=False, strict_mode=False)(model)
    constants = set(model.graph.initializers.values())
    try:
        return tuple(_layer(node, constants) for node in model.graph)
    except _UnknownShape:
        return None


def _open_sides(path: Path) -> tuple[int, int] | None:
    """Height and width for a translator's open axes; None for all else, and for graphs that are not ours."""
    try:
        image = read_onnx(path).spec().image
    except BadInputFile:
        return None
    return (image.height, image.width) if image else None


def _close_axes(graph: ir.Graph, sides: tuple[int, int] | None) -> None:
    """Batch 1, and fixed sides of an NHWC picture; what is declared of outputs is inferred anew."""
    for value in graph.inputs:
        shape = list(value.shape or ())
        given = (1, *(sides or ())) if len(shape) == 4 else (1,)
        for axis, side in enumerate(given[: len(shape)]):
            shape[axis] = shape[axis] if axis and isinstance(shape[axis], int) else side
        value.shape = value.shape and type(value.shape)(shape)
    for value in graph.outputs:
        value.shape = None


def _shape(value: ir.Value | None) -> tuple[int, ...]:
    """Sides that stay open, or are empty, count as 1."""
    if value is None or value.shape is None:
        raise _UnknownShape
    return tuple(max(1, side) if isinstance(side, int) else 1 for side in value.shape)


def _layer(node: ir.Node, constants: set[ir.Value]) -> LayerCost:
    """The cost of one node; adds its outputs to `constants` where all of its inputs are."""
    given = [value for value in node.inputs if value is not None]
    fixed = sum(prod(_shape(value)) for value in given if value in constants)
    moved = sum(prod(_shape(value)) for value in given if value not in constants)
    made = sum(prod(_shape(value)) for value in node.outputs if value.name)
    name = _name(node)
    if all(value in constants for value in given):  # computed once, when the model is loaded
        constants.update(node.outputs)
        return LayerCost(name, node.op_type, 0, 0, 0, 0)
    if node.op_type in _VIEWS:
        return LayerCost(name, node.op_type, 0, 0, 0, 0)
    before = given[0].producer() if given else None
    follows = "" if before is None else _name(before)
    return LayerCost(name, node.op_type, _node_macs(node), fixed, moved, made, follows)


def _name(node: ir.Node) -> str:
    return node.name or node.outputs[0].name or ""


def _node_macs(node: ir.Node) -> int:
    if node.op_type == "Conv":
        return prod(_shape(node.outputs[0])[2:]) * prod(_shape(node.inputs[1]))
    if node.op_type == "ConvTranspose":
        return prod(_shape(node.inputs[0])[2:]) * prod(_shape(node.inputs[1]))
    if node.op_type in ("MatMul", "Gemm"):
        left = _shape(node.inputs[0])
        transposed = node.attributes.get_int("transA", 0)
        return prod(_shape(node.outputs[0])) * (left[0] if transposed else left[-1])
    return 0
