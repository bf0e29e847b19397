"""Last layers in strips of rows: every kernel, padding, size and upsampling, against the graph in one piece."""

import numpy as np
import onnx
import pytest
from form_checks import both, check_exact, operators, random_inputs, relative, rewritten
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx_layers import run_torch

from ganrt.engines.forms import make_form
from ganrt.engines.forms.strip_rows import StripRows
from ganrt.engines.forms.tile_outputs import TileOutputs

CHANNELS, WIDTH = 5, 6
FLOOR = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


def rows_of(height, count, itemsize=4):
    """What a strip may be large if a picture is to have `count`, of float32 (of float64 it has twice as many)."""
    return -(-height * CHANNELS * WIDTH * itemsize // count)


def block(rows, kernel=3, pads=(1, 1), scale=2, sized=False, other="small", **layer):
    """BigGAN's last block: upsampling beside a 1x1 convolution, norm, activation, last layer."""

    def build(graph):
        height = rows * scale
        x = graph.input("x", 2 if sized else "n", CHANNELS, rows, WIDTH // 2)
        h = graph.add("Relu", graph.input("h", "n", 4, height, WIDTH))
        if sized:
            sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [2, CHANNELS, height, WIDTH])
            graph.tensors.append(sizes)
            up = graph.add("Resize", x, "", "", sizes.name, **FLOOR)
        else:
            graph.tensors.append(helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, scale, 2]))
            up = graph.add("Resize", x, "", "scales", **FLOOR)
        y = graph.add("Conv", h, graph.weight(CHANNELS, 4, 1, 1), graph.weight(CHANNELS))
        y = graph.norm(graph.add("Add", y, up), CHANNELS)
        sizes = {"small": (1, 1), "map": (height, WIDTH), "row": (1, WIDTH)}[other]
        y = graph.add("Relu", graph.add("Mul", graph.input("gain", "n", CHANNELS, *sizes), y))
        padding = {"pads": [pads[0], 1, pads[1], 1]}
        return [graph.add("Conv", y, graph.weight(3, CHANNELS, kernel, 3), graph.weight(3), **{**padding, **layer})]

    return build


@settings(max_examples=100)
@given(
    rows=st.integers(1, 12),
    kernel=st.integers(1, 7),
    pads=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    scale=st.integers(1, 4),
    count=st.integers(2, 9),
    other=st.sampled_from(["small", "map"]),
    seed=st.integers(0, 99),
)
@example(rows=8, kernel=3, pads=(1, 1), scale=2, count=4, other="small", seed=1)
@example(rows=9, kernel=7, pads=(3, 3), scale=3, count=5, other="map", seed=1)
@example(rows=2, kernel=5, pads=(4, 4), scale=4, count=9, other="small", seed=1)
def test_strips_are_exact(rows, kernel, pads, scale, count, other, seed):
    assume(rows * scale + sum(pads) >= kernel)
    step = StripRows(rows_of(rows * scale, count))
    made = check_exact(block(rows, kernel, pads, scale, other=other), step, seed=seed)
    fits = kernel <= rows * scale and max(pads) < kernel
    in_strips = operators(made)[-1] == "Concat"
    assert in_strips or bool(step.notes) or rows * scale + sum(pads) - kernel + 1 <= scale
    assert not (in_strips and ((kernel - 1) % scale or not fits))


@pytest.mark.parametrize("sized", [False, True])
def test_the_last_block_keeps_no_map_in_one_piece(sized):
    build = block(8, sized=sized)
    _, made = both(build, np.float32, 0, StripRows(rows_of(16, 4)))
    found = operators(made)
    assert {kind: found.count(kind) for kind in ("Slice", "Resize", "Conv", "Relu", "Concat")} == {
        "Slice": 8,
        "Resize": 4,
        "Conv": 8,
        "Relu": 8,
        "Concat": 1,
    }
    check_exact(build, StripRows(rows_of(16, 4)), TileOutputs())


def test_the_form_cuts_maps_above_8_mib_and_tiles_the_strips():
    for rows, parts in ((34952, 1), (34954, 2)):  # upsampled: 5 channels, 6 columns, 4 bytes
        data = both(block(rows), np.float32, 0)[0].SerializeToString()
        made = make_form(data, "strip")
        found = operators(onnx.load_model_from_string(made.data))
        assert (found.count("DepthToSpace"), found.count("Resize")) == (parts, parts)
        assert (made.data == make_form(data, "upsample").data) == (parts == 1)


def test_weights_are_shared_by_the_strips():
    before, after = both(block(8), np.float32, 0, StripRows(rows_of(16, 4)))
    floats = [
        sum(t.data_type == TensorProto.FLOAT and len(t.dims) == 4 for t in m.graph.initializer) for m in (before, after)
    ]
    assert floats[0] == floats[1] == 2


def test_rows_in_another_place_are_another_picture():
    """What the check would see of a strip that begins one row late."""
    before, after = both(block(8), np.float64, 0, StripRows(rows_of(16, 2, 8)))
    for part in (".first", ".end"):
        stored = next(t for t in after.graph.initializer if t.name.endswith(part))
        stored.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(stored) + 1, stored.name))
    inputs = random_inputs(before, 0)
    wanted = run_torch(before.SerializeToString(), inputs)
    assert relative(run_torch(after.SerializeToString(), inputs), wanted) > 0.01


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (block(8, kernel=4), True),  # a strip would begin between two copies of one row
        (block(8, strides=[2, 2]), True),
        (block(8, dilations=[2, 2]), True),
        (block(8, kernel=2, pads=(2, 0), scale=1), True),
    ],
)
def test_what_cannot_be_cut_is_left_alone(build, said):
    step = StripRows(64)
    before, _ = both(build, np.float32, 0)
    assert operators(rewritten(before, step)) == operators(before)
    assert bool(step.notes) == said


def test_small_maps_and_lonely_layers_stay_in_one_piece():
    before, after = both(block(8), np.float32, 0, StripRows(rows_of(16, 1)))
    assert operators(after) == operators(before)

    def lonely(graph):
        y = graph.add("Relu", graph.input("x", "n", CHANNELS, 16, WIDTH))
        return [graph.add("Conv", y, graph.weight(3, CHANNELS, 3, 3))]

    assert operators(both(lonely, np.float32, 0, StripRows(64))[1]) == ["Relu", "Conv"]


@pytest.mark.parametrize("kind", ["read twice", "an output", "broadcast rows"])
def test_strips_begin_below_what_they_may_not_compute(kind):
    def build(graph):
        if kind == "broadcast rows":
            return block(8, other="row")(graph)
        y = graph.add("Sigmoid", graph.input("x", "n", CHANNELS, 16, WIDTH))
        z = graph.add("Tanh", graph.add("Relu", y))
        last = graph.add("Conv", z, graph.weight(3, CHANNELS, 3, 3))
        return [last, y if kind == "an output" else graph.add("Tanh", y)]

    made = check_exact(build, StripRows(rows_of(16, 2)))
    if kind != "broadcast rows":
        assert operators(made).count("Sigmoid") == 1
