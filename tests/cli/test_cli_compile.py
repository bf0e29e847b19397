"""`ganrt compile`: the file behind the gate, what it is then used for, and what is refused."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from onnx import helper
from precision_models import SIZE, by_hand

from ganrt.runtime import models


@pytest.fixture
def far(tmp_path):
    """A model with one layer, of which even the last bits matter: in INT8 it draws something else."""
    nodes = [helper.make_node("Mul", ["x", "often"], ["waves"]), helper.make_node("Sin", ["waves"], ["y"])]
    return by_hand(tmp_path, nodes, {"often": 500.0}).path


def test_a_file_is_written_and_used(run, tiny, monkeypatch):
    code, out, err = run("compile", "-m", tiny, "--precision", "fp16", "--json")
    assert code == 0, err
    report = json.loads(out)
    assert Path(report["file"]) == Path("compiled/tiny.fp16.onnx")
    assert (report["precision"], report["samples"], report["bytes"]) == (
        "fp16",
        256,
        Path(report["file"]).stat().st_size,
    )
    assert report["psnr_db"] >= 45
    assert 0.99 < report["ssim"] < 1
    sha256 = hashlib.sha256(Path(report["file"]).read_bytes()).hexdigest()
    assert [path.name for path in (Path(os.environ["GANRT_HOME"]) / "trusted").iterdir()] == [f"{sha256}-made"]
    code, out, _ = run("inspect", report["file"], "--json")
    found = json.loads(out)
    assert (found["precision"], found["form"], found["derived_from"]) == (
        "fp16",
        report["form"],
        report["model_sha256"],
    )
    assert found["gate"] == {"psnr": report["psnr_db"], "samples": 256, "ssim": report["ssim"]}
    code, _, err = run("generate", "-m", report["file"], "--count", "2")
    assert code == 0
    assert "precision fp16" in err
    code, _, err = run("verify", "-m", report["file"], "--against", tiny, "--samples", "8")
    assert code == 0, err
    code, _, err = run("verify", "-m", report["file"])
    assert code == 2
    assert "give the portable FP32 model: --against MODEL" in err
    with monkeypatch.context() as patch:  # as if it was bundled
        patch.setitem(models.BUNDLED, "tiny-1", tiny)
        code, _, err = run("verify", "-m", report["file"], "--samples", "8")
    assert code == 0, err


def test_compiled_graphs_are_listed_and_those_that_are_damaged(run, tiny):
    from tiny_onnx import save_tiny

    assert run("compile", "-m", tiny, "--precision", "fp16")[0] == 0
    save_tiny(Path("compiled/portable.onnx"))  # nobody compiled it
    listed = json.loads(run("compile", "--list", "--json")[1])
    assert [(Path(each["file"]).name, each["problem"]) for each in listed] == [("tiny.fp16.onnx", None)]
    whole = Path("compiled/tiny.fp16.onnx").read_bytes()
    Path("compiled/tiny.fp16.onnx").write_bytes(whole[:-20])
    code, _, err = run("compile", "--list")
    assert code == 0
    assert "tiny.fp16.onnx: " in err
    assert "is not an ONNX file, or it is damaged" in err
    assert "nothing to remove" in run("compile", "--clean")[2]  # of engines alone


def test_a_second_time_it_is_neither_lowered_nor_gated_again(run, tiny, monkeypatch):
    words = ("compile", "-m", tiny, "--precision", "fp16", "--json", "-o")
    first = json.loads(run(*words, "one")[1])
    with monkeypatch.context() as patch:
        patch.setattr("ganrt.engines.precisions.lower_precision", None)
        code, out, err = run(*words, "two")
        assert code == 0, err
        assert run(*words, "three", "--min-psnr", "10")[0] == 70  # another gate is another request
    second = json.loads(out)
    assert Path(second.pop("file")).read_bytes() == Path(first.pop("file")).read_bytes()
    assert second == first


def test_people_read_what_stayed_in_fp32(run, tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "large"], ["a"], name="large"),
             helper.make_node("MatMul", ["a", "small"], ["y"], name="small")]  # fmt: skip
    model = by_hand(tmp_path, nodes, {"large": 2e4 * np.eye(SIZE), "small": 5e-5 * np.eye(SIZE)}).path
    code, _, err = run("compile", "-m", model, "--form", "plain")
    assert code == 0, err
    assert "in FP32: large ('a' reaches" in err
    assert "tiny.fp16.onnx: fp16, form plain" in err.replace("\\", "/")


def test_a_gate_that_is_not_reached_writes_nothing(run, far):
    code, _, err = run("compile", "-m", far, "--precision", "int8", "--form", "plain")
    assert code == 1
    assert "the gate is 35 dB" in err
    assert "--min-psnr" in err
    assert not Path("compiled").exists()
    assert run("compile", "-m", far, "--precision", "int8", "--form", "plain", "--min-psnr", "1")[0] == 0


def test_nan_writes_nothing(run, tmp_path):
    nodes = [helper.make_node("Log", ["x"], ["y"])]
    code, _, err = run("compile", "-m", by_hand(tmp_path, nodes).path, "--form", "plain", "--min-psnr", "0")
    assert code == 1
    assert "'y' is not finite even in FP32" in err
    assert not Path("compiled").exists()


def test_what_makes_no_sense_is_refused(run, tiny):
    code, _, err = run("compile", "-m", tiny, "--backend", "abacus")
    assert code == 2
    assert "nothing is compiled for it; expected onnxruntime" in err
    code, _, err = run("compile", "-m", tiny, "--precision", "bf16")
    assert code == 2
    assert "expected fp16 or int8; bf16 is computed by backends" in err
    code, _, err = run("compile", "-m", tiny, "--precision", "fp8")
    assert code == 2
    assert "--precision fp8: expected fp16 or int8\n" in err
    code, _, err = run("compile", "-m", tiny, "--form", "round")
    assert code == 2
    assert "expected plain, " in err
    assert run("compile", "-m", "missing.onnx")[0] == 4


def test_nothing_is_overwritten_unless_asked(run, tiny):
    Path("compiled").mkdir()
    Path("compiled/tiny.fp16.onnx").write_bytes(b"mine")
    code, _, err = run("compile", "-m", tiny)
    assert code == 5
    assert "--force" in err
    assert Path("compiled/tiny.fp16.onnx").read_bytes() == b"mine"
    assert run("compile", "-m", tiny, "--force")[0] == 0
    code, _, err = run("compile", "-m", "compiled/tiny.fp16.onnx", "-o", "again")
    assert code == 4
    assert "is in fp16 already" in err
