"""`ganrt tune`: what is reported, kept and dropped, and what is refused."""

import json

import pytest
from tiny_encoder import save_encoder
from tiny_onnx import save_translator, translator_spec

from ganrt.engines.choice import Choice, remember, remembered
from ganrt.engines.onnx_file import read_onnx

pytest.importorskip("openvino")


def test_it_measures_remembers_and_says_so(run, tiny):
    code, out, err = run("tune", "-m", tiny, "--precision", "fp32, fp32", "--budget", "3", "--threads", "1", "--json")
    assert code == 0, err
    report = json.loads(out)
    (tuned,) = report["tuned"]
    choice = remembered(report["model_sha256"], "fp32", threads=1)
    assert choice is not None
    assert (tuned["chosen"]["backend"], tuned["chosen"]["why"]) == (choice.backend, choice.why)
    assert [outcome["verdict"] for outcome in tuned["laps"]].count("chosen") == 1
    assert all(set(outcome["milliseconds"]) == {"1", "16", "64"} for outcome in tuned["laps"])
    assert remembered(report["model_sha256"], "fp32") is None
    remember(report["model_sha256"], "fp32", choice)
    code, out, _ = run("doctor", "-m", tiny, "--json")
    assert json.loads(out)["choices"]["fp32"].endswith(choice.why)
    assert json.loads(out)["choices"]["fp32 --threads 1"].endswith(choice.why)
    code, _, err = run("generate", "-m", tiny, "--count", "1")
    assert code == 0
    assert f"backend {choice.backend}" in err


def test_people_read_a_line_on_each(run, tiny):
    code, out, err = run("tune", "-m", tiny, "--precision", "fp32", "--budget", "3", "--device", "cpu")
    assert code == 0, err
    assert "onnxruntime fp32 plain" in out
    assert "chosen" in out
    assert "tiny, fp32: " in err
    for stage in ("first picture", "quick trials", "first look", "rounds", "judgement for fp32"):
        assert err.count(f"tiny: {stage}, ") == 1  # where no line can be replaced, one for every stage
    doctor = run("doctor", "-m", tiny)[1]
    assert f"{tiny}, fp32 --device cpu: " in doctor
    assert f"{tiny}, fp32: not tuned here" in doctor


def test_forgetting_drops_every_precision_and_device(run, tiny):
    sha256 = read_onnx(tiny).sha256
    remember(sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    remember(sha256, "fastest", Choice("openvino", "fp32", batches=(1,)), device="cpu", threads=1)
    assert "forgot what was chosen for fp32, fastest" in run("tune", "-m", tiny, "--forget")[2]
    assert remembered(sha256, "fp32") is None
    assert remembered(sha256, "fastest", "cpu", 1) is None
    assert "tiny: nothing was chosen here" in run("tune", "-m", tiny, "--forget")[2]
    assert json.loads(run("tune", "-m", tiny, "--forget", "--json")[1])["forgotten"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--precision", "fp64"), "--precision 'fp64': expected fp32, bf16, int8, fastest"),
        (("--precision", "fp32,"), "--precision '': expected fp32"),
        (("--budget", "0"), "--budget"),
        (("--min-psnr", "-1"), "--min-psnr"),
        (("--threads", "0"), "--threads"),
        (("--threads", "99999"), "threads 99999: expected 1 to"),
        (("--device", "tpu"), "device 'tpu': expected auto, cpu or cuda"),
    ],
)
def test_what_makes_no_sense_is_refused(run, tiny, arguments, message):
    code, _, err = run("tune", "-m", tiny, *arguments)
    assert code == 2
    assert message in err


def test_models_that_cannot_be_tuned_are_refused(run, tmp_path):
    code, _, err = run("tune", "-m", save_encoder(tmp_path / "encoder.onnx"), "--budget", "3")
    assert code == 2
    assert "has the task 'encode'" in err
    assert run("tune", "-m", tmp_path / "missing.onnx")[0] == 4


def test_translators_of_any_size_are_tuned(run, tmp_path):
    path = save_translator(tmp_path / "swap.onnx", translator_spec(dynamic=True))
    code, out, err = run("tune", "-m", path, "--precision", "fp32", "--budget", "3", "--json")
    assert code == 0, err
    (tuned,) = json.loads(out)["tuned"]
    assert [outcome["verdict"] for outcome in tuned["laps"]].count("chosen") == 1
    assert all(set(outcome["milliseconds"]) == {"1", "16", "64"} for outcome in tuned["laps"])
