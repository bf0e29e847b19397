"""StyleGAN2 in NVIDIA's and rosinality's layouts against the networks written out."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import nvidia_pickles as nvidia
import pytest
import tensorflow_pickles
import torch
from rosinality_files import rosinality_state, save_training
from stylegan2_reference import Net, State, Wrong, pictures, random_state
from torch import Tensor

import ganrt
from ganrt.cli.main import main
from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.options import NO_SETTINGS, Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.runtime.sampling import sampler

PSI = torch.tensor([0.0, 0.5, 0.7, 1.0, 0.25])
TOLERANCE = 1e-4  # of the range of values
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line: exit code and standard error."""

    def call(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        return int(caught.value.code or 0), capsys.readouterr().err

    return call


def save(path: Path, state: State, net: Net, *, protocol: int = 4, source: str = nvidia.HARMLESS) -> Path:
    """A snapshot of the training: G, D, G_ema and what lies beside them."""
    module = nvidia.persistent(state, nvidia.describe_stylegan2(net.architecture, net.clamp), source)
    raw = nvidia.persistent(random_state(net, 9), nvidia.describe_stylegan2(net.architecture, net.clamp), source)
    discriminator = nvidia.Persistent("Discriminator", {}, source)
    discriminator.parameters["b4.fc.weight"] = torch.nn.Parameter(torch.ones(2, 2))
    content = {"G": raw, "D": discriminator, "G_ema": module, "augment_pipe": None}
    return nvidia.save(path, {**content, "training_set_kwargs": nvidia.EasyDict(path="x")}, protocol)


def read(path: Path, settings: Settings = NO_SETTINGS) -> Candidate:
    return recognise(read_file(path), None, settings).candidate


def latents(net: Net, count: int) -> tuple[Tensor, Tensor | None]:
    generator = torch.Generator().manual_seed(1)
    labels = torch.eye(net.classes)[torch.arange(count) % net.classes] if net.classes else None
    if labels is not None and count > 1:
        labels[1] = 0.5 * labels[0] + 0.5 * labels[1]  # a mixture
    return torch.randn(count, net.z_dim, generator=generator), labels


def drawn(candidate: Candidate, z: Tensor, psi: Tensor, labels: Tensor | None) -> Tensor:
    with torch.no_grad():
        made: Tensor = candidate.module(z, *([] if labels is None else [labels]), psi)
    return made


def error(made: Tensor, expected: Tensor) -> float:
    """Of the range of values."""
    return float((made.double() - expected).abs().max() / (expected.max() - expected.min()))


@pytest.mark.parametrize("classes", [0, 5])
@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_pictures_of_every_architecture(tmp_path: Path, architecture: str, classes: int) -> None:
    for clamp in (2.0, None):
        net = Net(architecture=architecture, classes=classes, clamp=clamp)
        state = random_state(net)
        candidate = read(save(tmp_path / "n.pkl", state, net))
        assert candidate.certainty.startswith("certain")
        for count in (1, 2, 5):
            z, labels = latents(net, count)
            expected = pictures(state, net, z, PSI[:count], labels)
            assert error(drawn(candidate, z, PSI[:count], labels), expected) < TOLERANCE


@pytest.mark.parametrize("mistake", [field.name for field in fields(Wrong)])
def test_a_mistake_shows(tmp_path: Path, mistake: str) -> None:
    net = Net(classes=3, clamp=1.5)
    state = random_state(net, blur=torch.rand(4, 4, generator=torch.Generator().manual_seed(3)) / 8)
    candidate = read(save(tmp_path / "n.pkl", state, net), Settings(cutoff=3))
    z, labels = latents(net, 2)
    psi = torch.tensor([0.5, 0.7])
    made = drawn(candidate, z, psi, labels)
    assert error(made, pictures(state, net, z, psi, labels, cutoff=3)) < TOLERANCE
    mistaken = pictures(state, net, z, psi, labels, cutoff=3, wrong=Wrong(**{mistake: True}))
    assert error(made, mistaken) > 30 * TOLERANCE


def test_options(tmp_path: Path) -> None:
    net = Net(clamp=2.0)
    state = random_state(net)
    path = save(tmp_path / "n.pkl", state, net)
    z, _ = latents(net, 3)
    psi = PSI[:3]
    quiet = read(path, Settings(noise="none", cutoff=4))
    assert error(drawn(quiet, z, psi, None), pictures(state, net, z, psi, cutoff=4, noise=False)) < TOLERANCE
    assert quiet.spec.style is not None
    assert (quiet.spec.style.count, quiet.spec.style.cutoff) == (6, 4)
    free = read(path, Settings(conv_clamp=0.0))
    assert error(drawn(free, z, psi, None), pictures(state, replace(net, clamp=None), z, psi)) < TOLERANCE
    assert read(path, Settings(cutoff=99)).spec.style == read(path).spec.style


def test_layers_without_noise_have_no_plane(tmp_path: Path) -> None:
    net = Net()
    state = random_state(net)
    state["synthesis.b8.conv0.noise_strength"] = torch.tensor(0.0)
    candidate = read(save(tmp_path / "n.pkl", state, net))
    planes = [key for key in candidate.module.state_dict() if key.endswith("plane")]
    assert (len(planes), "synthesis.b8.conv0.plane" in planes) == (4, False)
    silent = Net(noise=False)
    z, _ = latents(silent, 2)
    made = drawn(read(save(tmp_path / "s.pkl", random_state(silent), silent)), z, PSI[:2], None)
    assert error(made, pictures(random_state(silent), silent, z, PSI[:2])) < TOLERANCE


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol(tmp_path: Path, protocol: int) -> None:
    net = Net(side=8)
    candidate = read(save(tmp_path / "n.pkl", random_state(net), net, protocol=protocol))
    assert candidate.spec.output is not None
    assert candidate.spec.output.height == 8


def test_tensors_alone_are_assumed(tmp_path: Path) -> None:
    net = Net(side=8, clamp=256.0)
    state = random_state(net)
    torch.save(state, tmp_path / "n.pt")
    candidate = read(tmp_path / "n.pt")
    assert {fact.name for fact in candidate.assumptions} == {"conv_clamp", "mapping_rate"}
    z, _ = latents(net, 2)
    assert error(drawn(candidate, z, PSI[:2], None), pictures(state, net, z, PSI[:2])) < TOLERANCE
    del state["mapping.w_avg"]
    torch.save(state, tmp_path / "n.pt")
    without = read(tmp_path / "n.pt")
    assert "average" in {fact.name for fact in without.assumptions}
    assert without.spec.style is not None
    assert without.spec.style.average is not None


def test_the_source_text_of_a_pickle_never_runs(tmp_path: Path) -> None:
    net = Net(side=8)
    witness = tmp_path / "ran"
    harmful = f"import os\nos.system('touch {witness}')\nopen({str(witness)!r}, 'w')\nclass Generator: pass\n"
    candidate = read(save(tmp_path / "n.pkl", random_state(net), net, source=harmful))
    assert candidate.spec.family == "stylegan2"
    assert not witness.exists()


def test_a_pickle_that_calls_is_refused(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {tmp_path / 'ran'}",)

    (tmp_path / "n.pkl").write_bytes(pickle.dumps({"G_ema": Harm()}, protocol=4))
    with pytest.raises(BadInputFile, match=r"calls (posix|nt)\.system"):
        read(tmp_path / "n.pkl")
    assert not (tmp_path / "ran").exists()


def test_export_draws_what_the_reference_draws(tmp_path: Path, run: Run) -> None:
    net = Net(classes=3, clamp=4.0)
    state = random_state(net)
    model = tmp_path / "m.onnx"
    code, err = run("export", save(tmp_path / "n.pkl", state, net), "-o", model, "--cutoff", 3)
    assert (code, "verified on 64 pictures" in err) == (0, True), err
    with ganrt.load(model, backend="onnxruntime") as generator:
        latent = generator.spec.latent
        assert latent is not None
        assert (latent.psi_mode, latent.prior, generator.spec.spec_version) == ("style", "normal", "1.1")
        for count in (1, 2, 5):
            z = sampler(latent, 4, 0, count)
            labels = np.eye(3, dtype=np.float32)[np.arange(count) % 3]
            for psi in (0.0, 0.5, 0.7, 1.0):
                made = generator.synthesize(z, labels=labels, truncation=psi)
                asked = torch.from_numpy(z), torch.full((count,), psi), torch.from_numpy(labels)
                native = pictures(state, net, *asked, cutoff=3)
                expected = ((native + 1) * 127.5).clamp(0, 255).permute(0, 2, 3, 1).numpy()
                assert np.abs(made - expected).max() < 0.51
        assert not np.array_equal(generator.sample(2, truncation=0.0), generator.sample(2))
    code, err = run("generate", "-m", model, "-o", tmp_path / "p", "--count", 2, "--truncation", "0", "--class", 1)
    assert code == 0, err


@pytest.mark.parametrize("noises", [True, False])
def test_rosinality(tmp_path: Path, noises: bool) -> None:
    net = Net(clamp=None)
    state = random_state(net)
    weights = rosinality_state(state, net, noises=noises)
    z, _ = latents(net, 5)
    candidate = read(save_training(tmp_path / "n.pt", weights, state["mapping.w_avg"]))
    assert candidate.spec.family == "stylegan2-rosinality"
    assert error(drawn(candidate, z, PSI, None), pictures(state, net, z, PSI, noise=noises)) < TOLERANCE
    assert any("no noise" in note for note in candidate.notes) != noises


def test_rosinality_without_an_average_estimates_it(tmp_path: Path) -> None:
    net = Net(clamp=None, side=8)
    state = random_state(net)
    candidate = read(save_training(tmp_path / "n.pt", rosinality_state(state, net)))
    assert any("the mean of 10000 styles drawn with seed 0" in fact.sentence() for fact in candidate.assumptions)
    assert candidate.spec.style is not None
    found = torch.tensor(candidate.spec.style.average)
    z = torch.from_numpy(np.random.RandomState(5).randn(20_000, net.z_dim)).float()
    with torch.no_grad():
        other = candidate.module.mapping(z).mean(dim=0)  # type: ignore[operator,union-attr]
    assert float((found - other).abs().max()) < 0.1 * float(other.abs().max()) + 0.05


def test_rosinality_as_a_decoder(tmp_path: Path) -> None:
    net = Net(clamp=None, side=8)
    state = random_state(net)
    weights = {f"decoder.{key}": value for key, value in rosinality_state(state, net).items()}
    weights |= {f"encoder.{i}.weight": torch.randn(4, 4) for i in range(3)}
    rows = state["mapping.w_avg"].repeat(net.count, 1)
    torch.save({"state_dict": weights, "latent_avg": rows}, tmp_path / "psp.pt")
    candidate = read(tmp_path / "psp.pt")
    z, _ = latents(net, 2)
    assert error(drawn(candidate, z, PSI[:2], None), pictures(state, net, z, PSI[:2])) < TOLERANCE


# ---- bad input ------------------------------------------------------------------------------------------------------


def _plain(path: Path, state: State) -> Path:
    torch.save(state, path)
    return path


def test_the_last_steps_weights_alone_are_refused(tmp_path: Path) -> None:
    net = Net(side=8)
    module = nvidia.persistent(random_state(net), nvidia.describe_stylegan2("skip", 256.0))
    path = nvidia.save(tmp_path / "n.pkl", {"G": module, "D": None})
    with pytest.raises(BadInputFile, match=r"holds G, the weights of the last step, and not G_ema"):
        read(path)
    assert read(path, Settings(network="G")).spec.family == "stylegan2"


def test_another_class_is_refused_by_its_name(tmp_path: Path) -> None:
    net = Net(side=8)
    module = nvidia.persistent(random_state(net), nvidia.describe_stylegan2("skip", 256.0))
    for name, words in (("TriPlaneGenerator", "EG3D"), ("SuperresGenerator", "StyleGAN-XL"), ("Odd", "of class Odd")):
        module.name = name
        with pytest.raises(BadInputFile, match=words):
            read(nvidia.save(tmp_path / "n.pkl", {"G_ema": module}))


@pytest.mark.parametrize(
    ("part", "attribute", "value"),
    [
        ("synthesis.b8.conv0", "activation", "relu"),
        ("synthesis.b8.conv1", "conv_clamp", 3.0),
        ("synthesis.b8", "architecture", "resnet"),
        ("mapping.fc1", "bias_gain", 0.5),
        ("synthesis.b4.conv1.affine", "weight_gain", 1.0),
    ],
)
def test_modules_that_compute_something_else(tmp_path: Path, part: str, attribute: str, value: object) -> None:
    net = Net(side=8)
    describe = nvidia.describe_stylegan2("skip", 256.0)

    def changed(name: str, below: Any) -> tuple[str, dict[str, Any]]:
        cls, attributes = describe(name, below)
        return cls, {**attributes, attribute: value} if name == part else attributes

    path = nvidia.save(tmp_path / "n.pkl", {"G_ema": nvidia.persistent(random_state(net), changed)})
    with pytest.raises(BadInputFile, match=attribute):
        read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("synthesis.b16.conv0.affine.weight"), "missing: synthesis.b16.conv0.affine.weight"),
        (lambda state: state.update({"synthesis.b16.extra": torch.ones(2)}), "unexpected: synthesis.b16.extra"),
        (lambda state: state.update({"synthesis.b8.conv1.noise_const": torch.ones(4, 4)}), "noise_const"),
        (lambda state: state.pop("synthesis.b8.conv1.weight"), "doubling"),
        (lambda state: state.update({"mapping.fc2.weight": torch.ones(3, 16)}), "its mapping takes"),
        (lambda state: state.update({"mapping.w_avg": torch.ones(3)}), "mapping.w_avg"),
    ],
)
def test_keys_that_do_not_fit(tmp_path: Path, change: Callable[[State], object], words: str) -> None:
    state = random_state(Net())
    change(state)
    with pytest.raises(BadInputFile, match=words):
        read(_plain(tmp_path / "n.pt", state))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("b4.conv.weight", "b4.out.weight"), "StyleGAN2's discriminator"),
        (("convs.0.0.weight", "final_conv.0.weight"), "rosinality's discriminator"),
        (("GAN.GE.initial_block", "GAN.SE.net.0.weight"), "lucidrains' stylegan2-pytorch"),
        (("init.init.0.weight_orig", "se_64.main.1.weight_orig"), "FastGAN"),
        (("Model.MainLayers.0.Layers.0.Basis", "Model.AggregationLayer.Layer.weight"), "R3GAN"),
        (("formatLayer.module.weight", "groupScale0.0.module.weight"), "ProGAN"),
        (("backbone.synthesis.b4.const", "backbone.mapping.fc0.weight"), "EG3D"),
        (("mapping.embed_proj.weight", "synthesis.input.weight", "mapping.fc0.weight"), "StyleGAN-XL"),
    ],
)
def test_relatives_are_refused_by_their_names(tmp_path: Path, keys: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadInputFile, match=words):
        read(_plain(tmp_path / "n.pt", {key: torch.ones(2, 2) for key in keys}))


