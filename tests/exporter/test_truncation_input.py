"""The input `truncation` from the spec to the canary, and its freezing, on a made-up family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_models
import torch
from dcgan_reference import draw
from toy_family import FrozenGenerator, TruncatedGenerator, toy_state

import ganrt
from ganrt.cli.main import main
from ganrt.errors import NegativeResult, UsageError
from ganrt.exporter import graph, verify
from ganrt.exporter.export import ExportResult, export
from ganrt.exporter.families import FAMILIES
from ganrt.exporter.inputs import sample_inputs, truncation_of
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.session import Session
from ganrt.runtime.canary import canary_error
from ganrt.runtime.sampling import sampler
from ganrt.spec import Output, PsiInput


@pytest.fixture(scope="module", autouse=True)
def truncated() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FAMILIES, "truncated", "toy_family:TruncatedFamily")
        yield


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_checkpoint(tmp_path_factory.mktemp("truncated") / "toy.pth", toy_state())


@pytest.fixture(scope="module")
def result(checkpoint: Path) -> ExportResult:
    return export(checkpoint, checkpoint.with_name("toy.onnx"), sampler=sampler)


def test_the_graph_takes_a_truncation_for_each_picture(checkpoint: Path, result: ExportResult) -> None:
    shapes = {name: port.shape for name, port in result.spec.inputs.items()}
    assert list(shapes.items()) == [("z", (5,)), ("labels", (3,)), ("truncation", ())]
    inputs = sample_inputs(result.spec, draw, 3, 0, 7)
    module = TruncatedGenerator().eval()
    module.load_state_dict(toy_state())
    with torch.no_grad():
        expected = module(*(torch.from_numpy(value) for value in inputs.values()))[:, 0].numpy() * 255
    image = Session(result.path.read_bytes()).run(inputs)[0][..., 0]
    assert np.abs(image - expected).max() <= 0.51
    flat = Session(result.path.read_bytes()).run({**inputs, "truncation": np.full(7, 0.9, np.float32)})[0]
    assert np.abs(flat[..., 0] - expected).max() > 5


def test_the_canary_has_the_default_truncation(result: ExportResult) -> None:
    with ganrt.load(result.path) as generator:
        assert canary_error(generator) == 0


def test_samples_cover_rows_values_between_and_both_ends() -> None:
    psi = PsiInput(low=0.02, high=0.9, default=0.4, zero=False)
    values = [truncation_of(psi, i) for i in range(64)]
    assert (values[0], values[3], values[4]) == (0.4, 0.02, 0.9)
    assert all(0.02 <= value <= 0.9 for value in values)
    on_a_row = [abs(value / 0.02 - round(value / 0.02)) < 1e-9 for value in values]
    assert 20 <= sum(on_a_row) <= 44
    assert len({round(value, 1) for value in values}) == 10
    assert truncation_of(replace(psi, low=0.0), 3) > 0
    styles = [truncation_of(PsiInput(low=0.0, high=16.0, default=1.0, zero=True), i) for i in range(64)]
    assert (styles[0], styles[3], styles[4], max(styles)) == (1.0, 0.0, 1.0, 1.0)


def test_a_failed_verification_names_the_truncation(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = graph.fold_batch_norm

    def wrong(module: torch.nn.Module) -> torch.nn.Module:
        folded = fold(module)
        folded.forward = lambda z, labels, truncation: TruncatedGenerator.forward(  # type: ignore[method-assign]
            folded, z, labels, truncation * (truncation < 0.5) + 0.5 * (truncation >= 0.5)
        )
        return folded

    monkeypatch.setattr(graph, "fold_batch_norm", wrong)
    with pytest.raises(NegativeResult, match=r"index 0 of 64 latents, truncation 1;"):
        export(checkpoint, tmp_path / "a.onnx", sampler=sampler)


def test_freezing_takes_the_input_away(checkpoint: Path, tmp_path: Path) -> None:
    made = export(checkpoint, tmp_path / "a.onnx", sampler=sampler, settings=Settings(freeze=0.58))
    assert (made.spec.statistics.mode, made.spec.statistics.value) == ("frozen", 0.58)
    inputs = sample_inputs(made.spec, draw, 3, 0, 4)
    assert list(inputs) == ["z", "labels"]
    module = FrozenGenerator(0.58).eval()
    module.load_state_dict(toy_state())
    with torch.no_grad():
        expected = module(*(torch.from_numpy(value) for value in inputs.values()))[:, 0].numpy() * 255
    image = Session(made.path.read_bytes()).run(inputs)[0][..., 0]
    assert np.abs(image - expected).max() <= 0.51


@pytest.mark.parametrize(
    ("freeze", "expected"),
    [
        ("truncation=0.4", "family dcgan has no truncation-indexed statistics"),
        ("truncation=much", "expected truncation=NUMBER"),
        ("truncation", "expected truncation=NUMBER"),
        ("psi=0.4", "expected truncation=NUMBER"),
    ],
)
def test_what_cannot_be_frozen(freeze: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tiny_models.save_dcgan(tmp_path / "net.pth", width=2)
    with pytest.raises(SystemExit) as caught:
        main(["export", str(path), "-o", str(tmp_path / "a.onnx"), "--freeze", freeze])
    assert caught.value.code == 2
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "a.onnx").exists()


def test_a_whole_network_cannot_be_frozen(result: ExportResult, tmp_path: Path) -> None:
    refusal = (
        r"--freeze truncation=0\.4: a whole network .* has no truncation-indexed statistics\nexpected biggan-deep or"
    )
    with pytest.raises(UsageError, match=refusal):
        export(result.path, tmp_path / "a.onnx", sampler=sampler, settings=Settings(freeze=0.4))
    assert not (tmp_path / "a.onnx").exists()


def test_truncation_0_is_never_accepted(result: ExportResult) -> None:
    with ganrt.load(result.path) as generator:
        assert generator.sample(1, truncation=0.01).shape == (1, 6, 6, 1)
        for value in (0.0, 1.01, float("nan")):
            with pytest.raises(UsageError, match="expected above 0, at most 1"):
                generator.synthesize(np.zeros((1, 5), np.float32), truncation=value)


@pytest.mark.parametrize(("side", "most"), [(64, 128), (256, 8), (512, 2), (2048, 2)])
def test_large_pictures_are_verified_in_small_batches(result: ExportResult, side: int, most: int) -> None:
    spec = replace(result.spec, output=Output(height=side, width=side, channels=3))
    assert verify._most_at_once(spec) == most


def test_the_reference_does_not_depend_on_the_batch(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = recognise(read_file(checkpoint), None, Settings()).candidate
    inputs = sample_inputs(built.spec, draw, 3, 0, 5)
    whole = verify._reference(built, inputs)
    monkeypatch.setattr(verify, "_BATCH_PIXELS", 1)
    torch.testing.assert_close(verify._reference(built, inputs), whole, rtol=0, atol=1e-6)
