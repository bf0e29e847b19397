"""The models in tests/fixtures/keras.tar.xz, made with TensorFlow by tools/make_keras_fixtures.py."""

from __future__ import annotations

import functools
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import torch
from dcgan_reference import built_from
from numpy.typing import NDArray

from ganrt.exporter.families.protocol import Built

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


def built(file: str, **settings: str) -> Built:
    """The generator in the fixture `file`."""
    return built_from(fixtures() / file, settings)


def error(generator: Built, model: str) -> float:
    """The worst difference between `generator`'s pictures and TensorFlow's."""
    with torch.no_grad():
        pictures = generator.module(torch.from_numpy(expected(f"{model}.z"))).permute(0, 2, 3, 1).numpy()
    assert pictures.shape == expected(model).shape
    return float(np.abs(pictures - expected(model)).max())
