"""Files that are not what was expected: each is named for what it is, with what mends it, by every command."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import tiny_models

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
HTML = b"<!DOCTYPE html><html><head><title>Quota exceeded</title></head></html>"


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data)


def _tar(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("netG.pth")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def _zip(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("netG.pth", data)
    return made.getvalue()


KINDS: dict[str, tuple[Any, str, str]] = {
    "pointer": (lambda _: LFS, "a Git LFS pointer", "git lfs pull"),
    "page": (lambda _: HTML, "an HTML page", "download the file again"),
    "gzip": (_gzipped, "a gzipped file", "gunzip"),
    "tar": (_tar, "archive", "unpack it"),
    "zip": (_zip, "a zip archive of netG.pth", "unzip"),
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> bytes:
    return tiny_models.save_dcgan(tmp_path / "netG.pth").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_checkpoints_that_are_none(kind: str, checkpoint: bytes, run: Any) -> None:
    make, named, mend = KINDS[kind]
    Path("x.pth").write_bytes(make(checkpoint))
    for command in (["export", "x.pth", "-o", "m.onnx"], ["inspect", "x.pth"]):
        code, _, said = run(*command)
        assert code == 4
        assert named in said
        assert mend in said
    assert not Path("m.onnx").exists()


@pytest.mark.parametrize("kind", ["pointer", "page", "gzip", "tar"])
def test_models_that_are_none(kind: str, checkpoint: bytes, run: Any) -> None:
    make, _, _ = KINDS[kind]
    Path("x.onnx").write_bytes(make(checkpoint))
    named = {"pointer": "git lfs pull", "page": "an HTML page", "gzip": "gunzip", "tar": "tar xf"}[kind]
    for command in (["export", "x.onnx", "-o", "m.onnx"], ["inspect", "x.onnx"], ["generate", "-m", "x.onnx"]):
        code, _, said = run(*command)
        assert code == 4
        assert "x.onnx is not an ONNX file but" in said
        assert named in said


def test_a_checkpoint_is_to_be_exported_first(checkpoint: bytes, run: Any) -> None:
    Path("netG.pth").write_bytes(checkpoint)
    code, _, said = run("generate", "-m", "netG.pth")
    assert code == 4
    assert "not an ONNX file but a checkpoint\nexport it first: ganrt export netG.pth -o model.onnx" in said


def test_a_folder_of_pointers(run: Any) -> None:
    Path("repository").mkdir()
    Path("repository/model.bin").write_bytes(LFS)
    code, _, said = run("export", "repository", "-o", "m.onnx")
    assert code == 4
    assert "holds Git LFS pointers (model.bin)" in said


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("cr.txt", b"ann\rbob\r", ("line 1: a carriage return inside the line", "LF or CRLF")),
        ("de.csv", b"identity;level\nann;1\n", ("';' between the columns", "expected commas")),
        ("tab.csv", b"identity\tlevel\nann\t1\n", ("between the columns", "expected commas")),
        ("huge.jsonl", b"1" + b"0" * 5000, ("line 1: a number of thousands of digits", "expected text")),
        ("no.jsonl", b"{", ("line 1: no JSON",)),
    ],
)
def test_files_of_identities(name: str, data: bytes, words: tuple[str, ...], run: Any) -> None:
    Path(name).write_bytes(data)
    code, _, said = run("generate", "--identities", name, "-o", "out")
    assert code == 4
    for word in words:
        assert word in said
    assert not Path("out").exists()


def test_columns_of_parquet_that_cannot_be_read(run: Any) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    bad = pyarrow.StringArray.from_buffers(
        2, pyarrow.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pyarrow.py_buffer(b"a\xff")
    )
    times = pyarrow.array([1, 2], pyarrow.duration("ns"))
    for name, column in (("text", bad), ("times", times)):
        parquet.write_table(pyarrow.table({"identity": column}), f"{name}.parquet")
        code, _, said = run("generate", "--identities", f"{name}.parquet", "-o", "out")
        assert code == 4
        assert "'identity'" in said or "whole number" in said
    assert json.dumps(sorted(p.name for p in Path().iterdir())) == '["text.parquet", "times.parquet"]'


def test_names_from_a_file_are_no_orders_to_the_terminal(run: Any) -> None:
    """Of a key's colours, bells and lines nothing reaches the terminal, and a message has three lines."""
    torch = pytest.importorskip("torch")
    evil = "a\x1b[31m\x07\u202e\x9b1m\ud800\nerror: b\nc\nd"
    torch.save({f"{evil}.weight": torch.ones(2, 3, 5), evil: torch.ones(1)}, "x.pth")
    for command in (["export", "x.pth", "-o", "m.onnx"], ["inspect", "x.pth"], ["generate", "--class", evil]):
        code, out, said = run(*command)
        assert code in (2, 4)
        assert all(one.isprintable() or one == "\n" for one in out + said), ascii(said)
        message = said[said.index("error: ") :]
        assert len(message.splitlines()) <= 3, message


def test_a_message_is_printed_in_three_lines_and_ordinary_names_as_they_are() -> None:
    from ganrt.errors import printable, refusal

    assert refusal("a\nb\nc\n d\x1b[0m") == "error: a\nb\nc d\\x1b[0m"
    ordinary = "Zoë 李 👩\u200d🚀 C:\\new\\table\u00a0x"
    assert printable(ordinary) == ordinary
