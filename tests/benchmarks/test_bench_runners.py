"""The runners: names, real peers that draw what the graph draws, fresh processes, trtexec's files."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from bench_fakes import FakeClock
from runnable_engines import use_doubles
from tiny_models import save_dcgan
from tiny_onnx import DIM, save_tiny, tiny_model, tiny_spec
from vendor_double import plan

from ganrt.benchmarks import trtexec
from ganrt.benchmarks.harness import Harness
from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.runners import all_names, open_runner, parse_names
from ganrt.benchmarks.runners.protocol import Request
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.stamp import STAMP_KEY, Stamp
from ganrt.engines.tensorrt.build import Built
from ganrt.engines.tensorrt.sidecar import Tensor
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.runtime.models import resolve_model

AVATARS = resolve_model("avatars")


def test_names_and_groups():
    assert parse_names("ours") == [name for name in all_names() if name.startswith("ganrt/")]
    assert parse_names("all") == all_names()
    assert parse_names("ganrt/tensorrt-mapped,ganrt/tensorrt-copied")[0] not in parse_names("all")
    assert parse_names("torch-eager, ours,torch-eager", "onnxruntime") == ["torch-eager", "ganrt/onnxruntime"]
    with pytest.raises(UsageError, match="did you mean torch-eager"):
        parse_names("torch-eagr")
    with pytest.raises(UsageError, match="backend 'cuda'"):
        parse_names("all", "cuda")


@pytest.mark.parametrize(
    "name",
    [
        "ganrt/onnxruntime",
        "onnxruntime-plain",
        "openvino-plain",
        "torch-eager",
        "onnxruntime-tuned",
        "torch-eager-channels-last",
        pytest.param("torch-compile", marks=pytest.mark.slow),
    ],
)
def test_a_runner_draws_the_bundled_models_pictures(name):
    if name == "openvino-plain":
        pytest.importorskip("openvino")
    spec = read_onnx(AVATARS).spec()
    batches = make_batches(AVATARS, spec, 3, seed=1)
    runner = open_runner(name, Request(AVATARS, spec, threads=1, device="cpu", batch_size=3))
    agreement = Agreement()
    for number in (0, 1):
        agreement = agreement.with_pictures(runner.run(batches.input(number)), batches.reference(number))
    many = runner.run_many([batches.input(i) for i in range(3)])
    runner.close()
    assert agreement.max_error <= 1
    assert agreement.checked == 6
    assert [np.abs(a.astype(int) - batches.reference(i)).max() <= 1 for i, a in enumerate(many)] == [True] * 3
    assert runner.about["version"].split()[0] in ("onnxruntime", "openvino", "torch")
    if name == "torch-compile":  # torch's own place for its headers is the temporary folder
        from torch._inductor.codecache import _HEADER_DIR

        assert Path(_HEADER_DIR) == Path(os.environ["TORCHINDUCTOR_CACHE_DIR"]) / "precompiled_headers"


def test_autocast_keeps_the_weights_and_says_what_it_is():
    spec = read_onnx(AVATARS).spec()
    batches = make_batches(AVATARS, spec, 2, seed=1)
    request = Request(AVATARS, spec, precision="bf16", device="cpu", batch_size=2)
    with closing(open_runner("torch-eager-autocast", request)) as runner:
        assert runner.about["autocast"]
        assert runner.about["channels_last"]
        assert runner._module.generator.main[0].weight.dtype is torch.float32
        drawn = runner.run(batches.input(0)).astype(float)
    assert 25 < 20 * np.log10(255 / np.sqrt(np.mean((drawn - batches.reference(0)) ** 2))) < 60  # BF16, and no FP32
    with pytest.raises(UsageError, match="torch-eager-autocast has no precision fp32"):
        open_runner("torch-eager-autocast", Request(AVATARS, spec))


def test_openvino_has_several_requests_in_flight_where_only_the_rate_counts():
    pytest.importorskip("openvino")
    spec = read_onnx(AVATARS).spec()
    batches = make_batches(AVATARS, spec, 2, seed=1)
    runner = open_runner("openvino-plain", Request(AVATARS, spec, device="cpu", batch_size=2, throughput=True))
    many = runner.run_many([batches.input(i) for i in range(7)])
    runner.close()
    assert runner.about["hint"] == "THROUGHPUT"
    assert runner.about["requests"] >= 1
    assert all(np.abs(a.astype(int) - batches.reference(i)).max() <= 1 for i, a in enumerate(many))
    assert len(many) == 7


def test_engines_cut_large_batches(tmp_path):
    path = save_tiny(tmp_path / "tiny.onnx")
    spec = read_onnx(path).spec()
    batches = make_batches(path, spec, 150, seed=0)
    runner = open_runner("ganrt/onnxruntime", Request(path, spec, batch_size=150))
    np.testing.assert_array_equal(runner.run(batches.input(0)), batches.reference(0))


def test_a_compiled_file_is_measured_in_what_it_has(tmp_path):
    stamp = Stamp("int8", "plain", "ab" * 32).to_json()
    model = tiny_model(tiny_spec())
    model.metadata_props.add(key=STAMP_KEY, value=stamp)
    onnx.save(model, str(tmp_path / "tiny.onnx"))
    batches = make_batches(tmp_path / "tiny.onnx", tiny_spec(), 2, seed=0)
    runner = open_runner("ganrt/onnxruntime", Request(tmp_path / "tiny.onnx", tiny_spec(), batch_size=2))
    assert runner.precision == "int8"  # though the harness says FP32 where nobody asks for anything
    np.testing.assert_array_equal(runner.run(batches.input(0)), batches.reference(0))
    runner.close()


@pytest.mark.parametrize(("precision", "number"), [("fp32", 1), ("fp16", 2)])
def test_compiled_engines_are_made_once_and_draw_what_the_graph_draws(tmp_path, monkeypatch, precision, number):
    """Everything but the vendor's builder and device, which doubles stand for: their engine is the graph itself."""
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    path = save_tiny(tmp_path / "tiny.onnx")
    vendor = use_doubles(monkeypatch, ((2, 2, 2),))
    built = []

    def build(trt, graph, recipe, progress, timing):
        built.append((graph.precision, recipe.targets, str(recipe.profiles[0])))
        (tmp_path / "built.onnx").write_bytes(graph.data)
        tensors = (
            Tensor(name="z", dtype="float32", shape=(-1, DIM), mode="input"),
            Tensor(name="image", dtype="uint8", shape=(-1, 8, 8, 3), mode="output"),
        )
        return Built(plan(tmp_path / "built.onnx"), tensors, None)

    monkeypatch.setattr("ganrt.engines.tensorrt.compile.build", build)
    monkeypatch.setattr("ganrt.engines.tensorrt.compile.load_vendor", lambda backend: vendor)
    batches = make_batches(path, tiny_spec(), 2, seed=0)
    for name in ("ganrt/tensorrt", "ganrt/tensorrt-mapped"):
        request = Request(path, tiny_spec(), precision=precision, device="cuda", batch_size=2)
        runner = open_runner(name, request)
        assert (runner.precision, runner.device) == (precision, "cuda")
        assert "tensorrt 10.16.1.11 on sm86" in runner.about["version"]
        drawn = runner.run(batches.input(0)).astype(int)
        assert np.abs(drawn - batches.reference(0)).max() <= number - 1
        assert runner.about["cuda_graphs"]
        assert runner.about["mapped_memory"] == name.endswith("mapped")
        runner.close()
    assert built == [(precision, ("sm86",), "2:2:2")]


