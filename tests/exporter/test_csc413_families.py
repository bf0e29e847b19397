"""The emoji families: what is inferred from keys and shapes, and agreement with slow references."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models
import torch
from dcgan_reference import built_from, said_by
from emoji_models import VARIANTS, cycle_state, generator_state, reference_cycle, reference_generator
from slow_layers import State

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.cost import count_macs, count_parameters
from ganrt.exporter.describe import describe
from ganrt.spec import ImageInput, Latent, Output


def built(tmp_path: Path, state: State, **settings: str) -> Candidate:
    return built_from(tiny_models.save_checkpoint(tmp_path / "G.pkl", state), settings)


def uniform(*shape: int, seed: int = 0) -> torch.Tensor:
    return 2 * torch.rand(shape, generator=torch.Generator().manual_seed(seed)) - 1


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("channels", "last_norm"), [(3, False), (1, True)])
def test_every_form_of_the_generator(tmp_path: Path, variant: str, channels: int, last_norm: bool) -> None:
    state = generator_state(variant, channels=channels, last_norm=last_norm, noise=5)
    made = built(tmp_path, state)
    assert made.spec.latent == Latent(dim=5, prior="uniform", threshold=None, psi_mode="scale")
    assert made.spec.output == Output(height=32, width=32, channels=channels)
    assert (made.spec.task, made.spec.family, made.spec.image, made.value_range) == ("generate", "csc413", None, "tanh")
    assert made.certainty.startswith(f"all {len(state)} keys match (first layer: form {variant}); assumed: ")
    z = uniform(7, 5)
    expected = reference_generator(state, z)
    error = (made.module(z) - expected).abs().max()
    assert error <= 1e-5, f"max error {error}"
    assert expected.std() > 0.05, "a flat picture proves nothing"


def test_upsampling_comes_before_the_convolution(tmp_path: Path) -> None:
    state, z = generator_state("A"), uniform(2, 6)
    assert (built(tmp_path, state).module(z) - reference_generator(state, z, upsample_first=False)).abs().max() > 0.05


@pytest.mark.parametrize("variant", ["A", "deconv"])
def test_a_picture_does_not_depend_on_its_companions(tmp_path: Path, variant: str) -> None:
    made, z = built(tmp_path, generator_state(variant)), uniform(7, 6)
    alone = torch.cat([made.module(row[None]) for row in z])
    assert (made.module(z) - alone).abs().max() <= 1e-5


@pytest.mark.parametrize(
    ("variant", "key", "shape", "parameters", "mega_macs"),
    [
        ("A", "linear_bn.0.weight", (128, 100, 4, 4), 463_648, 31.9),
        ("B", "linear_bn.0.weight", (2048, 100, 1, 1), 467_488, 28.9),
        ("C", "linear_bn.0.weight", (2048, 100), None, None),
        ("D", "linear_bn.1.weight", (128, 100, 3, 3), None, None),
    ],
)
def test_the_assignments_size(
    tmp_path: Path, variant: str, key: str, shape: tuple[int, ...], parameters: int | None, mega_macs: float | None
) -> None:
    state = generator_state(variant, width=32, noise=100)
    assert tuple(state[key].shape) == shape
    made = built(tmp_path, state)
    if parameters is not None and mega_macs is not None:
        assert count_parameters(made.module) == parameters
        assert count_macs(made.module, made.spec) / 1e6 == pytest.approx(mega_macs, abs=0.06)


def test_other_kernels_are_said(tmp_path: Path) -> None:
    state = generator_state("A")
    state["upconv2.1.weight"] = 0.2 * torch.randn(3, 6, 3, 3)
    made, z = built(tmp_path, state), uniform(2, 6)
    assert "upconv2's padding is not in the file: 1 assumed; kernel 3" in said_by(made)
    assert (made.module(z) - reference_generator(state, z)).abs().max() <= 1e-5


def test_the_notes_say_what_the_file_does_not(tmp_path: Path) -> None:
    state = generator_state("A")
    said = said_by(built(tmp_path, state))
    assert "epsilon is not in the file: 1e-05" in said
    assert "batch statistics" in said
    assert "transposed" not in said
    assert "epsilon" not in said_by(built(tmp_path, state, norm_eps="0.8"))
    assert "strides and paddings is not in the file" in said_by(built(tmp_path, generator_state("deconv")))
    z = uniform(2, 6)
    module = built(tmp_path, state, norm_eps="0.8").module
    assert (module(z) - reference_generator(state, z, eps=0.8)).abs().max() <= 1e-5
    with pytest.raises(UsageError, match="--norm-eps"):
        built(tmp_path, state, norm_eps="0")


@pytest.mark.parametrize("variant", ["upconv", "deconv"])
@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (1, 3)])
def test_the_cycle_generator(tmp_path: Path, variant: str, inputs: int, outputs: int) -> None:
    state = cycle_state(variant, inputs=inputs, outputs=outputs)
    made = built(tmp_path, state)
    assert made.spec.image == ImageInput(height=32, width=32, channels=inputs)
    assert made.spec.output == Output(height=32, width=32, channels=outputs)
    assert (made.spec.task, made.spec.family, made.spec.latent) == ("translate", "csc413-cyclegan", None)
    x = uniform(3, inputs, 32, 32)
    expected = reference_cycle(state, x)
    error = (made.module(x) - expected).abs().max()
    assert error <= 1e-5, f"max error {error}"
    assert (made.module(x) - reference_cycle(state, x, relu_after_sum=False)).abs().max() > 0.01


def test_the_cycle_generators_size(tmp_path: Path) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "G_XtoY.pkl", cycle_state(width=32))
    report = describe(path)
    assert report.parameters == 144_448
    assert report.macs / 1e6 == pytest.approx(21.8, abs=0.06)
    assert (report.task, report.latent_dim, report.input_channels, report.height) == ("translate", None, 3, 32)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("variant", ["A", "cycle"])
def test_half_precision_weights(tmp_path: Path, dtype: torch.dtype, variant: str) -> None:
    full = cycle_state() if variant == "cycle" else generator_state(variant)
    half = {key: t.to(dtype) if t.is_floating_point() else t for key, t in full.items()}
    rounded = {key: t.float() if t.is_floating_point() else t for key, t in half.items()}
    x = uniform(2, 3, 32, 32) if variant == "cycle" else uniform(2, 6)
    expected = reference_cycle(rounded, x) if variant == "cycle" else reference_generator(rounded, x)
    assert (built(tmp_path, half).module(x) - expected).abs().max() <= 1e-5


def bad(tmp_path: Path, state: State, *words: str, family: str | None = None) -> None:
    with pytest.raises(BadInputFile) as caught:
        built_from(tiny_models.save_checkpoint(tmp_path / "G.pkl", state), family=family)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3, message
    for word in ("G.pkl", *words):
        assert word in message, message


def test_every_bad_key_is_named(tmp_path: Path) -> None:
    state = generator_state("A") | {"upconv4.1.weight": torch.ones(1), "upconv1.1.bias": torch.ones(7)}
    del state["upconv2.2.running_mean"], state["linear_bn.1.bias"]
    words = ("missing: linear_bn.1.bias, upconv2.2.running_mean", "unexpected: upconv4.1.weight", "form A")
    bad(tmp_path, state, *words[:2], "first layer A", "upconv1.1.bias [7], expected [6]")
    state = generator_state("A") | {"extra.weight": torch.ones(1)}
    del state["upconv2.1.weight"], state["upconv3.1.weight"]
    bad(tmp_path, state, "missing: upconv2.1.weight, upconv3.1.weight", "unexpected: extra.weight")
    state = cycle_state() | {"extra.weight": torch.ones(1)}
    del state["upconv1.1.weight"], state["upconv2.1.weight"]
    bad(tmp_path, state, "missing: upconv1.1.weight, upconv2.1.weight", "unexpected: extra.weight")
    state = cycle_state("deconv") | {"extra.weight": torch.ones(1)}
    del state["conv2.1.weight"]
    bad(tmp_path, state, "missing: conv2.1.weight", "unexpected: extra.weight")
    state = generator_state("deconv")
    del state["deconv2.0.weight"], state["deconv4.0.weight"]
    bad(tmp_path, state, "missing: deconv2.0.weight, deconv4.0.weight")


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("linear_bn.0.weight", (12, 6, 5, 5), "expected one that takes z to 4x4"),
        ("linear_bn.0.weight", (13, 6, 1, 1), "expected one that takes z to 4x4"),
        ("linear_bn.0.weight", (), "expected one that takes z to 4x4"),
        ("upconv1.1.weight", (6, 12, 4, 4), "the kernel 3x3 or 5x5 or 7x7"),
        ("upconv1.1.weight", (6, 12, 5, 3), "[6, 12, 5, 3]"),
        ("upconv1.1.weight", (6,), "[6]"),
        ("upconv2.1.weight", (3, 5, 5, 5), "upconv2.1.weight [3, 5, 5, 5], expected [3, 6, 5, 5]"),
        ("upconv3.1.weight", (2, 3, 5, 5), "makes 2 channels"),
    ],
)
def test_shapes_that_are_no_generator(tmp_path: Path, key: str, shape: tuple[int, ...], words: str) -> None:
    bad(tmp_path, generator_state("A") | {key: torch.ones(shape)}, key.split(".")[0], words)


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("conv1.0.weight", (3, 2, 5, 5), "takes 2 channels"),
        ("conv1.0.weight", (3,), "[3]"),
        ("conv2.0.weight", (6, 3, 6, 6), "[6, 3, 6, 6]"),
        ("resnet_block.conv_layer.0.weight", (6, 6, 5, 5), "the kernel 3x3"),
        ("resnet_block.conv_layer.0.weight", (5, 6, 3, 3), "[5, 6, 3, 3], expected [6, 6, 3, 3]"),
        ("upconv2.1.weight", (5, 3, 5, 5), "makes 5 channels"),
    ],
)
def test_shapes_that_are_no_cycle_generator(tmp_path: Path, key: str, shape: tuple[int, ...], words: str) -> None:
    bad(tmp_path, cycle_state() | {key: torch.ones(shape)}, words)
