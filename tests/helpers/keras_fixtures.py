"""The models in tests/fixtures/keras.tar.xz, made with TensorFlow by tools/make_keras_fixtures.py."""

from __future__ import annotations

import functools
import json
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dcgan_reference import built_from
from numpy.typing import NDArray

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "keras.tar.xz"
Array = NDArray[np.float32]
_kept: list[tempfile.TemporaryDirectory[str]] = []  # unpacked once a test session, removed when it ends


@functools.cache
def fixtures() -> Path:
    """The folder with all fixtures; read only."""
    _kept.append(tempfile.TemporaryDirectory())
    folder = Path(_kept[-1].name)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@functools.cache
def expected(name: str) -> Array:
    """`<model>.z` float32 [n, dim], or TensorFlow's pictures of `<model>` float32 [n, h, w, c]."""
    with np.load(fixtures() / "expected.npz") as arrays:
        return np.asarray(arrays[name])


def built(file: str, **settings: str) -> Candidate:
    """The generator in the fixture `file`."""
    return built_from(fixtures() / file, settings)


def error(generator: Candidate, model: str) -> float:
    """The worst difference between `generator`'s pictures and TensorFlow's."""
    with torch.no_grad():
        pictures = generator.module(torch.from_numpy(expected(f"{model}.z"))).permute(0, 2, 3, 1).numpy()
    assert pictures.shape == expected(model).shape
    return float(np.abs(pictures - expected(model)).max())


def refused(path: Path, *words: str, kind: type[Exception] = BadInputFile, **settings: str) -> str:
    """Building from `path` fails with `kind`, in one to three lines that have `words` (and the file's name)."""
    with pytest.raises(kind) as caught:
        built_from(path, settings)
    message = str(caught.value)
    assert 1 <= len(message.splitlines()) <= 3, message
    for word in (path.name, *words) if kind is BadInputFile else words:
        assert word in message, message
    assert message.count(str(path)) <= 1, message
    return message


def rezipped(path: Path, change: Callable[[dict[str, Any]], object], source: str = "general.k3.keras") -> Path:
    """A copy of a `.keras` file whose model's JSON went through `change`."""
    with zipfile.ZipFile(fixtures() / source) as given, zipfile.ZipFile(path, "w") as made:
        for entry in given.infolist():
            data = given.read(entry)
            if entry.filename == "config.json":
                model = json.loads(data)
                change(model)
                data = json.dumps(model).encode()
            made.writestr(entry.filename, data)
    return path


def with_layer(tmp_path: Path, index: int, **config: Any) -> Path:
    """`general` with other settings in one layer's config (0 is the input)."""
    return rezipped(tmp_path / "a.keras", lambda model: model["config"]["layers"][index]["config"].update(config))


def copied(tmp_path: Path, name: str) -> Path:
    """A copy of a fixture, to be changed."""
    return Path(shutil.copy(fixtures() / name, tmp_path / name))
