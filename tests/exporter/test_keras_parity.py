"""Keras generators against TensorFlow's own pictures, in every file format; and each trap, sprung on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from biggan_graphs import traced
from dcgan_reference import said_by
from keras_fixtures import built, error, expected, fixtures
from sources import read_checkpoint
from torch import nn

from ganrt.exporter.describe import describe
from ganrt.exporter.graph import fold_batch_norm, with_native_output
from ganrt.exporter.keras import layers, steps
from ganrt.exporter.keras.fields import Fields
from ganrt.exporter.keras.layers import Transposed, same_padding, transposed_axis
from ganrt.exporter.session import Session

MODULE, GRAPH = 1e-5, 1e-4
MODELS = ("tutorial-mnist", "mnist-extra", "cifar10-extra", "anime", "general")
WITH_CONFIG = [f"{model}.{suffix}" for model in MODELS for suffix in ("k3.keras", "k3.h5", "k2.h5")]
WITH_CONFIG += ["anime.tar", "general.tar", "tutorial-mnist.tar.gz", "tutorial-mnist.k2.keras"]
PRESETS = [
    f"{model}{suffix}"
    for model in MODELS[:-1]
    for suffix in (".k3.weights.h5", ".k2-weights.h5", "-k2.index", "-k3", "-k2.data-00000-of-00001")
]
PRESETS += ["tutorial-mnist.k2.weights.h5", "training_checkpoints", "exported"]


def model_of(file: str) -> str:
    return next((model for model in MODELS if file.startswith(model)), "tutorial-mnist")


@pytest.mark.parametrize("file", WITH_CONFIG)
def test_models_with_their_architecture(file: str) -> None:
    model = model_of(file)
    generator = built(file)
    worst = error(generator, model)
    print(f"{file}: {worst:.2e}")
    assert worst <= MODULE
    height, width, channels = expected(model).shape[1:]
    assert generator.spec.output is not None
    assert (generator.spec.output.height, generator.spec.output.width) == (height, width)
    assert generator.spec.output.channels == channels
    assert generator.spec.latent is not None
    assert (generator.spec.latent.dim, generator.spec.latent.prior) == (6, "normal")
    assert generator.value_range == ("sigmoid" if model == "general" else "tanh")
    assert generator.certainty.startswith("the file holds its architecture, and all ")
    mixed = [note for note in generator.notes if "mixed_float16; computed in float32" in note]
    assert len(mixed) == (model == "cifar10-extra")


@pytest.mark.parametrize("file", PRESETS)
def test_weights_alone_with_a_preset(file: str) -> None:
    generator = built(file, preset=model_of(file))
    worst = error(generator, model_of(file))
    print(f"{file}: {worst:.2e}")
    assert worst <= MODULE
    assert generator.certainty.startswith(f"as said: preset {model_of(file)}")


@pytest.mark.parametrize("file", [file for file in PRESETS if not file.startswith("anime")])
def test_weights_alone_are_recognised_by_their_shapes(file: str) -> None:
    generator = built(file)
    assert error(generator, model_of(file)) <= MODULE
    assert generator.certainty.startswith(f"the shapes are those of preset {model_of(file)}")
    assert "epsilon is not in the file: 0.001 assumed" in said_by(generator)
    assert f"{model_of(file)} assumed (--preset)" in said_by(generator)


SLOW = ("mnist-extra", "cifar10-extra")
GRAPHS = [pytest.param(m, marks=pytest.mark.slow) if m in SLOW else m for m in MODELS]


@pytest.mark.parametrize("model", GRAPHS)
def test_the_graph_draws_what_tensorflow_draws(model: str) -> None:
    graph = traced(f"keras-{model}")  # two of them are what tests of engines need too
    session = Session(with_native_output(graph))
    image, native = session.run({"z": expected(f"{model}.z")})
    pictures = expected(model)
    worst = float(np.abs(native.transpose(0, 2, 3, 1) - pictures).max())
    print(f"{model}: {worst:.2e}")
    assert worst <= GRAPH
    if model != "general":
        # Dense and Reshape need no transpose: the one there is makes the picture [n, h, w, c].
        assert [node.op_type for node in graph.graph].count("Transpose") == 1
    levels = pictures * 255 if model == "general" else (pictures + 1) * 127.5
    assert np.abs(image - levels).max() <= 0.5 + 255 * GRAPH


def test_mixed_float16_pictures_are_near() -> None:
    """TensorFlow's half-precision pictures differ by its own rounding alone."""
    difference = np.abs(expected("cifar10-extra.mixed") - expected("cifar10-extra")).max()
    assert 1e-4 < difference < 0.03
    assert error(built("cifar10-extra.k3.keras"), "cifar10-extra") < difference / 10


@pytest.mark.parametrize("model", MODELS)
def test_batch_norms_after_convolutions_fold(model: str) -> None:
    generator = built(f"{model}.k3.keras")
    folded = fold_batch_norm(generator.module)
    # In `general` one follows an activation, where folding would not be exact.
    left = [child for child in folded.modules() if isinstance(child, nn.BatchNorm2d)]
    assert len(left) == (model == "general")
    assert error(replace(generator, module=folded), model) <= MODULE


