"""Convolutions with few outputs in tiles: every kernel, padding and size, against the layer itself."""

import numpy as np
import pytest
from form_checks import both, check_exact, operators, random_inputs, relative, rewritten
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper
from onnx_layers import run_torch

from ganrt.engines.forms.tile_outputs import TileOutputs

AXES = st.tuples(st.integers(1, 7), st.integers(0, 3), st.integers(0, 3), st.integers(1, 9))  # kernel, pads, size


def last_layer(rows, columns, outputs=3, bias=True, **attributes):
    def build(graph):
        x = graph.input("x", "n", 5, rows[3], columns[3])
        weights = [graph.weight(outputs, 5, rows[0], columns[0])] + [graph.weight(outputs)] * bias
        pads = [rows[1], columns[1], rows[2], columns[2]]
        return [graph.add("Conv", x, *weights, name="layer", pads=pads, **attributes)]

    return build


@settings(max_examples=150)
@given(AXES, AXES, st.integers(1, 4), st.booleans(), st.integers(0, 99))
@example((3, 1, 1, 8), (3, 1, 1, 6), 3, True, 1)
@example((7, 0, 0, 9), (7, 3, 3, 5), 3, True, 1)
@example((3, 1, 1, 5), (5, 2, 2, 7), 1, False, 1)
def test_few_outputs_in_tiles_are_exact(rows, columns, outputs, bias, seed):
    assume(all(size + before + after >= kernel for kernel, before, after, size in (rows, columns)))
    assume((rows[0], columns[0]) != (1, 1))
    made = check_exact(last_layer(rows, columns, outputs, bias), TileOutputs(), seed=seed)
    assert operators(made)[:2] == ["Conv", "DepthToSpace"]
    weight = numpy_helper.to_array(made.graph.initializer[-2 if bias else -1])
    assert len(weight) <= 16 or outputs > 4


def test_the_tile_is_the_largest_that_one_register_holds():
    for outputs, side in ((1, 4), (2, 2), (3, 2), (4, 2)):
        _, after = both(last_layer((3, 1, 1, 8), (3, 1, 1, 8), outputs), np.float32, 0, TileOutputs())
        shapes = {tuple(tensor.dims) for tensor in after.graph.initializer if len(tensor.dims) == 4}
        assert (outputs * side**2, 5, 2 + side, 2 + side) in shapes


def test_pixels_in_another_order_are_another_picture():
    """What the check would see of a tile whose rows and columns are swapped."""
    before, after = both(last_layer((3, 1, 1, 6), (3, 1, 1, 6)), np.float64, 0, TileOutputs())
    tile = next(tensor for tensor in after.graph.initializer if len(tensor.dims) == 4)
    swapped = numpy_helper.to_array(tile).reshape(2, 2, 3, 5, 4, 4).swapaxes(0, 1).reshape(12, 5, 4, 4)
    tile.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(swapped), tile.name))
    inputs = random_inputs(before, 0)
    wanted = run_torch(before.SerializeToString(), inputs)
    assert relative(run_torch(after.SerializeToString(), inputs), wanted) > 0.1


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (last_layer((3, 1, 1, 8), (3, 1, 1, 8), outputs=5), False),
        (last_layer((1, 0, 0, 8), (1, 0, 0, 8)), False),
        (last_layer((3, 1, 1, 8), (3, 1, 1, 8), strides=[2, 2]), True),
        (last_layer((3, 1, 1, 8), (3, 1, 1, 8), dilations=[2, 2]), True),
        (last_layer((3, 1, 1, "h"), (3, 1, 1, 8)), True),
    ],
)
def test_what_would_not_gain_or_cannot_be_tiled_is_left_alone(layer, said):
    step = TileOutputs()
    before, _ = both(layer, np.float32, 0)
    assert operators(rewritten(before, step)) == ["Conv"]
    assert bool(step.notes) == said
