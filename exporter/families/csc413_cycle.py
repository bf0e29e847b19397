"""The CycleGenerator of the CSC413 assignment (emoji to emoji, 32 pixels) and of its CSC321 ancestor.

`conv1` and `conv2` halve the side, one residual block follows, `upconv1` and `upconv2` (CSC321: `deconv1` and
`deconv2`) double it again. ReLU after each layer and after the residual sum, tanh last; batch norm and zero padding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.csc413_layers import (
    CHANNELS,
    DEFAULT_EPS,
    Kind,
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
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, ImageInput, Output

SIDE = 32
_BLOCK = "resnet_block.conv_layer"
_BLOCK_PADDINGS = {3: 1}


class ResidualBlock(nn.Module):
    """float32 [n, c, h, w] -> the same shape; no activation inside."""

    def __init__(self, layer: Layer, eps: float) -> None:
        super().__init__()
        self.conv_layer = layer.make(eps)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv_layer(x))


class Generator(nn.Module):
    """source float32 [n, c, 32, 32] in [-1, 1] -> float32 [n, c, 32, 32] in [-1, 1]."""

    def __init__(self, layers: tuple[Layer, ...], eps: float) -> None:
        super().__init__()
        for layer in layers:
            if layer.name == _BLOCK:
                self.add_module("resnet_block", ResidualBlock(layer, eps))
            else:
                self.add_module(layer.name, layer.make(eps))

    def forward(self, source: Tensor) -> Tensor:
        *hidden, last = self.children()
        x = source
        for layer in hidden:
            x = layer(x).relu()
        return cast(Tensor, last(x).tanh())


class CSC413Cycle(Keyed):
    """The family `csc413-cyclegan`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {"norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}"}
    spectral = True
    task = "translate"
    keys = KeyCondition(all_of=("conv1.0.weight", f"{_BLOCK}.0.weight"))

    page = Page(
        title="Emoji CycleGAN of the CSC413 assignment",
        origin="one direction of the CycleGenerator of Toronto's CSC413 (programming assignment 4) and of CSC321",
        gives="a translator (`ganrt translate`) of pictures of 32 px, 1, 3 or 4 channels in and out, any widths",
        traps=(
            "spectral norm, in torch's two spellings and in the assignment's own, which iterates in evaluation too",
            "upsampling with convolutions (CSC413) or transposed convolutions (CSC321)",
            "batch norm's epsilon, which the file does not hold",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 32 pixels; 1, 3 or 4 channels in and out; any widths; spectral norm folded."""
        state = source.tensors
        plain, folding = fold_spectral_norm(state, transposed=("deconv",))
        layers = infer_layers(plain)
        facts = Facts(settings)
        eps = assume_layers((x for x in layers if x.name != _BLOCK), facts)
        what = f"a CSC413 CycleGenerator of {SIDE}x{SIDE} pixels"
        module = load_strictly(lambda: Generator(layers, eps), plain, what)
        return Candidate(
            module=module,
            spec=GeneratorSpec(
                name="csc413-cyclegan",
                family="csc413-cyclegan",
                task="translate",
                image=ImageInput(height=SIDE, width=SIDE, channels=layers[0].inputs),
                output=Output(height=SIDE, width=SIDE, channels=layers[-1].outputs),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match",
            facts=tuple(facts.found),
            notes=folding + sampling_notes(layers),
        )


def infer_layers(state: State) -> tuple[Layer, ...]:
    """Reads the layers, in the order in which they run; spectral norm is folded already.

    Raises:
        BadInputFile: layers are missing, or shapes do not make the network; the message names them.
    """
    up: Kind = "deconv" if any(key.startswith("deconv") for key in state) else "upconv"
    plan: list[tuple[str, Kind]] = [
        ("conv1", "conv"),
        ("conv2", "conv"),
        (_BLOCK, "conv"),
        (f"{up}1", up),
        (f"{up}2", up),
    ]
    weights = [f"{name}.{1 if kind == 'upconv' else 0}.weight" for name, kind in plan]
    require_weights(state, weights, "a CSC413 CycleGenerator")
    first = state["conv1.0.weight"].shape
    inputs = first[1] if len(first) > 1 else 0
    layers: list[Layer] = []
    for name, kind in plan:
        if name == _BLOCK:
            layer = infer_layer(state, name, kind, inputs, paddings=_BLOCK_PADDINGS, stride=1)
            layer = replace(layer, outputs=inputs)  # it is added to its input
        else:
            layer = infer_layer(state, name, kind, inputs)
        layers.append(layer)
        inputs = layer.outputs
    require_picture(layers[-1])
    if layers[0].inputs not in CHANNELS:
        raise BadInputFile(f"conv1 takes {layers[0].inputs} channels\nexpected a picture of 1, 3 or 4")
    return tuple(layers)
