"""Checkpoint files: the formats that are read, and how each bad one is refused."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tiny_models
import torch
from safetensors.torch import save_file
from sources import read_checkpoint
from torch import nn

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.exporter import evidence
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise


def refused(path: Path, *words: str, max_bytes: int = 2**30) -> str:
    """Reading fails with BadInputFile; the message has one to three lines, the file's name and `words`."""
    with pytest.raises(BadInputFile) as caught:
        read_checkpoint(path, max_bytes=max_bytes)
    message = str(caught.value)
    assert 1 <= len(message.splitlines()) <= 3, message
    for word in (path.name, *words):
        assert word in message, message
    return message


@pytest.mark.parametrize("name", ["net.safetensors", "net.pth", "net.pt", "net.pkl", "net.bin"])
@pytest.mark.parametrize("prefix", ["", "module.", "module.module."])
def test_every_format_gives_the_same_tensors(tmp_path: Path, name: str, prefix: str) -> None:
    state = tiny_models.dcgan_state()
    path = tiny_models.save_dcgan(tmp_path / name, prefix=prefix)
    read = read_checkpoint(path)
    assert list(read.tensors) == list(state) or name.endswith("safetensors")
    assert set(read.tensors) == set(state)
    assert all(torch.equal(read.tensors[key], state[key]) for key in state)
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read.size == path.stat().st_size
    assert (read.format, read.dtype, read.container) == (
        "safetensors" if name.endswith("safetensors") else "torch",
        "float32",
        "",
    )


def test_checkpoints_from_before_torch_1_6_are_read(tmp_path: Path) -> None:
    torch.save(tiny_models.dcgan_state(), tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert "main.0.weight" in read_checkpoint(tmp_path / "old.pth").tensors


@pytest.mark.parametrize("container", ["state_dict", "G", "netG_state_dict", "GE", "generator_test", "any thing"])
def test_containers_are_unwrapped(tmp_path: Path, container: str) -> None:
    state = tiny_models.dcgan_state(prefix="module.")
    torch.save(
        {container: OrderedDict(state), "epoch": 3, "netD": {"main.0.weight": torch.ones(1)}}, tmp_path / "a.pth"
    )
    read = read_checkpoint(tmp_path / "a.pth")
    assert read.container == container
    assert set(read.tensors) == set(tiny_models.dcgan_state())


def test_nested_containers_are_unwrapped(tmp_path: Path) -> None:
    torch.save({"netG": {"state_dict": tiny_models.dcgan_state()}}, tmp_path / "a.pth")
    assert read_checkpoint(tmp_path / "a.pth").container == "netG.state_dict"


def test_two_networks_are_ambiguous(tmp_path: Path) -> None:
    torch.save({"netG": tiny_models.dcgan_state(), "G": tiny_models.dcgan_state()}, tmp_path / "a.pth")
    refused(tmp_path / "a.pth", "several networks that fit equally well: netG, G", "--network G")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32(tmp_path: Path, dtype: torch.dtype) -> None:
    torch.save({"a": torch.ones(2, 2, dtype=dtype), "b": torch.ones(2, dtype=torch.int64)}, tmp_path / "a.pth")
    read = read_checkpoint(tmp_path / "a.pth")
    assert read.tensors["a"].dtype == torch.float32
    assert read.tensors["b"].dtype == torch.int64
    assert read.dtype == str(dtype).removeprefix("torch.")


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    refused(tmp_path / "none.pth", "does not exist", "safetensors")
    refused(tmp_path, "is a folder")
    (tmp_path / "empty.pth").touch()
    refused(tmp_path / "empty.pth", "is empty")


def test_too_large(tmp_path: Path) -> None:
    path = tiny_models.save_dcgan(tmp_path / "a.pth")
    refused(path, "at most 1000", max_bytes=1000)


def _png() -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes())


def _onnx() -> bytes:
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [value])
    return bytes(helper.make_model(graph, producer_name="someone").SerializeToString())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_png(), "a PNG picture"),
        (_onnx(), "an ONNX model"),
        (b"not a checkpoint\n" * 9, "a text file"),
        ("schön".encode() * 9, "a text file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        (b"\x1f\x8b" + bytes(99), "gzip"),
        (bytes(999), "unknown kind"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html><head><title>Quota exceeded</title>", "an HTML page: the download failed"),
        (b"\x80\x02", "damaged or truncated"),
        (b"PK\x03\x04" + bytes(99), "damaged or truncated"),
        (b"\x05\0\0\0\0\0\0\0{abcd", "damaged or truncated"),
    ],
)
def test_other_kinds_of_files(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "net.pth").write_bytes(data)
    refused(tmp_path / "net.pth", words)


