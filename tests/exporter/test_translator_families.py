"""Families of translators against plain references of their own: U-Nets, ResNets that resize."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import translator_references as references
from sources import in_memory
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise

CLOSE = 2e-5


def trained(network: nn.Module) -> nn.Module:
    """With weights and statistics that no mistake leaves unseen."""
    torch.manual_seed(0)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith("running_var") or (name.endswith("weight") and tensor.ndim == 1):
            tensor.data.uniform_(0.5, 1.5)
        elif tensor.is_floating_point():
            tensor.data.normal_(0, 0.2)
    return network.eval().requires_grad_(False)


def read(folder: Path, network: nn.Module, **given: str | bool) -> Candidate:
    torch.save({"netG": network.state_dict(), "epoch": 3}, folder / "net.pth")
    return recognise(read_file(folder / "net.pth"), None, Settings.read(given)).candidate


def pictures(*sides: int) -> Tensor:
    return torch.rand(2, 3, *sides, generator=torch.Generator().manual_seed(2)) * 2 - 1


FAMILIES: dict[str, tuple[str, Callable[[], nn.Module], tuple[int, int]]] = {
    "nested, batch norm": ("unet", references.NestedUNet, (16, 24)),
    "nested, instance norm": ("unet", lambda: references.NestedUNet(nn.InstanceNorm2d), (16, 24)),
    "listed": ("unet", references.ListedUNet, (16, 24)),
    "listed, biases": ("unet", lambda: references.ListedUNet(biased=True), (16, 24)),
    "listed, affine": ("unet", lambda: references.ListedUNet(affine=True), (16, 24)),
    "AnimeGANv2": ("animegan", references.Anime, (16, 24)),
    "U-GAT-IT, light": ("ugatit", lambda: references.Attentive(full=False), (16, 24)),
    "U-GAT-IT, full": ("ugatit", lambda: references.Attentive(full=True), (16, 16)),
    "resized": ("cyclegan", references.Resized, (16, 24)),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_rebuilt_network_draws_what_the_reference_draws(name: str, tmp_path: Path) -> None:
    family, make, sides = FAMILIES[name]
    network = trained(make())
    made = read(tmp_path, network, size="x".join(map(str, sides)))
    assert made.spec.family == family
    source = pictures(*sides)
    assert made.spec.image is not None
    assert made.spec.output is not None
    with torch.no_grad():
        expected = network(source)
        assert (made.spec.output.height, made.spec.output.width) == tuple(expected.shape[2:])
        assert float((made.module(source) - expected).abs().max()) < CLOSE
    assert "--norm-eps" in {fact.option for fact in made.assumptions}


def test_corners_are_aligned_or_not(tmp_path: Path) -> None:
    network = trained(references.Anime(align=False))
    plain, other = read(tmp_path, network, size="16x24"), read(tmp_path, network, size="16x24", align_corners=False)
    assert "--align-corners" in {fact.option for fact in plain.assumptions}
    source = pictures(16, 24)
    with torch.no_grad():
        expected = network(source)
        assert float((other.module(source) - expected).abs().max()) < CLOSE
        assert float((plain.module(source) - expected).abs().max()) > 0.01


def test_both_directions_of_a_file_are_told(tmp_path: Path) -> None:
    states = [trained(references.Attentive(full=False)).state_dict() for _ in range(2)]
    torch.save(dict(zip(("genA2B", "genB2A"), states, strict=True)), tmp_path / "net.pth")
    with pytest.raises(BadInputFile, match="say which is the generator: --network genB2A"):
        recognise(read_file(tmp_path / "net.pth"), None, Settings())
    assert (
        recognise(read_file(tmp_path / "net.pth"), None, Settings(network="genA2B")).candidate.spec.family == "ugatit"
    )


def test_the_statistics_of_batch_norms_are_running_ones_or_the_pictures_own(tmp_path: Path) -> None:
    network = trained(references.NestedUNet())
    plain, own = read(tmp_path, network), read(tmp_path, network, norm_statistics="picture")
    assert "--norm-statistics" in {fact.option for fact in plain.assumptions}
    source = pictures(8, 8)[:1]
    with torch.no_grad():
        running = network(source)
        expected = network.train()(source)  # of one picture: its own statistics
        assert float((own.module(source) - expected).abs().max()) < CLOSE
        assert float((plain.module(source) - running).abs().max()) < CLOSE
        assert float((running - expected).abs().max()) > 0.01


@pytest.mark.parametrize("lost", ["up2.model.0.weight", "down2.model.0.weight"])
def test_a_damaged_unet_is_refused_by_its_keys(lost: str, tmp_path: Path) -> None:
    state = trained(references.ListedUNet()).state_dict()
    del state[lost]
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(BadInputFile, match="no known family|missing"):
        recognise(read_file(tmp_path / "net.pth"), None, Settings())


def test_sides_that_the_levels_do_not_divide(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="divisible by 8"):
        read(tmp_path, trained(references.ListedUNet()), size="20x20")


@pytest.mark.parametrize(
    ("name", "key", "shape", "told"),
    [
        ("AnimeGANv2", "block_a.0.1.weight", (0, 3, 7, 7), "block_a.0.1.weight has shape"),
        ("U-GAT-IT, full", "DownBlock.1.weight", (0, 3, 7, 7), "DownBlock.1.weight has shape"),
        ("listed", "down.weight", (1,), "unexpected: down.weight"),
        ("listed", "down.blocks.0.weight", (1,), "unexpected: down.blocks.0.weight"),
    ],
)
def test_damaged_files_are_refused_with_the_key(name: str, key: str, shape: tuple[int, ...], told: str) -> None:
    with pytest.raises(BadInputFile, match=told):
        recognise(in_memory(FAMILIES[name][1]().state_dict() | {key: torch.ones(shape)}), None, Settings())
