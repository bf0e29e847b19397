"""INT8: what quantise and dequantise nodes stand for, ranges that clip outliers, and the layers that stay in FP32."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from precision_models import SIZE, by_hand, exported, few

import ganrt.runtime.models
from ganrt.engines.backends import open_model
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.precisions import int8_model, lower_precision
from ganrt.engines.precisions.int8 import measure_scales, quantisable, quantised_graph, quantised_weight
from ganrt.engines.precisions.interpreter import Interpreter
from ganrt.engines.precisions.prepared import prepare
from ganrt.errors import BadInputFile, NegativeResult
from ganrt.runtime.tuning.candidates import Candidate, backends_here
from ganrt.runtime.tuning.field import Budget, Field, int8_candidates
from ganrt.runtime.tuning.samples import Samples

RANDOM = np.random.default_rng(5)


def int8(model, **options):
    return lower_precision(model, "int8", few(model), threads=1, **options)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_weights_have_a_scale_for_each_output_channel(axis):
    weight = RANDOM.normal(size=(6, 5, 3, 3)).astype(np.float32) * np.arange(6).reshape(-1, 1, 1, 1)
    values, scales = quantised_weight(weight, axis)
    assert (values.shape, values.dtype, scales.shape) == (weight.shape, np.int8, (weight.shape[axis],))
    shape = [1] * 4
    shape[axis] = -1
    assert np.abs(values * scales.reshape(shape) - weight).max() <= scales.max() / 2 + 1e-6
    assert np.abs(values).max() == 127
    assert values.min() >= -127


def test_a_channel_of_zeros_is_no_division_by_zero():
    values, scales = quantised_weight(np.zeros((2, 3), np.float32), 0)
    assert not values.any()
    assert scales.tolist() == [1, 1]


def test_the_graph_says_what_numpy_says(tmp_path):
    """A Conv, a ConvTranspose, a Gemm and a MatMul, whose output channels lie on other axes each."""
    model = by_hand(tmp_path, [*_layers()], _weights())
    prepared = prepare(model.data)
    layers = quantisable(prepared)
    assert {name: axis for name, (_, _, axis) in layers.items()} == {
        "MatMul_0": -1, "conv": 0, "up": 1, "gemm": 0, "gemm_n": 1
    }  # fmt: skip
    scales = {data: 0.05 for data, _, _ in layers.values()}
    made = quantised_graph(prepared, layers, scales)
    onnx.checker.check_model(made.copy().proto(), full_check=True)
    seen, plain = {}, {}
    inputs = few(model, 3).judged
    Interpreter(made).run(inputs, lambda node, values: seen.update(values))
    z = np.rint(inputs["z"] / np.float32(0.05)).clip(-128, 127) * np.float32(0.05)
    first = prepared.graph.initializers["first"].const_value.numpy()
    step = np.abs(first).max(axis=0) / 127
    expected = z @ (np.rint(first / step) * step)
    assert np.abs(seen["x"] - expected).max() < 1e-4
    Interpreter(prepared).run(inputs, lambda node, values: plain.update(values))
    assert np.abs(seen["y"] - plain["y"]).max() < 0.2 * np.abs(plain["y"]).max()


def _layers():
    yield helper.make_node("Reshape", ["x", "square"], ["a"])
    yield helper.make_node("Conv", ["a", "conv_w", "conv_b"], ["b"], pads=[1, 1, 1, 1], name="conv")
    yield helper.make_node("ConvTranspose", ["b", "up_w"], ["c"], pads=[1, 1, 1, 1], name="up")
    yield helper.make_node("Reshape", ["c", "flat"], ["d"])
    yield helper.make_node("Gemm", ["d", "gemm_w"], ["e"], transB=1, name="gemm")
    yield helper.make_node("Gemm", ["e", "gemm_n_w"], ["y"], name="gemm_n")


def _weights():
    return {
        "square": np.array([-1, 3, 8, 8]),
        "flat": np.array([-1, SIZE]),
        "conv_w": RANDOM.normal(0, 0.3, (4, 3, 3, 3)),
        "conv_b": RANDOM.normal(size=4),
        "up_w": RANDOM.normal(0, 0.3, (4, 3, 3, 3)),
        "gemm_w": RANDOM.normal(0, 0.07, (50, SIZE)),
        "gemm_n_w": RANDOM.normal(0, 0.14, (50, SIZE)),
    }


def test_symmetric_and_without_integer_biases(tmp_path):
    model = exported(tmp_path, "dcgan")
    made = int8(model)
    graph = onnx.load_model_from_string(made.data).graph
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert TensorProto.INT32 not in kinds.values()
    zeros = [numpy_helper.to_array(t) for t in graph.initializer if t.name.endswith(".zero")]
    assert zeros
    assert not any(zero.any() for zero in zeros)
    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
    assert layers
    assert all(name.endswith(".dequantised") for node in layers for name in node.input[:2])
    assert all(kinds[name] == TensorProto.FLOAT for node in layers for name in node.input[2:])
    assert (made.fallback_layers, made.form, made.psnr >= 35) == ((), "phase-mixed", True)
    before = onnx.load_model_from_string(model.data)
    after = onnx.load_model_from_string(made.data)
    assert (after.graph.input, after.graph.output) == (before.graph.input, before.graph.output)
    assert (after.ir_version, after.opset_import[0].version) == (10, 18)
    assert derived(model, made.data, "x").spec() == model.spec()
    assert int8(model).data == made.data


def test_a_lone_outlier_does_not_cost_all_others_their_steps(tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "eye"], ["y"], name="layer")]
    prepared = prepare(by_hand(tmp_path, nodes, {"eye": np.eye(SIZE), "first": np.eye(6, SIZE)}).data)
    z = np.random.default_rng(0).uniform(-1, 1, (20_000, 6)).astype(np.float32)
    usual = measure_scales(Interpreter(prepared), ["x"], {"z": z}, 4096)["x"]
    assert usual == pytest.approx(np.abs(z).max() / 127, rel=0.11)
    z[3, 2] = 2.2
    clipped = measure_scales(Interpreter(prepared), ["x"], {"z": z}, 4096)["x"]
    assert usual <= clipped < 1.6 / 127
    z[3, 2] = np.nan
    with pytest.raises(NegativeResult, match="'x' is not finite even in FP32"):
        measure_scales(Interpreter(prepared), ["x"], {"z": z}, 8)


def test_the_layer_that_int8_ruins_stays_in_fp32(tmp_path):
    """Channels a thousand times apart: one scale for the tensor leaves the small ones nothing."""
    spread = np.logspace(-3, 0, SIZE)
    nodes = [
        helper.make_node("MatMul", ["x", "spread"], ["a"], name="spreads"),
        helper.make_node("MatMul", ["a", "gather"], ["b"], name="ruined"),
        helper.make_node("MatMul", ["b", "eye"], ["y"], name="unharmed"),
    ]
    weights = {"spread": np.diag(spread), "gather": np.diag(1 / spread), "eye": np.eye(SIZE)}
    model = by_hand(tmp_path, nodes, weights)
    made = int8(model, gate=30, form="plain")
    assert "ruined" in {layer.name for layer in made.fallback_layers}
    assert "unharmed" not in {layer.name for layer in made.fallback_layers}


def test_without_layers_there_is_nothing_to_quantise(tmp_path):
    model = onnx.load_model_from_string(exported(tmp_path, "csc413-A").data)
    for tensor in model.graph.initializer:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    assert quantisable(prepare(model.SerializeToString())) == {}


@pytest.mark.slow
def test_the_bundled_model_reaches_its_gate():
    model = read_onnx(ganrt.runtime.models.resolve_model("avatars"))
    made = lower_precision(model, "int8", few(model, 64))
    assert made.psnr >= 35
    assert made.fallback_layers, "its first layer in INT8 draws other avatars"
    kinds = {node.op_type for node in onnx.load_model_from_string(made.data).graph.node}
    assert "QuantizeLinear" in kinds


def int8_field(model, gate):
    """A field with INT8 searched for, as where INT8 itself is asked for."""
    with Samples(model, 1) as samples:
        field = Field(model, samples, Budget(60.0), 1, gate, lambda *_: None)
        assert field.try_one(Candidate("onnxruntime", "fp32", model))
        int8_candidates(field, demanded=True)
    return field


def test_tuning_gets_one_candidate_for_every_backend_that_has_int8(tmp_path):
    model = exported(tmp_path, "csc413-A")
    field = int8_field(model, 30)
    lowered = [candidate for candidate in field.trials if candidate.precision == "int8"]
    assert lowered, field.notes
    assert {candidate.model.form for candidate in lowered} == {"phase-mixed-int8"}
    assert lowered[0].model.model_sha256 == model.sha256
    with lowered[0].open(1) as engine:
        assert engine.precision == "int8"
    field = int8_field(model, 300)
    assert not [candidate for candidate in field.trials if candidate.precision == "int8"]
    assert field.notes[-1].startswith("int8 left out: the worst picture has a PSNR of")


def test_a_lowered_file_is_not_tuned(tmp_path):
    model = exported(tmp_path, "csc413-A")
    path = tmp_path / "low.onnx"
    path.write_bytes(int8_model(model, few(model), gate=30).data)
    with open_model(path) as engine:
        assert (engine.precision, engine.form) == ("int8", "phase-mixed")
    with pytest.raises(BadInputFile, match="tune the portable FP32 file"):
        backends_here(read_onnx(path), "cpu", print)
