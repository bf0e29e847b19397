"""A form that was written to a file: what it says it is, and that it is never the measure of itself."""

import json

import pytest
from tiny_onnx import save_tiny, tiny_spec

from ganrt.engines.forms import make_form
from ganrt.engines.onnx_file import read_onnx
from ganrt.engines.stamp import FORM_KEY, form_stamp, read_form_stamp
from ganrt.errors import BadInputFile, UsageError
from ganrt.runtime.models import resolve_model

pytest.importorskip("onnx_ir")


@pytest.fixture
def tiny(tmp_path):
    """With a node that `clean` changes."""
    return save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True))


def save_form(path, model, name="clean"):
    path.write_bytes(make_form(model.read_bytes(), name).data)
    return path


def test_the_stamp_names_the_source_and_equal_models_give_equal_bytes(tiny, tmp_path):
    path, sha256 = save_form(tmp_path / "form.onnx", tiny), read_onnx(tiny).sha256
    assert read_form_stamp(read_onnx(path).metadata) == sha256
    again = save_form(tmp_path / "again.onnx", path)  # the form of a form is one of the same model
    assert read_form_stamp(read_onnx(again).metadata) == sha256
    assert path.read_bytes() == make_form(tiny.read_bytes(), "clean").data
    assert read_form_stamp(read_onnx(tiny).metadata) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source_sha256": 1}'])
def test_malformed_stamps_are_refused(text):
    assert read_form_stamp({FORM_KEY: form_stamp("ab" * 32)}) == "ab" * 32
    with pytest.raises(BadInputFile, match="metadata 'ganrt.form'"):
        read_form_stamp({FORM_KEY: text})


def test_it_says_that_it_is_one(run, tiny, tmp_path):
    path, sha256 = save_form(tmp_path / "form.onnx", tiny), read_onnx(tiny).sha256
    found = json.loads(run("inspect", path, "--json")[1])
    assert (found["form"], found["derived_from"], found["precision"]) == ("derived", sha256, "fp32")
    code, out, err = run("generate", "-m", path, "--count", 1, "--json")
    assert code == 0, err
    assert "form derived" in err
    assert json.loads(out)["model_sha256"] == sha256
    code, _, err = run("verify", "-m", path, "--samples", 2)
    assert code == 2
    assert "is a form of another graph: there is nothing to verify it against" in err
    code, _, err = run("verify", "-m", path, "--against", tiny, "--samples", 2)
    assert code == 0, err
    code, _, err = run("tune", "-m", path, "--precision", "fp32", "--budget", 3)
    assert code == 4
    assert "is a form of another graph; tune the portable FP32 file" in err


def test_what_was_made_from_a_bundled_model_is_verified_against_that(run, tmp_path):
    path = save_form(tmp_path / "form.onnx", resolve_model("avatars"))
    code, out, err = run("verify", "-m", path, "--samples", 2, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["form"], report["passed"]) == ("derived", True)
    assert report["max_error"] <= 1


def test_what_no_form_can_be_made_of():
    with pytest.raises(UsageError, match=r"a form of 'x.onnx': expected the bytes of an .onnx file"):
        make_form("x.onnx", "phase")
    with pytest.raises(BadInputFile, match="is not ONNX, or damaged"):
        make_form(b"\xff\xff\xff", "phase")
