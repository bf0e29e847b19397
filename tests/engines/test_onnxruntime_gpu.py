"""ONNX Runtime's GPU backends: exact errors with the CPU's wheel; against a double nothing silent, nothing stale."""

import importlib.util
import sys
import threading
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
from onnxruntime_double import CUDA, RTX, TENSORRT, OnnxRuntimeDouble
from tiny_onnx import DIM, save_tiny, save_translator, tiny_spec, translator_spec

import ganrt
from ganrt.engines import onnxruntime_cuda, onnxruntime_rtx, onnxruntime_tensorrt
from ganrt.engines.backends import BACKENDS, open_model
from ganrt.engines.cache import SealedFolder
from ganrt.engines.onnxruntime_gpu import Binding
from ganrt.engines.onnxruntime_session import Provider
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, UsageError

GPU = {"onnxruntime-cuda": CUDA, "onnxruntime-tensorrt": TENSORRT, "onnxruntime-rtx": RTX}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return save_tiny(tmp_path / "tiny.onnx")


@pytest.fixture
def use(monkeypatch):
    """Puts a double in place of onnxruntime, of TensorRT's library and of the plugin."""

    def put(**options):
        double = OnnxRuntimeDouble(**options)
        for module in (onnxruntime_cuda, onnxruntime_rtx):
            monkeypatch.setattr(module, "import_onnxruntime", lambda extra: double)
        monkeypatch.setattr(onnxruntime_tensorrt.ctypes, "CDLL", lambda name, winmode: None)
        plugin = SimpleNamespace(__version__="0.5.0", get_ep_name=lambda: RTX, get_library_path=lambda: "plugin.so")
        monkeypatch.setitem(sys.modules, onnxruntime_rtx.PLUGIN, plugin)
        return double

    return put


def latents(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)


@pytest.mark.parametrize(
    ("backend", "says", "mend"),
    [
        ("onnxruntime-cuda", "has no CUDA provider", 'pip install "ganrt[gpu]"'),
        ("onnxruntime-tensorrt", "has no TensorRT provider", 'pip install "ganrt[gpu]"'),
        ("onnxruntime-rtx", "onnxruntime_ep_nv_tensorrt_rtx is missing", 'pip install "ganrt[onnxruntime-rtx]"'),
    ],
)
def test_with_the_cpus_wheel_the_error_says_what_to_install(tiny, monkeypatch, backend, says, mend):
    if TENSORRT in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has the GPU providers")
    monkeypatch.setitem(sys.modules, onnxruntime_rtx.PLUGIN, None)
    with pytest.raises(BackendUnavailable) as caught:
        open_model(tiny, backend)
    assert says in str(caught.value)
    assert mend in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_a_provider_without_tensorrt_10_says_so(tiny, use, monkeypatch):
    use()

    def missing(name, winmode):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(onnxruntime_tensorrt.ctypes, "CDLL", missing)
    with pytest.raises(BackendUnavailable, match="needs TensorRT 10, whose .*nvinfer.* does not load"):
        open_model(tiny, "onnxruntime-tensorrt")


def test_a_plugin_without_driver_or_device_and_an_old_onnxruntime(tiny, use, monkeypatch):
    double = use()
    monkeypatch.setattr(double, "get_ep_devices", list)
    with pytest.raises(BackendUnavailable, match="finds no device; expected an RTX 30"):
        open_model(tiny, "onnxruntime-rtx")
    double = use()

    def refuse(name, library):
        raise RuntimeError("libcuda.so.1: cannot open shared object file")

    monkeypatch.setattr(double, "register_execution_provider_library", refuse)
    with pytest.raises(BackendUnavailable, match=r"libcuda\.so\.1.*\nit needs an NVIDIA driver"):
        open_model(tiny, "onnxruntime-rtx")
    old = SimpleNamespace(__version__="1.18.0")
    monkeypatch.setattr(onnxruntime_rtx, "import_onnxruntime", lambda extra: old)
    with pytest.raises(BackendUnavailable, match="takes no plugins; expected 1.24"):
        open_model(tiny, "onnxruntime-rtx")


@pytest.mark.skipif(
    importlib.util.find_spec(onnxruntime_rtx.PLUGIN) is None, reason='no plugin: pip install "ganrt[onnxruntime-rtx]"'
)
def test_the_real_plugin_without_a_driver_is_an_error_with_a_reason():
    try:
        found = BACKENDS["onnxruntime-rtx"].probe()
    except BackendUnavailable as error:
        assert "does not load" in str(error) or "finds no device" in str(error)
    else:
        assert "plugin" in found


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("backend", GPU)
def test_it_draws_what_the_cpu_draws_at_any_batch(tiny, use, backend, pinned):
    double = use(pinned=pinned)
    z = latents(64)
    with open_model(tiny, "onnxruntime") as cpu:
        expected = cpu.run({"z": z})["image"]
    with open_model(tiny, backend) as engine:
        assert (engine.backend, engine.device, engine.precision) == (backend, "cuda", "fp32")
        assert double.sessions[-1].providers[0][0] == GPU[backend]
        for count in (1, 2, 5, 64, 3):
            np.testing.assert_array_equal(engine.run({"z": z[:count]})["image"], expected[:count])
        out = {"image": np.empty((7, 8, 8, 3), np.uint8)}
        assert engine.run({"z": z[:7]}, out)["image"] is out["image"]
        np.testing.assert_array_equal(out["image"], expected[:7])
        with pytest.raises(UsageError, match="input 'z' is float64"):
            engine.run({"z": z[:2].astype(np.float64)})
        with pytest.raises(UsageError, match=r"out 'image' is uint8 \[7, 8, 8, 3\]: expected uint8 \[2, 8, 8, 3\]"):
            engine.run({"z": z[:2]}, out)
    assert len(double.allocated) == (2 if pinned else 0)


