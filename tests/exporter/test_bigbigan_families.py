"""BigBiGAN's generator and encoder: sizes, agreement with slow references, and that each trap would be noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models
import torch
from bigbigan_models import (
    ENCODER_MISTAKES,
    GENERATOR_MISTAKES,
    encoder_state,
    generator_state,
    reference_encoder,
    reference_generator,
    whole_state,
)
from dcgan_reference import built_from, said_by
from slow_layers import State
from sources import read_checkpoint
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.cost import count_parameters
from ganrt.exporter.describe import describe
from ganrt.exporter.families import bigbigan
from ganrt.exporter.families.resnet.network import Generator, Rules
from ganrt.exporter.families.resnet.reading import read_shape
from ganrt.exporter.options import Settings
from ganrt.spec import ImageInput, Labels, Latent, Output

PRIOR = {"prior": "truncated_normal", "threshold": 1.0, "psi_mode": "resample"}


def built(tmp_path: Path, state: State, **settings: str) -> Candidate:
    return built_from(tiny_models.save_checkpoint(tmp_path / "checkpoint_50.pth", state), settings)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return 2 * torch.rand(shape, generator=torch.Generator().manual_seed(seed)) - 1


def one_hot(count: int, classes: int = 10) -> Tensor:
    return torch.eye(classes)[torch.arange(count) % classes]


def pictures(count: int, channels: int, side: int) -> Tensor:
    """Bright and dark, smooth and noisy, in [0, 1]."""
    noise = torch.rand(count, channels, side, side, generator=torch.Generator().manual_seed(3))
    ramp = torch.linspace(0, 1, side)[None, None, :, None]
    return noise * torch.linspace(0.2, 1, count)[:, None, None, None] * ramp


@pytest.mark.parametrize(
    ("before", "after", "sizes", "parameters", "side"),
    [
        ((256, 128), (64,), {"channels": 1, "chunk": 25, "embedding": 32}, 2_093_473, 32),
        ((1024, 512), (512,), {"channels": 3, "chunk": 25, "embedding": 64}, 34_105_089, 32),
        ((1024, 512, 256), (128,), {"channels": 3, "chunk": 20, "embedding": 64}, 31_136_577, 64),
    ],
    ids=["grey 32", "colour 32", "colour 64"],
)
def test_the_training_codes_generators(
    before: tuple[int, ...], after: tuple[int, ...], sizes: dict[str, int], parameters: int, side: int
) -> None:
    state = generator_state(before, after, device="meta", **sizes)
    shape = read_shape(bigbigan.read_keys(state), Facts())
    with torch.device("meta"):
        module = Generator(shape, Rules(eps=1e-5, hidden=nn.ReLU, last=nn.Sigmoid()))
    assert count_parameters(module) == parameters
    assert (shape.dim, shape.side, shape.chunk, shape.classes) == (100, side, sizes["chunk"], 10)
    assert [block.convolutions[1].outputs for block in shape.blocks] == [*before, *after]
    assert (shape.embedding, shape.last.outputs) == (sizes["embedding"], sizes["channels"])


@pytest.mark.parametrize(
    ("shape", "parameters"),
    [
        (bigbigan.Shape(1, 32, 6, 256, 100), 587_624),
        (bigbigan.Shape(3, 64, 8, 256, 100), 3_899_016),
        (bigbigan.Shape(3, 64, 6, 256, 100), 1_275_016),
    ],
    ids=["grey 32", "colour 32", "colour 64"],
)
def test_the_training_codes_encoders(shape: bigbigan.Shape, parameters: int) -> None:
    with torch.device("meta"):
        module = bigbigan.Encoder(shape, 1e-5)
    assert count_parameters(module) == parameters
    state = {bigbigan.spell_encoder(key): tensor for key, tensor in module.state_dict().items()}
    assert bigbigan.infer_shape(state) == shape


def test_the_published_keys_of_mnists_size(tmp_path: Path) -> None:
    """Names and shapes as the checkpoint has them, written out, and all of it in one file."""
    state = generator_state((256, 128), (64,), chunk=25, embedding=32)
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    assert shapes["class_embedding.weight"] == (10, 32)
    assert shapes["linear.layer.weight_orig"] == (4096, 25)
    assert shapes["pre_up_blocks.1.bn1.linear.weight"] == (512, 57)
    assert (shapes["conv.layer.weight_orig"], shapes["conv.layer.weight_u"]) == ((64, 1, 3, 3), (1,))
    assert shapes["conv.layer.weight_v"] == (576,)
    report = describe(tiny_models.save_checkpoint(tmp_path / "a.pth", state))
    assert (report.family, report.parameters, report.latent_dim, report.labels) == ("bigbigan", 2_093_473, 100, 10)


CASES: dict[str, tuple[State, int]] = {
    "grey": (generator_state(), 10),
    "colour": (generator_state((8, 16), (6,), channels=3, seed=1), 10),
    "as many channels as the last width": (generator_state(channels=3, after=(3,)), 10),
    "64 pixels": (generator_state((8, 8, 8), (4,), channels=3, chunk=3), 10),
    "two blocks after attention": (generator_state((8,), (8, 4), chunk=4), 10),
    "16 pixels": (generator_state((8,), (4,), classes=4), 4),
    "no classes": (generator_state(classes=0), 0),
    "no spectral norm": (generator_state(spectral=False), 10),
}


@pytest.mark.parametrize("case", CASES)
def test_generators_against_the_slow_reference(tmp_path: Path, case: str) -> None:
    state, classes = CASES[case]
    made = built(tmp_path, state)
    assert made.spec.latent is not None
    assert made.spec.output is not None
    assert (made.spec.labels.count if made.spec.labels else 0) == classes
    z = uniform(5, made.spec.latent.dim)
    inputs = (z, one_hot(5, classes)) if classes else (z,)
    expected = reference_generator(state, *inputs)
    drawn = made.module(*inputs)
    assert drawn.shape == (5, made.spec.output.channels, made.spec.output.height, made.spec.output.width)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    error = float((drawn - expected).abs().max())
    print(f"{case}: max error {error:.2e}")
    assert error <= 1e-5, f"max error {error}"
    assert expected.std(dim=0).mean() > 0.02, "equal pictures prove nothing"


def test_each_mistake_of_a_generator_would_be_noticed(tmp_path: Path) -> None:
    state = generator_state(channels=3, after=(3,))
    z, labels = uniform(3, 20), one_hot(3)
    drawn = built(tmp_path, state).module(z, labels)
    assert (drawn - reference_generator(state, z, labels)).abs().max() <= 1e-5
    for mistake in GENERATOR_MISTAKES:
        assert (drawn - reference_generator(state, z, labels, wrong=mistake)).abs().max() > 0.01, mistake


def test_mixed_labels_mix_the_embeddings(tmp_path: Path) -> None:
    state, z = generator_state(), uniform(4, 20)
    labels = torch.softmax(2 * uniform(4, 10, seed=1), dim=1)
    drawn = built(tmp_path, state).module(z, labels)
    assert (drawn - reference_generator(state, z, labels)).abs().max() <= 1e-5
    assert (drawn - built(tmp_path, state).module(z, one_hot(4))).abs().max() > 0.01


def test_what_the_spec_of_a_generator_says(tmp_path: Path) -> None:
    spec = built(tmp_path, generator_state(channels=3)).spec
    assert (spec.family, spec.task, spec.image, spec.pair) == ("bigbigan", "generate", None, None)
    assert spec.latent == Latent(dim=20, **PRIOR)
    assert spec.output == Output(height=32, width=32, channels=3)
    assert spec.labels == Labels(count=10, names=None, meaning="class")
    assert built(tmp_path, generator_state(), label_meaning="code").spec.labels == Labels(count=10, meaning="code")
    said = said_by(built(tmp_path, generator_state()))
    for words in (
        "batch statistics",
        "class assumed (--label-meaning)",
        "epsilon is not in the file: 1e-05",
        "folded with the stored u and v",
    ):
        assert words in said
    assert "--label-meaning" not in said_by(built(tmp_path, generator_state(), label_meaning="class"))


def test_settings_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--label-meaning digit: expected class or code"):
        built(tmp_path, generator_state(), label_meaning="digit")
    with pytest.raises(UsageError, match="no class_embedding"):
        built(tmp_path, generator_state(classes=0), label_meaning="code")
    with pytest.raises(UsageError, match="--size 30x30.*\n.*--size 32x32"):
        built(tmp_path, encoder_state(), size="30x30")
    for state in (generator_state(), encoder_state()):
        with pytest.raises(UsageError, match="--norm-eps"):
            built(tmp_path, state, norm_eps="0")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("linear.layer.weight_orig", None, "unexpected|missing"),
        ("linear.layer.weight", torch.ones(120, 5), "above 120 values"),
        ("linear.layer.weight", torch.ones(128), "expected 2 dimensions"),
        ("conv.layer.weight", torch.ones(6, 2, 3, 3), "2 channels"),
        ("conv.layer.weight", torch.ones(6, 1, 5, 5), r"conv\.layer\.weight \[6, 1, 5, 5\], expected \[6, 1, 3, 3\]"),
        ("pre_up_blocks.0.conv1.layer.weight", None, r"has 0 \+ 1 blocks"),
        ("pre_up_blocks.1.bn2.linear.bias", None, r"missing: pre_up_blocks\.1\.bn2\.linear\.bias"),
        ("non_loc.gamma", None, r"missing: non_loc\.gamma"),
        (
            "class_embedding.weight",
            torch.ones(10, 7),
            r"bn1\.linear\.weight takes 9 values .*\n.* the 7 of class_embedding",
        ),
        ("post_up_blocks.1.conv1.layer.weight", torch.ones(4, 6, 3, 3), r"missing: post_up_blocks\.1\."),
        ("strange", torch.ones(2), "unexpected: strange"),
    ],
)
def test_damaged_generators_are_refused_by_name(tmp_path: Path, key: str, value: Tensor | None, message: str) -> None:
    spectral = key.endswith("weight_orig")
    state = generator_state(spectral=spectral)
    if value is None:
        del state[key]
    else:
        state[key] = value
    with pytest.raises(BadInputFile, match=message) as caught:
        built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state), family="bigbigan")
    assert "a.pth" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("state", "channels", "side"),
    [
        (encoder_state(), 1, 32),
        (encoder_state(channels=3, width=2, blocks=8, dim=7), 3, 24),
        (encoder_state(channels=3, blocks=3, dim=5), 3, 64),
        (encoder_state(channels=4, width=6, blocks=1, hidden=5), 4, 16),
    ],
    ids=["grey", "eight blocks", "three blocks", "one block"],
)
def test_encoders_against_the_slow_reference(tmp_path: Path, state: State, channels: int, side: int) -> None:
    made = built(tmp_path, state, size=f"{side}x{side}")
    assert made.spec.latent is not None
    assert made.spec.image == ImageInput(height=side, width=side, channels=channels)
    x = pictures(4, channels, side)
    expected = reference_encoder(state, x)
    z = made.module(x)
    assert z.shape == (4, made.spec.latent.dim)
    error = float((z - expected).abs().max() / expected.abs().max())
    print(f"{channels} channels, {side} pixels: max error {error:.2e} of the largest z")
    assert error <= 1e-5, f"max error {error}"
    assert expected.std(dim=0).mean() > 0.02 * expected.abs().max(), "equal codes prove nothing"
    assert torch.equal(z, made.module(x)), "the mean, without noise"


@pytest.mark.parametrize("mistake", ENCODER_MISTAKES)
def test_each_mistake_of_an_encoder_would_be_noticed(tmp_path: Path, mistake: str) -> None:
    state, x = encoder_state(), pictures(3, 1, 32)
    z = built(tmp_path, state).module(x)
    wrong = reference_encoder(state, x, wrong=mistake)
    assert (z - wrong).abs().max() / z.abs().max() > 0.01


def test_what_the_spec_of_an_encoder_says(tmp_path: Path) -> None:
    made = built(tmp_path, encoder_state())
    assert (made.spec.family, made.spec.task, made.spec.output) == ("bigbigan-encoder", "encode", None)
    assert made.spec.latent == Latent(dim=20, **PRIOR)
    said = said_by(made)
    for words in ("z is the mean", "32x32 assumed (--size)", "epsilon is not in the file: 1e-05"):
        assert words in said
    with torch.device("meta"):
        own = bigbigan.Encoder(bigbigan.Shape(3, 64, 6, 9, 100), 1e-5).state_dict()
        large = {bigbigan.spell_encoder(key): tensor for key, tensor in own.items()}
    state = {key: torch.ones(tensor.shape) for key, tensor in large.items()}
    assert built(tmp_path, state).spec.image == ImageInput(height=64, width=64, channels=3)
    assert "assumed (--size)" not in said_by(built(tmp_path, state, size="32x32"))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rev_blocks.1.res_block.skip_conv.layer.bias", None, r"missing: rev_blocks\.1\.res_block\.skip_conv"),
        ("rev_blocks.3.res_block.conv1.layer.weight", None, r"unexpected: rev_blocks\.3\."),
        ("rev_blocks.3.res_block.bn1.bias", torch.ones(3), r"bn1\.bias \[3\], expected \[4\]"),
        ("linear_dist_params.weight", torch.ones(41, 12), "to 41 values"),
        ("conv.weight", torch.ones(3, 1, 7, 7), "from 3 channels"),
        ("conv.weight", torch.ones(4, 2, 7, 7), "2 channels"),
        ("res_lin1.linear1.layer.weight", None, r"missing: res_lin1\.linear1"),
    ],
)
def test_damaged_encoders_are_refused_by_name(tmp_path: Path, key: str, value: Tensor | None, message: str) -> None:
    state = encoder_state()
    if value is None:
        del state[key]
    else:
        state[key] = value
    with pytest.raises(BadInputFile, match=message):
        built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state), family="bigbigan-encoder")


def test_the_whole_gan_in_one_file(tmp_path: Path) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "checkpoint_50.pth", whole_state())
    read = read_checkpoint(path)
    assert (read.container, describe(path).family) == ("generator", "bigbigan")
    assert read.notes[0].startswith("generator taken; left: encoder")
    assert "encoder" in read.beside
    encoder = read_checkpoint(path, network="encoder")
    assert "generator" in encoder.beside
    report = describe(path, settings=Settings(network="encoder"), whole=True)
    assert (report.family, report.task, report.latent_dim) == ("bigbigan-encoder", "encode", 20)
    assert (report.input_channels, report.height, report.width, report.channels) == (1, 32, 32, 1)
    assert report.macs > 0


def test_a_gan_as_a_dictionary_of_parts(tmp_path: Path) -> None:
    torch.save({"generator": generator_state(), "encoder": encoder_state(), "epoch": 3}, tmp_path / "a.pth")
    assert read_checkpoint(tmp_path / "a.pth").container == "generator"
    read = read_checkpoint(tmp_path / "a.pth", network="encoder")
    assert (read.container, read.beside) == ("encoder", ("generator",))
    assert read_checkpoint(tiny_models.save_checkpoint(tmp_path / "b.pth", encoder_state())).beside == ()