# Each trap: the wrong variant, put in place of the right one, must be noticed.


def sprung(file: str) -> float:
    return error(built(file), model_of(file))


def test_trap_the_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    right = steps.activation_layer

    def without_slope(fields: Fields) -> nn.Module | None:
        module = right(fields)
        return nn.LeakyReLU(0.2) if isinstance(module, nn.LeakyReLU) else module

    monkeypatch.setattr(layers, "activation_layer", without_slope)
    assert sprung("tutorial-mnist.k3.keras") > 0.01
    assert steps.LAYER_SLOPE == 0.3


def test_trap_the_slope_of_weights_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LAYER_SLOPE", 0.2)
    assert sprung("tutorial-mnist-k2.index") > 0.01


def test_trap_the_function_leaky_relu(monkeypatch: pytest.MonkeyPatch) -> None:
    right = steps.activation
    monkeypatch.setattr(steps, "activation", lambda name: nn.LeakyReLU(0.3) if name == "leaky_relu" else right(name))
    assert sprung("general.k3.keras") > 1e-3


@pytest.mark.parametrize("eps", ["0.001", "1e-5"])
def test_trap_the_epsilon_of_anime(eps: str) -> None:
    assert error(built("anime-k2.index", norm_eps=eps), "anime") > 0.01
    assert error(built("anime-k2.index", norm_eps="0.8"), "anime") <= MODULE


def test_trap_the_default_epsilon() -> None:
    assert error(built("mnist-extra-k2.index", norm_eps="1e-5"), "mnist-extra") > 10 * MODULE


def output_padding(size: int, kernel: int, stride: int, same: bool) -> Transposed:
    """The popular conversion: the right shape, the picture moved by one pixel."""
    if (kernel - stride) % 2 == 0:
        return transposed_axis(size, kernel, stride, same)
    return Transposed(0, (kernel - stride + 1) // 2, 1, size * stride)


@pytest.mark.parametrize("model", ["tutorial-mnist", "mnist-extra", "cifar10-extra"])
def test_trap_output_padding(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    monkeypatch.setattr(layers, "transposed_axis", output_padding)
    assert sprung(f"{model}.k3.keras") > 0.1


def test_trap_symmetric_padding_of_conv2d(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(size: int, kernel: int, stride: int) -> tuple[int, int, int]:
        before, after, output = same_padding(size, kernel, stride)
        return after, before, output

    monkeypatch.setattr(layers, "same_padding", late)
    assert sprung("general.k3.keras") > 1e-3


def test_trap_reshape_straight_to_channels_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view as [c, h, w] of a vector in [h, w, c] order has the right shape too."""
    monkeypatch.setattr("ganrt.exporter.keras.steps.Step.state", lambda step, values: step.convert(values))
    assert sprung("tutorial-mnist.k3.keras") > 0.1
    assert sprung("cifar10-extra.k2.h5") > 0.1


def test_trap_a_flipped_kernel() -> None:
    generator = built("anime.k3.keras")
    first = next(child for child in generator.module.modules() if isinstance(child, nn.ConvTranspose2d))
    first.weight.data = first.weight.data.flip(2, 3)
    assert error(generator, "anime") > 0.05


def test_pictures_do_not_depend_on_their_companions() -> None:
    generator = built("general.k3.keras")
    z = torch.from_numpy(expected("general.z"))
    with torch.no_grad():
        assert (generator.module(z)[1:2] - generator.module(z[1:2])).abs().max() <= 1e-6


def test_what_a_checkpoint_says() -> None:
    read = read_checkpoint(fixtures() / "training_checkpoints")
    assert (read.format, read.container, read.dtype) == ("checkpoint", "generator", "float32")
    assert read.tensors["layer_with_weights-0/kernel"].shape == (6, 7 * 7 * 5)
    assert read_checkpoint(fixtures() / "anime.tar").format == "tar+saved-model"
    assert read_checkpoint(fixtures() / "anime.k2.h5").format == "hdf5"
    assert read_checkpoint(fixtures() / "anime.k3.keras").format == "keras"


def test_costs_are_those_of_keras_and_not_of_padded_kernels() -> None:
    """tutorial-mnist: a Dense, then transposed convolutions on 7, 7 and 14 pixels; parameters as Keras trains them."""
    path = fixtures() / "training_checkpoints"
    tensors = read_checkpoint(path).tensors
    dense, *convolutions = [tensor.numel() for tensor in tensors.values() if tensor.ndim > 1]
    report = describe(path)
    assert report.macs == dense + sum(n * side**2 for n, side in zip(convolutions, (7, 7, 14), strict=True))
    trained = (t for key, t in tensors.items() if key.rpartition("/")[2] in ("kernel", "gamma", "beta"))
    assert report.parameters == sum(tensor.numel() for tensor in trained)
