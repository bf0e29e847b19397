"""FP16: strongly typed graphs that keep the contract, and the fallback layers that measuring finds."""

import re
import warnings
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, defs, helper, numpy_helper
from precision_models import FAMILIES, SIZE, by_hand, exported, few

from ganrt.engines.backends import open_model
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.precisions import lower_precision
from ganrt.engines.precisions.fp16 import half_graph
from ganrt.engines.precisions.prepared import FLOAT, HALF, prepare
from ganrt.engines.precisions.search import layers, tail
from ganrt.engines.stamp import STAMP_KEY, read_stamp
from ganrt.errors import BadInputFile, NegativeResult, UsageError


def fp16(model, **options):
    return lower_precision(model, "fp16", few(model, 8), threads=1, **options)


def names(made):
    return {layer.name for layer in made.fallback_layers}


def mixed_inputs(data):
    """Operators one of whose type parameters stands for FP16 and FP32 at once, without asking onnx's checker."""
    found = []
    for node in prepare(data).graph:
        formals = defs.get_schema(node.op_type, 18, "").inputs
        kinds = {}
        for i, value in enumerate(node.inputs):
            kinds.setdefault(formals[min(i, len(formals) - 1)].type_str, set()).add(value.dtype if value else None)
        found += [node.name for given in kinds.values() if {FLOAT, HALF} <= given]
    return found


@pytest.mark.parametrize(
    "family", [*FAMILIES[:4], *(pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES[4:])]
)
def test_every_family_keeps_the_contract_and_passes_its_gate(family, tmp_path):
    model = exported(tmp_path, family)
    made = fp16(model, form="plain")
    assert made.psnr is None or made.psnr >= 45
    before, after = onnx.load_model_from_string(model.data), onnx.load_model_from_string(made.data)
    assert (after.graph.input, after.graph.output) == (before.graph.input, before.graph.output)
    assert (after.ir_version, after.opset_import) == (before.ir_version, before.opset_import)
    assert list(after.metadata_props)[:-1] == list(before.metadata_props)
    assert after.metadata_props[-1].key == STAMP_KEY
    onnx.checker.check_model(after, full_check=True)
    assert mixed_inputs(made.data) == []
    kinds = {t.data_type for t in after.graph.initializer if t.dims and len(t.dims) > 1}
    assert kinds == {HALF}, "a kernel stayed in FP32"
    lowered = derived(model, made.data, "plain")
    assert (lowered.precision, lowered.spec(), lowered.model_sha256) == ("fp16", model.spec(), model.sha256)


def test_the_typing_test_would_notice(tmp_path):
    model = onnx.load_model_from_string(fp16(exported(tmp_path, "dcgan")).data)
    weight = next(tensor for tensor in model.graph.initializer if len(tensor.dims) > 1)
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float32), weight.name))
    with pytest.raises(BadInputFile, match="cannot be inferred"):
        mixed_inputs(model.SerializeToString())


def test_equal_models_give_equal_bytes(tmp_path):
    model = exported(tmp_path, "csc413-A")
    assert fp16(model).data == fp16(model).data


def test_it_opens_in_its_own_precision_and_draws_nearly_the_same(tmp_path):
    model = exported(tmp_path, "dcgan")
    path = tmp_path / "half.onnx"
    path.write_bytes(fp16(model).data)
    inputs = few(model).judged
    with open_model(path) as engine, open_model(model.path) as reference:
        assert (engine.backend, engine.precision, engine.form) == ("onnxruntime", "fp16", "clean-norm")
        assert engine.model_sha256 == reference.model_sha256
        difference = np.abs(engine.run(inputs)["image"].astype(int) - reference.run(inputs)["image"])
        assert 0 < difference.max() <= 3


def test_what_would_overflow_stays_in_fp32(tmp_path):
    nodes = [
        helper.make_node("Mul", ["x", "up"], ["large"], name="up"),
        helper.make_node("Relu", ["large"], ["positive"], name="relu"),
        helper.make_node("Mul", ["positive", "down"], ["back"], name="down"),
        helper.make_node("MatMul", ["back", "eye"], ["y"], name="safe"),
    ]
    model = by_hand(tmp_path, nodes, {"up": 6e4, "down": 1 / 6e4, "eye": np.eye(SIZE)})
    made = fp16(model, form="plain")
    assert names(made) == {"up", "relu", "down"}
    assert "reaches" in made.fallback_layers[0].why
    # Proof that it is needed: without fallback layers the same graph is not finite.
    prepared = prepare(model.data)
    broken = half_graph(prepared, tail(prepared))
    with pytest.raises(NegativeResult, match="not finite"):
        _judge(model, broken, 45)


def _judge(model, prepared, gate):
    """The search, with one layer that is as it is."""
    from ganrt.engines.precisions.judge import Judge
    from ganrt.engines.precisions.search import search
    from ganrt.engines.precisions.table import Limits

    limits = Limits(gate)
    judge = Judge(model.data, few(model).judged, limits)
    return search({"all": frozenset({"all"})}, lambda kept: prepared, judge, limits, lambda *_: None)


