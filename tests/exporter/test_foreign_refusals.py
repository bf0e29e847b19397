"""Foreign networks that are refused: each with a message that names the file and what mends it, and no output."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path
from typing import Any

import onnx
import pytest
import tiny_models
import torch
from dcgan_reference import draw
from onnx import helper
from tiny_networks import DIM, Net, net, onnx_net, save_onnx, save_program, save_torchscript

from ganrt.errors import BadInputFile, GanrtError, NegativeResult, UsageError
from ganrt.exporter.export import export
from ganrt.exporter.foreign import joining
from ganrt.exporter.foreign.opened import foreign_kind
from ganrt.exporter.options import Settings, Texts

TRUST = {"trust": True, "latent": str(DIM)}
node = helper.make_node


def refused(kind: type[GanrtError], path: Path, settings: Texts, *words: str, **options: Any) -> None:
    output = path.parent / "out" / "made.onnx"
    with pytest.raises(kind) as caught:
        export(path, output, sampler=draw, settings=Settings.read(settings), **options)
    message = str(caught.value)
    assert type(caught.value) is kind
    assert 1 <= len(message.splitlines()) <= 3, message
    for word in words:
        assert word in message, message
    assert not output.exists()


class _Touches(Net):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.first(z).view(-1, 1, 8, 8)) + torch.from_file("exploited", True, 4).sum()


@pytest.mark.parametrize("name", ["net.pt", "net.pt2"])
def test_code_needs_trust(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save_torchscript(tmp_path / name, net(_Touches)) if name == "net.pt" else _program(tmp_path / name)
    for untrusting in ({}, {"trust": False}):
        refused(UsageError, path, untrusting | {"latent": "5"}, name, "--trust", "runs")
    assert not Path("exploited").exists()
    with pytest.raises(UsageError, match="--trust yes: expected true or false"):
        Settings.read({"trust": "yes"})


def test_torchscript_does_what_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why trust is asked for: this archive makes a file when it draws."""
    monkeypatch.chdir(tmp_path)
    path = save_torchscript(tmp_path / "net.pt", net(_Touches))
    export(path, tmp_path / "a.onnx", sampler=draw, settings=Settings(trust=True, latent=DIM, range="tanh"))
    assert Path("exploited").exists()


def _program(path: Path) -> Path:
    return save_program(path, net(), torch.zeros(2, DIM))


def test_the_contract_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    noise = [node("RandomNormalLike", ["y"], ["r"]), node("Add", ["y", "r"], ["x"])]
    refused(BadInputFile, save_onnx(path, extra=noise), {}, "net.onnx", "RandomNormalLike", "constant noise")
    gelu = [node("Gelu", ["y"], ["x"], domain="com.microsoft")]
    refused(BadInputFile, save_onnx(path, extra=gelu), {}, "outside ai.onnx: com.microsoft.Gelu")
    inner = helper.make_graph([node("RandomUniform", [], ["r"], shape=[1])], "g", [], [onnx.ValueInfoProto(name="r")])
    hidden = [
        node("Constant", [], ["yes"], value=onnx.numpy_helper.from_array(_true())),
        node("If", ["yes"], ["q"], then_branch=inner, else_branch=inner),
        node("Add", ["y", "q"], ["x"]),
    ]
    refused(BadInputFile, save_onnx(path, extra=hidden), {}, "RandomUniform")
    dropout = [node("Constant", [], ["t"], value=onnx.numpy_helper.from_array(_true()))]
    dropout += [node("Dropout", ["y", "", "t"], ["x"])]
    refused(BadInputFile, save_onnx(path, extra=dropout), {}, "training mode: Dropout", "eval mode")


def test_sparse_weights_are_refused(tmp_path: Path) -> None:
    model = onnx_net()
    (values, *_), indices = model.graph.initializer, onnx.numpy_helper.from_array(_true()[None].astype("i8"))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [5]))
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    refused(BadInputFile, path, {}, "net.onnx has sparse weights", "dense")


def test_a_range_that_no_picture_has(tmp_path: Path) -> None:
    large = [node("Constant", [], ["k"], value_float=1e6), node("Mul", ["y", "k"], ["x"])]
    path = save_onnx(tmp_path / "net.onnx", extra=large, last="Identity")
    refused(UsageError, path, {"range": "tanh"}, "expected a trained network: these lie in no range")


def _true() -> Any:
    import numpy as np

    return np.array(True)


@pytest.mark.parametrize("place", ["/etc/hostname", "../x.data", "inner/x.data", "a\\\\x.data", "..", ""])
def test_external_data_elsewhere_is_refused_and_not_read(place: str, tmp_path: Path) -> None:
    outside(place, tmp_path)
    refused(BadInputFile, tmp_path / "net.onnx", {}, "which is no file beside it", "save_as_external_data=False")


