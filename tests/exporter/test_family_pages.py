"""docs/families.md has the families' keys and options; the hint at the nearest family tells what is missing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import bigbigan_models
import pytest
import tiny_models
import torch
from cyclegan_models import resnet_state
from emoji_models import cycle_state, generator_state
from sources import find_family
from typer.testing import CliRunner

from ganrt.errors import BadInputFile
from ganrt.exporter.describe import describe
from ganrt.exporter.families import FAMILIES, load_family
from ganrt.exporter.families.protocol import Family
from ganrt.exporter.options import Settings, spelled

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_family_docs", ROOT / "tools" / "make_family_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_page_is_the_generated_one(tool: ModuleType) -> None:
    committed = tool.PAGE.read_text("utf-8")
    assert committed == tool.page(committed), "run: python tools/make_family_docs.py"


def test_every_family_setting_and_key_is_on_the_page(tool: ModuleType) -> None:
    sections = tool.PAGE.read_text("utf-8").split("\n## `")
    for name in FAMILIES:
        family = load_family(name)
        (own,) = [section for section in sections if section.startswith(f"{name}`: ")]
        assert not own.startswith(f"{name}`: {name}\n"), "describe it"
        assert all(
            text in own for text in ("\n- From: ", "\n- Files: ", "\n- Gives: ", "\n- Recognised by: ", "\nHandled:\n")
        )
        assert all(f"| `{spelled(key)}` |" in own for key in family.settings)
        assert all(f"`{key}`" in own for each in family.conditions() for key in (*each.all_of, *each.none_of))


def test_keys_and_options_that_changed_are_written_anew(tool: ModuleType) -> None:
    committed = tool.PAGE.read_text("utf-8")
    old = committed.replace("`main.1.running_mean`", "`main.1.mean`").replace("| `--z-shape` |", "| `--shape` |")
    assert old != committed
    assert tool.page(old) == committed
    with pytest.raises(KeyError, match="gone"):
        tool.page(committed + "\n## `gone`: of yesterday\n")


def test_a_family_without_a_section_of_its_own(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "toy", "toy_family:ToyFamily")
    page = tool.page(tool.PAGE.read_text("utf-8"))
    assert "## `toy`: toy\n" in page
    assert "`from_z.weight`, `from_labels.weight`" in page


class _Bare(Family):
    pass


def test_a_family_that_says_nothing(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toy_family.Bare", _Bare, raising=False)
    monkeypatch.setitem(FAMILIES, "bare", "toy_family:Bare")
    assert "## `bare`: bare\n" in tool.page(tool.PAGE.read_text("utf-8"))
    with pytest.raises(BadInputFile, match="no known family"):
        find_family({"a": torch.ones(1, 1)})


def test_the_nearest_family_and_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "toy", "toy_family:ToyFamily")
    bare = {"main.0.weight": torch.ones(8, 16, 4, 4), "main.3.weight": torch.ones(5, 5, 4, 4)}
    with pytest.raises(BadInputFile) as caught:
        find_family(bare)
    message = str(caught.value)
    assert "main.0.weight [8, 16, 4, 4]" in message
    assert "nearest: dcgan (2 of its 3 keys are there, but not main.1.running_mean)" in message
    with pytest.raises(BadInputFile, match=r"nearest: toy \(1 of its 2 keys are there, but not from_labels\.weight\)"):
        find_family({"from_z.weight": torch.ones(2, 2), "other": torch.ones(1)})
    with pytest.raises(BadInputFile) as caught:
        find_family({"a": torch.ones(1, 1)})
    assert "nearest" not in str(caught.value)
    assert "known families: dcgan" in str(caught.value)


def test_one_of_several_conditions_is_enough() -> None:
    state = {"linear_bn.1.weight": torch.ones(1), "upconv1.0.weight": torch.ones(1)}
    assert load_family("csc413").similarity(state) == (2, ())
    assert load_family("csc413").similarity(["deconv2.0.weight"]) == (2, ())
    assert load_family("keras").similarity(state) == (0, ())


@pytest.mark.parametrize(
    ("keys", "nearest"),
    [
        (["upconv1.1.weight", "upconv2.1.weight"], r"csc413 \(1 of its 2 keys are there, but not linear_bn"),
        (["conv1.0.weight", "conv2.0.weight"], r"csc413-cyclegan \(1 of its 2 keys are there, but not resnet_block"),
        (
            ["model.0.weight", "model.2.weight"],
            r"cyclegan \(1 of its 2 keys are there, but not model\.10\.conv_block\.1\.",
        ),
    ],
)
def test_the_nearest_of_all_families(keys: list[str], nearest: str) -> None:
    with pytest.raises(BadInputFile, match=f"nearest: {nearest}"):
        find_family({key: torch.ones(1, 1) for key in keys})


def test_numbers_of_layers_count_as_equal() -> None:
    present, missing = load_family("dcgan").similarity(["main.6.weight", "main.7.running_mean"])
    assert (present, missing) == (3, ())


def test_inspect_exits_4_with_that_text(tmp_path: Path) -> None:
    from ganrt.cli.main import app

    path = tiny_models.save_checkpoint(tmp_path / "net.pth", {"main.0.weight": torch.ones(3, 2), "x": torch.ones(4)})
    result = CliRunner().invoke(app, ["inspect", str(path)])
    assert result.exit_code == 4
    for words in ("net.pth", "2 tensors", "main.0.weight [3, 2]", "nearest: dcgan", "--family"):
        assert words in result.stderr
    assert len(result.stderr.splitlines()) <= 3


@pytest.mark.parametrize(
    ("family", "state", "side"),
    [
        ("dcgan", tiny_models.dcgan_state(), 32),
        ("csc413", generator_state("D"), 32),
        ("csc413-cyclegan", cycle_state(), 32),
        ("cyclegan", resnet_state(), 256),
        ("bigbigan", bigbigan_models.generator_state(), 32),
        ("bigbigan-encoder", bigbigan_models.encoder_state(), 32),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("options", [[], ["--full"]], ids=" ".join)
def test_inspect_of_every_family(
    tmp_path: Path, family: str, state: dict[str, torch.Tensor], side: int, options: list[str]
) -> None:
    from ganrt.cli.main import app

    path = tiny_models.save_checkpoint(tmp_path / "net.pth", state)
    for further in ([], ["--family", family]):
        result = CliRunner().invoke(app, ["inspect", str(path), "--json", *options, *further])
        assert result.exit_code == 0, result.stderr
        report = json.loads(result.stdout)
        assert (report["family"], report["height"]) == (family, side)
        assert (report["latent_dim"] is None) == (report["task"] == "translate")
        assert (report["sha256"] is None) == (not options)
        assert report["macs"] > 0


def test_inspect_reads_a_part_and_everything(tmp_path: Path) -> None:
    from ganrt.cli.main import app

    path = tmp_path / "net.pth"
    torch.save({"a": tiny_models.dcgan_state(side=16), "b": tiny_models.dcgan_state()}, path)
    result = CliRunner().invoke(app, ["inspect", str(path), "--network", "b", "--full", "--json"])
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["container"], report["height"]) == ("b", 32)
    assert report["sha256"] == describe(path, settings=Settings(network="b"), whole=True).sha256
