"""Winograd's minimal filtering of large convolutions, against the layer itself."""

import numpy as np
import pytest
from form_checks import both, check_exact, operators, random_inputs, relative, rewritten
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper
from onnx_layers import run_ort, run_torch

from ganrt.engines.forms import winograd
from ganrt.engines.forms.winograd import Winograd, matrices

AXES = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(3, 14))  # pads, size


@pytest.fixture
def small(monkeypatch):
    """Layers of any size are taken."""
    monkeypatch.setattr(winograd, "FEWEST_CHANNELS", 0)
    monkeypatch.setattr(winograd, "FEWEST_TILES", 0)


def layer(rows, columns, inputs=3, outputs=4, bias=True, kernel=3, **attributes):
    def build(graph):
        x = graph.input("x", "n", inputs, rows[2], columns[2])
        weights = [graph.weight(outputs, inputs, kernel, kernel)] + [graph.weight(outputs)] * bias
        pads = [rows[0], columns[0], rows[1], columns[1]]
        return [graph.add("Conv", x, *weights, name="layer", pads=pads, **attributes)]

    return build


def test_one_axis_is_filtered_exactly():
    random = np.random.default_rng(0)
    pixels, kernel, back = matrices()
    for _ in range(20):
        window, taps = random.standard_normal(6), random.standard_normal(3)
        made = back @ ((kernel @ taps) * (pixels @ window))
        assert np.allclose(made, np.convolve(window, taps[::-1], "valid"), rtol=0, atol=1e-13)


@pytest.mark.usefixtures("small")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(AXES, AXES, st.integers(1, 5), st.integers(1, 5), st.booleans(), st.integers(0, 99))
@example((1, 1, 8), (1, 1, 12), 4, 4, True, 0)
@example((0, 0, 3), (0, 0, 3), 1, 1, False, 1)
def test_tiles_are_exact(rows, columns, inputs, outputs, bias, seed):
    step = Winograd()
    made = check_exact(layer(rows, columns, inputs, outputs, bias), step, seed=seed, single_error=1e-5)
    assert "MatMul" in operators(made)
    assert ("Add" in operators(made)) == bias


def test_the_usual_points_would_cost_more_of_float32(small, monkeypatch):
    errors = []
    build = layer((1, 1, 16), (1, 1, 16), 96, 8)
    for points in (winograd.POINTS, (0.0, 1.0, -1.0, 2.0, -2.0)):
        monkeypatch.setattr(winograd, "POINTS", points)
        before, after = both(build, np.float32, 0, Winograd())
        inputs = {name: value.astype(np.float32) for name, value in random_inputs(before, 0).items()}
        wanted = run_torch(before.SerializeToString(), inputs)
        errors.append(relative(run_ort(after.SerializeToString(), inputs), wanted))
    assert errors[0] < 5e-6
    assert errors[1] > 2 * errors[0]


def test_a_point_changed_is_another_picture(small):
    """What the check would see of a wrong transform."""
    before, after = both(layer((1, 1, 8), (1, 1, 8)), np.float64, 0, Winograd())
    back = next(tensor for tensor in after.graph.initializer if tuple(tensor.dims) == (16, 36))
    back.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(back)[:, ::-1].copy(), back.name))
    inputs = random_inputs(before, 0)
    wanted = run_torch(before.SerializeToString(), inputs)
    assert relative(run_torch(after.SerializeToString(), inputs), wanted) > 0.1


def test_a_picture_does_not_depend_on_its_batch(small):
    _, after = both(layer((1, 1, 12), (1, 1, 9), 8, 8), np.float32, 0, Winograd())
    x = np.random.default_rng(0).standard_normal((5, 8, 12, 9), np.float32)
    data = after.SerializeToString()
    single = [run_ort(data, {"x": x[i : i + 1]})[0] for i in range(5)]
    assert np.array_equal(run_ort(data, {"x": x})[0], np.concatenate(single))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (layer((1, 1, 32), (1, 1, 32), 96, 96), False),
        (layer((1, 1, 28), (1, 1, 32), 128, 128), False),
        (layer((2, 2, 32), (2, 2, 32), 128, 128, kernel=5), False),
        (layer((1, 1, 64), (1, 1, 64), 128, 128, strides=[2, 2]), False),
        (layer((1, 1, "h"), (1, 1, 32), 128, 128), True),
        (layer((1, 1, 32), (1, 1, 32), 128, 128, dilations=[2, 2]), True),
    ],
)
def test_what_would_not_gain_or_cannot_be_tiled_is_left_alone(build, said):
    step = Winograd()
    before, _ = both(build, np.float32, 0)
    assert operators(rewritten(before, step)) == ["Conv"]
    assert bool(step.notes) == said


def test_a_layer_of_many_channels_is_taken():
    before, _ = both(layer((1, 1, 32), (1, 1, 32), 128, 128), np.float32, 0)
    assert "MatMul" in operators(rewritten(before, Winograd()))
