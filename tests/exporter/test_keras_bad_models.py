"""Keras models that are ambiguous, no plain generator, or whose weights do not fit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from dcgan_reference import built_from
from keras_fixtures import copied, error, fixtures, refused, rezipped, with_layer
from sources import read_checkpoint

from ganrt.errors import UsageError
from ganrt.exporter.describe import describe
from ganrt.exporter.families.chain import DCGAN
from ganrt.exporter.keras.hdf5 import read_hdf5
from ganrt.exporter.options import Settings


@pytest.mark.parametrize("name", ["Lambda", "TFOpLambda", "Attention", "Mine>Dense", "mine.Dropout", "Dense2"])
def test_unknown_layers_are_refused_by_name(tmp_path: Path, name: str) -> None:
    def change(model: dict[str, Any]) -> None:
        layer = model["config"]["layers"][2]
        layer["module" if "." in name else "registered_name" if ">" in name else "class_name"] = name.split(".")[0]

    words = ("holds code, which is never run",) if "Lambda" in name else ("is not known",)
    refused(rezipped(tmp_path / "a.keras", change), f"({name})", "'dropout", "Conv2DTranspose", "model.export", *words)


def test_a_weight_that_is_one_number() -> None:
    """Such as the scale of Keras' Attention."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        root["layers/attention/vars/0"] = np.float32(0.7)
    arrays, _ = read_hdf5(file, len(file.getvalue()))
    (found,) = arrays.values()
    assert isinstance(found, np.ndarray)
    assert (found.shape, float(found)) == ((), np.float32(0.7))


@pytest.mark.parametrize(
    ("layer", "config", "words"),
    [
        (1, {"units": -1}, "units = -1"),
        (1, {"units": "many"}, "units = many"),
        (1, {"activation": "hard_sigmoid"}, "activation = hard_sigmoid"),
        (1, {"activation": {"class_name": "function", "config": "evil"}}, "activation"),
        (1, {"dtype": 7}, "dtype = 7"),
        (4, {"target_shape": [5, 5, 5]}, "[h, w, c] of 36 values"),
        (4, {"target_shape": [-1, 0, 5]}, "target_shape"),
        (5, {"data_format": "channels_first"}, "channels_last"),
        (5, {"strides": [2, 2, 2]}, "strides"),
        (5, {"strides": 0}, "strides"),
        (5, {"dilation_rate": [2, 2]}, "dilation_rate"),
        (5, {"output_padding": [1, 1]}, "output_padding"),
        (5, {"padding": "causal"}, "padding = causal"),
        (5, {"filters": 2**20, "kernel_size": 2**20}, "at most"),
        (6, {"axis": 1}, "axis = 1"),
        (6, {"epsilon": float("nan")}, "epsilon"),
        (6, {"epsilon": 1e308}, "a number that float32 holds"),
        (6, {"epsilon": 10**400}, "a number that float32 holds"),
        (6, {"epsilon": -float("inf")}, "a number that float32 holds"),
        (6, {"renorm": True}, "renorm"),
        (7, {"max_value": 5.0}, "max_value"),
        (12, {"size": 2**19}, "at most"),
        (12, {"interpolation": "bicubic"}, "nearest or bilinear"),
        (20, {"cropping": [[99, 99], [0, 0]]}, "cropping"),
        (20, {"cropping": [[-1, 0], [0, 0]]}, "cropping"),
    ],
)
def test_options_without_an_equivalent(tmp_path: Path, layer: int, config: dict[str, Any], words: str) -> None:
    refused(with_layer(tmp_path, layer, **config), "layer '", words)


@pytest.mark.parametrize(
    ("name", "words"), [("slope", "negative_slope = 1e+308"), ("inbound-nodes", "inbound_nodes = -1")]
)
def test_files_that_once_ended_in_an_internal_error(name: str, words: str) -> None:
    refused(Path(__file__).parents[1] / "fixtures" / "hostile" / f"{name}.keras", words)


