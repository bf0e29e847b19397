"""Which Keras or TensorFlow format a path is in, and its reader."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.archive import (
    Folder,
    folder_sha256,
    is_keras_zip,
    read_keras_zip,
    read_tar,
)
from ganrt.exporter.keras.fields import parse_json
from ganrt.exporter.keras.hdf5 import read_hdf5
from ganrt.exporter.keras.saved_model import find_model, latest, read_checkpoint_files, read_saved_model
from ganrt.exporter.requirements import require
from ganrt.exporter.source import Origin, Source
from ganrt.file_kinds import HEAD, describe
from ganrt.trial import Trial, try_first

_HDF5 = b"\x89HDF\r\n\x1a\n"
_GZIP = b"\x1f\x8b"
_USTAR = slice(257, 262)
_BUNDLE = re.compile(r"(.+)\.(?:index|data-\d{5}-of-\d{5})")
_EXPECTED = "expected a SavedModel (saved_model.pb), or one checkpoint (NAME.index beside NAME.data-...)"


def sniff_keras(path: Path) -> str:
    """ "folder", "checkpoint", "hdf5", "tar" or "zip" for what `read_keras` reads, "" for anything else."""
    if path.is_dir():
        return "folder"
    if _bundle_prefix(path) is not None:
        return "checkpoint"
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(_HDF5):
        return "hdf5"
    if head.startswith(_GZIP) or head[_USTAR] == b"ustar":
        return "tar"
    return "zip" if head.startswith(b"PK") and is_keras_zip(path) else ""


def read_keras(path: Path, kind: str, max_bytes: int) -> Source:
    """Reads what `sniff_keras` called `kind`, floats as stored; without the SHA-256 of a single file.

    Its format is "keras", "hdf5", "saved-model", "hub-module" or "checkpoint", with "tar+" before it if it came from
    an archive. A module of TensorFlow Hub has no origin.

    Raises:
        BadInputFile: damaged, hostile, or no Keras model; the message does not name `path`.
        OSError: the system would not read it.
    """
    if kind in ("folder", "checkpoint"):
        return _read_folder(path, kind, max_bytes)
    with path.open("rb") as file:
        return _read_file(file, path, kind, path.stat().st_size, max_bytes)


def _read_file(file: IO[bytes], path: Path, kind: str, size: int, max_bytes: int) -> Source:
    if kind == "hdf5":
        tensors, origin = _read_hdf5(file.read(), path)
        return Source(path, "hdf5", size, "", tensors, keras=origin)
    if kind == "zip":
        config, weights = read_keras_zip(file, size, max_bytes)
        tensors, origin = _read_hdf5(weights, path)
        origin = replace(origin, model=parse_json(config, "config.json"))
        return Source(path, "keras", size, "", tensors, keras=origin)
    return _read_tar(file, path, size, max_bytes)


def _read_hdf5(data: bytes, path: Path) -> tuple[dict[str, Tensor], Origin]:
    require("h5py")
    trial = Trial(f"h5py {version('h5py')}", "ganrt.exporter.keras.hdf5:trial")
    try_first(data, path, hashlib.sha256(data).hexdigest(), trial)
    arrays, origin = read_hdf5(io.BytesIO(data), len(data))
    return {key: torch.from_numpy(array) for key, array in arrays.items()}, origin


def _read_tar(file: IO[bytes], path: Path, size: int, max_bytes: int) -> Source:
    files = read_tar(file, size, max_bytes)
    single = [name for name in files if name.endswith((".keras", ".h5", ".hdf5"))]
    kind, root = find_model(list(files))
    if not kind and len(single) == 1:
        data = files[single[0]]
        inner = _read_file(io.BytesIO(data), path, "hdf5" if data.startswith(_HDF5) else "zip", len(data), max_bytes)
        return replace(inner, format=f"tar+{inner.format}", container=single[0], size=size)
    if not kind:
        raise BadInputFile(
            f"is an archive of {', '.join(files)[:200] or 'nothing'}; unpack it, if a checkpoint is in it\n{_EXPECTED}"
        )
    read = _read_model(path, Folder(files), kind, root)
    return replace(read, format=f"tar+{read.format}", size=size, sha256="")


def _read_folder(path: Path, kind: str, max_bytes: int) -> Source:
    if kind == "checkpoint":
        prefix = _bundle_prefix(path)
        assert prefix is not None
        return _read_model(path, Folder.on_disk(prefix.parent, max_bytes), "checkpoint", prefix.name)
    folder = Folder.on_disk(path, max_bytes)
    names, notes = latest(folder.names(), folder)
    kind, root = find_model(names)
    if not kind:
        if pointers := _pointers(path):
            raise BadInputFile(
                f"holds Git LFS pointers ({', '.join(pointers)[:200]}) and no model\nfetch it: git lfs pull"
            )
        raise BadInputFile(f"is a folder without a model\n{_EXPECTED}, or model.safetensors or pytorch_model.bin")
    read = _read_model(path, folder, kind, root)
    if read.keras is None:  # which has no notes either
        if notes:
            raise BadInputFile(f"holds several checkpoints\nexpected one: give its index, such as {root}.index")
        return read
    return replace(read, keras=replace(read.keras, notes=(*notes, *read.keras.notes)))


def _pointers(path: Path) -> list[str]:
    """The files in a folder that stand for others."""
    found = []
    for each in [each for each in sorted(path.iterdir())[:100] if each.is_file()]:
        with each.open("rb") as file:
            found += [each.name] if "Git LFS" in describe(file.read(HEAD)) else []
    return found


def _read_model(path: Path, folder: Folder, kind: str, root: str) -> Source:
    reader = read_saved_model if kind == "saved-model" else read_checkpoint_files
    tensors, origin, container, files = reader(folder, root)
    size = sum(folder.size(name) for name in files)
    kind = kind if origin or kind == "checkpoint" else "hub-module"
    sha256 = folder_sha256(folder, files)
    return Source(path, kind, size, sha256, tensors, container=container, keras=origin)


def _bundle_prefix(path: Path) -> Path | None:
    """The prefix of a checkpoint that is given by its prefix, its index or its data."""
    match = _BUNDLE.fullmatch(path.name)
    name = match[1] if match else path.name
    prefix = path.with_name(name) if name else path
    return prefix if prefix.name and Path(f"{prefix}.index").is_file() else None