def test_compiled_engines_without_a_gpu_are_missing_in_words(tmp_path):
    with pytest.raises(BackendUnavailable, match="not installed|no NVIDIA"):
        open_runner("ganrt/tensorrt-rtx", Request(save_tiny(tmp_path / "tiny.onnx"), tiny_spec()))


def test_a_torch_peer_takes_a_checkpoint_and_refuses_another_generators(tmp_path):
    from ganrt.exporter.export import export
    from ganrt.runtime.sampling import sampler

    checkpoint = save_dcgan(tmp_path / "g.safetensors")
    export(checkpoint, tmp_path / "g.onnx", sampler=sampler)
    path = tmp_path / "g.onnx"
    spec = read_onnx(path).spec()
    batches = make_batches(path, spec, 2, seed=0)
    runner = open_runner("torch-eager", Request(path, spec, batch_size=2, checkpoint=checkpoint))
    assert np.abs(runner.run(batches.input(0)).astype(int) - batches.reference(0)).max() <= 1
    tiny = save_tiny(tmp_path / "tiny.onnx")
    with pytest.raises(UsageError, match="holds a dcgan"):
        open_runner("torch-eager", Request(tiny, tiny_spec(), checkpoint=checkpoint))
    with pytest.raises(BackendUnavailable, match="--checkpoint FILE"):
        open_runner("torch-eager", Request(tiny, tiny_spec()))


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("onnxruntime-plain", {"precision": "bf16"}, "has no precision bf16"),
        ("onnxruntime-plain", {"device": "cuda"}, "does not run on 'cuda'"),
        ("openvino-plain", {"precision": "int8"}, "has no precision int8"),
        ("torch-eager", {"precision": "int8"}, "has no precision int8"),
    ],
)
def test_what_a_peer_cannot_do_is_said(name, options, reason):
    with pytest.raises(UsageError, match=reason):
        open_runner(name, Request(AVATARS, read_onnx(AVATARS).spec(), **options))


