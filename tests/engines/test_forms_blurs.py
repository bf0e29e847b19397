"""A transposed convolution and its blur as one: exact, in phases too; what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
from form_checks import check_exact, operators
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx_layers import Graph

from ganrt.engines.forms.fold_blur import FoldBlur
from ganrt.engines.forms.phase_nodes import Layout
from ganrt.engines.forms.transposed import TransposedToPhases


def doubled(
    graph: Graph, kernel: int = 3, stride: int = 2, taps: int = 4, pads: tuple[int, ...] = (1,) * 4, **more: Any
):
    x = graph.input("x", "n", 2, 4, 5)
    inner = {key.removeprefix("inner_"): value for key, value in more.items() if key.startswith("inner_")}
    outer = {key: value for key, value in more.items() if not key.startswith("inner_")}
    bias = [graph.weight(3)] if inner.pop("bias", False) else []
    made = graph.add("ConvTranspose", x, graph.weight(2, 3, kernel, kernel), *bias, strides=[stride] * 2, **inner)
    outer = {"group": 3, "pads": list(pads), **outer}
    weight = graph.weight(3, 3 // outer["group"], taps, taps)
    return [graph.add("Conv", made, weight, graph.weight(3), **outer)]


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.lists(st.integers(0, 3), min_size=4, max_size=4))
@example(3, 2, 4, [1, 1, 1, 1])
def test_a_blur_behind_a_transposed_convolution(kernel: int, stride: int, taps: int, pads: list[int]) -> None:
    pads = [min(pad, taps - 1) for pad in pads]
    for after in ((), (TransposedToPhases(Layout.MERGED),)):
        made = check_exact(lambda graph: doubled(graph, kernel, stride, taps, tuple(pads)), FoldBlur(), *after)
        assert operators(made).count("ConvTranspose") == (0 if after else 1)
        if not after:
            assert "Conv" not in operators(made)


@pytest.mark.parametrize(
    "more",
    [
        {"group": 1}, {"strides": [2, 2]}, {"inner_bias": True}, {"inner_pads": [1, 1, 1, 1]},
        {"inner_output_padding": [1, 1]}, {"pads": (4, 4, 4, 4)},
    ],
)  # fmt: skip
def test_what_is_left_alone(more: dict[str, Any]) -> None:
    made = check_exact(lambda graph: doubled(graph, **more), FoldBlur())
    assert operators(made) == ["ConvTranspose", "Conv"]
