"""`ganrt doctor --self-test`: what is tried, what fails it, the report; here the GPU's part against the doubles."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from runnable_engines import save_engine, use_doubles

from ganrt.cli import self_test
from ganrt.engines import backends


@pytest.fixture
def only(monkeypatch):
    """Leaves only some backends, for the others are tried in the same way."""

    def leave(*names):
        known = {name: backends.BACKENDS[name] for name in names}
        monkeypatch.setattr(backends, "BACKENDS", known)

    return leave


@pytest.fixture
def device(tmp_path, monkeypatch):
    """A device's double on which an engine is "compiled": drawn by ONNX Runtime, as `picture` changes it."""

    def put(*, canary=True, **options):
        use_doubles(monkeypatch, **options)
        path = save_engine(tmp_path, canary=canary)
        monkeypatch.setattr("ganrt.engines.tensorrt.vendor.load_vendor", lambda name: SimpleNamespace(__version__="10"))

        def compile_(model, backend, target, folder, made):
            assert (backend, target) == ("tensorrt", "sm86")
            made.append(path)
            return True, "compiled", {}

        monkeypatch.setattr(self_test, "_compile", compile_)
        return path.with_suffix(".onnx")

    return put


def states(out):
    return {(o["part"], o["step"]): o["state"] for o in json.loads(out)["outcomes"]}


def test_what_is_here_passes_and_what_is_not_is_skipped_with_the_reason(run, tiny, only):
    only("onnxruntime", "onnxruntime-rtx", "tensorrt")
    code, out, err = run("doctor", "--self-test", "-m", tiny, "--json", "-o", "report.json")
    assert code == 0, err
    report = json.loads(Path("report.json").read_text())
    assert report == json.loads(out)
    assert report["format"] == "ganrt.self-test/1"
    assert report["machine"]["packages"]["onnxruntime"]
    found = states(out)
    steps = ("installed", "load", "canary", "likeness", "batches", "time")
    assert [found["onnxruntime", step] for step in steps] == ["passed"] * 6
    skipped = [o for o in report["outcomes"] if o["state"] == "skipped"]
    assert skipped
    assert all(o["about"] for o in skipped)
    assert run("doctor", "--self-test", "-m", tiny, "-o", "report.json")[0] == 5


def test_it_reads_well_on_a_terminal(run, tiny, only):
    only("onnxruntime")
    code, out, err = run("doctor", "--self-test", "-m", tiny)
    assert code == 0
    assert "\nonnxruntime\n  ok    installed     onnxruntime" in out
    assert max(map(len, out.splitlines())) <= 120
    assert "none failed" in err


@pytest.mark.slow
def test_an_engine_is_really_compiled_without_a_gpu(run, only):
    pytest.importorskip("tensorrt_rtx", reason='tensorrt_rtx is not installed: pip install "ganrt[rtx]"')
    only("onnxruntime", "tensorrt-rtx")
    code, out, err = run("doctor", "--self-test", "--json")
    assert code == 0, err
    assert states(out)["tensorrt-rtx", "compile"] == "passed"


def test_on_a_device_the_engine_is_loaded_compared_and_timed(run, device, only):
    only("onnxruntime", "tensorrt")
    code, out, err = run("doctor", "--self-test", "-m", device(), "--json")
    assert code == 0, err
    found = states(out)
    for step in ("compile", "load", "canary", "likeness", "batches", "time", "two in flight"):
        assert found["tensorrt", step] == "passed"
    assert found["gpu", "device"] == "passed"


@pytest.mark.parametrize("picture", [np.zeros_like, lambda values: 255 - values])
def test_a_device_that_draws_wrong_pictures_fails_it(run, device, only, picture):
    only("onnxruntime", "tensorrt")
    code, out, err = run("doctor", "--self-test", "-m", device(picture=picture), "--json", "-o", "report.json")
    assert code == 1
    assert states(out)["tensorrt", "load"] == "failed"
    assert "steps failed: tensorrt, load" in err
    assert json.loads(Path("report.json").read_text())["passed"] is False


def failed(out):
    return {key for key, state in states(out).items() if state == "failed"}


def test_without_a_canary_the_likeness_finds_wrong_pictures(run, device, only):
    only("onnxruntime", "tensorrt")
    code, out, _ = run("doctor", "--self-test", "-m", device(canary=False, picture=lambda v: 255 - v), "--json")
    assert code == 1
    assert failed(out) == {("tensorrt", "likeness")}


def test_batches_in_flight_that_come_back_wrong_fail_it(run, device, only, monkeypatch):
    from ganrt.engines.cuda.runner import CudaEngine

    only("onnxruntime", "tensorrt")
    path, try_it = device(), self_test._in_flight

    def disturbed(engine):
        collect = CudaEngine.collect
        monkeypatch.setattr(CudaEngine, "collect", lambda *given: {n: v ^ 1 for n, v in collect(*given).items()})
        return try_it(engine)

    monkeypatch.setattr(self_test, "_in_flight", disturbed)
    code, out, _ = run("doctor", "--self-test", "-m", path, "--json")
    assert code == 1
    assert failed(out) == {("tensorrt", "two in flight")}


def test_a_backend_whose_pictures_depend_on_the_batch_fails_it(run, tiny, only, monkeypatch):
    from ganrt.runtime.generator import Generator

    only("onnxruntime")
    sample = Generator.sample

    def depending(self, count=1, *, batch_size=None, **options):
        return sample(self, count, batch_size=batch_size, **options) ^ np.uint8(batch_size == 8)

    monkeypatch.setattr(Generator, "sample", depending)
    code, out, _ = run("doctor", "--self-test", "-m", tiny, "--json")
    assert code == 1
    assert states(out)["onnxruntime", "batches"] == "failed"


def test_an_unexpected_error_is_an_outcome(run, tiny, only, monkeypatch):
    def crash(generator):
        raise ZeroDivisionError("oh")

    only("onnxruntime")
    monkeypatch.setattr(self_test, "_time", crash)
    code, out, _ = run("doctor", "--self-test", "-m", tiny, "--json")
    assert code == 1
    assert [o["about"] for o in json.loads(out)["outcomes"] if o["state"] == "failed"] == ["ZeroDivisionError: oh"]


def test_a_report_needs_the_self_test(run):
    code, _, err = run("doctor", "-o", "report.json")
    assert code == 2
    assert "expected with --self-test" in err