class Module(SimpleNamespace):
    """Hashable, as modules are."""

    __hash__ = object.__hash__


def test_plain_onnx_runtime_on_cuda_is_the_gpu_or_not_run(monkeypatch):
    class Session:
        def __init__(self, path, options, providers):  # noqa: ARG002
            self.providers = providers

        def get_providers(self):
            return Session.found

        def get_inputs(self):
            return [SimpleNamespace(name="z")]

        def run(self, names, inputs):  # noqa: ARG002
            return [np.zeros((1, 2, 2, 3), np.uint8)]

    fake = Module(
        InferenceSession=Session, SessionOptions=SimpleNamespace, __version__="1",
        get_available_providers=lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
    )  # fmt: skip
    request = Request(AVATARS, read_onnx(AVATARS).spec())
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    Session.found = ["CPUExecutionProvider"]
    with pytest.raises(BackendUnavailable, match="fell back to CPUExecutionProvider"):
        open_runner("onnxruntime-plain-cuda", request)
    Session.found = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    runner = open_runner("onnxruntime-plain-cuda", request)
    assert (runner.device, runner.about["provider"]) == ("cuda", "CUDAExecutionProvider")
    assert runner.run({"z": np.zeros((1, 100), np.float32)}).dtype == np.uint8
    fake.get_available_providers = lambda: ["CPUExecutionProvider"]
    with pytest.raises(BackendUnavailable, match=r"no CUDAExecutionProvider\n.*ganrt\[gpu\]"):
        open_runner("onnxruntime-plain-cuda", request)


