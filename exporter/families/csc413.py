"""The emoji networks of the CSC413 and CSC321 assignments: the DCGAN's generator, and the CycleGAN's.

Both are made of the assignments' helpers, each one nn.Sequential: `conv`: [0] Conv2d with stride 2; `upconv`: [0]
nearest upsampling by 2, [1] Conv2d with stride 1; `deconv` (CSC321): [0] ConvTranspose2d with stride 2. A BatchNorm2d
may follow; activations lie outside. Kernels are read from the shapes; stride and padding are not in the file and follow
from halving, or doubling, the side.

The generator's `linear_bn` takes z to 4x4, `upconv1` to `upconv3` double the side to 32; ReLU between, tanh last. The
assignment leaves `linear_bn` to the student, so it comes in four public forms, told apart by keys and shapes. The
relative has `deconv1` to `deconv4` (kernel 4). z is uniform in [-1, 1), not normal: the assignments draw 2 * rand - 1.

The CycleGenerator's `conv1` and `conv2` halve the side, one residual block follows, `upconv1` and `upconv2` (CSC321:
`deconv1` and `deconv2`) double it again. ReLU after each layer and after the residual sum, tanh last.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts, of_family
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.layers.activations import SETTINGS, hidden_activation, last_activation
from ganrt.exporter.layers.network import AsPixel
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import ImageInput, Latent, Output

SIDE = 32
START = 4  # the side that the generator's first layer gives
DEFAULT_EPS = 1e-5
UPCONVS = ("upconv1", "upconv2", "upconv3")
DECONVS = ("deconv1", "deconv2", "deconv3", "deconv4")
_BLOCK = "resnet_block.conv_layer"
_SAMPLING = "evaluation mode: the assignments' notebooks sample with batch statistics, which draws differently"
_CYCLE = "a CSC413 CycleGenerator"
_NOTHING: Mapping[str, nn.Module] = {}
Kind = Literal["conv", "upconv", "deconv"]


@dataclass(frozen=True)
class Helper:
    """How one of the assignments' functions makes layers.

    Attributes:
        position: of the convolution in its Sequential.
        paddings: kernel -> padding; an odd upconv keeps the side, an even conv halves it, an even deconv doubles it.
        usual: the kernel of most.
    """

    position: int
    stride: int
    paddings: Mapping[int, int]
    usual: int


HELPERS: Mapping[Kind, Helper] = {
    "conv": Helper(0, 2, {3: 1, 4: 1, 5: 2}, 5),
    "upconv": Helper(1, 1, {3: 1, 5: 2, 7: 3}, 5),
    "deconv": Helper(0, 2, {4: 1}, 4),
}


class Stack(nn.Module):
    """float32 in, float32 [n, c, 32, 32] out: layers one after another, under their names."""

    def __init__(self, layers: Mapping[str, nn.Module], hidden: nn.Module, last: nn.Module) -> None:
        super().__init__()
        self.activations = hidden, last  # a tuple: not among the children
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        (*layers, end), (hidden, last) = self.children(), self.activations
        for layer in layers:
            x = hidden(layer(x))
        return cast(Tensor, last(end(x)))


class ResidualBlock(nn.Module):
    """float32 [n, c, h, w] -> the same shape; no activation inside."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.conv_layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv_layer(x))


