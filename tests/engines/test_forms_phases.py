"""Transposed and upsampled convolutions in phases: every kernel, stride and padding, against the layers themselves."""

import numpy as np
import pytest
from form_checks import both, check_exact, operators, random_inputs, relative, rewritten
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper
from onnx_layers import Graph, run_torch

from ganrt.engines.forms.exchange import UpsampleLate
from ganrt.engines.forms.phase_nodes import Layout
from ganrt.engines.forms.phases import transposed_axis, upsampled_axis
from ganrt.engines.forms.pixel_to_gemm import PixelToGemm
from ganrt.engines.forms.transposed import TransposedToPhases
from ganrt.engines.forms.trim_kernels import TrimKernels
from ganrt.engines.forms.upsampled import UpsampledToPhases

MODES = [("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"), ("half_pixel", "round_prefer_ceil")]
LAYOUTS = st.sampled_from(list(Layout))
# kernel, stride, padding before and after, output padding: what the families have
FAMILIES = [(4, 2, 1, 1, 0), (6, 2, 2, 2, 0), (3, 2, 1, 1, 1), (5, 1, 2, 2, 0), (3, 1, 1, 1, 0), (4, 1, 0, 0, 0)]
FAMILIES += [(4, 4, 0, 0, 0), (3, 2, 0, 1, 0), (2, 3, 0, 0, 1), (5, 2, 1, 2, 0)]


@st.composite
def transposed_axes(draw):
    """(kernel, stride, before, after, output padding, size) with at least one output row."""
    kernel, stride = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    before, after = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    extra, size = draw(st.integers(0, stride - 1)), draw(st.integers(1, 5))
    assume((size - 1) * stride + kernel + extra - before - after >= 1)
    return kernel, stride, before, after, extra, size


def transposed(rows, columns, channels=(2, 3), bias=True, name="layer"):
    def build(graph):
        x = graph.input("x", "n", channels[0], rows[5], columns[5])
        weights = [graph.weight(*channels, rows[0], columns[0])] + [graph.weight(channels[1])] * bias
        pads = [rows[2], columns[2], rows[3], columns[3]]
        strides, extra = [rows[1], columns[1]], [rows[4], columns[4]]
        return [graph.add("ConvTranspose", x, *weights, name=name, strides=strides, pads=pads, output_padding=extra)]

    return build


@settings(max_examples=150)
@given(transposed_axes(), transposed_axes(), LAYOUTS, st.booleans(), st.integers(0, 99))
@example((4, 2, 1, 1, 0, 3), (4, 2, 1, 1, 0, 5), Layout.SPLIT, True, 1)
@example((3, 2, 1, 1, 1, 4), (3, 2, 1, 1, 1, 4), Layout.MERGED, True, 1)
def test_transposed_convolutions_in_phases_are_exact(rows, columns, layout, bias, seed):
    made = check_exact(transposed(rows, columns, bias=bias), TransposedToPhases(layout), seed=seed)
    assert "ConvTranspose" not in operators(made)


@pytest.mark.parametrize("axis", FAMILIES)
@pytest.mark.parametrize("layout", list(Layout))
def test_the_layers_of_the_families(axis, layout):
    both_axes = (*axis, 3)
    made = check_exact(transposed(both_axes, both_axes), TransposedToPhases(layout))
    assert "ConvTranspose" not in operators(made)


def test_a_phase_form_has_just_the_taps_of_the_kernel():
    """Unless a stride is larger than the kernel, no weight is stored twice and no zero is stored."""
    for kernel, stride, before, after, extra in [case for case in FAMILIES if case[0] >= case[1]]:
        phases = transposed_axis(kernel, stride, (before, after), extra).phases
        assert sum(phase.taps.size for phase in phases) == kernel * kernel
        assert sum(phase.taps.sum(0) for phase in phases).tolist() == [1] * kernel
    assert [phase.taps.shape[0] for phase in upsampled_axis(3, 2, (1, 1)).phases] == [2, 2]
    assert [phase.taps.shape[0] for phase in upsampled_axis(5, 2, (2, 2)).phases] == [3, 3]


def test_the_popular_but_shifted_conversion_is_told_apart():
    """Keras' (5, 2) 'same' as padding 2, output padding 1 has the right shape and the wrong picture."""
    right, wrong = ((5, 2, 1, 2, 0, 4),) * 2, ((5, 2, 2, 2, 1, 4),) * 2
    before, _ = both(transposed(*right), float, 0)
    _, after = both(transposed(*wrong), float, 0, TransposedToPhases())
    inputs = random_inputs(before, 0)
    outputs = [run_torch(model.SerializeToString(), inputs) for model in (before, after)]
    assert outputs[0][0].shape == outputs[1][0].shape
    assert relative(outputs[1], outputs[0]) > 0.1


