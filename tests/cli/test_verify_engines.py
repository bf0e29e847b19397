"""`ganrt verify -m F.engine` against the doubles: a right one passes, and each wrong one fails; memory and priority."""

import json

import numpy as np
import pytest
from runnable_engines import save_engine, use_doubles

RTX = {"backend": "tensorrt-rtx", "backend_version": "1.7.1.116"}


def verify(run, path, *words):
    return run("verify", "-m", path, "--against", path.with_suffix(".onnx"), "--samples", "8", *words)


@pytest.mark.parametrize("backend", ["tensorrt", "tensorrt-rtx"])
def test_a_right_engine_passes(run, tmp_path, monkeypatch, backend):
    rtx = backend == "tensorrt-rtx"
    use_doubles(monkeypatch, rtx=rtx)
    path = save_engine(tmp_path, **(RTX if rtx else {}))
    code, out, err = verify(run, path, "--backend", backend, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["backend"], report["device"], report["passed"]) == (backend, "cuda", True)
    assert (report["samples"], report["max_error"], report["canary_error"]) == (8, 0, 0)


def noise(values):
    """Some 38 dB: below FP16's gate of 45."""
    return np.clip(values.astype(np.int16) + np.where(values % 2, 3, -3), 0, 255).astype(np.uint8)


def nan(values):
    """What a cast makes of NaN differs from device to device; mostly 0."""
    return np.full(values.shape, np.nan, np.float32).astype(np.uint8) * 0


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("picture", [np.zeros_like, nan, lambda values: values[:, :, ::-1], noise])
def test_a_wrong_picture_fails_the_load(run, tmp_path, monkeypatch, picture):
    use_doubles(monkeypatch, picture=picture)
    code, _, err = verify(run, save_engine(tmp_path))
    assert code == 3
    assert "to its canary, expected 45 dB in fp16" in err


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("picture", [np.zeros_like, nan, lambda values: values[:, :, ::-1], noise])
def test_a_wrong_picture_fails_the_comparison_where_there_is_no_canary(run, tmp_path, monkeypatch, picture):
    use_doubles(monkeypatch, picture=picture)
    code, _, err = verify(run, save_engine(tmp_path, canary=False))
    assert code == 1
    assert "out of tolerance: worst of 8" in err
    assert "PSNR at least 45 dB" in err


def test_one_wrong_picture_among_many_is_the_worst(run, tmp_path, monkeypatch):
    drawn = []

    def sometimes(values):
        drawn.append(1)
        return 255 - values if len(drawn) == 6 else values

    use_doubles(monkeypatch, picture=sometimes)
    code, out, _ = verify(run, save_engine(tmp_path, canary=False), "--json")
    assert code == 1
    assert json.loads(out)["passed"] is False


def test_another_backend_than_the_engines_is_refused(run, tmp_path, monkeypatch):
    use_doubles(monkeypatch)
    code, _, err = verify(run, save_engine(tmp_path), "--backend", "tensorrt-rtx")
    assert code == 2
    assert "was compiled for tensorrt and runs with nothing else" in err


def test_memory_and_priority_reach_the_engine(run, tmp_path, monkeypatch):
    from ganrt.engines.cuda import opening

    seen = []
    limits = opening.Limits
    monkeypatch.setattr(opening, "Limits", lambda *given: seen.append(given) or limits(*given))
    use_doubles(monkeypatch)
    path = save_engine(tmp_path)
    code, _, err = run("generate", "-m", path, "--count", 2, "-o", "out", "--memory", 64, "--low-priority")
    assert code == 0, err
    assert seen == [(64 * 2**20, True)]
    code, _, err = run("generate", "-m", path.with_suffix(".onnx"), "--count", 1, "-o", "more", "--memory", 64)
    assert code == 2
    assert "expected a compiled engine" in err