class Reading:
    """Makes the layers that a state dict holds, on the meta device: `layers` by name, `width` channels at their end."""

    def __init__(self, state: State, facts: Facts, width: int) -> None:
        self.state, self.facts, self.width = state, facts, width
        self.layers: dict[str, nn.Module] = {}
        self.notes = (_SAMPLING,) if any(key.endswith(".running_mean") for key in state) else ()
        self.eps: float = facts.assume("norm_eps", DEFAULT_EPS) if self.notes else DEFAULT_EPS

    def take(
        self,
        name: str,
        kind: Kind,
        paddings: Mapping[int, int] | None = None,
        stride: int | None = None,
        before: Mapping[str, nn.Module] = _NOTHING,
        behind: Mapping[str, nn.Module] = _NOTHING,
    ) -> None:
        """Reads one layer from its weights [out, in, k, k] (`deconv`: [in, out, k, k]); strict loading compares `in`.

        Args:
            paddings, stride: where they are not the kind's usual ones.
            before, behind: what has no weights, in the same Sequential.

        Raises:
            BadInputFile: the weights are no square kernel of a known size.
        """
        helper = HELPERS[kind]
        key, known = f"{name}.{helper.position}.weight", paddings or helper.paddings
        shape = self.state[key].shape
        if len(shape) != 4 or shape[2] != shape[3] or shape[2] not in known or 0 in shape:
            sizes = " or ".join(f"{kernel}x{kernel}" for kernel in known)
            raise BadInputFile(f"{key} has shape {list(shape)}\nexpected four dimensions, the kernel {sizes}")
        kernel, padding = shape[2], known[shape[2]]
        if kernel != helper.usual and kernel in helper.paddings and name != _BLOCK:
            self.facts.open(f"{name}'s padding", str(padding), f"kernel {kernel}")
        # What a residual block makes is added to its input.
        outputs = self.width if name == _BLOCK else shape[1] if kind == "deconv" else shape[0]
        bias = f"{name}.{helper.position}.bias" in self.state
        convolution = nn.ConvTranspose2d if kind == "deconv" else nn.Conv2d
        parts = {**before, **({"0": nn.Upsample(scale_factor=2, mode="nearest")} if kind == "upconv" else {})}
        with torch.device("meta"):
            made = convolution(self.width, outputs, kernel, stride or helper.stride, padding, bias=bias)
            parts[str(helper.position)] = made
            if any(key.startswith(f"{name}.{helper.position + 1}.") for key in self.state):
                parts[str(helper.position + 1)] = nn.BatchNorm2d(outputs, eps=self.eps)
        self.layers[name] = nn.Sequential(OrderedDict({**parts, **behind}))
        self.width = outputs

    def require(self, weights: Iterable[str], what: str) -> None:
        """Without these keys nothing can be read.

        Raises:
            BadInputFile: some are missing; names all of them, and all keys of layers that `what` does not have.
        """
        wanted = list(weights)
        missing = [key for key in wanted if key not in self.state]
        if missing:
            layers = {key.split(".")[0] for key in wanted}
            strange = [key for key in self.state if key.split(".")[0] not in layers]
            unexpected = f"; unexpected: {', '.join(strange)}" if strange else ""
            raise BadInputFile(f"does not fit {what}\nmissing: {', '.join(missing)}{unexpected}"[:8000])

    def end(self) -> None:
        """Raises BadInputFile if the last layer draws no picture."""
        if self.width not in CHANNELS:
            raise BadInputFile(f"{list(self.layers)[-1]} makes {self.width} channels\nexpected a picture of 1, 3 or 4")
        if any(isinstance(layer, nn.ConvTranspose2d) for made in self.layers.values() for layer in made.modules()):
            self.facts.open("strides and paddings", "those that make 32 pixels")


class CSC413(Family):
    settings: Mapping[str, str] = {
        "norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}",
        **SETTINGS,
    }
    open_prior = True
    spectral = True
    keys = (
        KeyCondition(all_of=("linear_bn.0.weight", "upconv1.1.weight")),
        KeyCondition(all_of=("linear_bn.1.weight", "upconv1.1.weight")),
        KeyCondition(all_of=("deconv1.0.weight", "deconv3.0.weight")),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors, transposed=("deconv",))
        facts = Facts(settings)
        reading, form, dim = read_generator(plain, facts)
        hidden, (last, value_range) = hidden_activation(facts)() or nn.Identity(), last_activation(facts)
        what = f"a CSC413 DCGenerator of {SIDE}x{SIDE} pixels with first layer {form}"
        return of_family(
            "csc413",
            load_strictly(lambda: Stack(reading.layers, hidden, last or nn.Identity()), plain, what),
            facts,
            f"all {len(source.tensors)} keys match (first layer: form {form})",
            latent=Latent(dim=dim, prior="uniform", psi_mode="scale"),
            output=Output(height=SIDE, width=SIDE, channels=reading.width),
            value_range=value_range,
            notes=folding + reading.notes,
        )