@pytest.mark.parametrize(
    ("value", "why"), [(1e-9, "lose 1e\\+02 %"), (1e-5, "lose 0.1. %"), (7e4, "overflow")], ids=["zero", "few", "many"]
)
def test_weights_that_fp16_cannot_hold_stay_in_fp32(tmp_path, value, why):
    nodes = [
        helper.make_node("Add", ["x", "w"], ["more"], name="more"),
        helper.make_node("Sub", ["more", "w"], ["less"], name="less"),
        helper.make_node("MatMul", ["less", "eye"], ["y"], name="safe"),
    ]
    made = fp16(by_hand(tmp_path, nodes, {"w": value, "eye": np.eye(SIZE)}), form="plain")
    assert {"more", "less"} == names(made) - {"MatMul_0"}
    assert any(re.search(why, layer.why) for layer in made.fallback_layers)


def test_values_below_fp16s_steps_stay_in_fp32(tmp_path):
    nodes = [
        helper.make_node("MatMul", ["x", "small"], ["m"], name="shrink"),
        helper.make_node("MatMul", ["m", "large"], ["y"], name="grow"),
    ]
    eye = np.eye(SIZE)
    made = fp16(by_hand(tmp_path, nodes, {"small": eye / 2**20, "large": eye * 2**15}), form="plain")
    assert names(made) == {"shrink", "grow"}
    assert "stays below" in made.fallback_layers[0].why


def test_sums_over_many_numbers_stay_in_fp32(tmp_path):
    nodes = [
        helper.make_node("Reshape", ["x", "wide"], ["w"]),
        helper.make_node("Expand", ["w", "sides"], ["e"]),
        helper.make_node("ReduceMean", ["e", "axes"], ["m"], keepdims=1, name="mean"),
        helper.make_node("Add", ["w", "m"], ["s"]),
        helper.make_node("Reshape", ["s", "flat"], ["y"]),
    ]
    weights = {
        "wide": np.array([-1, SIZE, 1]),
        "sides": np.array([1, SIZE, 4096]),
        "axes": np.array([2]),
        "flat": np.array([-1, SIZE]),
    }
    made = fp16(by_hand(tmp_path, nodes, weights), form="plain")
    assert names(made) == {"mean"}
    assert made.fallback_layers[0].why.startswith("adds up 4096 numbers")


def test_softmax_over_large_scores_stays_in_fp32_with_what_makes_them(tmp_path):
    nodes = [
        helper.make_node("MatMul", ["x", "keys"], ["scores"], name="scores"),
        helper.make_node("Softmax", ["scores"], ["weights"], name="softmax"),
        helper.make_node("MatMul", ["weights", "values"], ["y"], name="values"),
    ]
    random = np.random.default_rng(0)
    weights = {"keys": random.normal(size=(SIZE, 40)), "values": random.normal(size=(40, SIZE))}
    assert names(fp16(by_hand(tmp_path, nodes, weights), form="plain")) == {"scores", "softmax"}


def test_numbers_that_pick_a_row_are_not_rounded(tmp_path):
    """Row 499.6 of a table: in FP16 499.5, and in BF16 another row."""
    nodes = [
        helper.make_node("Mul", ["truncation", "rows"], ["place"], name="place"),
        helper.make_node("Floor", ["place"], ["row"], name="floor"),
        helper.make_node("Cast", ["row"], ["index"], to=TensorProto.INT64, name="index"),
        helper.make_node("Gather", ["table", "index"], ["chosen"], name="gather"),
        helper.make_node("Mul", ["x", "chosen"], ["y"], name="use"),
    ]
    table = np.random.default_rng(0).normal(size=(2001, SIZE))
    made = fp16(by_hand(tmp_path, nodes, {"rows": 1999.7, "table": table}, truncation=True), form="plain")
    assert names(made) == {"place", "floor", "index"}
    assert "integers are made of" in made.fallback_layers[0].why


def test_the_layers_that_cost_most_are_kept_until_the_gate_holds(tmp_path):
    """x + 3000 - 3000 rounds x to whole numbers: nothing overflows, and only the gate can notice."""
    nodes = [
        helper.make_node("MatMul", ["x", "eye"], ["a"], name="harmless"),
        helper.make_node("MatMul", ["a", "eye"], ["b"], name="costly"),
        helper.make_node("Add", ["b", "far"], ["c"], name="there"),
        helper.make_node("Sub", ["c", "far"], ["d"], name="and_back"),
        helper.make_node("MatMul", ["d", "eye"], ["y"], name="harmless_too"),
    ]
    model = by_hand(tmp_path, nodes, {"eye": np.eye(SIZE), "far": 3000.0})
    made = fp16(model, form="plain")
    assert names(made) == {"costly"}
    assert made.psnr >= 45
    assert made.fallback_layers[0].why.startswith("alone ")
    stamp = read_stamp(derived(model, made.data, made.form).metadata)
    assert (stamp.islands, stamp.psnr, stamp.samples) == (made.fallback_layers, made.psnr, made.samples)
    with pytest.raises(NegativeResult, match=r"the gate is 200 dB\nnot reached with all but one of its 4 layers"):
        fp16(model, form="plain", gate=200)
    with pytest.raises(NegativeResult, match="no better graph within 0 s"):
        fp16(model, form="plain", patience_s=0)


