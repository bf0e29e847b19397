"""CycleGAN's ResnetGenerator: what is inferred, the known traps of its checkpoints, and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models
import torch
from cyclegan_models import reference_resnet, resnet_state
from dcgan_reference import built_from, said_by
from slow_layers import State
from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.describe import describe
from ganrt.spec import ImageInput, Output


def built(tmp_path: Path, state: State, **settings: str | bool) -> Candidate:
    return built_from(tiny_models.save_checkpoint(tmp_path / "net_G.pth", state), settings)


def pictures(count: int = 2, channels: int = 3, height: int = 20, width: int = 36) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    return 2 * torch.rand(count, channels, height, width, generator=random) - 1


def worst(made: Candidate, state: State, **wrong: bool) -> float:
    x = pictures(channels=state["model.1.weight"].shape[1])
    return float((made.module(x) - reference_resnet(state, x, **wrong)).abs().max())


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("blocks", "inputs", "outputs"), [(1, 3, 3), (6, 1, 3), (9, 3, 1)])
def test_every_build(tmp_path: Path, dropout: bool, batch_norm: bool, blocks: int, inputs: int, outputs: int) -> None:
    state = resnet_state(blocks=blocks, inputs=inputs, outputs=outputs, dropout=dropout, batch_norm=batch_norm)
    made = built(tmp_path, state)
    assert made.spec.image == ImageInput(height=256, width=256, channels=inputs, multiple_of=4)
    assert made.spec.output == Output(height=256, width=256, channels=outputs)
    assert (made.spec.task, made.spec.family, made.spec.latent) == ("translate", "cyclegan", None)
    norm = "batch" if batch_norm else "instance"
    assert made.certainty.startswith(f"all {len(state)} keys match ({blocks} blocks, {norm} norm); assumed: ")
    assert ("--eval" in said_by(made)) is (dropout or batch_norm)
    error = worst(made, state)
    assert error <= 1e-5, f"max error {error}"


def test_borders_are_mirrored(tmp_path: Path) -> None:
    state = resnet_state()
    assert worst(built(tmp_path, state), state, zero_padding=True) > 0.05


@pytest.mark.parametrize("dropout", [False, True])
def test_stale_statistics_are_dropped_and_named(tmp_path: Path, dropout: bool) -> None:
    state = resnet_state(stale=True, dropout=dropout)
    made = built(tmp_path, state)
    assert worst(made, state) <= 1e-5
    assert worst(made, state, use_statistics=True) > 0.05
    note = next(note for note in made.notes if note.startswith("not used: "))
    for key in state:
        assert (f" {key}," in note + ",") == ("running" in key or "tracked" in key), key


def test_statistics_elsewhere_are_unexpected(tmp_path: Path) -> None:
    state = resnet_state() | {"model.3.running_mean": torch.ones(2)}
    with pytest.raises(BadInputFile, match=r"unexpected: model\.3\.running_mean"):
        built(tmp_path, state)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_picture_does_not_depend_on_its_companions(tmp_path: Path, batch_norm: bool) -> None:
    made, x = built(tmp_path, resnet_state(batch_norm=batch_norm)), pictures(7)
    alone = torch.cat([made.module(picture[None]) for picture in x])
    assert (made.module(x) - alone).abs().max() <= 1e-5


def test_data_parallel_prefixes(tmp_path: Path) -> None:
    state = resnet_state()
    made = built(tmp_path, {f"module.{key}": tensor for key, tensor in state.items()})
    assert worst(made, state) <= 1e-5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_weights(tmp_path: Path, dtype: torch.dtype) -> None:
    half = {key: tensor.to(dtype) for key, tensor in resnet_state().items()}
    assert worst(built(tmp_path, half), {key: tensor.float() for key, tensor in half.items()}) <= 1e-5


@pytest.mark.parametrize(("blocks", "keys", "parameters"), [(9, 48, 11_378_179), (6, 36, 7_837_699)])
def test_the_papers_sizes(tmp_path: Path, blocks: int, keys: int, parameters: int) -> None:
    path = tiny_models.save_checkpoint(tmp_path / "latest_net_G_A.pth", resnet_state(blocks=blocks, width=64))
    report = describe(path)
    assert (report.tensors, report.parameters) == (keys, parameters)
    assert report.macs / 1e9 == pytest.approx({9: 49.55, 6: 35.06}[blocks], abs=0.006)
    assert (report.task, report.input_channels, report.height, report.width) == ("translate", 3, 256, 256)


def test_settings(tmp_path: Path) -> None:
    state = resnet_state()
    made = built(tmp_path, state, size="20x36", dynamic=True, norm_eps="0.5")
    assert made.spec.image == ImageInput(height=20, width=36, channels=3, multiple_of=4, dynamic=True)
    assert made.spec.output == Output(height=20, width=36, channels=3, dynamic=True)
    assert "assumed (--size" not in said_by(made)
    assert "epsilon" not in said_by(made)
    assert worst(made, state) > 0.05
    assert built(tmp_path, state, dynamic=False).spec == built(tmp_path, state).spec
    assert "256x256 assumed (--size)" in said_by(built(tmp_path, state))


@pytest.mark.parametrize(
    ("value", "near"),
    [("30x8", "32x8"), ("33x64", "32x64"), ("4x8", "8x8"), ("8x1", "8x8"), ("8x16382", "8x16384")],
)
def test_sides_that_do_not_do(tmp_path: Path, value: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"--size {value}: ") as caught:
        built(tmp_path, resnet_state(), size=value)
    assert "from 8 to 16384, divisible by 4" in str(caught.value)
    assert f"--size {near}" in str(caught.value)


@pytest.mark.parametrize("value", ["0x8", "-8x8", "16388x8", "9" * 30 + "x8", "big", "64", "8x8x8", "٣٢x8", ""])
def test_sizes_that_are_none(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match=f"--size {value}: expected HEIGHTxWIDTH, whole numbers from 1 to 16384"):
        built(tmp_path, resnet_state(), size=value)


def test_options_that_it_does_not_take(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no option --latent"):
        built(tmp_path, resnet_state(), latent="64")


def bad(tmp_path: Path, state: State, *words: str) -> None:
    with pytest.raises(BadInputFile) as caught:
        built(tmp_path, state)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3, message
    for word in ("net_G.pth", *words):
        assert word in message, message


def test_every_bad_key_is_named(tmp_path: Path) -> None:
    state = resnet_state(blocks=3) | {"model.2.weight": torch.ones(2), "other": torch.ones(1)}
    del state["model.4.bias"]
    state = {key: tensor for key, tensor in state.items() if not key.startswith("model.11.")}
    missing = "missing: model.4.bias, model.11.conv_block.1.weight, model.11.conv_block.1.bias"
    bad(tmp_path, state, "with 3 blocks and instance norm", missing, "unexpected: model.2.weight, other")
    state = resnet_state(batch_norm=True)
    del state["model.5.running_var"], state["model.10.conv_block.6.weight"]
    bad(tmp_path, state, "batch norm", "missing: model.5.running_var, model.10.conv_block.6.weight")
    state = resnet_state()
    del state["model.19.weight"]
    bad(tmp_path, state, "missing: model.19.weight")


def test_one_block_with_dropout_among_many(tmp_path: Path) -> None:
    state = resnet_state(blocks=3)
    state["model.11.conv_block.6.weight"] = state.pop("model.11.conv_block.5.weight")
    bad(tmp_path, state, "missing: model.11.conv_block.5.weight", "unexpected: model.11.conv_block.6.weight")


@pytest.mark.parametrize(
    ("key", "shape", "words"),
    [
        ("model.1.weight", (2, 3, 3, 3), "expected [out, in, 7, 7]"),
        ("model.1.weight", (2,), "expected [out, in, 7, 7]"),
        ("model.1.weight", (2, 2, 7, 7), "takes 2 channels"),
        ("model.19.weight", (5, 2, 7, 7), "makes 5"),
        ("model.7.weight", (7, 4, 3, 3), "model.7.weight [7, 4, 3, 3], expected [8, 4, 3, 3]"),
        ("model.90.conv_block.1.weight", (8, 8, 3, 3), "residual blocks up to model.90"),
    ],
)
def test_shapes_that_are_no_generator(tmp_path: Path, key: str, shape: tuple[int, ...], words: str) -> None:
    bad(tmp_path, resnet_state() | {key: torch.ones(shape)}, words)


class _Named(nn.Module):
    """A residual block whose Sequential is called `block`, with affine instance norms."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width, affine=True), nn.ReLU()]
        second = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width, affine=True)]
        self.block = nn.Sequential(*first, *second)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.block(x)  # type: ignore[no-any-return]


def test_affine_instance_norms_and_blocks_of_another_name(tmp_path: Path) -> None:
    torch.manual_seed(2)

    def normed(layer: nn.Module, width: int) -> list[nn.Module]:
        return [layer, nn.InstanceNorm2d(width, affine=True), nn.ReLU()]

    layers = [nn.ReflectionPad2d(3), *normed(nn.Conv2d(3, 4, 7), 4), *normed(nn.Conv2d(4, 8, 3, 2, 1), 8)]
    layers += [*normed(nn.Conv2d(8, 16, 3, 2, 1), 16), *(_Named(16) for _ in range(6))]
    for width in (8, 4):
        layers += normed(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1), width)
    network = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(4, 3, 7), nn.Tanh())
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn(parameter.shape)
    torch.save({f"model.{key}": tensor for key, tensor in network.state_dict().items()}, tmp_path / "G.pth")
    made = built_from(tmp_path / "G.pth", {"size": "16x24"})
    assert made.spec.family == "cyclegan"
    pictures = torch.rand(2, 3, 16, 24) * 2 - 1
    with torch.no_grad():
        assert (made.module(pictures) - network(pictures)).abs().max() <= 1e-5