def outside(place: str, folder: Path, **others: str) -> None:
    """A model whose weights lie in `place`, with other entries of theirs."""
    model = onnx_net()
    onnx.external_data_helper.convert_model_to_external_data(model, location="x.data", size_threshold=0)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = place if entry.key == "location" else others.get(entry.key, entry.value)
        for key in others:
            tensor.external_data.add(key=key, value=others[key])
    (folder / "net.onnx").write_bytes(model.SerializeToString())


def test_external_data_that_is_missing_a_link_or_cut(tmp_path: Path) -> None:
    outside("x.data", tmp_path)
    refused(BadInputFile, tmp_path / "net.onnx", {}, "x.data, which is missing")
    (tmp_path / "x.data").symlink_to("/etc/hostname")
    refused(BadInputFile, tmp_path / "net.onnx", {}, "x.data, which is a link")
    (tmp_path / "x.data").unlink()
    (tmp_path / "x.data").write_bytes(bytes(8))
    for others in ({"offset": "-4"}, {"offset": "4", "length": "8"}, {"length": "many"}):
        outside("x.data", tmp_path, **others)
        refused(BadInputFile, tmp_path / "net.onnx", {}, "does not lie in x.data")


def test_batches_that_cannot_be_freed(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    mixing = [node("ReduceMean", ["y"], ["m"], keepdims=1), node("Sub", ["y", "m"], ["x"])]
    refused(BadInputFile, save_onnx(path, extra=mixing), {}, "depends on the others of its batch")
    # With one picture this is that picture's mean; freed, it would be the whole batch's.
    fixed = {"z": (1, DIM), "reshape": (1, 3, 8, 8)}
    refused(NegativeResult, save_onnx(path, extra=mixing, **fixed), {}, "draws something else")
    flat = [node("Constant", [], ["s"], value_ints=[192]), node("Reshape", ["y", "s"], ["f"])]
    flat += [node("Constant", [], ["t"], value_ints=[1, 192]), node("Reshape", ["f", "t"], ["x"])]
    refused(BadInputFile, save_onnx(path, extra=flat, **fixed), {}, "cannot be made free", "dynamic batch")


def test_training_mode_is_noticed(tmp_path: Path) -> None:
    module = net().train()
    path = save_torchscript(tmp_path / "net.pt", module, torch.zeros(2, DIM))
    refused(BadInputFile, path, TRUST, "depends on the others of its batch", "eval mode")
    noise = save_torchscript(tmp_path / "noise.pt", net(noise=True))
    refused(BadInputFile, noise, TRUST, "draws at random in eval mode")
    refused(BadInputFile, save_program(tmp_path / "n.pt2", net(noise=True), torch.zeros(2, DIM)), TRUST, "at random in")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"preset": "1"}, ("no option --preset", "--latent (", "--range (", "--z-shape (")),
        ({"norm_eps": "1"}, ("no option --norm-eps",)),
        (
            {"prior": "gauss"},
            ("--prior gauss", "expected normal, uniform, truncated_normal, or parts such as normal:62"),
        ),
        ({"threshold": "2"}, ("--threshold 2", "--prior truncated_normal")),
        ({"threshold": "9", "prior": "truncated_normal"}, ("--threshold 9", "0.01 to 8")),
        ({"threshold": "x", "prior": "truncated_normal"}, ("--threshold x",)),
        ({"range": "relu"}, ("--range relu", "tanh or sigmoid or uint8")),
        ({"layout": "chw"}, ("--layout chw", "nchw or nhwc")),
        ({"labels": "0"}, ("--labels 0", "1 to 65536")),
        ({"labels": "3"}, ("--labels 3", "latent [?, 5]", "no classes")),
        ({"latent": "-1"}, ("--latent -1",)),
        ({"latent": "٣"}, ("--latent ٣",)),
        ({"latent": "9"}, ("latent", "[?, 5]", "--z-shape n,dim,1,1")),
        ({"z_shape": "dim,n"}, ("--z-shape dim,n", "n,dim,1,1")),
        ({"z_shape": "n,dim,2"}, ("--z-shape n,dim,2",)),
        ({"z_shape": "n,dim,1,1"}, ("[?, 5]", "--z-shape n,dim,1,1")),
        ({"image_output": "nope"}, ("no output 'nope'", "out")),
        ({"range": "sigmoid"}, ("--range sigmoid", "-1 to 1", "expected tanh (-1 to 1)")),
        ({"range": "uint8"}, ("--range uint8", "expected tanh (-1 to 1)")),
        ({"layout": "nhwc"}, ("[3, 3, 8, 8]", "no picture of layout nhwc")),
    ],
)
def test_settings_that_make_no_sense(tmp_path: Path, settings: dict[str, str], words: tuple[str, ...]) -> None:
    refused(UsageError, save_onnx(tmp_path / "net.onnx"), settings, *words)


