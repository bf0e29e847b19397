"""`--code`: the owner's file runs in a process of its own, its weights are found in any container."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import owners_models as models
import pytest
import torch
from torch import nn

import ganrt
from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.export import export
from ganrt.exporter.owner.code import build
from ganrt.exporter.owner.reference import read_code
from ganrt.exporter.owner.weights import load_weights
from ganrt.exporter.readers.files import read_file
from ganrt.runtime.sampling import sampler

CODE = Path(models.__file__)
OTHER = nn.Sequential(nn.Linear(3, 3))


def state(seed: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return models.Vector().state_dict()


def under(prefix: str, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {prefix + key: tensor for key, tensor in tensors.items()}


AVERAGED = under("module.", state(1)) | {"n_averaged": torch.tensor(3)}
CONTAINERS: dict[str, tuple[Any, str]] = {
    "alone": (state(1), ""),
    "compiled and parallel": (under("module._orig_mod.", state(1)), ""),
    "lightning": (
        {"state_dict": under("model.generator.", state(1)) | under("model.d.", OTHER.state_dict())},
        "state_dict.model.generator",
    ),
    "averages first": (
        {"netG": state(2), "g_ema": AVERAGED},
        "g_ema",
    ),
    "ema_pytorch": (under("online_model.", state(2)) | under("ema_model.", state(1)), "ema_model"),
    "lists and optimizers": (
        {"models": {"G": [state(1)]}, "opt": {"state": {}, "param_groups": []}, "epoch": 3},
        "models",
    ),
    "no counters": ({k: t for k, t in state(1).items() if not k.endswith("tracked")}, ""),
}


def test_averages_of_the_parameters_alone_go_before_the_whole_network(tmp_path: Path) -> None:
    torch.manual_seed(1)
    module, shadow = models.Vector(), dict(models.Vector().named_parameters())
    statistics = {key: tensor + 1 for key, tensor in state(2).items()}
    torch.save({"G": statistics, "ema": {"decay": 0.9, "shadow": shadow}}, tmp_path / "w.pth")
    source = load_weights(module, read_file(tmp_path / "w.pth"), None, "Vector")
    assert torch.equal(module.out.weight, shadow["out.weight"])
    assert torch.equal(module.main[1].running_mean, statistics["main.1.running_mean"])
    assert "ema.shadow taken" in source.notes[0]


def test_arguments_that_lack_are_shown_as_the_checkpoint_has_them(tmp_path: Path) -> None:
    opt = argparse.Namespace(nz=12, net=argparse.Namespace(sizes=[3, 4], cuda=True), out=None)
    torch.save({"opt": opt, "nz": 12, "G": state(1)}, tmp_path / "w.pth")
    (tmp_path / "m.py").write_text("class G:\n    def __init__(self, nz, opt): pass\n")
    said = read_file(tmp_path / "w.pth").said
    expected = r"""--args '{"nz": 12, "opt": {"nz": 12, "net": {"sizes": \[3, 4\], "cuda": true}}}'"""
    with pytest.raises(UsageError, match=expected):
        build(read_code(f"{tmp_path / 'm.py'}:G", None), said)


@pytest.mark.parametrize("name", CONTAINERS)
def test_weights_are_found_by_their_fit(name: str, tmp_path: Path) -> None:
    saved, container = CONTAINERS[name]
    torch.save(saved, tmp_path / "w.pth")
    module = models.Vector()
    source = load_weights(module, read_file(tmp_path / "w.pth"), None, "Vector")
    expected = state(1)
    assert all(torch.equal(t, expected[k]) for k, t in module.state_dict().items() if not k.endswith("tracked"))
    assert source.container.startswith(container)
    assert ("averaged" in " ".join(source.notes)) == (name in ("averages first", "ema_pytorch"))


def test_a_class_around_the_trained_one_takes_its_weights(tmp_path: Path) -> None:
    torch.save({"a": state(1)}, tmp_path / "w.pth")
    around = torch.nn.Sequential()
    around.add_module("net", models.Vector())
    load_weights(around, read_file(tmp_path / "w.pth"), None, "Around")
    assert torch.equal(around.net.out.weight, state(1)["out.weight"])


def test_several_that_fit_are_told_and_chosen_by_name(tmp_path: Path) -> None:
    torch.save({"A": state(1), "B": state(2)}, tmp_path / "w.pth")
    file = read_file(tmp_path / "w.pth")
    with pytest.raises(BadInputFile, match="several networks that fit: A, B\nsay which: --network"):
        load_weights(models.Vector(), file, None, "Vector")
    module = models.Vector()
    load_weights(module, file, "B", "Vector")
    assert torch.equal(module.out.weight, state(2)["out.weight"])


def test_the_nearest_network_and_its_differing_keys_are_named(tmp_path: Path) -> None:
    torch.save({"D": OTHER.state_dict(), "G": under("net.", models.Vector(ngf=5).state_dict())}, tmp_path / "w.pth")
    with pytest.raises(
        BadInputFile, match=r"(?s)network G.*wrong shape: main.0.weight \[80, 12\], expected \[96, 12\]"
    ):
        load_weights(models.Vector(), read_file(tmp_path / "w.pth"), None, "Vector")


@pytest.mark.parametrize(
    ("arguments", "positional", "named"),
    [
        (None, (), {}),
        ('{"ngf": 4}', (), {"ngf": 4}),
        ("[3, [1, 2]]", (3, [1, 2]), {}),
        ('{"*": [3], "ngf": 4}', (3,), {"ngf": 4}),
    ],
)
def test_arguments_are_json(arguments: str | None, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    code = read_code(f"{CODE}:Vector", arguments)
    assert code is not None
    assert (code.positional, dict(code.named)) == (positional, named)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("missing.py:G", None),
        (f"{CODE}:not a name", None),
        (f"{CODE}:G", "{"),
        (f"{CODE}:G", "3"),
        (f"{CODE}:G", '{"*": 3}'),
        (None, "{}"),
    ],
)
def test_references_that_make_no_sense(code: str | None, arguments: str | None) -> None:
    with pytest.raises(UsageError, match="expected|--code"):
        read_code(code, arguments)


HEAD = "import os, sys, time\nfrom torch import nn\n"
CLASS = "\nclass G(nn.Linear):\n    pass\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "import einops_of_nobody",
            "'einops_of_nobody', which is not installed.*pip install einops_of",
        ),
        (
            "def f():\n    raise ValueError('no norm')\nf()",
            "ValueError: no norm\nm.py, line 5, .*\nm.py, line 4, in f",
        ),
        ("sys.exit(3)", "SystemExit: 3"),
        ("from . import x", "ImportError"),
    ],
)
def test_what_the_code_raises_is_shortened_to_its_own_lines(body: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(HEAD + body + CLASS)
    code = read_code(f"{tmp_path / 'm.py'}:G", "[2, 2]")
    assert code is not None
    with pytest.raises(BadInputFile, match=f"(?s){message}"):
        build(code)


def test_arguments_that_the_class_does_not_take(tmp_path: Path) -> None:
    code = read_code(f"{CODE}:Vector", '{"nfg": 4}')
    assert code is not None
    with pytest.raises(UsageError, match=r"does not fit Vector\(nz: .*nfg"):
        build(code)


@pytest.mark.parametrize(
    ("body", "limit", "message"),
    [
        ("time.sleep(600)", 1, "silent for 1 s and was stopped"),
        ("os._exit(9)", 300, "exit status 9"),
    ],
)
def test_code_that_hangs_or_dies(
    body: str, limit: float, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder whose files have the names of Python's own modules."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "argparse.py").write_text("raise SystemExit(5)")
    (tmp_path / "m.py").write_text(HEAD + body + CLASS)
    torch.save(OTHER.state_dict(), tmp_path / "w.pth")
    with pytest.raises(BadInputFile, match=message):
        export(
            tmp_path / "w.pth",
            tmp_path / "m.onnx",
            sampler=sampler,
            code=read_code(f"{tmp_path / 'm.py'}:G", "[2, 2]"),
            time_limit_s=limit,
        )
    assert not (tmp_path / "m.onnx").exists()


def test_a_class_with_embeddings_goes_all_the_way(tmp_path: Path, run: Callable[..., Any]) -> None:
    """From the command line: its prints, its changes of the working folder and its `.cuda()` do no harm."""
    text = CODE.read_text() + (
        "\nclass Loud(Embedded):\n    def forward(self, z, labels):\n        print('drawing')\n"
        "        return super().forward(z.cuda(), labels)\n"
    )
    (tmp_path / "models.py").write_text(text + "\nimport os\nprint('hello')\nos.chdir('/')\n")
    torch.manual_seed(4)
    module = models.Embedded()
    torch.save({"netG": module.state_dict(), "netD": OTHER.state_dict()}, tmp_path / "w.pth")
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\ne\n")
    names = ["--class-names", str(tmp_path / "names.txt")]
    output = tmp_path / "m.onnx"
    code = f"{tmp_path / 'models.py'}:Loud"
    status, out, err = run("export", tmp_path / "w.pth", "--code", code, "-o", output, "--json", *names)
    assert status == 0, err
    assert "it may do whatever its code says" in err
    assumptions = json.loads(out)["assumptions"]
    assert assumptions == ["the distribution of z is not in the file: normal assumed (--prior)"]
    with ganrt.load(output, backend="onnxruntime") as generator:
        assert generator.spec.labels is not None
        assert generator.spec.labels.names == tuple("abcde")
        z = np.random.default_rng(1).standard_normal((3, 12), np.float32)
        rows = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0.5, 0, 0, 0.5, 0]], np.float32)
        got = generator.synthesize(z, labels=rows)
    with torch.no_grad():
        mixed = torch.from_numpy(z) * (torch.from_numpy(rows) @ module.emb.weight)
        expected = ((module.main(mixed).view(-1, 8, 8, 1) + 1) * 127.5).round().numpy()
    assert np.abs(got.astype(int) - expected).max() <= 1


def test_a_live_module_in_python(tmp_path: Path) -> None:
    torch.manual_seed(4)
    module = models.Rows()
    path = tmp_path / "m.onnx"
    result = ganrt.export(
        module,
        path,
        latent=12,
        labels=["a", "b", "c", "d", "e"],
        prior="uniform",
        licence="CC0-1.0",
        channel_order="rgb",
    )
    assert result.spec.labels is not None
    assert result.spec.labels.names == tuple("abcde")
    assert result.spec.latent is not None
    assert result.spec.latent.prior == "uniform"
    assert result.spec.assumptions == ()
    assert path.stat().st_size == result.bytes
