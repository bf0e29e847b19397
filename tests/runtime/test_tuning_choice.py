"""What tuning remembered: when it holds, and that `load` takes it."""

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.engines import backends, cache
from ganrt.engines.choice import Choice, forget, remember, remembered
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable
from ganrt.runtime.tuning.tune import tune

pytest.importorskip("openvino")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(tmp_path):
    return read_onnx(save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True)))


def test_load_takes_what_was_chosen_and_draws_the_same(tiny):
    plain = ganrt.load(tiny.path, backend="onnxruntime").sample(5, seed=1)
    (found,) = tune(tiny, ["fp32"], budget_s=3.0)
    assert remembered(tiny.sha256, "fp32") == found.choice
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == (found.choice.backend, found.choice.form)
        assert generator.model_sha256 == tiny.sha256
        assert np.abs(generator.sample(5, seed=1).astype(int) - plain).max() <= 1
    with ganrt.load(tiny.path, backend="onnxruntime") as generator:
        assert (generator.backend, generator.form) == ("onnxruntime", "plain")


def test_fastest_is_plain_until_somebody_tunes(tiny):
    with ganrt.load(tiny.path, precision="fastest") as generator:
        assert (generator.backend, generator.precision) == ("onnxruntime", "fp32")


def test_a_derived_graph_that_is_gone_is_no_choice(tiny, home):
    choice = Choice("openvino", "fp32", "phase", graph="0" * 64, batches=(1,))
    remember(tiny.sha256, "fp32", choice, tiny.data)
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == ("openvino", "phase")
    for entry in (home / "graphs").iterdir():
        entry.write_bytes(b"damaged")
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == ("onnxruntime", "plain")


def test_a_choice_whose_backend_left_is_no_choice(tiny, monkeypatch):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    monkeypatch.setattr("ganrt.engines.openvino_cpu.probe", lambda: (_ for _ in ()).throw(BackendUnavailable("gone")))
    with ganrt.load(tiny.path) as generator:
        assert generator.backend == "onnxruntime"


def test_what_was_tuned_for_one_device_decides_for_that_one_alone(tiny):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)), device="cpu")
    assert ganrt.load(tiny.path, device="cpu").backend == "openvino"
    assert ganrt.load(tiny.path).backend == "onnxruntime"  # a GPU might be faster, and was not asked
    forget(tiny.sha256, "fp32", "cpu")
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    assert ganrt.load(tiny.path, device="cpu").backend == "openvino"


@pytest.mark.parametrize("change", ["processor", "versions"])
def test_a_choice_holds_for_this_processor_and_these_versions(tiny, monkeypatch, change):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    if change == "processor":
        monkeypatch.setattr("ganrt.engines.choice.processor", lambda: {"name": "another"})
    else:
        monkeypatch.setattr("ganrt.engines.choice.package_version", lambda package: "0.0")
    assert remembered(tiny.sha256, "fp32") is None


def test_a_choice_of_another_ganrt_is_none(tiny):
    from ganrt.engines import choice

    cache.store("choices", choice._key(tiny.sha256, "fp32"), ".json", b'{"batches": null, "another": 1}')
    assert remembered(tiny.sha256, "fp32") is None


def test_forgetting(tiny):
    assert not forget(tiny.sha256, "fp32")
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    assert forget(tiny.sha256, "fp32")
    assert remembered(tiny.sha256, "fp32") is None


def test_a_choice_is_for_the_threads_that_it_was_made_for(tiny):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)), threads=1)
    assert remembered(tiny.sha256, "fp32") is None
    assert remembered(tiny.sha256, "fp32", threads=2) is None
    one = backends.open_model(tiny.path, options=EngineOptions(threads=1, device="cpu"))
    two = backends.open_model(tiny.path, options=EngineOptions(threads=2, device="cpu"))
    with one, two:
        assert (one.backend, two.backend) == ("openvino", "onnxruntime")


def test_a_choice_on_a_gpu_is_for_that_gpu(tiny, monkeypatch):
    monkeypatch.setattr("ganrt.engines.choice.package_version", lambda package: "1.0")
    monkeypatch.setattr("ganrt.engines.choice.gpu_name", lambda: "one")
    choice = Choice("onnxruntime-cuda", "fp32")
    remember(tiny.sha256, "fp32", choice)
    remember(tiny.sha256, "fp32", choice, device="cpu")
    assert remembered(tiny.sha256, "fp32") == choice
    monkeypatch.setattr("ganrt.engines.choice.gpu_name", lambda: "another")
    assert remembered(tiny.sha256, "fp32") is None
    assert remembered(tiny.sha256, "fp32", "cpu") == choice  # no GPU's affair