def test_models_that_are_no_chain(tmp_path: Path) -> None:
    def branch(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[3]["inbound_nodes"][0]["args"].append(layers[2]["inbound_nodes"][0]["args"][0])

    def spare(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[3]["inbound_nodes"] = layers[2]["inbound_nodes"]

    def outputs(model: dict[str, Any]) -> None:
        model["config"]["output_layers"] = [["bn_1", 0, 0], ["bn_2", 0, 0]]

    def circle(model: dict[str, Any]) -> None:
        layers = model["config"]["layers"]
        layers[1]["inbound_nodes"] = layers[4]["inbound_nodes"]

    def nested(model: dict[str, Any]) -> None:
        model["config"]["layers"][1]["class_name"] = "Sequential"

    def endless(model: dict[str, Any]) -> None:
        deep: list[Any] = []
        for _ in range(300):
            deep = [deep]
        model["config"]["layers"][1]["inbound_nodes"] = deep

    source = "anime.k3.keras"
    for nodes in (-1, "x", None, {}, True):

        def change(model: dict[str, Any], nodes: Any = nodes) -> None:
            model["config"]["layers"][1]["inbound_nodes"] = nodes

        refused(rezipped(tmp_path / "n.keras", change, source), f"has inbound_nodes = {nodes!r}")
    refused(rezipped(tmp_path / "n.keras", endless, source), "nested more than 100 deep")
    refused(rezipped(tmp_path / "a.keras", branch, source), "'relu_1'", "takes 2 inputs")
    refused(rezipped(tmp_path / "b.keras", spare, source), "beside the way to its output: bn_1")
    refused(rezipped(tmp_path / "c.keras", outputs, source), "2 outputs")
    refused(rezipped(tmp_path / "d.keras", circle, source), "take each other")
    refused(rezipped(tmp_path / "e.keras", nested, source), "no list of 1 to 1000 layers")
    refused(rezipped(tmp_path / "f.keras", lambda model: model.update(class_name="MyGAN")), "'MyGAN'")
    refused(rezipped(tmp_path / "g.keras", lambda model: model.update(config=None)), "class_name and config")
    refused(rezipped(tmp_path / "h.keras", lambda model: model["config"].update(layers=[])), "1 to 1000 layers")
    no_picture = rezipped(
        tmp_path / "i.keras", lambda model: model["config"].update(layers=model["config"]["layers"][:4])
    )
    refused(no_picture, "draws [36] values", "1, 3 or 4 channels")


def test_the_range_is_asked_for_where_nothing_tells_it(tmp_path: Path) -> None:
    linear = with_layer(tmp_path, -1, activation="linear")
    refused(linear, "--range tanh", "--range sigmoid", kind=UsageError)
    assert built_from(linear, {"range": "tanh"}).value_range == "tanh"
    assert describe(linear, settings=Settings(range="sigmoid")).family == "keras"
    refused(linear, "--range relu", kind=UsageError, range="relu")
    refused(fixtures() / "anime.k3.keras", "ends in tanh", kind=UsageError, range="sigmoid")


def test_settings_that_contradict_the_file() -> None:
    refused(fixtures() / "anime.k3.keras", "holds its own", kind=UsageError, preset="anime")
    refused(fixtures() / "anime.k2.h5", "holds its own", kind=UsageError, norm_eps="0.1")
    refused(fixtures() / "anime-k2.index", "tutorial-mnist", "--preset x", kind=UsageError, preset="x")
    refused(fixtures() / "anime-k2.index", "does not fit the preset mnist-extra", preset="mnist-extra")


def test_the_epsilon_of_anime_is_never_guessed() -> None:
    refused(fixtures() / "anime.k2-weights.h5", "--preset anime", "--norm-eps 0.001", kind=UsageError)


def test_weights_in_no_known_layout_ask_for_the_whole_model() -> None:
    refused(fixtures() / "general.k2-weights.h5", "--preset NAME", "model.save('net.keras')", kind=UsageError)
    refused(fixtures() / "general.k3.weights.h5", "layers/conv2d/vars/0", kind=UsageError)


def test_keras_is_no_family_for_torch_files_nor_the_reverse(tmp_path: Path) -> None:
    import tiny_models

    with pytest.raises(UsageError, match="not written by Keras"):
        built_from(tiny_models.save_dcgan(tmp_path / "a.pth"), family="keras")
    assert DCGAN().match(read_checkpoint(fixtures() / "anime.k3.keras")) is None


# Weights


def test_every_missing_unexpected_and_misshapen_key_is_named(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k2.h5")
    with h5py.File(path, "r+") as file:
        group = file["model_weights"]
        first, second = [name for name in group if name.startswith("batch")][:2]
        del group[first][first]["gamma:0"]
        del group[second][second]["beta:0"]
        group[f"{second}/{second}/beta:0"] = np.zeros(7, np.float32)
        group["dense_1/dense_1/bias:0"] = np.zeros(3, np.float32)
        group["extra/extra/kernel:0"] = np.zeros((3, 3), np.float32)
    message = refused(path, f"missing: {first}/gamma", "unexpected: ", "extra/kernel", f"{second}/beta [7], expected [")
    assert "dense_1/bias" in message or "dense" in message


def test_missing_and_unexpected_keys_of_weights_files(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k3.weights.h5")
    with h5py.File(path, "r+") as file:
        del file["layers/batch_normalization_1/vars/3"]
        file["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 1), np.float32)
    words = ("missing: layers/batch_normalization_1/vars/3", "unexpected: layers/conv2d/vars/0")
    refused(path, *words, preset="tutorial-mnist")


def test_half_precision_weights_are_accepted(tmp_path: Path) -> None:
    path = copied(tmp_path, "tutorial-mnist.k3.h5")
    with h5py.File(path, "r+") as file:
        datasets: list[h5py.Dataset] = []
        file["model_weights"].visititems(
            lambda _, item: datasets.append(item) if isinstance(item, h5py.Dataset) else None
        )
        for name, values in [(item.name, item[()]) for item in datasets]:
            del file[name]
            file[name] = values.astype(np.float16)
    assert read_checkpoint(path).dtype == "float16"
    assert error(built_from(path), "tutorial-mnist") < 0.01


def test_weights_that_are_not_finite_or_not_floats(tmp_path: Path) -> None:
    path = copied(tmp_path, "anime.k3.weights.h5")
    with h5py.File(path, "r+") as file:
        file["layers/conv2d_transpose/vars/0"][0, 0] = np.nan
    refused(path, "NaN or infinite")
    with h5py.File(path, "r+") as file:
        del file["layers/conv2d_transpose/vars/0"]
        file["layers/conv2d_transpose/vars/0"] = np.zeros((4, 4, 6, 6), np.int8)
    refused(path, "int8", "expected floats")