def read_generator(state: State, facts: Facts) -> tuple[Reading, str, int]:
    """The layers, the form of the first one (A to D, or `deconv`), and the size of the latent.

    Raises:
        BadInputFile: layers are missing, or shapes are of no known form; the message names them.
    """
    pixel = {"pixel": AsPixel()}
    reading = Reading(state, facts, 0)
    if any(key.startswith("deconv") for key in state):
        reading.require([f"{name}.0.weight" for name in DECONVS], "a CSC321 DCGenerator")
        shape = state["deconv1.0.weight"].shape
        reading.width = dim = shape[0] if shape else 0
        reading.take("deconv1", "deconv", {4: 0}, 1, pixel)
        for name in DECONVS[1:]:
            reading.take(name, "deconv")
        reading.end()
        return reading, "deconv", dim
    # `linear_bn.1` is D's convolution, or batch norm's (one-dimensional) of A and B.
    second = state.get("linear_bn.1.weight")
    is_d = "linear_bn.0.weight" not in state and second is not None and second.ndim == 4
    first = f"linear_bn.{int(is_d)}.weight"
    reading.require([first, *(f"{name}.1.weight" for name in UPCONVS)], "a CSC413 DCGenerator")
    form, shape = _form(state, first), state[first].shape
    reading.width = dim = shape[1]
    picture = {"flat": nn.Flatten(), "picture": nn.Unflatten(1, (shape[0] // START**2, START, START))}
    if form == "A":
        reading.take("linear_bn", "conv", {4: 3}, 1, pixel)
    elif form == "B":
        reading.take("linear_bn", "conv", {1: 0}, 1, pixel, picture)
    elif form == "D":  # from 1x1 over 2x2 to 4x4
        reading.take("linear_bn", "upconv", {3: 2}, before=pixel)
    else:
        with torch.device("meta"):
            linear = nn.Linear(dim, shape[0], bias="linear_bn.0.bias" in state)
        reading.layers["linear_bn"] = nn.Sequential(OrderedDict({"0": linear, **picture}))
    reading.width = shape[0] // START**2 if form in "BC" else shape[0]
    for name in UPCONVS:
        reading.take(name, "upconv")
    reading.end()
    return reading, form, dim


def _form(state: State, first: str) -> str:
    """Which of the public forms `linear_bn` has: A gives 4x4, B 1x1 with 16 times the channels, as C, which is linear;
    D takes two steps."""
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


class CSC413Cycle(Family):
    settings: Mapping[str, str] = {"norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}"}
    spectral = True
    task = "translate"
    keys = KeyCondition(all_of=("conv1.0.weight", f"{_BLOCK}.0.weight"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors, transposed=("deconv",))
        facts = Facts(settings)
        reading, inputs = read_cycle(plain, facts)
        what = f"{_CYCLE} of {SIDE}x{SIDE} pixels"
        return of_family(
            "csc413-cyclegan",
            load_strictly(lambda: Stack(reading.layers, nn.ReLU(), nn.Tanh()), plain, what),
            facts,
            f"all {len(source.tensors)} keys match",
            image=ImageInput(height=SIDE, width=SIDE, channels=inputs),
            output=Output(height=SIDE, width=SIDE, channels=reading.width),
            notes=folding + reading.notes,
        )


def read_cycle(state: State, facts: Facts) -> tuple[Reading, int]:
    """The layers in the order in which they run, and the channels of the picture that they take.

    Raises:
        BadInputFile: layers are missing, or shapes do not make the network; the message names them.
    """
    up: Kind = "deconv" if any(key.startswith("deconv") for key in state) else "upconv"
    plan: dict[str, Kind] = {"conv1": "conv", "conv2": "conv", _BLOCK: "conv", f"{up}1": up, f"{up}2": up}
    reading = Reading(state, facts, 0)
    reading.require([f"{name}.{HELPERS[kind].position}.weight" for name, kind in plan.items()], _CYCLE)
    first = state["conv1.0.weight"].shape
    reading.width = inputs = first[1] if len(first) > 1 else 0
    for name, kind in plan.items():
        paddings, stride = ({3: 1}, 1) if name == _BLOCK else (None, None)
        reading.take(name, kind, paddings, stride)
    reading.end()
    if inputs not in CHANNELS:
        raise BadInputFile(f"conv1 takes {inputs} channels\nexpected a picture of 1, 3 or 4")
    named = {name.partition(".")[0]: layer for name, layer in reading.layers.items()}
    reading.layers = named | {"resnet_block": ResidualBlock(reading.layers[_BLOCK])}
    return reading, inputs
