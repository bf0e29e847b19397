"""`ganrt verify -m F.engine` against the doubles: a right one passes, and each wrong one fails; memory and priority."""

import json

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnxruntime import InferenceSession
from runnable_engines import save_engine, use_doubles
from tiny_onnx import DIM, tiny_model, tiny_spec

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


WRONG = [np.zeros_like, lambda values: values[:, :, ::-1], noise]


@pytest.mark.parametrize("picture", WRONG)
def test_a_wrong_picture_fails_the_load(run, tmp_path, monkeypatch, picture):
    use_doubles(monkeypatch, picture=picture)
    code, _, err = verify(run, save_engine(tmp_path))
    assert code == 3
    assert "to its canary, expected 45 dB in fp16" in err


@pytest.mark.parametrize("picture", WRONG)
def test_a_wrong_picture_fails_the_comparison_where_there_is_no_canary(run, tmp_path, monkeypatch, picture):
    use_doubles(monkeypatch, picture=picture)
    code, _, err = verify(run, save_engine(tmp_path, canary=False))
    assert code == 1
    assert "out of tolerance: worst of 8" in err
    assert "PSNR at least 45 dB" in err


def save_nan(folder, share):
    """The tiny graph with NaN in the first `share` of its weights' columns: as many of a picture's values are NaN."""
    model = tiny_model(tiny_spec())
    tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "weight")
    weight = numpy_helper.to_array(tensor).copy()
    weight[:, : round(share * weight.shape[1])] = np.nan
    tensor.CopyFrom(numpy_helper.from_array(weight, "weight"))
    path = folder / "nan.onnx"
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(
    ("share", "says"), [(1, "a picture of one value, as from zeros or NaN"), (0.125, "another picture")]
)
def test_nan_cannot_be_seen_in_uint8_but_in_the_picture(run, tmp_path, monkeypatch, share, says):
    """The engine computes NaN in truth. Its output is uint8, for which the cast makes it 0: black is what NaN shows."""
    use_doubles(monkeypatch)
    graph = save_nan(tmp_path, share)
    path = save_engine(tmp_path, holds=graph)
    drawn = InferenceSession(graph.read_bytes(), providers=["CPUExecutionProvider"]).run(
        None, {"z": np.ones((2, DIM), np.float32)}
    )[0]
    assert (drawn == 0).mean() >= share
    code, _, err = verify(run, path)
    assert code == 3
    assert f"draws {says}" in err
    path = save_engine(tmp_path, holds=graph, canary=False)
    code, _, err = verify(run, path)
    assert code == 1
    assert "out of tolerance: worst of 8" in err


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
    assert seen == [(64 * 2**20, True, False)]  # copied, not mapped
    code, _, err = run("generate", "-m", path.with_suffix(".onnx"), "--count", 1, "-o", "more", "--low-priority")
    assert code == 2
    assert "expected a compiled engine" in err