def test_what_else_is_refused(tmp_path: Path, run: Run) -> None:
    net = Net(side=8)
    path = save(tmp_path / "n.pkl", random_state(net), net)
    data = path.read_bytes()
    (tmp_path / "cut.pkl").write_bytes(data[: len(data) // 2])
    code, err = run("inspect", tmp_path / "cut.pkl")
    assert (code, "truncated" in err) == (4, True)
    code, err = run("export", path, "-o", tmp_path / "m.onnx", "--class", "3")
    assert (code, "class" in err) == (2, True), err
    code, err = run("export", path, "-o", tmp_path / "m.onnx", "--norm-eps", "1")
    assert (code, "family stylegan2 has no option --norm-eps" in err) == (2, True)
    assert not (tmp_path / "m.onnx").exists()


# ---- TensorFlow -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("architecture", "classes"), [("skip", 3), ("resnet", 0), ("orig", 0)])
def test_files_of_tensorflow(tmp_path: Path, architecture: str, classes: int) -> None:
    net = Net(architecture=architecture, classes=classes, clamp=2.0)
    state = random_state(net)
    candidate = read(tensorflow_pickles.save(tmp_path / "n.pkl", state, net))
    assert (candidate.spec.family, candidate.certainty.partition(":")[0]) == ("stylegan2-tensorflow", "certain")
    z, labels = latents(net, 5)
    assert error(drawn(candidate, z, PSI, labels), pictures(state, net, z, PSI, labels)) < TOLERANCE


def test_older_files_of_tensorflow_are_refused(tmp_path: Path) -> None:
    net = Net(side=8)
    with pytest.raises(BadInputFile, match="a StyleGAN or ProGAN"):
        read(tensorflow_pickles.save(tmp_path / "n.pkl", random_state(net), net, version=3))
