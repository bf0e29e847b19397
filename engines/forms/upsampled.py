"""Nearest upsampling and the convolution behind it -> phase form: the small picture is convolved instead.

Exact: taps that meet the same pixel of the small picture are added up, once, in float64 (`phases.py`). Kernel 3 and
scale 2: 16 taps in place of 36; kernel 5: 36 in place of 100.
"""

from __future__ import annotations

from dataclasses import replace

import onnx_ir as ir

from ganrt.engines.forms.phase_nodes import Layout, PhaseForm, add_phases
from ganrt.engines.forms.phases import upsampled_axis
from ganrt.engines.forms.upsampling import nearest_scale
from ganrt.graphs.convolution import read_convolution
from ganrt.graphs.passes import GraphPass, LeftAlone
from ganrt.graphs.values import Replacement, input_of


class UpsampledToPhases(GraphPass):
    """Any kernel, whole scale and padding, stride 1; 1x1 convolutions change places with it instead (`exchange`)."""

    starts_at = ("Conv",)
    needs_shapes = True

    def __init__(self, layout: Layout = Layout.SPLIT) -> None:
        super().__init__()
        self.layout = layout

    def rewrite(self, node: ir.Node) -> bool:
        """See the class."""
        upsampled = input_of(node, 0)
        resize = upsampled.producer() if upsampled is not None else None
        scale = nearest_scale(resize)
        if scale is None or resize is None or upsampled is None:
            return False
        convolution = read_convolution(node)
        if convolution.strides != (1, 1):
            raise LeftAlone("it strides over the upsampled picture")
        if convolution.kernel == (1, 1) and convolution.pads == ((0, 0), (0, 0)):
            return False
        rows, columns = (
            upsampled_axis(*axis) for axis in zip(convolution.kernel, scale, convolution.pads, strict=True)
        )
        new = Replacement(node)
        small = resize.inputs[0]
        assert small is not None
        form = PhaseForm(convolution.weight, rows, columns, self.layout)
        new.finish(add_phases(new, replace(convolution, x=small), form))
        return True
