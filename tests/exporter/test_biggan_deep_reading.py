"""BigGAN-deep's files: folders, weights alone, config.json that is missing, damaged or says something else."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from biggan_models import SMALL, examples, library_config, library_model, relative_error, save_folder
from safetensors.torch import save_file
from sources import read_checkpoint

from ganrt.benchmarks.models import biggan_deep_shapes
from ganrt.cli.main import main
from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.describe import describe
from ganrt.exporter.families.biggan_checkpoint import imagenet_names
from ganrt.exporter.families.biggan_deep import PUBLISHED, library_keys, read_config
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise

UPS = "0,3"
EPS_ASSUMED = "the norms' epsilon is not in the file: 0.0001 assumed (--norm-eps); no config.json says it"


@pytest.fixture(scope="module")
def model() -> Any:
    return library_model(library_config(SMALL))


@pytest.fixture
def folder(tmp_path: Path, model: Any) -> Path:
    return save_folder(tmp_path / "model", model)


def built_from(path: Path, **settings: str) -> Candidate:
    return recognise(read_file(path), None, Settings.read(settings)).candidate


def edit(folder: Path, **changes: Any) -> None:
    """Changes fields of config.json; None removes one."""
    path = folder / "config.json"
    fields = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps({key: value for key, value in fields.items() if value is not None}), "utf-8")


def test_every_form_of_the_files_draws_the_same(folder: Path, model: Any, tmp_path: Path) -> None:
    z, labels = examples(model.config, 2)
    truncation = torch.tensor([0.4, 0.9])
    expected = built_from(folder).module(z, labels, truncation)
    legacy = save_folder(tmp_path / "legacy", model, legacy=True)
    safe = save_folder(tmp_path / "safe", model)
    (safe / "pytorch_model.bin").unlink()
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, safe / "model.safetensors")
    wrapped = save_folder(tmp_path / "wrapped", model)
    torch.save({f"module.{k}": v for k, v in model.state_dict().items()}, wrapped / "pytorch_model.bin")
    for path in (legacy, safe, wrapped, folder / "pytorch_model.bin"):
        built = built_from(path)
        assert built.notes == ("spectral norm folded with the stored u and v",)
        assert built.assumptions == ()
        assert torch.equal(built.module(z, labels, truncation), expected)
    bare = save_folder(tmp_path / "bare", model, config=False)
    for path in (bare, bare / "pytorch_model.bin"):
        built = built_from(path, upsample=UPS)
        assert [fact.sentence() for fact in built.assumptions] == [EPS_ASSUMED]
        assert torch.equal(built.module(z, labels, truncation), expected)


def test_safetensors_go_first(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(BadInputFile, match=r"model\.safetensors is"):
        read_checkpoint(folder)


def test_weights_without_spectral_norm(folder: Path, model: Any, tmp_path: Path) -> None:
    from ganrt.exporter.families.spectral_norm import fold_spectral_norm

    plain = save_folder(tmp_path / "plain", model)
    torch.save(fold_spectral_norm(model.state_dict())[0], plain / "pytorch_model.bin")
    built = built_from(plain)
    assert built.notes == ()
    inputs = (*examples(model.config, 1), torch.ones(1))
    assert relative_error(built.module(*inputs), built_from(folder).module(*inputs)) <= 1e-6


def test_inspect_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["inspect", str(folder), "--json"])
    assert not caught.value.code
    report = json.loads(capsys.readouterr().out)
    assert (report["family"], report["height"], report["labels"], report["latent_dim"]) == ("biggan-deep", 16, 7, 12)
    assert report["macs"] == describe(folder).macs > 1e6


def test_settings_go_before_config_json(folder: Path, model: Any) -> None:
    inputs = (*examples(model.config, 1), torch.ones(1))
    usual = built_from(folder).module(*inputs)
    assert relative_error(built_from(folder, norm_eps="0.01").module(*inputs), usual) > 1e-3
    assert built_from(folder, upsample="0").module(*inputs).shape == (1, 3, 8, 8)


def published(side: int, attention: int | None) -> dict[str, torch.Tensor]:
    """Without values, 8 channels wide."""
    blocks = [(8 * a, 8 * b) for a, b in PUBLISHED[side]]
    shapes = biggan_deep_shapes(blocks, 8, 16, 1000, 51, attention)
    return {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}


@pytest.mark.parametrize("side", PUBLISHED)
@pytest.mark.parametrize("given", [None, {"eps": 1e-4, "n_stats": 51}])
def test_published_configurations_are_known_by_their_channels(side: int, given: dict[str, Any] | None) -> None:
    facts = Facts()
    config = read_config(library_keys(published(side, 8)), given, facts)
    assert (config.shape.side, config.shape.attention, config.eps) == (side, {7: (False, True)}, 1e-4)
    assert (config.shape.dim, config.shape.classes, config.shape.last.inputs, config.grid.rows) == (16, 1000, 8, 51)
    assert [block.doubles for block in config.shape.blocks] == [i % 2 == 1 for i in range(len(PUBLISHED[side]))]
    assert [(fact.name, fact.value, fact.origin) for fact in facts.found] == [
        ("norm_eps", "0.0001", "read" if given else "assumed")
    ]
    said = f"no config.json with layers: blocks upsample as in biggan-deep-{side}, whose channels match"
    assert config.notes == (said,)


@pytest.mark.parametrize("place", [0, 14])
def test_an_attention_that_lies_between_no_blocks_is_refused(place: int) -> None:
    state = published(512, None if place else 0)
    state[f"generator.layers.{place}.gamma"] = torch.ones(1)
    state[f"generator.layers.{place}.snconv1x1_theta.weight"] = torch.ones(1, 8, 1, 1)
    with pytest.raises(BadInputFile, match="attention before the first block, or behind the last"):
        read_config(library_keys(state), None, Facts())


CONTRADICTIONS = [
    ({"z_dim": 128}, "z_dim 128 where the weights have 12"),
    ({"num_classes": 1000}, "num_classes 1000 where the weights have 7"),
    ({"channel_width": 128}, "channel_width 128 where the weights have 8"),
    ({"n_stats": 21}, "n_stats 21 where the weights have 51"),
    ({"attention_layer_position": 3}, "attention_layer_position 3 where the weights have 2"),
    ({"attention_layer_position": 8}, "attention_layer_position None where the weights have 2"),
    ({"layers": [[False, 16, 8]]}, r"layers \[\[16, 8\]\] where the weights have \[\[16, 8\], \[8, 8\]"),
]


@pytest.mark.parametrize(("changes", "message"), CONTRADICTIONS)
def test_config_json_that_contradicts_the_weights(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)
    with pytest.raises(BadInputFile, match=rf"config\.json contradicts the weights: .*{message}") as caught:
        built_from(folder)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": [[True, 16]]}, r"config\.json: layers is .*expected a list of"),
        ({"layers": "deep"}, r"config\.json: layers is deep"),
        ({"layers": [["no", 16, 16]]}, r"config\.json: layers is"),
        ({"eps": 0}, r"config\.json: eps is 0"),
        ({"eps": "small"}, r"config\.json: eps is small"),
        ({"eps": float("nan")}, r"config\.json: eps is nan"),
    ],
)
def test_fields_that_make_no_sense(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)
    with pytest.raises(BadInputFile, match=f"(?s){message}"):
        built_from(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[1]", "holds a list"),
        (b" " * (2**20 + 1), "more than 1048576 bytes"),
    ],
)
def test_config_json_that_is_none(folder: Path, text: bytes, message: str) -> None:
    (folder / "config.json").write_bytes(text)
    with pytest.raises(BadInputFile, match=rf"config\.json.*{message}"):
        built_from(folder)


def test_nobody_says_which_blocks_upsample(folder: Path) -> None:
    edit(folder, layers=None)
    for missing in (False, True):
        if missing:
            (folder / "config.json").unlink()
        with pytest.raises(BadInputFile, match=r"(?s)no config\.json with layers.*--upsample 1,3,5"):
            built_from(folder)


@pytest.mark.parametrize("text", ["5", "1,1"])
def test_blocks_that_are_not_there(folder: Path, text: str) -> None:
    with pytest.raises(UsageError, match="different blocks' numbers, 0 to 4"):
        built_from(folder, upsample=text)


@pytest.mark.parametrize("text", ["", "a", "-1", "1,,2", "1000"])
def test_blocks_that_are_no_numbers(folder: Path, text: str) -> None:
    with pytest.raises(UsageError, match=f"--upsample {text}: expected whole numbers"):
        built_from(folder, upsample=text)


def test_fields_that_nothing_uses_are_said(folder: Path) -> None:
    edit(folder, output_dim=128, class_embed_dim=64)
    assert built_from(folder).notes[:2] == (
        "config.json says output_dim 128, which nothing uses: it is 16",
        "config.json says class_embed_dim 64, which nothing uses: it is 12",
    )


def test_a_fields_absence_is_no_contradiction(folder: Path) -> None:
    edit(folder, z_dim=None, channel_width=None, attention_layer_position=None, eps=None)
    built = built_from(folder)
    assert [fact.sentence() for fact in built.assumptions] == [EPS_ASSUMED]
    assert built.notes == ("spectral norm folded with the stored u and v",)


DAMAGES: list[tuple[str, Any, str]] = [
    ("generator.layers.3.bn_1.running_vars", None, r"missing: generator\.layers\.3\.bn_1\.running_vars"),
    (
        "generator.layers.3.bn_1.running_vars",
        torch.ones(50, 16),
        r"running_vars has shape \[50, 16\]\nexpected 51 rows",
    ),
    ("generator.layers.3.bn_1.running_vars", -torch.ones(51, 16), "negative variances"),
    ("generator.layers.9.bn_0.surplus", torch.ones(1), r"unexpected: generator\.layers\.9\.bn_0\.surplus"),
    ("generator.layers.2.snconv1x1_g.weight_u", None, "incomplete spectral norm"),
    (
        "generator.layers.0.bn_0.running_means",
        torch.ones(51, 64),
        r"bn_0\.running_means \[51, 64\], expected \[51, 128\]",
    ),
    ("generator.bn.running_means", torch.ones(1, 8), "1 rows of statistics"),
    ("generator.bn.running_means", torch.ones(8), r"running_means has shape \[8\]"),
    ("generator.layers.1.conv_3.bias", None, r"missing: generator\.layers\.1\.conv_3\.bias"),
]


@pytest.mark.parametrize(("key", "value", "message"), DAMAGES)
def test_damaged_weights(folder: Path, model: Any, key: str, value: Any, message: str) -> None:
    state = {**model.state_dict(), key: value}
    torch.save({k: v for k, v in state.items() if v is not None}, folder / "pytorch_model.bin")
    with pytest.raises(BadInputFile, match=message):
        built_from(folder)


def test_a_block_that_is_missing_in_the_middle(folder: Path, model: Any) -> None:
    state = {k: v for k, v in model.state_dict().items() if not k.startswith("generator.layers.1.")}
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(BadInputFile):
        built_from(folder)


def test_a_folder_without_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadInputFile, match=r"(?s)is a folder without a model.*pytorch_model\.bin"):
        read_checkpoint(tmp_path)


class _Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("exploited",))


def test_a_pickle_with_code_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    weights = tmp_path / "pytorch_model.bin"
    weights.write_bytes(pickle.dumps(_Payload(), protocol=2))
    with pytest.raises(BadInputFile, match=r"pytorch_model\.bin .*was not run"):
        read_checkpoint(tmp_path)
    weights.write_bytes(pickle.dumps(print, protocol=2))
    with pytest.raises(BadInputFile, match=r"pytorch_model\.bin holds no network"):
        read_checkpoint(tmp_path)
    assert not (tmp_path / "exploited").exists()


def test_the_names_of_imagenet() -> None:
    names = imagenet_names()
    assert (len(names), len(set(names)), max(map(len, names)) <= 200) == (1000, 1000, True)
    assert (names[0], names[947], names[992]) == ("tench, Tinca tinca", "mushroom", "agaric")
    assert [i for i, name in enumerate(names) if name.startswith("crane")] == [134, 517]


def test_the_order_of_imagenet_is_the_original_librarys() -> None:
    """Its table of WordNet's numbers, for some of the classes that other orders have elsewhere."""
    from pytorch_pretrained_biggan.utils import IMAGENET

    assert [IMAGENET[number] for number in (1440764, 7734744, 13044778, 15075141)] == [0, 947, 995, 999]
    names = imagenet_names()
    assert (names[995], names[999].split(",")[0]) == ("earthstar", "toilet tissue")
