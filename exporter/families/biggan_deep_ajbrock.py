"""BigGAN-deep as ajbrock/BigGAN-PyTorch has it (Brock et al. 2018, arXiv:1809.11096, appendix B).

Two blocks for each doubling of the side, of which the second doubles and may drop channels. The whole latent and the
class embedding go to `linear` and to every batch norm: (embedding, z) as published. A proposed correction (its pull
request 72) has (z, embedding), and a last convolution with more outputs than the picture has channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan import NORMAL_PRIOR
from ganrt.exporter.families.biggan_checkpoint import SETTINGS, Plain, read_plain
from ganrt.exporter.families.biggan_layers import Attention, ConditionalNorm, Mixture, OutputNorm, upsample
from ganrt.exporter.families.biggan_shapes import (
    CHANNELS,
    ORIGINS,
    attended,
    bottom_width,
    count_blocks,
    labels_of,
    require_statistics,
    shape_of,
)
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Output

DEPTH = 2
RGB = 3
_LAST = "output_layer.2"


@dataclass(frozen=True)
class Shape:
    """Hyperparameters.

    Attributes:
        widths: of each block: channels in, within, and out.
        bottom: side of the first picture in pixels.
        attended: the blocks that attention follows.
        colours: the picture's channels.
        latent_first: conditions are (z, embedding).
    """

    widths: tuple[tuple[int, int, int], ...]
    bottom: int
    dim: int
    classes: int
    embedding: int
    attended: tuple[int, ...]
    colours: int
    latent_first: bool

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return self.bottom << len(self.widths) // DEPTH


class DeepBlock(nn.Module):
    """float32 [n, in, h, w], conditions [n, ...] -> [n, out, h, w], or twice the side. The shortcut drops channels."""

    def __init__(self, widths: tuple[int, int, int], conditions: int, plain: Plain, doubles: bool) -> None:
        super().__init__()
        inputs, hidden, outputs = widths
        self.outputs = outputs
        self.doubles = doubles
        self.conv1 = nn.Conv2d(inputs, hidden, 1)
        self.conv2 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.conv3 = nn.Conv2d(hidden, hidden, 3, padding=1)
        self.conv4 = nn.Conv2d(hidden, outputs, 1)
        self.bn1 = ConditionalNorm(inputs, conditions, plain.bn_eps, added=plain.gain_added)
        self.bn2 = ConditionalNorm(hidden, conditions, plain.bn_eps, added=plain.gain_added)
        self.bn3 = ConditionalNorm(hidden, conditions, plain.bn_eps, added=plain.gain_added)
        self.bn4 = ConditionalNorm(hidden, conditions, plain.bn_eps, added=plain.gain_added)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.conv1(self.bn1(x, condition).relu())
        h = self.bn2(h, condition).relu()
        x = x[:, : self.outputs]
        if self.doubles:
            h, x = upsample(h), upsample(x)
        h = self.conv3(self.bn3(self.conv2(h), condition).relu())
        return cast(Tensor, self.conv4(self.bn4(h, condition).relu()) + x)


class Generator(nn.Module):
    """z float32 [n, dim], labels float32 [n, classes] -> float32 [n, c, side, side] in [-1, 1].

    Labels are weights of class embeddings; without labels all of the first class.
    """

    def __init__(self, shape: Shape, plain: Plain) -> None:
        super().__init__()
        self.shape = shape
        conditions = shape.embedding + shape.dim
        self.shared = Mixture(shape.classes, shape.embedding)
        self.linear = nn.Linear(conditions, shape.widths[0][0] * shape.bottom**2)
        self.blocks = nn.ModuleList()
        for i, widths in enumerate(shape.widths):
            layers: list[nn.Module] = [DeepBlock(widths, conditions, plain, doubles=i % DEPTH == DEPTH - 1)]
            layers += [Attention(widths[2])] if i in shape.attended else []
            self.blocks.append(nn.ModuleList(layers))
        width = shape.widths[-1][2]
        last = nn.Conv2d(width, shape.colours, 3, padding=1)
        self.output_layer = nn.Sequential(OutputNorm(width, plain.output_bn_eps), nn.ReLU(), last)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        y = self.shared(torch.ones_like(z[:, :1]) if labels is None else labels)
        condition = torch.cat([z, y] if self.shape.latent_first else [y, z], 1)
        bottom = self.shape.bottom
        h = self.linear(condition).reshape(-1, self.shape.widths[0][0], bottom, bottom)
        for layers in self.blocks:
            for layer in cast(nn.ModuleList, layers):
                h = layer(h, condition)
        return cast(Tensor, self.output_layer(h).tanh())


class BigGANDeepAjbrock(Keyed):
    """The family `biggan-deep-ajbrock`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("shared.weight", "linear.weight", "blocks.0.0.conv4.weight", "blocks.0.0.bn4.gain.weight")
    )

    page = Page(
        title="BigGAN-deep in ajbrock's layout",
        origin=f"{ORIGINS}'s `BigGANdeep`, and its pull request 72; never DeepMind's weights",
        gives="pictures of 32 to 512 px of any number of classes, which may be mixed; any widths, latent and attention",
        traps=(
            "conditions are (class embedding, z); DeepMind's, and those of the pull request, are the reverse",
            "the pull request's last convolution has 128 outputs, of which three are the picture",
            "spectral norm, statistics and epsilons as of `biggan`",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 32 to 512 pixels; spectral norm folded, unused outputs dropped after that."""
        state = source.tensors
        plain = read_plain(state, settings)
        shape = infer_shape(plain.state)
        module = load_generator(shape, plain)
        labels, naming = labels_of(shape.classes)
        order = ("the last convolution has spare outputs: conditions (z, class), as in pull request 72",)
        return Candidate(
            module=module,
            spec=GeneratorSpec(
                name="biggan-deep-ajbrock",
                family="biggan-deep-ajbrock",
                latent=replace(NORMAL_PRIOR, dim=shape.dim),
                labels=labels,
                output=Output(height=shape.side, width=shape.side, channels=shape.colours),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match",
            facts=plain.facts,
            notes=plain.notes + naming + (order if shape.latent_first else ()),
        )


def load_generator(shape: Shape, plain: Plain) -> nn.Module:
    """The generator with the checkpoint's weights, without outputs that are no colours.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them.
    """
    used = (f"{_LAST}.weight", f"{_LAST}.bias")
    state = {key: tensor[: shape.colours] if key in used else tensor for key, tensor in plain.state.items()}
    what = (
        f"ajbrock's BigGAN-deep of {shape.side}x{shape.side} pixels, {shape.classes} classes, a latent of {shape.dim}"
    )
    return load_strictly(lambda: Generator(shape, plain), state, what)


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from the shapes; spectral norm is folded, statistics are `stored_mean`.

    Raises:
        BadInputFile: shapes that make no BigGAN-deep; the message names them.
    """
    blocks = count_blocks(state, "conv4", DEPTH)
    require_statistics(state)
    widths = tuple(_widths(state, i) for i in blocks)
    classes, embedding = shape_of(state, "shared.weight", 2)
    rows, conditions = shape_of(state, "linear.weight", 2)
    if conditions <= embedding:
        raise BadInputFile(
            f"linear.weight takes {conditions} values\nexpected the {embedding} of shared.weight and a latent"
        )
    outputs = shape_of(state, f"{_LAST}.weight", 4)[0]
    if outputs not in CHANNELS and outputs < RGB:
        raise BadInputFile(f"{_LAST}.weight makes {outputs} channels\nexpected a picture of 1, 3 or 4, or more")
    return Shape(
        widths=widths,
        bottom=bottom_width(rows, widths[0][0]),
        dim=conditions - embedding,
        classes=classes,
        embedding=embedding,
        attended=attended(state, blocks),
        colours=outputs if outputs in CHANNELS else RGB,
        latent_first=outputs not in CHANNELS,
    )


def _widths(state: State, block: int) -> tuple[int, int, int]:
    hidden, inputs = shape_of(state, f"blocks.{block}.0.conv1.weight", 4)[:2]
    outputs = shape_of(state, f"blocks.{block}.0.conv4.weight", 4)[0]
    if outputs > inputs:
        raise BadInputFile(
            f"blocks.{block}.0.conv4.weight makes {outputs} channels of {inputs}\nexpected no more: shortcuts only drop"
        )
    return inputs, hidden, outputs
