"""Transposed convolutions -> phase form: same MACs, no inserted zeros, ordinary convolutions.

Exact: every weight is used once, as it is (`phases.py` has the formula); only the order of additions changes.
"""

from __future__ import annotations

import onnx_ir as ir

from ganrt.engines.forms.phase_nodes import Layout, PhaseForm, add_phases
from ganrt.engines.forms.phases import transposed_axis
from ganrt.graphs.convolution import read_convolution
from ganrt.graphs.passes import GraphPass
from ganrt.graphs.values import Replacement


class TransposedToPhases(GraphPass):
    """Any kernel, stride, padding and output padding. `largest_stride` 1: only those that are mirrored convolutions."""

    starts_at = ("ConvTranspose",)
    needs_shapes = True

    def __init__(self, layout: Layout = Layout.SPLIT, largest_stride: int | None = None) -> None:
        super().__init__()
        self.layout, self.largest_stride = layout, largest_stride

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        convolution = read_convolution(node)
        if self.largest_stride is not None and max(convolution.strides) > self.largest_stride:
            return False
        rows, columns = (
            transposed_axis(*axis)
            for axis in zip(
                convolution.kernel, convolution.strides, convolution.pads, convolution.output_padding, strict=True
            )
        )
        form = PhaseForm(convolution.weight.swapaxes(0, 1), rows, columns, self.layout)
        new = Replacement(node)
        new.finish(add_phases(new, convolution, form))
        return True