@pytest.mark.parametrize(("precision", "options"), [("fp32", {}), ("fp16", {"trt_fp16_enable": "True"})])
def test_plain_onnx_runtime_with_tensorrt_takes_fp16_by_itself(monkeypatch, precision, options):
    given, libraries = [], []

    def session(path, settings, providers):
        given.extend(providers)
        inputs = [SimpleNamespace(name="z")]
        return SimpleNamespace(get_providers=lambda: [providers[0][0]], get_inputs=lambda: inputs)

    fake = Module(
        InferenceSession=session, SessionOptions=SimpleNamespace, __version__="1",
        get_available_providers=lambda: ["TensorrtExecutionProvider"], preload_dlls=lambda: libraries.append("CUDA's"),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "onnxruntime", fake)
    monkeypatch.setattr("ganrt.engines.onnxruntime_tensorrt._load", libraries.append)
    request = Request(AVATARS, read_onnx(AVATARS).spec(), precision=precision)
    runner = open_runner("onnxruntime-plain-tensorrt", request)
    assert (given, libraries) == ([("TensorrtExecutionProvider", options)], ["CUDA's", "libnvinfer.so.10"])
    assert (runner.device, runner.precision, runner.about["options"]) == ("cuda", precision, options)


def test_missing_packages_are_named(monkeypatch):
    for module in ("torch_tensorrt", "openvino", "torch"):
        monkeypatch.setitem(sys.modules, module, None)
    spec = read_onnx(AVATARS).spec()
    for name, package in (("openvino-plain", "openvino"), ("torch-eager", "torch"), ("torch-tensorrt", "torch")):
        with pytest.raises(BackendUnavailable, match=f"{package} is missing.*\n.*pip install"):
            open_runner(name, Request(AVATARS, spec))


@pytest.mark.slow
def test_a_build_begins_with_empty_caches(tmp_path, monkeypatch):
    """And its second open finds what the first one left; the machine's own cache is left alone."""
    pytest.importorskip("openvino")
    from ganrt.benchmarks import processes
    from ganrt.benchmarks.clock import SystemClock
    from ganrt.engines.cache import cache_folder, store

    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "own"))
    store("choices", {"a": 1}, ".json", b"{}")
    original, held = processes.run_child, []

    def seen(request, clock, environment):
        home = Path(environment["GANRT_HOME"])
        held.append(sorted(path.parent.name for path in home.rglob("*") if path.is_file()))
        return original(request, clock, environment)

    monkeypatch.setattr(processes, "run_child", seen)
    figures = processes.build_figures(Case(AVATARS, "load", 2), "ganrt/openvino", 0, SystemClock())
    assert held == [["choices"], ["choices", "openvino"]]
    assert all(figures[name] > 0 for name in ("build_ms", "cached_ms"))
    assert [path.name for path in cache_folder().iterdir()] == ["choices"]
    failed = processes.build_figures(Case(AVATARS, "load", 2), "onnxruntime-plain-cuda", 0, SystemClock())
    assert "CUDAExecutionProvider" in failed["build_ms"]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["cold_start", "memory"])
def test_a_process_of_its_own(scenario, tmp_path):
    path = save_tiny(tmp_path / "tiny.onnx")
    timing = Timing(processes=2)
    found = Harness(timing).run(Case(path, scenario, 2), ["ganrt/onnxruntime", "torch-eager", "trtexec"])
    ours, torch, program = found
    assert ours.status in ("ok", "unstable")
    assert (ours.psnr_db, ours.max_error, ours.outputs_checked) == (None, 0, 4 if scenario == "cold_start" else 2)
    if scenario == "cold_start":
        assert ours.samples == 2
        assert ours.latency_ms.min > ours.figures["open_ms"] > 0
    else:
        assert 20 < ours.figures["base_mb"] < ours.figures["peak_mb"] < 2000
    assert (torch.status, program.status) == ("not_run", "not_run")
    assert "--checkpoint" in torch.reason


# The fields and their order are those of exportJSONTrace in samples/common/sampleReporting.cpp of TensorRT's
# open-source repository (release 10), the values made up.
def trace(count=50):
    rows = []
    for i in range(count):
        start = 2.0 * i
        rows.append(
            f'{{ "startEnqMs" : {start}, "endEnqMs" : {start + 0.1}, "startH2dMs" : {start},'
            f' "endH2dMs" : {start + 0.2},'
            f' "startComputeMs" : {start + 0.2}, "endComputeMs" : {start + 1.2}, "startD2hMs" : {start + 1.2},'
            f' "endD2hMs" : {start + 1.5}, "h2dMs" : 0.2, "computeMs" : 1.0, "d2hMs" : 0.3, "latencyMs" : 1.5 }}'
        )
    return "[\n  " + "\n, ".join(rows) + "\n]\n"


