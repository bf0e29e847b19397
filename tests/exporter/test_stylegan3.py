"""StyleGAN3 -t and -r in NVIDIA's layout against the network written out."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import nvidia_pickles as nvidia
import pytest
import torch
from biggan_graphs import traced
from sources import source
from stylegan3_reference import Net, State, Wrong, describe, pictures, random_state
from torch import Tensor

import ganrt
from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.export import export
from ganrt.exporter.families import stylegan3_layers
from ganrt.exporter.families.stylegan3 import StyleGAN3
from ganrt.exporter.graph import with_native_output
from ganrt.exporter.options import NO_SETTINGS, Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.exporter.session import Session
from ganrt.runtime.sampling import sampler

PSI = torch.tensor([0.0, 0.5, 0.7, 1.0, 0.25])
TOLERANCE = 1e-4  # of the range of values


def save(path: Path, state: State, net: Net) -> Path:
    return nvidia.save(path, {"G_ema": nvidia.persistent(state, describe(net))})


def read(path: Path, settings: Settings = NO_SETTINGS) -> Candidate:
    return recognise(read_file(path), None, settings).candidate


def error(candidate: Candidate, state: State, net: Net, count: int, wrong: Wrong | None = None) -> float:
    """Of the range of values."""
    z = torch.randn(count, net.z_dim, generator=torch.Generator().manual_seed(1))
    labels = torch.eye(net.classes)[torch.arange(count) % net.classes] if net.classes else None
    expected = pictures(state, net, z, PSI[:count], labels, wrong or Wrong())
    with torch.no_grad():
        made: Tensor = candidate.module(z, *([] if labels is None else [labels]), PSI[:count])
    return float((made.double() - expected).abs().max() / (expected.max() - expected.min()))


@pytest.mark.parametrize("radial", [False, True])
@pytest.mark.parametrize("classes", [0, 3])
def test_pictures(tmp_path: Path, radial: bool, classes: int) -> None:
    net = Net(radial=radial, classes=classes, clamp=2.0)
    state = random_state(net)
    candidate = read(save(tmp_path / "n.pkl", state, net))
    assert candidate.spec.family == "stylegan3"
    assert candidate.certainty.startswith("certain")
    assert max(error(candidate, state, net, count) for count in (1, 2, 5)) < TOLERANCE


def test_factors_of_four_and_larger_pictures(tmp_path: Path) -> None:
    for radial in (False, True):
        net = Net(side=64, layers=5, critical=2, radial=radial, channel_base=128, channel_max=6, clamp=None)
        assert 4 in {layer["up"] for layer in net.plan()}
        state = random_state(net)
        assert error(read(save(tmp_path / "n.pkl", state, net)), state, net, 1) < TOLERANCE


def test_a_mistake_shows(tmp_path: Path) -> None:
    net = Net(clamp=1.5)
    state = random_state(net)
    candidate = read(save(tmp_path / "n.pkl", state, net))
    for mistake in (field.name for field in fields(Wrong)):
        assert error(candidate, state, net, 2, Wrong(**{mistake: True})) > 30 * TOLERANCE, mistake


def test_tensors_alone(tmp_path: Path) -> None:
    net = Net()
    state = random_state(net)
    torch.save(state, tmp_path / "n.pt")
    candidate = read(tmp_path / "n.pt")
    assert {fact.name for fact in candidate.assumptions} == {"conv_clamp", "mapping_rate"}
    assert error(candidate, state, net, 2) < TOLERANCE
    tight = replace(net, clamp=1.0)
    assert error(read(tmp_path / "n.pt", Settings(conv_clamp=1.0)), state, tight, 2) < TOLERANCE


def test_the_published_sizes() -> None:
    sides = [layer["side"] for layer in Net(side=1024, layers=14, critical=2).schedule()]
    assert sides == [36, 36, 52, 52, 84, 148, 148, 276, 276, 532, 1044, 1044, 1044, 1024, 1024]


def test_export(tmp_path: Path) -> None:
    net = Net(clamp=4.0)
    state = random_state(net)
    result = export(save(tmp_path / "n.pkl", state, net), tmp_path / "m.onnx", sampler=sampler)
    assert result.verification.passed
    with ganrt.load(tmp_path / "m.onnx", backend="onnxruntime") as generator:
        for count in (1, 2, 5):
            z = ganrt.latents(count, net.z_dim, seed=2)
            made = generator.synthesize(z, truncation=0.7)
            native = pictures(state, net, torch.from_numpy(z), torch.full((count,), 0.7))
            expected = ((native + 1) * 127.5).clamp(0, 255).permute(0, 2, 3, 1).numpy()
            assert np.abs(made - expected).max() < 0.51


def test_the_graph_draws_what_the_reference_draws() -> None:
    """That which tests of engines need too."""
    net = Net(radial=True)
    state = random_state(net)
    session = Session(with_native_output(traced("stylegan3")))
    for count in (1, 5):
        z = torch.randn(count, net.z_dim, generator=torch.Generator().manual_seed(2))
        image, native = session.run({"z": z.numpy(), "truncation": PSI[:count].numpy()})
        expected = pictures(state, net, z, PSI[:count])
        assert np.abs(native - expected.numpy()).max() < TOLERANCE * float(expected.max() - expected.min())
        levels = ((expected + 1) * 127.5).clamp(0, 255).permute(0, 2, 3, 1).numpy()
        assert np.abs(image - levels).max() < 0.51


def test_what_does_not_fit(tmp_path: Path) -> None:
    net = Net()
    state = random_state(net)
    name = net.plan()[1]["name"]
    torch.save({key: value for key, value in state.items() if not key.startswith(f"synthesis.{name}")}, tmp_path / "a")
    with pytest.raises(BadInputFile, match="without a gap"):
        read(tmp_path / "a")
    torch.save({**state, f"synthesis.{name}.up_filter": torch.ones(7)}, tmp_path / "b")
    with pytest.raises(BadInputFile, match="filters of lengths"):
        read(tmp_path / "b")
    torch.save({**state, f"synthesis.{name}.bias": torch.ones(99)}, tmp_path / "c")
    with pytest.raises(BadInputFile, match=f"{name}.bias"):
        read(tmp_path / "c")


@pytest.mark.parametrize("radial", [False, True])
def test_large_layers_are_filtered_in_pieces(monkeypatch: pytest.MonkeyPatch, radial: bool) -> None:
    net = Net(radial=radial)
    built = StyleGAN3().build(source(random_state(net)), NO_SETTINGS)
    z = torch.randn(2, net.z_dim, generator=torch.Generator().manual_seed(1))
    whole = built.module(z, PSI[:2])
    monkeypatch.setattr(stylegan3_layers, "_PIECE", 3 * 4 * 40**2)
    assert {layer.layer.piece < layer.layer.outputs for layer in built.module.synthesis.layers} == {True}
    assert torch.allclose(built.module(z, PSI[:2]), whole, rtol=0, atol=1e-6)
