"""Keras models in models and with branches: nested generators, whole GANs, classes by an embedding; against Keras."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras_fixtures
import numpy as np
import pytest
import torch
from dcgan_reference import built_from

from ganrt.errors import BadInputFile

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "keras-branched.tar.xz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keras-branched")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(made, filter="data")
    return made


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("name", ["gan", "nested", "multiplied", "concatenated"])
def test_pictures_are_keras_own(name: str, suffix: str, folder: Path) -> None:
    candidate = built_from(folder / f"{name}.{suffix}", {})
    expected = np.load(folder / "expected.npz")
    given = [torch.from_numpy(expected["z"])]
    if candidate.spec.labels is not None:
        assert candidate.spec.labels.count == 5
        given.append(torch.eye(5)[expected["classes"]])
    assert (candidate.spec.labels is not None) == (name in ("multiplied", "concatenated"))
    with torch.no_grad():
        pictures = candidate.module(*given).permute(0, 2, 3, 1).numpy()
    error = np.abs(pictures - expected[name]).max()
    assert error < 2e-6, error
    assert candidate.value_range == ("sigmoid" if name == "concatenated" else "tanh")
    assert any("its generator 'generator' taken; left: discriminator" in note for note in candidate.notes) == (
        name == "gan"
    )


def test_mixtures_of_classes_are_mixtures_of_the_embedding(folder: Path) -> None:
    candidate = built_from(folder / "multiplied.keras", {})
    z = torch.from_numpy(np.load(folder / "expected.npz")["z"])
    rows = torch.full((3, 5), 0.2)
    with torch.no_grad():
        mixed = candidate.module(z, rows)
        one = [candidate.module(z, torch.eye(5)[[i] * 3]) for i in range(5)]
    assert all(not torch.allclose(mixed, each, atol=1e-3) for each in one)


def test_the_weights_of_a_whole_gan_are_the_generators(tmp_path: Path) -> None:
    path = tmp_path / "gan.weights.h5"
    with h5py.File(keras_fixtures.fixtures() / "tutorial-mnist.k3.weights.h5") as given, h5py.File(path, "w") as made:
        given.copy(given["layers"], made, "layers/sequential/layers")
        made["layers/sequential_1/layers/dense/vars/0"] = np.zeros((6, 1), np.float32)
    candidate = built_from(path, {"preset": "tutorial-mnist"})
    assert keras_fixtures.error(candidate, "tutorial-mnist") < 5e-6
    assert any("sequential_1" in note for note in candidate.notes)


def _changed(folder: Path, path: Path, change: Any) -> Path:
    with zipfile.ZipFile(folder / "concatenated.keras") as given, zipfile.ZipFile(path, "w") as made:
        for entry in given.infolist():
            data = given.read(entry)
            if entry.filename == "config.json":
                model = json.loads(data)
                change({layer["config"]["name"]: layer for layer in model["config"]["layers"]}, model["config"])
                data = json.dumps(model).encode()
            made.writestr(entry.filename, data)
    return path


def _two_latents(layers: dict[str, Any], _: Any) -> None:
    name, embedding = next((name, each) for name, each in layers.items() if each["class_name"] == "Embedding")
    embedding["class_name"], embedding["config"] = "Dense", {"name": name, "units": 7}
    for layer in layers.values():
        if layer["class_name"] == "InputLayer":
            layer["config"]["batch_shape"] = [None, 9]


def _circle(layers: dict[str, Any], _: Any) -> None:
    text = json.dumps(layers["dense_1" if "dense_1" in layers else next(n for n in layers if "dense" in n)])
    name = next(n for n in layers if n.startswith("conv2d_transpose"))
    inputs = [n for n in layers if f'"keras_history": ["{n}"' in text]
    changed = json.loads(text.replace(f'["{inputs[0]}"', f'["{name}"'))
    layers[changed["config"]["name"]]["inbound_nodes"] = changed["inbound_nodes"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_circle, "take each other"),
        (_two_latents, "expected one latent"),
        (
            lambda layers, config: config["output_layers"].__setitem__(slice(None), [["z", 0, 0], ["z", 0, 0]]),
            "outputs",
        ),
        (lambda layers, _: layers["z"]["config"].update(batch_shape=[None, 3, 4]), "latents"),
        (lambda layers, _: layers["z"]["config"].update(batch_shape=[None, "9"]), "latents"),
        (lambda layers, _: layers["z"].update(inbound_nodes={"a": 1}), "has inbound_nodes = "),
        (lambda layers, _: layers["add"].update(inbound_nodes=7), "has inbound_nodes = 7"),
        (lambda layers, _: layers["add"].update(class_name="Multiply", inbound_nodes=[]), "is used 0 times"),
        (lambda layers, _: layers["add"].update(class_name="Dense"), "takes 2 inputs"),
        (lambda layers, _: layers["add"].update(class_name="Attention"), r"(?s)is not known.*model\.export"),
        (lambda layers, _: layers["concatenate"]["config"].update(axis=1), "axis"),
        (lambda layers, _: layers["concatenate"].update(class_name="Add"), "equal shapes"),
    ],
)
def test_hostile_graphs_are_refused_by_name(folder: Path, tmp_path: Path, change: Any, words: str) -> None:
    def named(layers: dict[str, Any], config: Any) -> None:
        plain = {name.rstrip("0123456789").rstrip("_"): layer for name, layer in layers.items()}
        change(layers if change in (_circle, _two_latents) else {**layers, **plain}, config)

    with pytest.raises(BadInputFile, match=words):
        built_from(_changed(folder, tmp_path / "bad.keras", named), {})