def test_trtexecs_times_are_imported(tmp_path):
    (tmp_path / "times.json").write_text(trace())
    case = Case(AVATARS, "single_stream", 16, "fp16")
    model, _ = Harness(Timing()).describe(case)
    result = trtexec.import_times(tmp_path / "times.json", case, model, "--fp16", "10.7")
    assert result.latency_ms.p50 == 1.5
    assert result.images_per_second == pytest.approx(16 / 0.002)
    assert result.figures == {"compute_p50_ms": 1.0}
    assert result.about == {"flags": "--fp16", "version": "10.7"}
    assert any("not checked" in note for note in result.notes)
    assert result.status == "ok"
    (tmp_path / "few.json").write_text(trace(5))
    few = trtexec.import_times(tmp_path / "few.json", case, model, "--fp16", "10.7")
    assert (few.status, "5 samples" in few.reason) == ("unstable", True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("{}", "not a list"),
        ("[]", "not a list"),
        ("[1]", "not a list"),
        ('[{"latencyMs": 1.0}]', "'computeMs' of inference 0 is None"),
        (trace(2).replace("1.5 }", '"x" }', 1), "'latencyMs' of inference 0 is 'x'"),
    ],
)
def test_other_files_are_refused(tmp_path, text, reason):
    (tmp_path / "times.json").write_text(text)
    with pytest.raises(BadInputFile, match=reason):
        trtexec.read_times(tmp_path / "times.json")


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script with a first line that names Python")
@pytest.mark.parametrize("spoiled", [False, True])
def test_trtexec_is_run_and_its_pictures_are_checked(tmp_path, monkeypatch, spoiled):
    """A program of that name that reads its inputs and writes its outputs as trtexec does."""
    path = save_tiny(tmp_path / "tiny.onnx")
    (tmp_path / "trace.json").write_text(trace())
    (tmp_path / "trtexec").write_text(f"""#!{sys.executable}
import json, shutil, sys
import numpy as np, onnxruntime
flags = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
name, file = flags["--loadInputs"].split(":", 1)
shape = [int(side) for side in flags["--shapes"].split(":")[1].split("x")]
z = np.fromfile(file, np.float32).reshape(shape)
image = onnxruntime.InferenceSession(flags["--onnx"]).run(None, {{name: z}})[0]
if {spoiled}: image = 255 - image
output = {{"name": "image", "dimensions": "x".join(map(str, image.shape)), "values": image.ravel().tolist()}}
json.dump([output], open(flags["--exportOutput"], "w"))
shutil.copy({str(tmp_path / "trace.json")!r}, flags["--exportTimes"])
print("&&&& RUNNING TensorRT.trtexec [TensorRT v100700] [b23] # trtexec")
print("[I] Engine built in 12.5 sec.")
""")
    (tmp_path / "trtexec").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    result = Harness(Timing()).run(Case(path, "single_stream", 2), ["trtexec"])[0]
    assert result.status == ("wrong_output" if spoiled else "ok"), result.reason
    assert result.outputs_checked == 2
    if not spoiled:
        assert result.about["version"] == "100700"
        assert "--noTF32" in result.about["flags"]
        assert result.latency_ms.p50 == 1.5
        assert result.figures["build_ms"] == 12500


def test_trtexec_that_is_missing_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    path = save_tiny(tmp_path / "tiny.onnx")
    result = Harness(Timing(), clock=FakeClock()).run(Case(path, "single_stream", 2), ["trtexec"])[0]
    assert (result.status, Path(result.model.name).name) == ("not_run", "tiny")
    assert "not on the PATH" in result.reason
    assert json.loads(json.dumps(result.about)) == {}