def test_other_zip_archives(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    refused(tmp_path / "a.npz", "torch.save did not write")
    tiny_models.save_dcgan(tmp_path / "a.pth")
    with (
        zipfile.ZipFile(tmp_path / "a.pth") as given,
        zipfile.ZipFile(tmp_path / "b.pth", "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for entry in given.infolist():
            made.writestr(entry.filename, given.read(entry))
    refused(tmp_path / "b.pth", "compressed")
    with zipfile.ZipFile(tmp_path / "c.pth", "w") as made:
        made.writestr("net/constants.pkl", b"")
    refused(tmp_path / "c.pth", "TorchScript", "code")


class _Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploited"),))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_with_code_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, legacy: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"main.0.weight": _Payload()}, "a.pth", _use_new_zipfile_serialization=not legacy)
    refused(Path("a.pth"), "calls what __builtin__.getattr gives", "was not run", "safetensors")
    Path("b.pkl").write_bytes(pickle.dumps(_Payload(), protocol=2))
    refused(Path("b.pkl"), "calls what")
    assert not Path("exploited").exists()


def test_a_pickled_module_is_read_as_data(tmp_path: Path) -> None:
    layer = nn.Linear(2, 2)
    torch.save(layer, tmp_path / "a.pth")
    read = read_checkpoint(tmp_path / "a.pth")
    assert torch.equal(read.tensors["weight"], layer.weight)
    assert read.module is not None
    assert read.module.path == "torch.nn.modules.linear.Linear"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([torch.ones(1, 1)], "holds no network"),
        (torch.ones(1, 1), "holds no network"),
        ({}, "holds no network"),
        ({"main.0.weight": torch.ones(1), "epoch": 3}, "holds no network, but epoch"),
        ({3: torch.ones(1, 1)}, "holds no network"),
        ({"a": torch.ones(2, 2).to_sparse()}, "sparse"),
        ({"a": torch.ones(2, 2), "b": torch.ones(2, dtype=torch.complex64)}, "complex64"),
        ({"a": torch.ones(2, 2, device="meta")}, "'a' is a"),
        ({"a": torch.ones(1, 1).expand(2**10, 2**10)}, "larger than the file"),
        ({"a": torch.ones(1, 1).expand(2**20, 2**20)}, "larger than the file"),
        ({"a": torch.tensor([[1.0, float("nan"), float("inf")]])}, "'a' has 2 of 3"),
        ({"a": torch.tensor([[1e300]], dtype=torch.float64)}, "NaN or infinite"),
    ],
)
def test_contents_that_are_no_weights(tmp_path: Path, value: Any, words: str) -> None:
    torch.save(value, tmp_path / "a.pth")
    refused(tmp_path / "a.pth", words)


def test_nan_in_safetensors_names_the_tensor(tmp_path: Path) -> None:
    state = tiny_models.dcgan_state()
    state["main.3.weight"][0, 0, 0, 0] = float("nan")
    save_file(state, tmp_path / "a.safetensors")
    refused(tmp_path / "a.safetensors", "'main.3.weight'", "1 of ", "earlier checkpoint")


def test_unreadable_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny_models.save_dcgan(tmp_path / "a.pth")

    def deny(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(OutputFailed, match="Permission denied"):
        read_checkpoint(path)


def _files() -> dict[str, bytes]:
    state = tiny_models.dcgan_state(side=16, width=1, latent=1)
    made: dict[str, bytes] = {}
    for name, new in (("zip.pth", True), ("legacy.pth", False)):
        buffer = io.BytesIO()
        torch.save(state, buffer, _use_new_zipfile_serialization=new)
        made[name] = buffer.getvalue()
    from safetensors.torch import save

    made["a.safetensors"] = save(state)
    return made


@pytest.mark.parametrize(("name", "data"), _files().items(), ids=_files())
def test_truncated_files_are_bad_input(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    for length in {*range(0, len(data), max(1, len(data) // 100)), *range(1, 24), len(data) - 1}:
        path.write_bytes(data[:length])
        refused(path)


@pytest.mark.parametrize(("name", "data"), _files().items(), ids=_files())
def test_flipped_bytes_are_bad_input_or_harmless(
    tmp_path: Path, name: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST", 4)
    path, rng = tmp_path / name, random.Random(5)
    bad = 0
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(rng.choice((1, 1, 4, 64))):
            damaged[rng.randrange(min(len(data), 2500))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            recognise(read_file(path), None, Settings())
        except BadInputFile:
            bad += 1
    assert bad > 80
