"""The emoji DCGAN generator of the CSC413 assignment, and its CSC321 relative with transposed convolutions.

`linear_bn` takes z to 4x4, `upconv1` to `upconv3` double the side to 32; ReLU between, tanh last. The assignment
leaves `linear_bn` to the student, so it comes in four public forms, told apart by keys and shapes. The relative has
`deconv1` to `deconv4` (kernel 4). z is uniform in [-1, 1), not normal: the assignments draw 2 * rand - 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.csc413_layers import (
    DEFAULT_EPS,
    Layer,
    assume_layers,
    infer_layer,
    require_picture,
    require_weights,
    sampling_notes,
)
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.layers.activations import hidden_activation, last_activation
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Latent, Output

SIDE = 32
START = 4  # the side that the first layer gives
UPCONVS = ("upconv1", "upconv2", "upconv3")
DECONVS = ("deconv1", "deconv2", "deconv3", "deconv4")
# linear_bn as `conv` on a 1x1 input with stride 1 (kernel -> padding): A gives 4x4, B 1x1 with 16 times the channels.
_ON_ONE_PIXEL = {4: 3, 1: 0}
# linear_bn as `upconv` with the helper's default padding: D, from 1x1 over 2x2 to 4x4.
_ON_TWO_PIXELS = {3: 2}
_FIRST_DECONV = {4: 0}


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `variant` is the form of the first layer, A to D, or `deconv`; C's is not among `layers`."""

    variant: str
    dim: int
    width: int  # channels of the 4x4 picture
    linear_bias: bool
    layers: tuple[Layer, ...]

    @property
    def flat(self) -> bool:
        """Whether the first layer gives all 4x4 positions as channels."""
        return self.variant in ("B", "C")


