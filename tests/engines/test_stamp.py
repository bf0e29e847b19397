"""The metadata of a file in lower precision: read back, and what is malformed."""

import json
from dataclasses import replace

import onnx
import pytest
from onnx import helper
from tiny_onnx import save_tiny, tiny_model, tiny_spec

from ganrt.engines.backends import open_model
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.protocol import EngineOptions
from ganrt.engines.stamp import STAMP_KEY, FallbackLayer, Stamp, read_stamp
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.runtime.generator import load

STAMP = Stamp("int8", "phase3", "ab" * 32)


def save_stamped(path, text):
    model = tiny_model(tiny_spec())
    helper.set_model_props(model, {**{p.key: p.value for p in model.metadata_props}, STAMP_KEY: text})
    onnx.save(model, str(path))
    return path


def test_round_trip():
    assert read_stamp({STAMP_KEY: STAMP.to_json()}) == STAMP
    assert read_stamp({STAMP_KEY: json.dumps({**json.loads(STAMP.to_json()), "later": 1})}) == STAMP
    assert read_stamp({}) is None
    whole = replace(STAMP, samples=9, psnr=51.25, ssim=0.5, islands=(FallbackLayer("conv", "alone 38.1 dB"),))
    assert read_stamp({STAMP_KEY: whole.to_json()}) == whole


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a JSON object"),
        ("[1]", "expected a JSON object"),
        ("[" * 100_000, "expected a JSON object"),
        (json.dumps({"precision": "fp8", "form": "plain", "source_sha256": "ab" * 32}), "field 'precision'"),
        (json.dumps({"precision": "fp16", "form": "a b", "source_sha256": "ab" * 32}), "field 'form'"),
        (json.dumps({"precision": "fp16", "form": "plain", "source_sha256": "AB" * 32}), "field 'source_sha256'"),
        (json.dumps({"precision": "fp16", "form": "plain"}), "field 'source_sha256'"),
        (json.dumps({**json.loads(STAMP.to_json()), "psnr": "high"}), "field 'psnr': expected a number"),
        (json.dumps({**json.loads(STAMP.to_json()), "ssim": float("nan")}), "field 'ssim': expected a number"),
        (json.dumps({**json.loads(STAMP.to_json()), "islands": [{"name": "a"}]}), "field 'islands': expected objects"),
        (json.dumps({**json.loads(STAMP.to_json()), "islands": 5}), "field 'islands': expected objects"),
        (json.dumps({"precision": ["fp16"], "form": "plain", "source_sha256": "ab" * 32}), "field 'precision'"),
    ],
)
def test_malformed_stamps_are_bad_files(tmp_path, text, message):
    with pytest.raises(BadInputFile, match=message):
        read_onnx(save_stamped(tmp_path / "a.onnx", text))


def test_a_file_is_opened_in_the_precision_that_it_states(tmp_path):
    path = save_stamped(tmp_path / "a.onnx", STAMP.to_json())
    for asked in ("auto", "int8", "fastest"):
        with open_model(path, options=EngineOptions(precision=asked)) as engine:
            assert (engine.precision, engine.form, engine.model_sha256) == ("int8", "phase3", "ab" * 32)
    for asked in ("fp32", "bf16", "fp16"):
        with pytest.raises(UsageError, match="was made in int8 and has no other"):
            open_model(path, options=EngineOptions(precision=asked))


def test_backends_that_have_not_the_files_precision_say_so(tmp_path):
    path = save_stamped(tmp_path / "a.onnx", Stamp("fp16", "plain", "ab" * 32).to_json())
    with pytest.raises(BackendUnavailable, match="'openvino' computes in fp32, bf16, int8, not fp16"):
        open_model(path, "openvino")


def test_a_file_in_fp32_is_not_passed_off_as_another(tmp_path):
    path = save_tiny(tmp_path / "a.onnx")
    for precision in ("fp16", "int8"):
        with pytest.raises(UsageError, match=f"'{precision}': a.onnx is in FP32.*\nmake such a file.* -m MODEL"):
            open_model(path, options=EngineOptions(precision=precision))


def test_the_precision_that_a_compiled_file_has_not_is_no_default(tmp_path, run):
    """FP32 asked for and FP32 by default are two things."""
    path = save_stamped(tmp_path / "a.onnx", STAMP.to_json())
    code, _, err = run("generate", "-m", path, "--count", 1, "-o", "none", "--precision", "fp32")
    assert code == 2
    assert "precision 'fp32'" in err
    assert "was made in int8 and has no other" in err
    code, _, err = run("generate", "-m", path, "--count", 1, "-o", "drawn")
    assert code == 0, err
    assert "precision int8" in err
    with pytest.raises(UsageError, match="has no other"):
        load(path, precision="fp32")
    with load(path) as generator:
        assert generator.precision == "int8"