def test_what_the_file_leaves_open(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    refused(
        UsageError,
        save_onnx(path, last="Neg"),
        {"range": "sigmoid"},
        "expected a trained network: these lie in no range",
    )
    refused(UsageError, save_onnx(path, z=("n", "k")), {}, "[?, ?]", "--latent 100")
    refused(UsageError, save_onnx(path, labels=True, label_name="b"), {}, "takes several inputs", "--labels 10")
    refused(UsageError, save_onnx(path, labels=True), {"labels": "4"}, "c [?, 3]", "--labels 10")
    refused(UsageError, save_onnx(path, second_output=True), {"image_output": "features"}, "gives [3, 5]")
    refused(UsageError, save_onnx(path), {}, "leave --family away", family="dcgan")
    refused(UsageError, save_onnx(path, reshape=(-1, 2, 12, 8)), {}, "[3, 2, 12, 8], which is no picture")
    script = save_torchscript(tmp_path / "net.pt", net())
    refused(UsageError, script, TRUST | {"latent": "6"}, "(z)", "nothing that was tried fits", "--latent 100")


def test_ganrt_models_need_no_export(tmp_path: Path) -> None:
    made = export(save_onnx(tmp_path / "net.onnx"), tmp_path / "a.onnx", sampler=draw).path
    refused(BadInputFile, made, {}, "a ganrt model already", "-m")


def test_a_sabotaged_tail_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tail = joining.to_uint8
    monkeypatch.setattr(joining, "to_uint8", lambda native, value_range: tail(native / 2, value_range))
    refused(NegativeResult, save_onnx(tmp_path / "net.onnx"), {}, "draws something else", "uint8 error")


def test_nan_is_named(tmp_path: Path) -> None:
    nan = [node("Sub", ["y", "y"], ["o"]), node("Div", ["o", "o"], ["x"])]
    refused(NegativeResult, save_onnx(tmp_path / "net.onnx", extra=nan), {}, "NaN or infinite")


def test_kinds_are_told_from_bytes(tmp_path: Path) -> None:
    assert foreign_kind(save_torchscript(tmp_path / "a.pth", net())) == "torchscript"
    assert foreign_kind(_program(tmp_path / "a.bin")) == "exported-program"
    assert foreign_kind(save_onnx(tmp_path / "a.pt")) == "onnx"
    assert foreign_kind(tiny_models.save_dcgan(tmp_path / "b.pth")) is None
    assert foreign_kind(tiny_models.save_dcgan(tmp_path / "b.safetensors")) is None
    assert foreign_kind(tmp_path) is None
    assert foreign_kind(tmp_path / "none.onnx") is None
    (tmp_path / "empty.onnx").touch()
    assert foreign_kind(tmp_path / "empty.onnx") is None
    (tmp_path / "text.onnx").write_text("not a model")
    refused(BadInputFile, tmp_path / "text.onnx", {}, "text.onnx is not an ONNX file")


@pytest.mark.parametrize("name", ["net.onnx", "net.pt", "net.pt2"])
def test_damaged_files_are_refused(tmp_path: Path, name: str) -> None:
    """Flipped bytes and truncations give one of our errors, or a file that verified."""
    made = {"net.onnx": save_onnx, "net.pt": lambda p: save_torchscript(p, net()), "net.pt2": _program}[name](
        tmp_path / name
    )
    data, rng, bad = made.read_bytes(), random.Random(3), 0
    path, output = tmp_path / f"damaged{made.suffix}", tmp_path / "out.onnx"
    for i in range(60 if name == "net.onnx" else 12):
        damaged = bytearray(data[: rng.randrange(1, len(data))] if i % 3 == 0 else data)
        for _ in range(0 if i % 3 == 0 else rng.choice((1, 4, 32))):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            export(path, output, sampler=draw, settings=Settings.read({} if name == "net.onnx" else TRUST), force=True)
        except GanrtError as error:
            assert len(str(error).splitlines()) <= 3
            bad += 1
    assert bad >= 4


def test_archives_that_are_no_networks(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/constants.pkl", b"")
    refused(BadInputFile, tmp_path / "a.pt", TRUST, "damaged TorchScript")
    with zipfile.ZipFile(tmp_path / "b.pt2", "w") as archive:
        archive.writestr("serialized_exported_program.json", b"{}")
    refused(BadInputFile, tmp_path / "b.pt2", TRUST, "damaged exported program")