class Generator(nn.Module):
    """z float32 [n, dim] -> float32 [n, c, 32, 32] in [-1, 1]."""

    def __init__(self, shape: Shape, eps: float, hidden: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.shape = shape
        self.activations = hidden, last  # a tuple: not among the children
        if shape.variant == "C":
            linear = nn.Linear(shape.dim, shape.width * START**2, bias=shape.linear_bias)
            self.add_module("linear_bn", nn.Sequential(linear, nn.Flatten()))
        for layer in shape.layers:
            self.add_module(layer.name, layer.make(eps))

    def forward(self, z: Tensor) -> Tensor:
        first, *middle, last = self.children()
        hidden, final = self.activations
        x = hidden(first(z if self.shape.variant == "C" else z[:, :, None, None]))
        if self.shape.flat:
            x = x.reshape(-1, self.shape.width, START, START)
        for layer in middle:
            x = hidden(layer(x))
        return cast(Tensor, final(last(x)))


class CSC413(Keyed):
    """The family `csc413`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {
        "norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}",
        "activation": "of the hidden layers, default relu",
        "last": "the last activation: tanh (default), sigmoid or none",
        "range": "of the pictures, where the last activation is none",
    }
    open_prior = True
    spectral = True
    keys = (
        KeyCondition(all_of=("linear_bn.0.weight", "upconv1.1.weight")),
        KeyCondition(all_of=("linear_bn.1.weight", "upconv1.1.weight")),
        KeyCondition(all_of=("deconv1.0.weight", "deconv3.0.weight")),
    )

    page = Page(
        title="Emoji DCGAN of the CSC413 assignment",
        origin="the DCGenerator of Toronto's CSC413 (programming assignment 4) and of its ancestor CSC321",
        gives="pictures of 32 px, 1, 3 or 4 channels, any widths and latent size; z is uniform in [-1, 1)",
        traps=(
            "the four public forms of `linear_bn`, which the assignment leaves to the student",
            "spectral norm, in torch's two spellings and in the assignment's own, which iterates in evaluation too",
            "z is uniform, not normal",
            "batch norm's epsilon, which the file does not hold",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 32 pixels; 1, 3 or 4 channels; any widths; spectral norm folded."""
        state = source.tensors
        plain, folding = fold_spectral_norm(state, transposed=("deconv",))
        shape = infer_shape(plain)
        facts = Facts(settings)
        eps = assume_layers(shape.layers, facts)
        what = f"a CSC413 DCGenerator of {SIDE}x{SIDE} pixels with first layer {shape.variant}"
        hidden, (last, value_range) = hidden_activation(facts)() or nn.Identity(), last_activation(facts)
        module = load_strictly(lambda: Generator(shape, eps, hidden, last or nn.Identity()), plain, what)
        return Candidate(
            module=module,
            spec=GeneratorSpec(
                name="csc413",
                family="csc413",
                latent=Latent(dim=shape.dim, prior="uniform", psi_mode="scale"),
                output=Output(height=SIDE, width=SIDE, channels=shape.layers[-1].outputs),
            ),
            value_range=value_range,
            matched=f"all {len(state)} keys match (first layer: form {shape.variant})",
            facts=tuple(facts.found),
            notes=folding + sampling_notes(shape.layers),
        )


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from keys and shapes; spectral norm is folded already.

    Raises:
        BadInputFile: layers are missing, or shapes are of no known form; the message names them.
    """
    if any(key.startswith("deconv") for key in state):
        return _infer_deconvs(state)
    first = "linear_bn.1.weight" if _is_d(state) else "linear_bn.0.weight"
    require_weights(state, [first, *(f"{name}.1.weight" for name in UPCONVS)], "a CSC413 DCGenerator")
    variant = _variant(state, first)
    weight = state[first]
    layers: list[Layer] = []
    if variant == "D":
        layers.append(infer_layer(state, "linear_bn", "upconv", weight.shape[1], paddings=_ON_TWO_PIXELS))
    elif variant != "C":
        layers.append(infer_layer(state, "linear_bn", "conv", weight.shape[1], paddings=_ON_ONE_PIXEL, stride=1))
    width = weight.shape[0] // START**2 if variant in ("B", "C") else weight.shape[0]
    inputs = width
    for name in UPCONVS:
        layers.append(infer_layer(state, name, "upconv", inputs))
        inputs = layers[-1].outputs
    require_picture(layers[-1])
    return Shape(variant, weight.shape[1], width, "linear_bn.0.bias" in state, tuple(layers))


def _is_d(state: State) -> bool:
    """`linear_bn.1` is D's convolution, or batch norm's (one-dimensional) of A and B."""
    second = state.get("linear_bn.1.weight")
    return "linear_bn.0.weight" not in state and second is not None and second.ndim == 4


def _variant(state: State, first: str) -> str:
    """Which of the public forms `linear_bn` has."""
    shape = tuple(state[first].shape)
    if first == "linear_bn.1.weight" and shape[2:] == (3, 3):
        return "D"
    if first == "linear_bn.0.weight" and len(shape) == 4 and shape[2:] == (4, 4):
        return "A"
    divisible = shape[0] % START**2 == 0 if shape else False
    if first == "linear_bn.0.weight" and divisible and (len(shape) == 2 or shape[2:] == (1, 1)):
        return "C" if len(shape) == 2 else "B"
    raise BadInputFile(
        f"{first} has shape {list(shape)}\nexpected one that takes z to 4x4: linear_bn.0 [c, dim, 4, 4], "
        "[16c, dim, 1, 1] or [16c, dim], or linear_bn.1 [c, dim, 3, 3]"
    )


def _infer_deconvs(state: State) -> Shape:
    require_weights(state, [f"{name}.0.weight" for name in DECONVS], "a CSC321 DCGenerator")
    dim = state["deconv1.0.weight"].shape[0] if state["deconv1.0.weight"].ndim else 0
    layers = [infer_layer(state, "deconv1", "deconv", dim, paddings=_FIRST_DECONV, stride=1)]
    for name in DECONVS[1:]:
        layers.append(infer_layer(state, name, "deconv", layers[-1].outputs))
    require_picture(layers[-1])
    return Shape("deconv", dim, layers[0].outputs, False, tuple(layers))
