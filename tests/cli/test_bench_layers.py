"""`ganrt bench layers` and `ganrt bench predict` from the command line."""

import json
import sys

import pytest
from tiny_onnx import DIM


def test_layers_of_a_model(run, tiny):
    code, out, err = run("bench", "layers", "--runs", "2", "--batch-size", "3", "--most", "2")
    assert code == 0
    assert "ConvTranspose" in out
    assert "faster layers" in out
    assert "median of 2; multiplications matched: 100%" in err
    code, out, _ = run("bench", "layers", "-m", tiny, "--runs", "1", "--json")
    table = json.loads(out)
    assert (code, table["engine"], table["batch_size"], table["matched_macs"]) == (
        0,
        "onnxruntime",
        16,
        0,
    )  # its nodes have no names


def test_an_imported_profile(run, tiny, tmp_path):
    profile, info = tmp_path / "profile.json", tmp_path / "info.json"
    profile.write_text('[{"count": 7}, {"name": "y", "timeMs": 7, "averageMs": 1, "percentage": 100}]')
    info.write_text('{"Layers": [{"Name": "y", "LayerType": "gemm", "Metadata": "[ONNX Layer: y]"}]}')
    arguments = ("-m", tiny, "--backend", "tensorrt", "--import", profile, "--batch-size", "4")
    code, out, err = run("bench", "layers", *arguments, "--layer-info", info)
    assert code == 0
    assert "gemm" in out
    assert "median of 7; multiplications matched: 100%" in err
    code, _, err = run("bench", "layers", "-m", tiny, "--backend", "tensorrt", "--import", tiny)
    assert code == 4
    assert "trtexec --exportProfile" in err
    code, _, err = run("bench", "layers", "-m", tiny, "--layer-info", info)
    assert code == 2
    assert "together with --import" in err


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script with a first line that names Python")
def test_tensorrts_layers_through_trtexec(run, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    code, _, err = run("bench", "layers", "-m", tiny, "--backend", "tensorrt")
    assert (code, "trtexec is not on the PATH" in err) == (3, True)
    program = tmp_path / "trtexec"
    program.write_text(f"""#!{sys.executable}
import sys
flags = dict(a.split("=", 1) for a in sys.argv[1:] if "=" in a)
assert "--separateProfileRun" in sys.argv and flags["--shapes"] == "z:3x{DIM}"
open(flags["--exportProfile"], "w").write('[{{"count": 7}}, {{"name": "y", "timeMs": 7, "averageMs": 1}}]')
open(flags["--exportLayerInfo"], "w").write('{{"Layers": [{{"Name": "y", "LayerType": "gemm"}}]}}')
""")
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(program))
    code, out, err = run(
        "bench", "layers", "-m", tiny, "--backend", "tensorrt", "--batch-size", "3", "--precision", "fp16"
    )
    assert (code, "gemm" in out) == (0, True), err
    assert "median of 7" in err


def test_ceilings(run, tiny):
    code, out, err = run("bench", "predict", "-m", tiny, "--device", "rtx4090, T4")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["device", "GeForce", "T4"]
    assert "no measurements" in err
    written = json.loads(run("bench", "predict", "-m", tiny, "--precision", "bf16", "--json")[1])
    assert written["kind"] == "ceiling"
    assert "t4" not in [one["device"] for one in written["ceilings"]]
    assert all(one["ceiling_images_per_second"] > 0 for one in written["ceilings"])


def test_ceilings_refused(run, tiny):
    code, _, err = run("bench", "predict", "-m", tiny, "--device", "rtx9090")
    assert (code, "expected one of rtx3060" in err) == (2, True)
    code, _, err = run("bench", "predict", "-m", tiny, "--precision", "fp8")
    assert (code, "expected one of fp16, fp32, bf16, int8" in err) == (2, True)
