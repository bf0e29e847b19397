"""Profiles: those of ONNX Runtime and OpenVINO are run for real, TensorRT's are recorded ones."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bench_documents import result
from tiny_onnx import save_tiny

from ganrt.benchmarks.profiles import onnxruntime, openvino, tensorrt
from ganrt.benchmarks.profiles.run import ProfileOptions, engines_in_use, import_profile, profile_forms, profile_model
from ganrt.benchmarks.profiles.table import LayerTime, as_lines, make_table, median_times
from ganrt.benchmarks.roofline import Limit, roofline
from ganrt.engines.cost import LayerCost, layer_costs
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.runtime.models import resolve_model

# trtexec of TensorRT 8.4 or newer, one convolution and its activation: the public notes "trtexec的使用" (sample-cbr).
NEW_PROFILE = """[
  { "count" : 41400 }
, { "name" : "/conv1/Conv + /act1/Relu", "timeMs" : 1160.78, "averageMs" : 0.0280382, "medianMs" : 0.027872, "percentage" : 100 }
]"""  # noqa: E501
# An older trtexec, without medians: public notes on a network "fpn_dilate16" of 2022, its first layers.
OLD_PROFILE = """[
  { "count" : 625 }
, { "name" : "Reformatting CopyNode for Input Tensor 0 to Conv_0 + PWN(Clip_3)", "timeMs" : 36.6844, "averageMs" : 0.058695, "percentage" : 1.20497 }
, { "name" : "Conv_0 + PWN(Clip_3)", "timeMs" : 41.4232, "averageMs" : 0.0662771, "percentage" : 1.36062 }
, { "name" : "Conv_4 + PWN(Clip_7)", "timeMs" : 68.3092, "averageMs" : 0.109295, "percentage" : 2.24374 }
]"""  # noqa: E501
# The separator of parts and the marker are those of TensorRT 10 with detailed verbosity.
LAYER_INFO = json.dumps(
    {
        "Layers": [
            {"Name": "Conv_0 + PWN(Clip_3)", "LayerType": "CaskConvolution", "Metadata": ""},
            {
                "Name": "__myl_Fused_0",
                "LayerType": "kgen",
                "Metadata": "[ONNX Layer: Conv_4]\x1f[ONNX Layer: Clip_7]\x1e[ONNX Layer: Conv_8]",
            },
        ],
        "Bindings": ["image"],
    }
)
COSTS = [LayerCost(name, "Conv", macs, 1, 1, 1) for name, macs in (("Conv_0", 100), ("Conv_4", 300), ("Conv_8", 600))]


def test_tensorrts_profiles_old_and_new():
    assert tensorrt.parse_profile(NEW_PROFILE) == (
        [LayerTime("/conv1/Conv + /act1/Relu", "", 0.027872, ("/conv1/Conv", "/act1/Relu"))],
        41400,
    )
    times, runs = tensorrt.parse_profile(OLD_PROFILE)
    assert (runs, [time.milliseconds for time in times]) == (625, [0.058695, 0.0662771, 0.109295])
    table = make_table("tensorrt", times, runs=runs, batch_size=2, costs=COSTS)
    # The copy before a layer names it too, but multiplies nothing.
    assert [row.macs for row in table.rows] == [None, 200, 600]
    assert table.matched == pytest.approx(0.4)
    assert sum(row.share for row in table.rows) == pytest.approx(1)


def test_tensorrts_layer_info_names_what_was_fused():
    profile = json.dumps([{"count": 9}, {"name": "__myl_Fused_0", "timeMs": 9, "averageMs": 1, "percentage": 100}])
    times, _ = tensorrt.parse_profile(profile, LAYER_INFO)
    assert times == [LayerTime("__myl_Fused_0", "kgen", 1.0, ("Conv_4", "Clip_7", "Conv_8"))]
    (row,) = make_table("tensorrt", times, runs=9, batch_size=1, costs=COSTS).rows
    assert (row.name, row.macs) == ("Conv_4 + Conv_8 [__myl_Fused_0]", 900)
    bare = json.dumps({"Layers": ["Conv_0", "Conv_4"], "Bindings": []})
    assert tensorrt.parse_profile(OLD_PROFILE, bare)[0][1].nodes == ("Conv_0", "PWN", "Clip_3")


def test_a_layer_that_is_named_by_its_activation_has_the_convolution_s_multiplications():
    costs = [*COSTS, LayerCost("Relu_5", "Relu", 0, 0, 1, 1, "Conv_4"), LayerCost("Relu_6", "Relu", 0, 0, 1, 1, "Add")]
    names = ("Relu_5", "Conv", 3.0), ("Relu_6", "Relu", 1.0), ("Conv_8", "FusedConv", 2.0)
    times = [LayerTime(name, operator, time, (name,)) for name, operator, time in names]
    table = make_table("onnxruntime", times, runs=1, batch_size=1, costs=costs)
    assert [row.macs for row in table.rows] == [300, 0, 600]


def test_the_bundled_model_s_multiplications_are_all_found_in_blocks_of_channels():
    table = profile_model(resolve_model("avatars-2"), ProfileOptions(batch_size=1, runs=1, threads=1))
    assert table.matched > 0.999


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[]", "[1]", '[{"count": "many"}]', '[{"count": 1}, {"name": "a"}]', "[" * 100_000]
)
def test_what_is_no_profile_of_tensorrt(text):
    with pytest.raises(BadInputFile, match="trtexec --exportProfile"):
        tensorrt.parse_profile(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Layers": 3}'])
def test_what_is_no_layer_info(text):
    with pytest.raises(BadInputFile, match="trtexec --exportLayerInfo"):
        tensorrt.parse_profile(OLD_PROFILE, text)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "[]", '[{"cat": "Node"}]', '[{"cat": "Node", "name": "a_kernel_time"}]']
)
def test_what_is_no_profile_of_onnxruntime(text):
    with pytest.raises(BadInputFile, match="a.json"):
        onnxruntime.parse_profile(text, "a.json")


def events(*runs):
    found = []
    for run in runs:
        for name, microseconds in run:
            arguments = {"op_name": "Conv", "node_index": "1"}
            found.append({"cat": "Node", "name": f"{name}_kernel_time", "dur": microseconds, "args": arguments})
            found.append({"cat": "Node", "name": f"{name}_fence_before", "dur": 999, "args": arguments})
        found.append({"cat": "Session", "name": "model_run", "dur": 1, "args": {}})
    return json.dumps(found)


def test_the_median_of_runs_without_the_first():
    text = events([("a", 9000)], [("a", 1000)], [("a", 3000)], [("a", 2000)])
    assert onnxruntime.parse_profile(text) == ([LayerTime("a", "Conv", 2.0, ("a",))], 3)
    assert onnxruntime.parse_profile(events([("", 500), ("a", 1), ("a", 2)]))[0] == [
        LayerTime("node 1", "Conv", 0.5, ("node 1",)),
        LayerTime("a", "Conv", 0.003, ("a",)),
    ]
    assert median_times([{"a": 1.0}, {"a": 3.0, "b": 2.0}]) == {"a": 2.0, "b": 1.0}


@pytest.fixture
def avatars():
    return resolve_model("avatars")


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_a_real_profile_accounts_for_every_multiplication(backend, avatars):
    if backend == "openvino":
        pytest.importorskip("openvino")
    table = profile_model(avatars, ProfileOptions(backend, batch_size=3, runs=3, threads=1))
    costs = layer_costs(avatars)
    assert table.matched == 1
    assert sum(row.macs or 0 for row in table.rows) == 3 * sum(cost.macs for cost in costs)
    assert sum(row.share for row in table.rows) == pytest.approx(1)
    assert table.milliseconds > 0
    transposed = [row for row in table.rows if row.macs]
    assert len(transposed) == sum(cost.macs > 0 for cost in costs)
    assert all(row.gmacs_per_second > 0 for row in transposed)
    assert any("ConvTranspose" in row.name for row in transposed)
    json.dumps(table.as_json(), allow_nan=False)


def test_a_profile_file_is_imported(avatars, tmp_path):
    import onnxruntime as runtime

    settings = runtime.SessionOptions()
    settings.enable_profiling, settings.profile_file_prefix = True, str(tmp_path / "run")
    session = runtime.InferenceSession(str(avatars), settings, providers=["CPUExecutionProvider"])
    dim = session.get_inputs()[0].shape[1]
    for _ in range(3):
        session.run(None, {"z": np.zeros((2, dim), np.float32)})
    profile = session.end_profiling()
    table = import_profile(avatars, "onnxruntime", Path(profile), batch_size=2)
    assert (table.runs, table.matched) == (2, 1)
    unknown = import_profile(avatars, "onnxruntime", Path(profile))
    assert unknown.matched is None
    assert not any(row.macs for row in unknown.rows)
    with pytest.raises(BadInputFile, match="cannot be read"):
        import_profile(avatars, "onnxruntime", tmp_path / "missing.json")


def test_the_engines_that_ran_are_profiled():
    def ran(runner, version, precision="fp32", device="cpu", batch_size=2):
        made = result(runner, batch_size=batch_size)
        return replace(made, about={"version": version}, precision=precision, device=device)

    ort, cuda = ran("onnxruntime-plain", "onnxruntime 1"), ran("ganrt/onnxruntime-cuda", "onnxruntime 1", device="cuda")
    tuned, torch = ran("ganrt/tuned", "openvino 2026", "bf16"), ran("torch-eager", "torch 2")
    program = ran("trtexec", "100700", "fp16", "cuda", batch_size=4)
    absent = replace(ort, batch_size=8, status="not_run", reason="x", latency_ms=None, images_per_second=None)
    assert engines_in_use([ort, ort, cuda, tuned, torch, program, absent], 3) == [
        ProfileOptions("onnxruntime", "fp32", 2, threads=3),
        ProfileOptions("openvino", "bf16", 2, threads=3),
        ProfileOptions("tensorrt", "fp16", 4, threads=3),
    ]


def test_what_cannot_be_profiled(tmp_path, monkeypatch):
    model = save_tiny(tmp_path / "tiny.onnx")
    with pytest.raises(UsageError, match="expected onnxruntime, openvino, tensorrt"):
        profile_model(model, ProfileOptions("nothing"))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(BackendUnavailable, match="trtexec is not on the PATH"):
        profile_model(model, ProfileOptions("tensorrt"))
    with pytest.raises(UsageError, match="onnxruntime is profiled in fp32"):
        profile_model(model, ProfileOptions(precision="bf16"))
    with pytest.raises(UsageError, match="1 or more"):
        profile_model(model, ProfileOptions(runs=0))
    with pytest.raises(UsageError, match="profiles of onnxruntime and tensorrt are read"):
        import_profile(model, "openvino", model)
    pytest.importorskip("openvino")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nothing")
    with pytest.raises(BadInputFile, match="not a graph that OpenVINO can run"):
        openvino.run_profile(broken, {})


def test_the_table_for_a_terminal():
    times = [LayerTime("quick", "Relu", 0.5, ("quick",)), LayerTime("x" * 60, "Conv", 1.5, ("Conv_0",))]
    roof = roofline(COSTS, Limit(1e6, 1e9, "test"), batch_size=4)
    table = make_table("engine", times, runs=1, batch_size=4, costs=COSTS, roof=roof)
    assert table.rows[1].roof_ms == pytest.approx(0.4)
    lines = as_lines(table, 1)
    assert len(lines) == 3
    assert "75.0%" in lines[1]
    assert "27%" in lines[1]
    assert lines[2] == "and 1 faster layers"
    assert as_lines(table)[2].split()[-3:] == ["-", "-", "-"]
    empty = make_table("engine", [LayerTime("a", "b", 0.0, ())], runs=1, batch_size=None)
    assert empty.rows[0].share == 0


def test_forms_are_profiled_beside_the_plain_graph(tmp_path, monkeypatch):
    monkeypatch.setattr("ganrt.benchmarks.profiles.run.distinct_forms", lambda data: forms)
    path = save_tiny(tmp_path / "tiny.onnx")
    forms = [SimpleNamespace(name=name, data=path.read_bytes()) for name in ("plain", "phase")]
    found = profile_forms(path, ProfileOptions(batch_size=1, runs=1, threads=1))
    assert list(found) == ["plain", "phase"]
    assert all(milliseconds > 0 for milliseconds in found.values())
