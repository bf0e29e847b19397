"""A generator of many classes as one of a single class, or of one mixture: smaller, and without the input `labels`.

What depends on the class alone is computed once. A product of (latent, class embedding) with a matrix is the latent's
product with its rows and a constant, W [z; e] = W_z z + W_e e: the class's half of every conditional norm's matrix and
of the first layer's goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import onnx_ir as ir
import torch
from onnx_ir.passes.common import RemoveUnusedNodesPass
from torch import Tensor, nn

from ganrt.errors import NegativeResult
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.inputs import Array as Weights
from ganrt.graphs.files import check
from ganrt.graphs.fold_constants import evaluate, make_constant
from ganrt.graphs.passes import LeftAlone
from ganrt.graphs.values import Replacement, attribute, constant, drop, input_of, is_operator
from ganrt.spec import LABELS


class _OneClass(nn.Module):
    """z float32 [n, dim] and what else the generator takes, but labels: those are the same for every picture."""

    def __init__(self, generator: nn.Module, weights: Weights) -> None:
        super().__init__()
        self.generator = generator
        self.register_buffer("weights", torch.from_numpy(weights.copy()))

    def forward(self, z: Tensor, *others: Tensor) -> Tensor:
        labels = cast(Tensor, self.weights).expand(len(z), -1)
        return cast(Tensor, self.generator(z, labels, *others))


def fix_class(built: Candidate, model: ir.Model, weights: Weights) -> tuple[Candidate, ir.Model]:
    """The generator and its graph with labels that are always `weights` [count], and a spec without.

    Raises:
        NegativeResult: see `fix_labels`.
    """
    spec = replace(built.spec, labels=None)
    return replace(built, module=_OneClass(built.module, weights).eval(), spec=spec), fix_labels(model, weights)


def fix_labels(model: ir.Model, weights: Weights) -> ir.Model:
    """The model without its input `labels`, whose rows are all `weights` [count].

    Raises:
        NegativeResult: something that depends on the labels alone cannot be computed.
    """
    made = model.clone()
    labels = next(value for value in made.graph.inputs if value.name == LABELS)
    made.graph.inputs.remove(labels)
    labels.const_value = ir.tensor(weights[None], name=LABELS)
    made.graph.register_initializer(labels)
    fixed = {labels}  # what depends on weights and labels alone: one row for all pictures
    for node in list(made.graph):
        given = [value for value in node.inputs if value is not None]
        if not fixed.isdisjoint(given) and all(value in fixed or constant(value) is not None for value in given):
            fixed.update(make_constant(node, _computed(node)))
    for node in [node for node in made.graph if node.op_type == "Concat" and not fixed.isdisjoint(node.inputs)]:
        _without_class(node, fixed)
    RemoveUnusedNodesPass()(made)
    made.producer_version = None  # as in files of earlier versions: their bytes stay the same
    check(made)
    return made


def _computed(node: ir.Node) -> list[Weights]:
    try:
        return evaluate(node)
    except LeftAlone as error:
        raise NegativeResult(
            f"the class cannot be fixed in this graph: {node.op_type} '{node.name}' cannot be computed "
            f"({type(error.__cause__).__name__})\nexport it without --class, and give the class when drawing"
        ) from error


def _without_class(joined: ir.Node, fixed: set[ir.Value]) -> None:
    """One fixed row does for all pictures wherever shapes are broadcast, so but where it is joined to theirs."""
    free = [value for value in joined.inputs if value not in fixed]
    readers = list(joined.outputs[0].consumers())
    if readers and len(free) == 1 and all(_is_product(reader) for reader in readers):
        for reader in readers:
            _free_product(reader, joined, fixed)
        drop(joined)
    else:
        _with_rows(joined, free[0], fixed)


def _is_product(node: ir.Node) -> bool:
    """Whether it is x W + b and nothing else, W and b known."""
    plain = not attribute(node, "transA", 0) and attribute(node, "alpha", 1.0) == attribute(node, "beta", 1.0) == 1
    return (
        is_operator(node, "Gemm", "MatMul") and plain and all(constant(value) is not None for value in node.inputs[1:])
    )


def _free_product(node: ir.Node, joined: ir.Node, fixed: set[ir.Value]) -> None:
    """Of [x, e] W + b, e fixed, the product of x alone; sums in float64."""
    stored, given = constant(node.inputs[1]), constant(input_of(node, 2))
    assert stored is not None
    matrix = stored.T if attribute(node, "transB", 0) else stored
    bias = 0.0 if given is None else given.astype(np.float64)
    rows = [constant(value) if value in fixed else None for value in joined.inputs]
    widths = [None if row is None else row.shape[1] for row in rows]
    free = matrix.shape[0] - sum(width or 0 for width in widths)
    ends = np.cumsum([free if width is None else width for width in widths])
    kept = matrix
    for row, part in zip(rows, np.split(matrix, ends[:-1]), strict=True):
        if row is None:
            kept = part
        else:
            bias = bias + row[0].astype(np.float64) @ part.astype(np.float64)
    new = Replacement(node)
    constants = [new.weight("matrix", kept), new.weight("bias", np.asarray(bias).astype(matrix.dtype))]
    x = next(value for value in joined.inputs if value not in fixed)
    new.finish(new.op("Gemm", [x, *constants], "free"))


def _with_rows(joined: ir.Node, free: ir.Value | None, fixed: set[ir.Value]) -> None:
    """The fixed values once for every picture, since something needs them in its rows."""
    new = Replacement(joined)
    count = new.op("Shape", [free], "count", {"start": 0, "end": 1})

    def rows(value: ir.Value) -> ir.Value:
        array = constant(value)
        assert array is not None
        width = new.weight("width", np.asarray(array.shape[1:], np.int64))
        return new.op("Expand", [value, new.op("Concat", [count, width], "shape", {"axis": 0})], "rows")

    inputs: Sequence[ir.Value | None] = [rows(value) if value in fixed else value for value in joined.inputs]
    new.finish(new.copy(joined, inputs, "joined"))
