"""Choosing a backend, the engine protocol, and no silent fallback."""

import dataclasses
import importlib.util

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny, tiny_spec

from ganrt.engines import backends, onnxruntime_cuda
from ganrt.engines.backends import candidates, open_model
from ganrt.engines.onnxruntime_session import cpu_batch_sizes
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.spec import Labels, Latent, Output


def test_the_engine_says_what_is_in_use_and_runs(tiny):
    with open_model(tiny) as engine:
        assert (engine.backend, engine.device, engine.precision) == ("onnxruntime", "cpu", "fp32")
        z = np.zeros((3, DIM), np.float32)
        image = engine.run({"z": z})["image"]
        assert image.shape == (3, 8, 8, 3)
        assert image.dtype == np.uint8
        out = {"image": np.empty((3, 8, 8, 3), np.uint8)}
        assert engine.run({"z": z}, out)["image"] is out["image"]
        np.testing.assert_array_equal(out["image"], image)
        np.testing.assert_array_equal(engine.collect(engine.submit({"z": z}))["image"], image)


def test_large_pictures_are_drawn_one_by_one_on_the_cpu(tiny):
    with open_model(tiny) as engine:
        assert engine.batch_sizes.optimum == 16
    sizes = {side: cpu_batch_sizes(tiny_spec(side=side)) for side in (128, 256)}
    assert [(size.minimum, size.optimum, size.maximum) for size in sizes.values()] == [(1, 16, 64), (1, 1, 64)]


def test_wrong_inputs_are_named(tiny):
    engine = open_model(tiny)
    with pytest.raises(UsageError, match="expected z, got y"):
        engine.run({"y": np.zeros((1, DIM), np.float32)})
    with pytest.raises(UsageError, match="batch of 65"):
        engine.run({"z": np.zeros((65, DIM), np.float32)})
    engine.close()
    engine.close()
    with pytest.raises(UsageError, match="closed"):
        engine.run({"z": np.zeros((1, DIM), np.float32)})


def test_unknown_names_are_usage_errors(tiny):
    with pytest.raises(UsageError, match="expected auto, onnxruntime"):
        open_model(tiny, "tensorflow")
    with pytest.raises(UsageError, match="expected auto, cpu or cuda"):
        open_model(tiny, options=EngineOptions(device="tpu"))
    with pytest.raises(UsageError, match="runs on cpu"):
        open_model(tiny, "onnxruntime", EngineOptions(device="cuda"))
    with pytest.raises(UsageError, match="expected one of auto, fp32, fp16, bf16, int8, fastest"):
        open_model(tiny, options=EngineOptions(precision="fp64"))
    for threads in (0, 99999):
        with pytest.raises(UsageError, match=f"threads {threads}: expected 1 to"):
            open_model(tiny, options=EngineOptions(threads=threads))


def test_auto_goes_on_where_the_gpu_backend_is_installed_but_does_not_start(tiny, monkeypatch):
    """onnxruntime-gpu on a machine without a GPU: the probe finds the provider, opening fails."""
    monkeypatch.setattr(onnxruntime_cuda, "probe", lambda: "pretends to be there")
    assert candidates("auto", "auto") == ["onnxruntime-cuda", "onnxruntime", "openvino"]
    told = pytest.warns(RuntimeWarning, match="CUDAExecutionProvider did not start(.|\n)*the next backend is tried")
    with pytest.warns(UserWarning, match="CUDAExecutionProvider"), told, open_model(tiny) as engine:
        assert engine.backend == "onnxruntime"
    with pytest.raises(BackendUnavailable), pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        open_model(tiny, options=EngineOptions(device="cuda"))


def test_threads_reach_the_session(tiny):
    with open_model(tiny, options=EngineOptions(threads=3)) as engine:
        assert engine._session.get_session_options().intra_op_num_threads == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"latent": Latent(dim=9, prior="normal")}, r"input 'z' .* \['n', 9\]"),
        ({"labels": Labels(count=3)}, "its spec says labels, z"),
        ({"output": Output(height=9, width=8, channels=3)}, r"output 'image' .* \['n', 9, 8, 3\]"),
    ],
)
def test_a_spec_that_does_not_fit_its_graph_is_a_bad_file(tmp_path, change, words):
    lying = dataclasses.replace(tiny_spec(), **change).to_json()
    with pytest.raises(BadInputFile, match=words):
        open_model(save_tiny(tmp_path / "lying.onnx", metadata=lying))


def test_an_absent_gpu_is_an_error_and_not_the_cpu(tiny):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has the CUDA provider")
    with pytest.raises(BackendUnavailable, match=r'pip install "ganrt\[gpu\]"'):
        open_model(tiny, options=EngineOptions(device="cuda"))
    with pytest.raises(BackendUnavailable, match="no CUDA provider"):
        open_model(tiny, "onnxruntime-cuda")


def test_a_fallback_inside_onnxruntime_is_noticed(tiny, monkeypatch):
    """A CPU-only onnxruntime drops an unknown provider with a warning: exactly what must not pass unseen."""
    monkeypatch.setattr(onnxruntime_cuda, "probe", lambda: "pretends to be there")
    with pytest.raises(BackendUnavailable), pytest.warns(UserWarning, match="CUDAExecutionProvider"):
        open_model(tiny, "onnxruntime-cuda")


def test_without_any_backend_the_message_has_the_command(tiny, monkeypatch):
    def missing():
        raise BackendUnavailable("onnxruntime is not installed")

    monkeypatch.setattr(backends.Backend, "probe", lambda self: missing())
    with pytest.raises(BackendUnavailable, match=r'pip install "ganrt\[cpu\]"'):
        open_model(tiny)


def test_a_graph_that_onnxruntime_refuses_is_a_bad_file(tmp_path):
    path = tmp_path / "odd.onnx"
    data = save_tiny(path).read_bytes()
    path.write_bytes(data.replace(b"Tanh", b"Tanj"))
    with pytest.raises(BadInputFile, match="ONNX Runtime"):
        open_model(path)


def test_engines_without_a_sidecar_are_refused_with_a_reason(tmp_path):
    path = tmp_path / "a.engine"
    with pytest.raises(BadInputFile, match="does not exist; expected an engine"):
        open_model(path)
    path.write_bytes(b"vtrt")
    with pytest.raises(BadInputFile, match=r"a\.json is not beside it"):
        open_model(path)


@pytest.mark.gpu
def test_the_cuda_provider_draws_what_the_cpu_draws(tiny):
    if importlib.util.find_spec("onnxruntime") is None:
        pytest.skip("onnxruntime is not installed")
    try:
        backends.BACKENDS["onnxruntime-cuda"].probe()
    except BackendUnavailable as error:
        pytest.skip(str(error).splitlines()[0])
    z = np.random.default_rng(0).normal(size=(16, DIM)).astype(np.float32)
    with open_model(tiny, "onnxruntime-cuda") as gpu, open_model(tiny, "onnxruntime") as cpu:
        difference = np.abs(gpu.run({"z": z})["image"].astype(int) - cpu.run({"z": z})["image"])
        print("worst difference", difference.max())
        assert difference.max() <= 1
