"""Keras and TensorFlow files that are damaged, hostile or ambiguous."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from dcgan_reference import built_from
from keras_fixtures import copied, error, fixtures, refused
from sources import read_checkpoint

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.keras.saved_model import owned_variables
from ganrt.exporter.keras.table import crc32c, masked, read_table

# HDF5


def hdf5(path: Path, fill: Callable[[h5py.File], object]) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def test_links_out_of_the_file_are_refused(tmp_path: Path) -> None:
    secret = hdf5(tmp_path / "secret.h5", lambda file: file.create_dataset("a/a/kernel:0", data=np.ones((2, 2), "f4")))
    fills: dict[str, Callable[[h5py.File], object]] = {
        "external": lambda file: file.__setitem__("a", h5py.ExternalLink(str(secret), "/a")),
        "soft": lambda file: file.__setitem__("a", h5py.SoftLink("/b")),
        "deep": lambda file: file.create_group("a/b/c").__setitem__("d", h5py.SoftLink("/a")),
    }
    for name, fill in fills.items():
        refused(hdf5(tmp_path / f"{name}.h5", fill), "is a link")


def test_data_outside_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(bytes(400))
    external = [(str(tmp_path / "raw"), 0, 400)]
    refused(
        hdf5(tmp_path / "a.h5", lambda file: file.create_dataset("a/a/kernel:0", (100,), "f4", external=external)),
        "lies in another file",
    )
    layout = h5py.VirtualLayout((100,), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "raw.h5"), "x", (100,))
    refused(
        hdf5(tmp_path / "b.h5", lambda file: file.create_group("a").create_virtual_dataset("kernel:0", layout)),
        "lies in another file",
    )


def test_bombs_in_hdf5_are_refused(tmp_path: Path) -> None:
    def unallocated(file: h5py.File) -> None:
        file.create_dataset("a/a/kernel:0", (2**20, 2**20), "f4", chunks=(1024, 1024))

    def squeezed(file: h5py.File) -> None:
        file.create_dataset("a/a/kernel:0", data=np.zeros((512, 512), "f4"), compression="gzip")

    def circle(file: h5py.File) -> None:
        group = file.create_group("a/b")
        group["c"], group["d"] = file["a"], file["a"]

    refused(hdf5(tmp_path / "a.h5", unallocated), "less than it declares")
    refused(hdf5(tmp_path / "b.h5", squeezed), "less than it declares")
    refused(hdf5(tmp_path / "c.h5", circle), "deeply or endlessly")


def test_hdf5_without_a_model(tmp_path: Path) -> None:
    refused(hdf5(tmp_path / "a.h5", lambda file: file.create_dataset("x", data=np.ones(3, "f4"))), "no plain layer")
    only_optimizer = {"optimizer_weights/m": np.ones(3, "f4")}
    refused(
        hdf5(tmp_path / "b.h5", lambda file: [file.create_dataset(k, data=v) for k, v in only_optimizer.items()]),
        "not an optimizer alone",
    )
    deep = "[" * 100_000
    refused(hdf5(tmp_path / "c.h5", lambda file: file.attrs.__setitem__("model_config", deep[:60_000])), "damaged")


# Archives


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.h5", "a/../../b.h5", "C:/a.h5", "..\\a.h5"])
def test_names_outside_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    refused(tarred(tmp_path / "a.tar", (member(name), b"x")), "a name outside of the archive")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_archives_are_refused(tmp_path: Path, kind: bytes) -> None:
    refused(tarred(tmp_path / "a.tar", (member("a.h5", kind, "/etc/passwd"), b"")), "a link, a device")


def test_bombs_are_refused(tmp_path: Path) -> None:
    zeros = bytes(70 * 2**20)
    bomb = tarred(tmp_path / "a.tar.gz", (member("a.h5"), zeros), mode="w:gz")
    assert bomb.stat().st_size < 2**20
    refused(bomb, "unpacks to more than")
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(b"x" * 300 + zeros))
    refused(tmp_path / "b.tar.gz", "b.tar.gz")
    with zipfile.ZipFile(tmp_path / "c.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", zeros)
    refused(tmp_path / "c.keras", "unpacks to more than")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_before_a_limit_stops_it_is_not_unpacked(
    tmp_path: Path, method: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.keras", "w", method) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(2**20))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # nothing is read
    refused(tmp_path / "a.keras", f"has config.json compressed by method {method}; Keras stores or deflates")


def test_a_long_header_is_a_bomb_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "x" * (70 * 2**20)}) as archive:
        archive.addfile(member("a"), io.BytesIO())
    refused(path, "unpacks to more than")


def test_archives_without_one_model(tmp_path: Path) -> None:
    refused(tarred(tmp_path / "a.tar", (member("readme.txt"), b"hello")), "an archive of readme.txt", "SavedModel")
    two = [(member(f"{name}/saved_model.pb"), b"") for name in ("a", "b")]
    refused(tarred(tmp_path / "b.tar", *two), "several models: a/, b/")
    with zipfile.ZipFile(tmp_path / "c.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    refused(tmp_path / "c.keras", "without model.weights.h5")


def test_a_single_file_in_an_archive_is_read(tmp_path: Path) -> None:
    data = (fixtures() / "anime.k2.h5").read_bytes()
    path = tarred(tmp_path / "a.tar.gz", (member("./deep/anime.h5"), data), mode="w:gz")
    read = read_checkpoint(path)
    assert (read.format, read.container) == ("tar+hdf5", "deep/anime.h5")
    assert error(built_from(path), "anime") <= 1e-5


# Folders and checkpoints


def test_folders_without_one_model(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder without a model", "saved_model.pb")
    for name in ("a", "b"):
        (tmp_path / f"{name}.index").touch()
    refused(tmp_path, "several models: a, b")
    (tmp_path / "saved_model.pb").touch()
    refused(tmp_path, "without variables/variables.index")


def test_the_latest_checkpoint_is_taken_and_said(tmp_path: Path) -> None:
    for name in ("checkpoint", "ckpt-1.index", "ckpt-1.data-00000-of-00001"):
        shutil.copy(fixtures() / "training_checkpoints" / name, tmp_path / name)
    (tmp_path / "ckpt-0.index").write_bytes(b"old")
    generator = built_from(tmp_path)
    assert "2 checkpoints: ckpt-1 taken, the latest" in generator.notes
    assert any("generator taken, discriminator left out" in note for note in generator.notes)
    assert error(generator, "tutorial-mnist") <= 1e-5


def test_a_folders_hash_changes_with_any_byte(tmp_path: Path) -> None:
    for name in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        shutil.copy(fixtures() / name, tmp_path / name)
    first = read_checkpoint(tmp_path / "anime-k2.index")
    assert first.sha256 == read_checkpoint(tmp_path / "anime-k2").sha256 == read_checkpoint(tmp_path).sha256
    assert first.size == sum(path.stat().st_size for path in tmp_path.iterdir())
    for name in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        shutil.copy(fixtures() / name.replace("anime", "general"), tmp_path / name)
    assert read_checkpoint(tmp_path).sha256 != first.sha256


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    refused(copied(tmp_path, "anime-k2.index"), "lacks anime-k2.data-00000-of-00001")


def test_a_flipped_weight_fails_its_checksum(tmp_path: Path) -> None:
    copied(tmp_path, "anime-k2.index")
    data = copied(tmp_path, "anime-k2.data-00000-of-00001")
    damaged = bytearray(data.read_bytes())
    damaged[4000] ^= 1
    data.write_bytes(damaged)
    refused(tmp_path / "anime-k2.index", "another checksum")


def test_an_index_that_is_compressed_in_an_unknown_way() -> None:
    block = b"\0\0\0\0\x01\0\0\0" + b"\x02"  # no entries, one restart point; 2: zstd
    checksum = masked(crc32c(block)).to_bytes(4, "little")
    footer = b"\0\0" + b"\0\x08" + bytes(36) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
    with pytest.raises(ValueError, match="compressed by method 2"):
        read_table(block + checksum + footer)
    assert read_table(block[:-1] + b"\0" + masked(crc32c(block[:-1] + b"\0")).to_bytes(4, "little") + footer) == {}


def test_two_networks_in_a_checkpoint() -> None:
    def networks(*roots: str) -> dict[str, torch.Tensor]:
        return {f"{root}/layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE": torch.ones(1) for root in roots}

    tensors, origin, root = owned_variables(networks("generator", "generator_ema", "discriminator"))
    assert (list(tensors), root) == (["layer_with_weights-0/kernel"], "generator_ema")
    assert origin.notes == ("the file holds several networks: generator_ema taken, discriminator, generator left out",)
    assert owned_variables(networks("G", "D"))[2] == "G"
    with pytest.raises(BadInputFile, match="several networks: a, b"):
        owned_variables(networks("a", "b"))
    with pytest.raises(BadInputFile, match="no layers of a Sequential"):
        owned_variables({"optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE": torch.ones(1)})


# Damage


DAMAGED = ("anime.k3.keras", "anime.k2.h5", "anime.k3.weights.h5", "anime.tar", "tutorial-mnist.tar.gz")


def candidates(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """(the file to damage, the path to read)."""
    if not name.startswith("anime-k2"):
        return copied(tmp_path, name), tmp_path / name
    for each in ("anime-k2.index", "anime-k2.data-00000-of-00001"):
        copied(tmp_path, each)
    return tmp_path / name, tmp_path / "anime-k2.index"


@pytest.mark.parametrize("name", [*DAMAGED, "anime-k2.index", "anime-k2.data-00000-of-00001"])
def test_truncated_files_are_bad_input(tmp_path: Path, name: str) -> None:
    damaged, read = candidates(tmp_path, name)
    data = damaged.read_bytes()
    if name.endswith(".tar"):
        data = data[: data.rindex(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb")]  # not the zeros at an archive's end
    for length in {*range(0, len(data), len(data) // 25), 1, 9, len(data) - 1}:
        damaged.write_bytes(data[:length])
        with pytest.raises(BadInputFile) as caught:
            built_from(read, {"preset": "anime"} if "weights" in name or "-k2" in name else {})
        assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize("name", [*DAMAGED, "anime-k2.index"])
def test_flipped_bytes_are_bad_input_or_harmless(tmp_path: Path, name: str) -> None:
    damaged, read = candidates(tmp_path, name)
    data, rng, bad = damaged.read_bytes(), random.Random(3), 0
    for _ in range(40):
        changed = bytearray(data)
        for _ in range(rng.choice((1, 4, 64))):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        damaged.write_bytes(changed)
        try:
            built_from(read, {"preset": "anime"} if "weights" in name or "-k2" in name else {})
        except (BadInputFile, UsageError):
            bad += 1
    assert bad > 4
