"""Published generators whose files may hold weights alone: what the shapes do not say, by name.

Widths, latent size and biases are read from the shapes; kernels, strides, slopes and epsilons are the preset's.
Sources: TensorFlow's DCGAN tutorial; its variants with added blocks for MNIST and CIFAR-10; the anime generator of
learnopencv's Deep-Convolutional-GAN, whose batch norms really have epsilon 0.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import Tensor

from ganrt.errors import BadInputFile
from ganrt.exporter.keras.fields import class_names
from ganrt.exporter.source import Origin, State


@dataclass(frozen=True)
class Preset:
    """Transposed convolutions, each but the last with batch norm and activation, tanh at the end.

    Attributes:
        side: of the feature map that a Dense makes; 0 if the latent is itself a map [n, 1, 1, dim].
        kernel, strides: of the transposed convolutions, padding 'same'.
        activation: LeakyReLU (0.3) or ReLU.
        epsilon: of batch norm; `sure` if networks of these shapes have no other as far as is known.
    """

    side: int
    kernel: int
    strides: tuple[int, ...]
    activation: str
    epsilon: float
    channels: int
    sure: bool = True


PRESETS: Mapping[str, Preset] = {
    "tutorial-mnist": Preset(7, 5, (1, 2, 2), "LeakyReLU", 1e-3, 1),
    "mnist-extra": Preset(7, 5, (1, 1, 2, 1, 1, 2), "LeakyReLU", 1e-3, 1),
    "cifar10-extra": Preset(8, 5, (1, 1, 2, 1, 1, 2), "LeakyReLU", 1e-3, 3),
    "anime": Preset(0, 4, (4, 2, 2, 2, 2), "ReLU", 0.8, 3, sure=False),
}


def fitting(state: State, origin: Origin) -> list[str]:
    """The presets that the kernels' shapes allow."""
    return [name for name, preset in PRESETS.items() if _fits(preset, _kernels(state, origin, preset))]


def describe_kernels(state: State) -> str:
    """The shapes of all tensors with more than one dimension, for errors."""
    return ", ".join(f"{key} {list(tensor.shape)}" for key, tensor in state.items() if tensor.ndim > 1)[:1000]


def model_of(name: str, state: State, origin: Origin, epsilon: float | None) -> dict[str, Any]:
    """The Keras model of a preset, as the JSON that its file would have held; widths from the shapes in `state`.

    Args:
        epsilon: of batch norm; None takes the preset's.

    Raises:
        BadInputFile: the shapes do not allow it.
    """
    preset = PRESETS[name]
    found = _kernels(state, origin, preset)
    if not _fits(preset, found):
        raise BadInputFile(
            f"does not fit the preset {name}: {describe_kernels(state) or 'no kernels'}\n"
            f"expected {len(preset.strides)} kernels {preset.kernel}x{preset.kernel} of transposed convolutions"
            + (f" after a Dense for {preset.side}x{preset.side} pixels" if preset.side else "")
        )
    return {
        "class_name": "Sequential",
        "config": {"name": name, "layers": _layers(preset, found, state, origin, epsilon)},
    }


def _having_kernels(state: Mapping[str, Tensor], owners: Sequence[str], last: str) -> list[tuple[str, Tensor]]:
    """(owner, kernel) of the layers that have one; `last` is the kernel's name, or 0 where variables are counted."""
    return [(o, state[f"{o}/{last}"]) for o in owners if f"{o}/{last}" in state and state[f"{o}/{last}"].ndim > 1]


def _kernels(state: State, origin: Origin, preset: Preset) -> list[tuple[str, Tensor]]:
    if origin.naming != "class":
        return _having_kernels(state, origin.owners, "kernel")
    classes = ["Dense"] * bool(preset.side) + ["Conv2DTranspose"] * len(preset.strides)
    return _having_kernels(state, [f"layers/{name}/vars" for name in class_names(classes)], "0")


def _fits(preset: Preset, found: Sequence[tuple[str, Tensor]]) -> bool:
    shapes = [tuple(kernel.shape) for _, kernel in found]
    dense, rest = (shapes[:1], shapes[1:]) if preset.side else ([], shapes)
    if len(rest) != len(preset.strides) or any(len(s) != 4 or s[:2] != (preset.kernel,) * 2 for s in rest):
        return False
    if any(len(shape) != 2 or shape[1] != preset.side**2 * rest[0][3] for shape in dense):
        return False
    chained = all(before[2] == after[3] for before, after in pairwise(rest))
    return chained and rest[-1][2] == preset.channels and (not preset.side or len(dense) == 1)


def _layers(
    preset: Preset, found: Sequence[tuple[str, Tensor]], state: State, origin: Origin, epsilon: float | None
) -> list[dict[str, Any]]:
    biases = [f"{owner}/{'1' if origin.naming == 'class' else 'bias'}" in state for owner, _ in found]
    shapes = [tuple(kernel.shape) for _, kernel in found]
    epsilon = preset.epsilon if epsilon is None else epsilon
    norm: list[tuple[str, dict[str, Any]]] = [("BatchNormalization", {"epsilon": epsilon}), (preset.activation, {})]
    layers: list[tuple[str, dict[str, Any]]] = []
    if preset.side:
        (dim, units), first = shapes[0], shapes[1]
        layers.append(("InputLayer", {"batch_shape": [None, dim]}))
        layers += [("Dense", {"units": units, "use_bias": biases[0]}), *norm]
        layers.append(("Reshape", {"target_shape": [preset.side, preset.side, first[3]]}))
        shapes, biases = shapes[1:], biases[1:]
    else:
        layers.append(("InputLayer", {"batch_shape": [None, 1, 1, shapes[0][3]]}))
    for i, (shape, stride, bias) in enumerate(zip(shapes, preset.strides, biases, strict=True)):
        layers.append(("Conv2DTranspose", _deconvolution(preset, shape, stride, bias)))
        layers += norm if i < len(shapes) - 1 else [("Activation", {"activation": "tanh"})]
    names = class_names([class_name for class_name, _ in layers])
    return [{"class_name": c, "config": {"name": n, **config}} for n, (c, config) in zip(names, layers, strict=True)]


def _deconvolution(preset: Preset, shape: tuple[int, ...], stride: int, bias: bool) -> dict[str, Any]:
    return {
        "filters": shape[2],
        "kernel_size": preset.kernel,
        "strides": stride,
        "padding": "same",
        "use_bias": bias,
    }
