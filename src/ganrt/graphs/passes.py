"""What every pass is: a rewrite of single nodes that keeps the graph's interface and says what it left alone."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import onnx_ir as ir

from ganrt.graphs.values import is_operator

OPSETS = range(18, 24)  # the operators used here mean the same in all of these


class LeftAlone(Exception):
    """A node looks like one to rewrite, but is not quite; the message says why."""


class GraphPass(ir.passes.InPlacePass):
    """One exact rewrite.

    Precondition: a standard opset that it knows. Postcondition: the graph's inputs and outputs are what they were
    (names, types, shapes, order). `notes` tells which nodes were left alone, and why.
    """

    starts_at: ClassVar[tuple[str, ...]] = ()  # operators whose nodes are offered to `rewrite`; () for all nodes
    needs_shapes: ClassVar[bool] = False

    def __init__(self) -> None:
        self.notes: list[str] = []

    @abstractmethod
    def rewrite(self, node: ir.Node) -> bool:
        """Rewrites the graph around a node; False if there is nothing to do, LeftAlone if that is worth a note."""

    def call(self, model: ir.Model) -> ir.passes.PassResult:
        """Offers every node of the main graph, in order; those that a rewrite took away are skipped."""
        modified = False
        for node in list(model.graph):
            wanted = not self.starts_at or is_operator(node, *self.starts_at)
            if wanted and node.graph is model.graph:
                try:
                    modified |= self.rewrite(node)
                except LeftAlone as reason:
                    self.notes.append(f"{node.name} left as it is: {reason}")
        return ir.passes.PassResult(model, modified)

    def requires(self, model: ir.Model) -> None:
        """See the class."""
        if model.opset_imports.get("") not in OPSETS:
            raise ir.passes.PreconditionError(
                f"opset {model.opset_imports.get('')}: expected {OPSETS[0]} to {OPSETS[-1]}"
            )
        self._interface = _interface(model)

    def ensures(self, model: ir.Model) -> None:
        """See the class."""
        if _interface(model) != self._interface:
            raise ir.passes.PostconditionError(f"{type(self).__name__} changed the graph's inputs or outputs")


def _interface(model: ir.Model) -> list[tuple[str | None, str, str]]:
    values = [*model.graph.inputs, *model.graph.outputs]
    return [(value.name, str(value.dtype), str(value.shape)) for value in values]