def test_layers_follow_the_heavy_operators_and_the_tail_ends_at_the_last(tmp_path):
    prepared = prepare(exported(tmp_path, "csc413-A").data)
    found = layers(prepared)
    heavy = {"Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization"}
    kinds = {node.name: node.op_type for node in prepared.graph}
    assert all(kinds[name] in heavy for name in found if name != "inputs")
    assert sum(map(len, found.values())) == len(kinds)
    assert {kinds[name] for name in tail(prepared)} == {"Tanh", "Add", "Mul", "Clip", "Round", "Transpose", "Cast"}


def test_nan_in_fp32_is_no_precisions_fault(tmp_path):
    nodes = [helper.make_node("Sqrt", ["x"], ["root"], name="root"), helper.make_node("Relu", ["root"], ["y"])]
    with pytest.raises(NegativeResult, match="'root' is not finite even in FP32"):
        fp16(by_hand(tmp_path, nodes), form="plain")


def test_results_whose_type_no_input_decides_and_outputs_in_float(tmp_path):
    """EyeLike and ConstantOfShape come in FP32; a graph's float output stays one; Resize's scales must be FP32."""
    nodes = [
        helper.make_node("Shape", ["z"], ["size"]),
        helper.make_node("ConstantOfShape", ["size"], ["ones"], value=numpy_helper.from_array(np.float32([1]))),
        helper.make_node("Add", ["z", "ones"], ["more"]),
        helper.make_node("Resize", ["more", "", "scales"], ["out"], mode="nearest"),
        helper.make_node("Cast", ["out"], ["again"], to=FLOAT),
        helper.make_node("Neg", ["out"], ["negative"]),
    ]
    ends = [[helper.make_tensor_value_info(n, FLOAT, ["n", w])] for n, w in (("z", 4), ("out", 8))]
    ends[1] += [helper.make_tensor_value_info(n, FLOAT, ["n", 8]) for n in ("again", "negative")]
    graph = helper.make_graph(nodes, "g", *ends, [numpy_helper.from_array(np.float32([1, 2]), "scales")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    made = half_graph(prepare(model.SerializeToString()), ()).proto()
    onnx.checker.check_model(made, full_check=True)
    assert list(made.graph.output) == list(model.graph.output)
    graph = prepare(made.SerializeToString()).graph
    types = {value.name: value.dtype for node in graph for value in (*node.inputs, *node.outputs) if value}
    assert (types["more"], types["ones"], types["scales"]) == (HALF, FLOAT, FLOAT)


def test_what_cannot_be_lowered_is_refused(tmp_path):
    model = exported(tmp_path, "dcgan")
    with pytest.raises(UsageError, match="precision 'fp8': expected fp16 or int8"):
        lower_precision(model, "fp8", few(model))
    with pytest.raises(UsageError, match="form 'odd': expected one of plain"):
        fp16(model, form="odd")
    path = tmp_path / "half.onnx"
    path.write_bytes(fp16(model).data)
    with pytest.raises(BadInputFile, match="is in fp16 already"):
        fp16(read_onnx(path))
    damaged = replace(model, data=model.data.replace(b"ConvTranspose", b"ConvTranspoze"))
    with pytest.raises((BadInputFile, NegativeResult)):
        fp16(damaged)


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_tensorrt_rtx_builds_it_as_it_is(tmp_path, precision):
    """With the vendor's calls alone; every family, with ours: test_engine_build.py."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trt = pytest.importorskip("tensorrt_rtx", reason="tensorrt-rtx is not installed")
    model = exported(tmp_path, "dcgan")
    data = lower_precision(model, precision, few(model), gate=20, threads=1).data
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network(0)  # strongly typed: TensorRT-RTX has no other
    parser = trt.OnnxParser(network, trt.Logger(trt.Logger.ERROR))
    assert parser.parse(data), [parser.get_error(i).desc() for i in range(parser.num_errors)]
    config = builder.create_builder_config()
    config.num_compute_capabilities = 1
    config.set_compute_capability(trt.ComputeCapability.SM86, 0)
    profile = builder.create_optimization_profile()
    for tensor in (network.get_input(i) for i in range(network.num_inputs)):
        profile.set_shape(tensor.name, *((n, *tuple(tensor.shape)[1:]) for n in (1, 4, 8)))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    assert plan is not None
    assert plan.nbytes > 0
