"""The DCGAN family: what is inferred, strict loading, settings, and agreement with a network built by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_models
import torch
from dcgan_reference import built_from, draw, reference_dcgan
from sources import find_family, source
from torch import Tensor
from toy_family import toy_state

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.families import FAMILIES, load_family
from ganrt.spec import Latent


@pytest.mark.parametrize("side", [16, 32, 64, 128, 256])
@pytest.mark.parametrize(("channels", "width", "bias"), [(1, 1, False), (3, 3, True), (4, 2, False)])
def test_hyperparameters_and_pictures(tmp_path: Path, side: int, channels: int, width: int, bias: bool) -> None:
    state = tiny_models.dcgan_state(side=side, channels=channels, width=width, latent=7, bias=bias)
    built = built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state))
    spec = built.spec
    assert spec.latent == Latent(dim=7, prior="normal", threshold=None, psi_mode="resample")
    assert spec.output is not None
    assert (spec.output.height, spec.output.width, spec.output.channels) == (side, side, channels)
    assert (spec.family, spec.labels, built.value_range) == ("dcgan", None, "tanh")
    assert built.certainty.startswith(f"all {len(state)} keys fit a chain of ")
    open_ = {fact.option for fact in built.assumptions}
    assert open_ == {"--activation", "--last", "--norm-eps", "--stride", "--prior"}
    z = torch.from_numpy(draw(spec.latent, 0, 0, 2))
    error = (built.module(z) - reference_dcgan(state)(z[:, :, None, None])).abs().max()
    assert error <= 1e-5, f"max error {error}"


def test_widths_need_not_double(tmp_path: Path) -> None:
    state = tiny_models.dcgan_state(side=16, width=3, latent=2)
    state["main.0.weight"] = torch.randn(2, 11, 4, 4)
    state["main.3.weight"] = torch.randn(11, 3, 4, 4)
    for name in ("weight", "bias", "running_mean", "running_var"):
        state[f"main.1.{name}"] = torch.rand(11)
    assert built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state)).spec.output is not None


def test_checkpoints_without_counters_load(tmp_path: Path) -> None:
    state = {key: t for key, t in tiny_models.dcgan_state().items() if not key.endswith("num_batches_tracked")}
    built_from(tiny_models.save_checkpoint(tmp_path / "a.pth", state))


def test_the_epsilon_changes_the_picture(tmp_path: Path) -> None:
    state = tiny_models.dcgan_state()
    path = tiny_models.save_checkpoint(tmp_path / "a.pth", state)
    built = built_from(path, {"norm_eps": "0.8"})
    assert "--norm-eps" not in {fact.option for fact in built.assumptions}
    assert "1e-05 assumed (--norm-eps)" in " ".join(fact.sentence() for fact in built_from(path).assumptions)
    z = torch.randn(4, 8)
    right = reference_dcgan(state, eps=0.8)(z[:, :, None, None])
    assert (built.module(z) - right).abs().max() <= 1e-5
    assert (built_from(path).module(z) - right).abs().max() > 0.05


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "11", "small", ""])
def test_a_bad_epsilon(tmp_path: Path, value: str) -> None:
    path = tiny_models.save_dcgan(tmp_path / "a.pth")
    with pytest.raises(UsageError, match="--norm-eps") as caught:
        built_from(path, {"norm_eps": value})
    assert "above 0 and at most 10" in str(caught.value)


def test_an_unknown_setting_names_the_accepted_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no option --preset") as caught:
        built_from(tiny_models.save_dcgan(tmp_path / "a.pth"), {"preset": "anime"})
    assert "--norm-eps (the norms' epsilon" in str(caught.value)


def test_an_unknown_family(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown family 'stylegan9'\n.*dcgan"):
        built_from(tiny_models.save_dcgan(tmp_path / "a.pth"), family="stylegan9")


def bad(tmp_path: Path, state: dict[str, Tensor], *words: str, family: str | None = None) -> None:
    with pytest.raises(BadInputFile) as caught:
        built_from(tiny_models.save_checkpoint(tmp_path / "net.pth", state), family=family)
    message = str(caught.value)
    assert len(message.splitlines()) <= 3
    for word in ("net.pth", *words):
        assert word in message, message


def test_every_missing_unexpected_and_misshapen_key_is_named(tmp_path: Path) -> None:
    state = tiny_models.dcgan_state()
    del state["main.4.weight"], state["main.7.running_var"]
    state["extra.a"] = state["extra.b"] = torch.ones(1)
    state["main.1.bias"] = torch.ones(5)
    state["main.3.weight"] = torch.randn(9, 8, 4, 4)
    state["main.4.bias"] = torch.ones(8, dtype=torch.int64)
    bad(
        tmp_path,
        state,
        "main.1 has tensors of different sizes: weight [16], bias [5]",
    )
    state["main.1.bias"] = torch.ones(16)
    bad(tmp_path, state, "main.4 is a norm without weight")
    state["main.4.weight"] = torch.ones(8)
    bad(tmp_path, state, "main.4.bias is of int64")
    state["main.4.bias"] = torch.ones(8)
    bad(tmp_path, state, "main.7 is a norm without running_var")
    state["main.7.running_var"] = torch.ones(4)
    bad(tmp_path, state, "extra.a [1], extra.b [1]")
    del state["extra.a"], state["extra.b"]
    bad(tmp_path, state, "main.3 takes 9 channels, and 16 come before it")
    state["main.3.weight"] = torch.randn(16, 8, 4, 4)
    built_from(tiny_models.save_checkpoint(tmp_path / "net.pth", state))


def test_shapes_that_are_no_dcgan(tmp_path: Path) -> None:
    state = tiny_models.dcgan_state()
    bad(tmp_path, state | {"main.6.weight": torch.ones(8, 4, 5, 4)}, "main.6 has a kernel of 5x4")
    bad(tmp_path, state | {"main.9.weight": torch.ones(4, 2, 4, 4)}, "ends in 2 channels")
    bad(tmp_path, {key: t for key, t in state.items() if not key.startswith("main.6.")}, "main.7 takes 4 channels")
    bad(tmp_path, state | {"main.1.running_var": -torch.ones(16)}, "main.1.running_var", "negative variances")


def test_shapes_read_from_a_file_cost_nothing(tmp_path: Path) -> None:
    """Two thin tensors declare a layer of 10^10 weights; it is refused without being made."""
    state = tiny_models.dcgan_state()
    state["main.0.weight"] = torch.zeros(8, 30_000, 4, 4)
    state["main.3.weight"] = torch.zeros(1, 30_000, 4, 4)
    bad(tmp_path, state, "main.1 takes 16 channels, and 30000 come before it")


def test_unknown_checkpoints(tmp_path: Path) -> None:
    words = ("no known family", "layer1.weight", "known families: dcgan", "--family")
    bad(tmp_path, {"layer1.weight": torch.ones(3, 2), "layer2.weight": torch.ones(3)}, *words)
    bad(tmp_path, toy_state(), "no known family")


def test_a_discriminator_is_no_generator(tmp_path: Path) -> None:
    state = {"main.0.weight": torch.ones(8, 3, 4, 4), "main.2.weight": torch.ones(16, 8, 4, 4)}
    state |= {"main.3.weight": torch.ones(16), "main.3.running_mean": torch.ones(16)}
    bad(tmp_path, state, "no known family")
    bad(tmp_path, state, "main.3 is a norm without", family="dcgan")


def test_two_families_that_fit_are_ambiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "twin", FAMILIES["dcgan"])
    with pytest.raises(BadInputFile, match="looks like dcgan and twin"):
        find_family(tiny_models.dcgan_state())


def test_every_family_in_the_table_loads() -> None:
    for name in FAMILIES:
        assert load_family(name).match(source({})) is None
