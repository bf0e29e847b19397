"""The table of what each pass gains: which variants there are, and that what they draw is checked."""

import pytest
from measure_passes import AGAIN, ALL, measure, table, variants
from tiny_models import save_dcgan

from ganrt.engines.forms import PLAIN, make_form
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.errors import NegativeResult, UsageError
from ganrt.exporter.export import export
from ganrt.runtime.sampling import sampler


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return _dcgan(tmp_path_factory.mktemp("passes"))


def _dcgan(folder, seed=0):
    export(save_dcgan(folder / "dcgan.pth", seed=seed), folder / "dcgan.onnx", sampler=sampler)
    return read_onnx(folder / "dcgan.onnx")


def test_variants_leave_out_one_pass_each_and_only_those_that_matter(tiny):
    found = variants(tiny, "phase-mixed")
    assert found[PLAIN].data == tiny.data
    assert found[ALL].data == make_form(tiny.data, "phase-mixed").data
    assert "without TransposedToPhases" in found
    assert "without UpsampledToPhases" not in found  # nothing is upsampled there
    assert found[AGAIN].data == found[ALL].data
    assert len({model.sha256 for model in found.values()}) == len(found) - 1
    with pytest.raises(UsageError, match="expected one of clean"):
        variants(tiny, PLAIN)


def test_gains_are_ratios_to_the_whole_form(tiny):
    gains = measure(variants(tiny, "phase-mixed"), "onnxruntime", "fp32", 2, seconds=0.01)
    whole = {gain.variant: gain for gain in gains}[ALL]
    assert (whole.ratio, whole.low, whole.high) == (1.0, 1.0, 1.0)
    assert all(gain.low <= gain.ratio <= gain.high and gain.milliseconds > 0 for gain in gains)
    lines = table({"onnxruntime fp32": gains})
    assert len(lines) == 2 + len(gains)
    assert [line.count("|") for line in lines] == [3] * len(lines)


def test_a_variant_that_draws_something_else_is_not_timed(tiny, tmp_path):
    other = _dcgan(tmp_path, seed=1)
    with pytest.raises(NegativeResult, match="dB from the FP32 reference"):
        measure({ALL: derived(tiny, other.data, "phase-mixed"), PLAIN: tiny}, "onnxruntime", "fp32", 2, seconds=0.01)
