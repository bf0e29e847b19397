"""Forms of real exports: tiny random generators of the families, and the bundled model."""

from importlib import resources

import numpy as np
import onnx
import precision_models
import pytest
from form_checks import operators
from onnx_layers import run_ort

from ganrt.engines.forms import FORMS, checked_form, make_form
from ganrt.engines.stamp import FORM_KEY, read_form_stamp

FAMILIES = ("dcgan", "csc413-A", "csc413-D", "cyclegan", "cyclegan-open", "keras-tutorial-mnist", "keras-general")


def exported(family, folder):
    """The bytes of a tiny export, with its spec."""
    return precision_models.exported(folder, family).data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("families")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_of_every_family_passes_its_check_and_keeps_the_contract(family, folder):
    data = exported(family, folder)
    before = onnx.load_model_from_string(data)
    for name, form in FORMS.items():
        if form.essential not in ("", *make_form(data, name).changed):
            continue  # it is another of them
        made = checked_form(data, name, samples=1)
        assert made.name == name, made.notes
        assert made.worst <= 1
        if name in ("phase", "phase-norm"):
            assert make_form(data, name).data == made.data, "the bytes differ from run to run"
        after = onnx.load_model_from_string(made.data)
        assert (after.graph.input, after.graph.output) == (before.graph.input, before.graph.output)
        kept = [entry for entry in after.metadata_props if entry.key != FORM_KEY]
        assert (kept, after.ir_version) == (list(before.metadata_props), 10)
        assert (read_form_stamp({e.key: e.value for e in after.metadata_props}) is None) == (made.data == data)
        assert after.opset_import == before.opset_import
        assert (after.producer_name, after.graph.name) == (before.producer_name, before.graph.name)
        if name != "phase-late":
            assert any("native" in node.output for node in after.graph.node)


def test_large_convolutions_by_winograd_in_both_forms(folder, monkeypatch):
    for bound in ("CHANNELS", "TILES"):
        monkeypatch.setattr(f"ganrt.engines.forms.winograd.FEWEST_{bound}", 0)
    data = exported("cyclegan", folder)
    for name in ("winograd", "winograd-norm"):
        made = checked_form(data, name)
        assert (made.name, made.worst <= 1) == (name, True)
        assert "Winograd" in made.changed


def form_of(family, name, folder):
    return operators(onnx.load_model_from_string(make_form(exported(family, folder), name).data))


def test_what_becomes_of_each_family(folder):
    assert "ConvTranspose" not in form_of("dcgan", "phase", folder)
    assert form_of("dcgan", "clean", folder)[:2] == ["Gemm", "Reshape"]
    assert form_of("dcgan", "phase", folder).count("Conv") == 12
    assert form_of("dcgan", "phase3", folder).count("Conv") == 3
    assert "Resize" not in form_of("csc413-A", "upsample", folder)
    assert form_of("csc413-D", "phase3", folder)[0] == "Gemm"
    for family in ("cyclegan", "cyclegan-open"):
        assert form_of(family, "phase-norm", folder).count("InstanceNormalization") == 7
        assert "ReduceMean" not in form_of(family, "phase-norm", folder)
    assert form_of("keras-tutorial-mnist", "clean", folder).count("ConvTranspose") == 2
    assert form_of("dcgan", "phase-late", folder)[-4:] == ["Reshape", "Transpose", "Reshape", "Cast"]


def test_keras_same_padding_needs_no_row_of_zeros(folder):
    made = onnx.load_model_from_string(make_form(exported("keras-tutorial-mnist", folder), "clean").data)
    sides = {
        tuple(tensor.dims[2:])
        for node in made.graph.node
        for tensor in made.graph.initializer
        if node.op_type == "ConvTranspose" and tensor.name == node.input[1]
    }
    assert sides == {(5, 5)}


@pytest.mark.slow
def test_the_bundled_model_draws_the_same_avatars_in_every_form():
    data = resources.files("ganrt.runtime").joinpath("data/avatars-1.onnx").read_bytes()
    z = np.random.default_rng(3).standard_normal((8, 100)).astype(np.float32)
    plain = run_ort(data, {"z": z})[0].astype(int)
    for name in FORMS:
        made = make_form(data, name)
        difference = np.abs(run_ort(made.data, {"z": z})[0].astype(int) - plain)
        squares = np.square(difference).mean((1, 2, 3))
        psnr = 10 * np.log10(255**2 / squares.max()) if squares.max() else np.inf
        print(f"{name}: {(difference > 0).sum()} of {difference.size} values differ, worst PSNR {psnr:.1f} dB")
        assert made.notes == ()
        assert difference.max() <= 1
        assert psnr >= 80