@settings(max_examples=120)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3), st.integers(1, 4)),
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3), st.integers(1, 4)),
    LAYOUTS,
    st.sampled_from(
        [("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"), ("half_pixel", "round_prefer_ceil")]
    ),
    st.booleans(),
)
@example((3, 2, 1, 1, 3), (3, 2, 1, 1, 4), Layout.SPLIT, ("asymmetric", "floor"), True)
@example((5, 2, 2, 2, 3), (5, 2, 2, 2, 4), Layout.MIXED, ("asymmetric", "floor"), False)
def test_upsampled_convolutions_in_phases_are_exact(rows, columns, layout, mode, by_size):
    assume(all(scale * size + before + after >= kernel for kernel, scale, before, after, size in (rows, columns)))

    def build(graph):
        sizes = [rows[4], columns[4]]
        x = graph.input("x", "n" if not by_size else 2, 2, *sizes)
        scales = [rows[1], columns[1]]
        if by_size:
            large = graph.constant([2, 2, *(scale * size for scale, size in zip(scales, sizes, strict=True))])
            resize = (x, "", "", large)
        else:
            resize = (x, "", graph.constant([1.0, 1.0, *map(float, scales)]))
        if graph.dtype == "float64" and not by_size:  # Resize takes its scales in float32 alone
            graph.tensors[-1].CopyFrom(as_float32(graph.tensors[-1]))
        settings = {"coordinate_transformation_mode": mode[0], "nearest_mode": mode[1]}
        up = graph.add("Resize", *resize, mode="nearest", **settings)
        pads = [rows[2], columns[2], rows[3], columns[3]]
        weights = graph.weight(3, 2, rows[0], columns[0]), graph.weight(3)
        return [graph.add("Conv", up, *weights, pads=pads, name="layer")]

    made = check_exact(build, UpsampledToPhases(layout))
    pointwise = rows[:1] == columns[:1] == (1,) and not any((*rows[2:4], *columns[2:4]))
    assert ("Resize" in operators(made)) == pointwise


def as_float32(tensor):
    return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name)


@pytest.mark.parametrize("zeros", ["top and left", "all around", "everywhere"])
def test_zero_edges_are_trimmed(zeros):
    def build(graph):
        kernel = graph.random.standard_normal((2, 3, 6, 6))
        kernel[:, :, 0] = kernel[:, :, :, 0] = 0
        if zeros == "all around":
            kernel[:, :, -1] = kernel[:, :, :, -1] = 0
        x = graph.input("x", "n", 2, 3, 4)
        weight = graph.constant(kernel * (zeros != "everywhere"))
        return [graph.add("ConvTranspose", x, weight, graph.constant(np.ones(3)), strides=[2, 2], pads=[2, 2, 2, 2])]

    made = check_exact(build, TrimKernels())
    side = {"top and left": 5, "all around": 4, "everywhere": 4}[zeros]
    weight = next(tensor for tensor in made.graph.initializer if len(tensor.dims) == 4)
    assert weight.dims[2:] == [side, side]


@settings(max_examples=80)
@given(
    st.booleans(),
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 3), st.integers(0, 3)),
    st.booleans(),
)
@example(True, (4, 1, 0, 0), (4, 1, 0, 0), True)  # DCGAN
@example(True, (4, 4, 0, 0), (4, 4, 0, 0), True)  # the anime DCGAN
@example(False, (4, 1, 3, 3), (4, 1, 3, 3), True)  # CSC413
def test_convolutions_of_a_single_pixel_become_products(is_transposed, rows, columns, unsqueezed):
    for kernel, _, before, after in (rows, columns):
        assume(kernel > before + after if is_transposed else 1 + before + after >= kernel)

    def build(graph):
        x = graph.input("x", "n", 3, *([] if unsqueezed else [1, 1]))
        if unsqueezed:
            x = graph.add("Unsqueeze", x, graph.constant([2, 3]))
        shape = (3, 4) if is_transposed else (4, 3)
        weights = graph.weight(*shape, rows[0], columns[0]), graph.weight(4)
        pads, strides = [rows[2], columns[2], rows[3], columns[3]], [rows[1], columns[1]]
        kind = "ConvTranspose" if is_transposed else "Conv"
        return [graph.add(kind, x, *weights, strides=strides, pads=pads, name="layer")]

    step = PixelToGemm()
    made = check_exact(build, step)
    assert operators(made)[-2:] == ["Gemm", "Reshape"] or "mostly padding" in step.notes[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "floor"},
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "ceil"},
        {"coordinate_transformation_mode": "align_corners", "nearest_mode": "floor"},
        {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", "scale": 1.5},
        {"coordinate_transformation_mode": "asymmetric", "mode": "linear"},
    ],
)
def test_other_ways_to_resize_stay(settings):
    graph = Graph(np.float32)
    x = graph.input("x", "n", 2, 4, 4)
    scale = settings.get("scale", 2.0)
    given = {"mode": "nearest"} | {key: value for key, value in settings.items() if key != "scale"}
    up = graph.add("Resize", x, "", graph.constant([1.0, 1.0, scale, scale]), **given)
    model = graph.model(graph.add("Conv", graph.add("Relu", up), graph.weight(3, 2, 3, 3), pads=[1] * 4))
    assert operators(rewritten(model, UpsampleLate(), UpsampledToPhases())) == ["Resize", "Relu", "Conv"]