def test_buffers_are_bound_once_for_a_batch_size_and_results_are_the_callers(tiny, use):
    double = use()
    with open_model(tiny, "onnxruntime-cuda") as engine:
        first = engine.run({"z": latents(4, 1)})["image"]
        kept = first.copy()
        for seed in range(5):
            engine.run({"z": latents(4, seed)})
        np.testing.assert_array_equal(first, kept)
        assert double.sessions[-1].binding.bound == 1


def test_threads_share_the_buffers_one_at_a_time(tiny, use):
    use()
    with open_model(tiny, "onnxruntime") as cpu, open_model(tiny, "onnxruntime-cuda") as engine:
        wanted = {seed: cpu.run({"z": latents(1 + seed % 3, seed)})["image"] for seed in range(40)}
        wrong = []

        def draw(seeds):
            for seed in seeds:
                if not np.array_equal(engine.run({"z": latents(1 + seed % 3, seed)})["image"], wanted[seed]):
                    wrong.append(seed)

        threads = [threading.Thread(target=draw, args=(range(first, 40, 4),)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("backend", GPU)
def test_a_fallback_that_nobody_is_told_of_is_refused(tiny, use, backend):
    use(falls_back=True)
    with pytest.raises(BackendUnavailable, match=f"{GPU[backend]} did not start"):
        open_model(tiny, backend)


def test_auto_says_why_it_went_to_the_cpu(tiny, use):
    """A provider is listed whether or not its libraries are there: who installed it is told that it does not start."""
    use(falls_back=True)
    with pytest.warns(RuntimeWarning, match=r'CUDA.* did not start(.|\n)*"ganrt\[gpu-cuda12\]"(.|\n)*next backend'):
        engine = open_model(tiny)
    with engine:
        assert engine.backend == "onnxruntime"


def test_pips_libraries_are_loaded_before_the_provider_without_printing(tiny, use, capsys):
    double = use()
    loaded = []
    double.preload_dlls = lambda: (loaded.append("cuda"), print("Failed to load libcudnn.so.9"))
    open_model(tiny, "onnxruntime-cuda").close()
    assert loaded == ["cuda"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("backend", GPU)
def test_nodes_that_land_on_the_cpu_are_refused_but_for_shapes(tiny, use, backend):
    use(assigned={GPU[backend]: ["MatMul"], "CPUExecutionProvider": ["Shape", "Gather"]})
    open_model(tiny, backend).close()
    use(assigned={GPU[backend]: ["MatMul"], "CPUExecutionProvider": ["Tanh", "Shape"]})
    with pytest.raises(BackendUnavailable, match=f"{GPU[backend]} refuses Tanh, which would run on CPUExecution"):
        open_model(tiny, backend)


def test_tensorrt_may_leave_something_to_cuda_but_says_so(tiny, use):
    use(assigned={TENSORRT: ["MatMul"], CUDA: ["Cast", "Tanh"]})
    with pytest.warns(RuntimeWarning, match=f"{CUDA}, not {TENSORRT}, computes Tanh"):
        open_model(tiny, "onnxruntime-tensorrt").close()
    use(assigned={RTX: ["MatMul"], CUDA: ["Tanh"]})
    with pytest.raises(BackendUnavailable, match="which would run on CUDA"):
        open_model(tiny, "onnxruntime-rtx")


@pytest.mark.parametrize(("backend", "prefix"), [("onnxruntime-tensorrt", "trt"), ("onnxruntime-rtx", "nv")])
def test_profiles_are_those_of_the_spec_and_static_where_one_size_is_asked_for(tmp_path, tiny, use, backend, prefix):
    double = use()
    path = save_tiny(tmp_path / "all.onnx", tiny_spec(labels=3, statistics=True))
    open_model(path, backend).close()
    options = double.sessions[-1].options
    assert options[f"{prefix}_profile_min_shapes"] == f"z:1x{DIM},labels:1x3,truncation:1"
    assert options[f"{prefix}_profile_max_shapes"] == f"z:64x{DIM},labels:64x3,truncation:64"
    with open_model(tiny, backend, EngineOptions(batches=(8,))) as engine:
        options = double.sessions[-1].options
        assert {options[f"{prefix}_profile_{end}_shapes"] for end in ("min", "opt", "max")} == {f"z:8x{DIM}"}
        assert (engine.batch_sizes.minimum, engine.batch_sizes.maximum) == (8, 8)
        with pytest.raises(UsageError, match="takes 8 to 8"):
            engine.run({"z": latents(7)})


def test_translators_of_open_size_are_compiled_for_that_of_their_spec(tmp_path, use, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    double = use()
    spec = translator_spec(dynamic=True)
    path = save_translator(tmp_path / "open.onnx", spec)
    picture, larger = np.zeros((1, 8, 12, 3), np.uint8), np.zeros((1, 16, 24, 3), np.uint8)
    with open_model(path, "onnxruntime-tensorrt") as engine:
        assert double.sessions[-1].options["trt_profile_min_shapes"] == "source:1x8x12x3"
        engine.run({"source": picture})
        with pytest.raises(UsageError, match="input 'source' is"):
            engine.run({"source": larger})
    with open_model(path, "onnxruntime-cuda") as engine:
        assert engine.run({"source": larger})["image"].shape == larger.shape


@pytest.mark.parametrize("backend", ["onnxruntime-tensorrt", "onnxruntime-rtx"])
def test_what_was_compiled_is_kept_for_one_graph_and_made_again_if_damaged(tmp_path, tiny, use, backend):
    double = use()
    for _ in range(2):
        open_model(tiny, backend).close()
    assert double.built == 1
    other = save_tiny(tmp_path / "other.onnx", tiny_spec(name="other"))  # the same structure: ONNX Runtime's own name
    open_model(other, backend).close()
    open_model(tiny, backend, EngineOptions(batches=(4,))).close()
    assert double.built == 3
    for engine in (tmp_path / "home" / backend).glob("*/graph.engine"):
        engine.write_bytes(b"natiVe code")
    open_model(tiny, backend).close()
    assert double.built == 4


def test_a_folder_is_emptied_unless_it_is_as_it_was_sealed(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path))
    folder = SealedFolder("kind", {"a": 1})
    assert SealedFolder("kind", {"a": 2}).path != folder.path
    file = folder.open() / "x.engine"
    file.write_bytes(b"1")
    assert not list(folder.open().iterdir())  # never sealed: whoever wrote it was interrupted
    file.write_bytes(b"1")
    folder.seal()
    assert (folder.open() / "x.engine").read_bytes() == b"1"
    (folder.path / "stray.engine").write_bytes(b"2")
    assert not list(folder.open().iterdir())
    file.write_bytes(b"1")
    folder.seal()
    (folder.path / "seal.json").write_bytes(b"[[[")
    assert not list(folder.open().iterdir())


def test_a_cache_that_cannot_be_written_costs_only_time(tiny, use, tmp_path):
    double = use()
    (tmp_path / "home").write_text("a file is in the way")
    open_model(tiny, "onnxruntime-tensorrt").close()
    assert "trt_engine_cache_path" not in double.sessions[-1].options


@pytest.mark.parametrize("backend", GPU)
@pytest.mark.parametrize("picture", [np.zeros_like, lambda values: values[:, ::-1]])
def test_a_wrong_canary_fails_the_load(use, tmp_path, monkeypatch, backend, picture):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path))
    use(picture=picture)
    with pytest.raises(BackendUnavailable, match=f"{backend} draws .* to its canary"):
        ganrt.load("avatars", backend=backend)
    use()
    ganrt.load("avatars", backend=backend).close()


def test_a_device_that_fails_says_so(tiny, use, monkeypatch):
    use()
    with open_model(tiny, "onnxruntime-cuda") as engine:

        def fail(binding):
            raise RuntimeError("CUDA failure 700")

        monkeypatch.setattr(engine._session, "run_with_iobinding", fail)
        with pytest.raises(BackendUnavailable, match="failed on the GPU: CUDA failure 700"):
            engine.run({"z": latents(1)})


def test_the_plugin_is_registered_once_a_process(tiny, use):
    double = use()
    for _ in range(3):
        open_model(tiny, "onnxruntime-rtx").close()
    assert double.registered == {RTX: "plugin.so"}


def test_a_binding_works_with_the_real_onnxruntime(tiny):
    session = onnxruntime.InferenceSession(tiny.read_bytes(), providers=["CPUExecutionProvider"])
    spec = tiny_spec()
    binding = Binding(onnxruntime, session, Provider("CPUExecutionProvider"), spec.inputs, spec.outputs, 16)
    assert not binding.pinned
    for count in (3, 16, 1):
        wanted = session.run(None, {"z": latents(count)})[0]
        np.testing.assert_array_equal(binding.run({"z": latents(count)})["image"], wanted)


def test_priority_belongs_to_compiled_engines(tiny):
    with pytest.raises(UsageError, match="expected a compiled engine"):
        open_model(tiny, options=EngineOptions(low_priority=True))
