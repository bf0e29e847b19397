"""Checkpoints that hold more than one generator: averages go first and are said, the rest has to be named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from dcgan_reference import draw
from safetensors.torch import save_file
from sources import read_checkpoint
from tiny_models import dcgan_state, save_checkpoint
from torch import Tensor

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.describe import describe
from ganrt.exporter.export import export
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source

PLAIN, SMOOTH = dcgan_state(seed=1), dcgan_state(seed=2)
DISCRIMINATOR = {"main.0.weight": torch.ones(4, 3, 4, 4), "main.2.weight": torch.ones(8, 4, 4, 4)}


def prefixed(**states: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{name}.{key}": tensor for name, state in states.items() for key, tensor in state.items()}


def is_state(read: Source, state: dict[str, Tensor]) -> bool:
    return set(read.tensors) == set(state) and all(torch.equal(read.tensors[k], t) for k, t in state.items())


@pytest.mark.parametrize(
    ("smooth", "plain"),
    [
        ("g_ema", "g"),
        ("G_ema", "G"),
        ("ema", "model"),
        ("netG_ema", "netG"),
        ("params_ema", "params"),
        ("generator_ema", "generator"),
        ("state_dict_ema", "state_dict"),
    ],
)
def test_averages_are_chosen_and_said(tmp_path: Path, smooth: str, plain: str) -> None:
    path = tmp_path / "a.pth"
    torch.save({plain: PLAIN, smooth: SMOOTH, "d": DISCRIMINATOR, "d_optim": {"state": {}}, "iter": 5}, path)
    read = read_checkpoint(path)
    assert is_state(read, SMOOTH)
    assert read.container == smooth
    assert read.notes == (f"{smooth} taken (averaged weights, EMA); left: {plain}, d (--network NAME takes another)",)
    assert describe(path).notes[0] == read.notes[0]
    other = read_checkpoint(path, network=plain)
    assert is_state(other, PLAIN)
    assert other.container == plain


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_averages_by_prefix(tmp_path: Path, name: str) -> None:
    state = prefixed(GE=SMOOTH, G=PLAIN, D=DISCRIMINATOR)
    path = save_checkpoint(tmp_path / name, {f"module.{key}": tensor for key, tensor in state.items()})
    read = read_checkpoint(path)
    assert is_state(read, SMOOTH)
    assert read.container == "GE"
    assert "GE taken (averaged weights, EMA); left: G, D" in read.notes[0]
    assert is_state(read_checkpoint(path, network="G"), PLAIN)


@pytest.mark.parametrize(("mine", "other"), [("generator", "discriminator"), ("netG", "netD"), ("G", "D")])
def test_whole_gans_in_one_state_dict(tmp_path: Path, mine: str, other: str) -> None:
    path = save_checkpoint(tmp_path / "a.pth", prefixed(**{other: DISCRIMINATOR, mine: PLAIN}))
    read = read_checkpoint(path)
    assert is_state(read, PLAIN)
    assert read.container == mine
    assert read.notes == (f"{mine} taken; left: {other} (--network NAME takes another)",)
    torch.save({"state_dict": prefixed(**{other: DISCRIMINATOR, mine: PLAIN}), "epoch": 1}, path)
    assert read_checkpoint(path).container == f"state_dict.{mine}"
    assert is_state(read_checkpoint(path, network=mine), PLAIN)


def test_a_generator_with_a_module_called_generator_is_whole(tmp_path: Path) -> None:
    """As BigGAN-deep of Hugging Face has it: `embeddings.` and `generator.` are one network."""
    state = {"embeddings.weight": torch.ones(2, 3), "generator.gen_z.bias": torch.ones(2)}
    read = read_checkpoint(save_checkpoint(tmp_path / "a.pth", state))
    assert set(read.tensors) == set(state)
    assert (read.container, read.notes) == ("", ())


def test_one_average_settles_several_plain_networks(tmp_path: Path) -> None:
    torch.save({"G": PLAIN, "netG": PLAIN, "g_ema": SMOOTH}, tmp_path / "a.pth")
    read = read_checkpoint(tmp_path / "a.pth")
    assert is_state(read, SMOOTH)
    assert "left: G, netG" in read.notes[0]


def refused(path: Path, *words: str, part: str | None = None, error: type[Exception] = BadInputFile) -> None:
    with pytest.raises(error) as caught:
        read_checkpoint(path, network=part)
    assert len(str(caught.value).splitlines()) <= 3
    for word in (path.name, *words):
        assert word in str(caught.value), caught.value


def test_choices_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    torch.save({"G": PLAIN, "netG": SMOOTH}, path)
    refused(path, "several networks that fit equally well: G, netG", "--network netG")
    assert is_state(read_checkpoint(path, network="netG"), SMOOTH)
    torch.save({"netG_A": PLAIN, "netG_B": SMOOTH}, path)
    assert is_state(read_checkpoint(path, network="netG_B"), SMOOTH)
    refused(path, "no network 'x'", "--network with one of: netG_A, netG_B", part="x", error=UsageError)
    save_checkpoint(path, prefixed(G=PLAIN, netG=SMOOTH, D=DISCRIMINATOR))
    refused(path, "several networks that fit equally well: G, netG", "--network netG")
    assert is_state(read_checkpoint(path, network="netG"), SMOOTH)
    save_checkpoint(path, PLAIN)
    refused(path, "no network 'G'", "it holds one network", part="G", error=UsageError)


def test_any_prefix_can_be_named(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path / "a.pth", prefixed(painter=PLAIN, critic=DISCRIMINATOR))
    assert is_state(read_checkpoint(path, network="painter"), PLAIN)


@pytest.mark.parametrize("wrap", [lambda o: o, lambda o: {"optimizer": o}, lambda o: {"g_optim": o, "d_optim": o}])
def test_optimizers_are_refused_by_name(tmp_path: Path, wrap: Any) -> None:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))])
    torch.save(wrap(optimizer.state_dict()), tmp_path / "adam.pth")
    refused(tmp_path / "adam.pth", "an optimizer's state", "no weights", "state_dict")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_half_precision_is_exported(tmp_path: Path, name: str, dtype: torch.dtype) -> None:
    state = {key: t.to(dtype) if t.is_floating_point() else t for key, t in dcgan_state(side=16).items()}
    path = save_checkpoint(tmp_path / name, state)
    assert export(path, tmp_path / "a.onnx", sampler=draw).verification.passed
    report = describe(path)
    assert report.dtype == str(dtype).removeprefix("torch.")


def test_export_says_what_was_chosen(tmp_path: Path) -> None:
    said: list[str] = []
    torch.save({"g": dcgan_state(side=16), "g_ema": dcgan_state(side=16, seed=1)}, tmp_path / "a.pth")
    made = export(tmp_path / "a.pth", tmp_path / "a.onnx", sampler=draw, progress=said.append)
    assert "note: g_ema taken (averaged weights, EMA); left: g (--network NAME takes another)" in said
    other = export(tmp_path / "a.pth", tmp_path / "b.onnx", sampler=draw, settings=Settings(network="g"))
    assert other.spec.canary != made.spec.canary


class _Counting:
    """Stands in for a tensor operation and counts the values that it looked at."""

    def __init__(self, real: Any) -> None:
        self.real, self.values = real, 0

    def __call__(self, tensor: Tensor) -> Any:
        self.values += tensor.numel()
        return self.real(tensor)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_describing_looks_at_no_weights(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = dcgan_state()
    state["main.0.weight"][0, 0, 0, 0] = float("nan")
    path = save_checkpoint(tmp_path / name, state)
    counting = _Counting(torch.isfinite)
    monkeypatch.setattr(torch, "isfinite", counting)
    report = describe(path)
    assert counting.values == 0
    assert report.sha256 is None
    assert (report.family, report.tensors) == ("dcgan", len(state))
    with pytest.raises(BadInputFile, match=r"main\.0\.weight"):
        describe(path, whole=True)
    assert counting.values > 0


def test_mapped_files_give_the_same_report(tmp_path: Path) -> None:
    state = dcgan_state()
    for name in ("a.pth", "a.safetensors"):
        path = save_checkpoint(tmp_path / name, state)
        quick, whole = describe(path), describe(path, whole=True)
        assert quick.macs == whole.macs > 0
        assert quick.parameters == whole.parameters
    torch.save(state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert describe(tmp_path / "old.pth").macs == quick.macs


def test_stride_zero_is_still_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2, 2)}, tmp_path / "a.safetensors")
    torch.save({"a": torch.ones(1, 1).expand(2**20, 2**20)}, tmp_path / "a.pth")
    with pytest.raises(BadInputFile, match="larger than the file"):
        describe(tmp_path / "a.pth")
