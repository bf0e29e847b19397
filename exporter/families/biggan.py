"""BigGAN as ajbrock/BigGAN-PyTorch trains and saves it (Brock et al. 2018, arXiv:1809.11096).

`linear` makes the first 4x4 picture (channels first) of the latent, or of its first chunk where the latent is
hierarchical; each block doubles the side. Its batch norms take (class embedding, chunk), in this order; without
chunks the embedding alone; without a shared embedding they hold a row of gains and one of biases for each class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.biggan_checkpoint import SETTINGS, Plain, read_plain
from ganrt.exporter.families.biggan_layers import Attention, ConditionalNorm, Mixture, OutputNorm, upsample
from ganrt.exporter.families.biggan_refusals import refuse_relatives
from ganrt.exporter.families.biggan_shapes import (
    ORIGINS,
    attended,
    bottom_width,
    count_blocks,
    labels_of,
    picture_channels,
    require_statistics,
    shape_of,
)
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Latent, Output

TF_PRIOR = Latent(dim=1, prior="truncated_normal", threshold=2.0, psi_mode="scale")
NORMAL_PRIOR = Latent(dim=1, prior="normal", threshold=None, psi_mode="resample")


@dataclass(frozen=True)
class Shape:
    """Hyperparameters.

    Attributes:
        widths: channels before the first block and after each.
        bottom: side of the first picture in pixels.
        chunk: latent values that each block takes; 0 if the latent is not hierarchical.
        first: latent values that `linear` takes.
        embedding: size of the shared embedding; None without one.
        attended: the blocks that attention follows.
        colours: the picture's channels.
    """

    widths: tuple[int, ...]
    bottom: int
    chunk: int
    first: int
    classes: int
    embedding: int | None
    attended: tuple[int, ...]
    colours: int

    @property
    def blocks(self) -> int:
        return len(self.widths) - 1

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return self.bottom << self.blocks

    @property
    def dim(self) -> int:
        """Size of the latent."""
        return self.first + self.chunk * self.blocks

    @property
    def conditions(self) -> int:
        """Inputs of each conditional batch norm."""
        return self.classes if self.embedding is None else self.embedding + self.chunk


class Block(nn.Module):
    """float32 [n, in, h, w], conditions [n, ...] -> [n, out, 2h, 2w].

    The training code upsamples before the shortcut's convolution. A 1x1 convolution commutes with nearest
    upsampling, so here it comes first, for a quarter of the work.
    """

    def __init__(self, inputs: int, outputs: int, shape: Shape, plain: Plain) -> None:
        super().__init__()
        embedded = shape.embedding is None

        def norm(channels: int) -> ConditionalNorm:
            return ConditionalNorm(channels, shape.conditions, plain.bn_eps, embedded=embedded, added=plain.gain_added)

        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_sc = nn.Conv2d(inputs, outputs, 1)
        self.bn1 = norm(inputs)
        self.bn2 = norm(outputs)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = self.conv1(upsample(self.bn1(x, condition).relu()))
        h = self.conv2(self.bn2(h, condition).relu())
        return cast(Tensor, h + upsample(self.conv_sc(x)))


class Generator(nn.Module):
    """z float32 [n, dim], labels float32 [n, classes] -> float32 [n, c, side, side] in [-1, 1].

    Labels are weights of class embeddings; without labels all of the first class.
    """

    def __init__(self, shape: Shape, plain: Plain) -> None:
        super().__init__()
        self.shape = shape
        self.shared = nn.Identity() if shape.embedding is None else Mixture(shape.classes, shape.embedding)
        self.linear = nn.Linear(shape.first, shape.widths[0] * shape.bottom**2)
        self.blocks = nn.ModuleList()
        for i, (inputs, outputs) in enumerate(zip(shape.widths, shape.widths[1:], strict=False)):
            layers: list[nn.Module] = [Block(inputs, outputs, shape, plain)]
            layers += [Attention(outputs)] if i in shape.attended else []
            self.blocks.append(nn.ModuleList(layers))
        last = nn.Conv2d(shape.widths[-1], shape.colours, 3, padding=1)
        self.output_layer = nn.Sequential(OutputNorm(shape.widths[-1], plain.output_bn_eps), nn.ReLU(), last)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        shape = self.shape
        y = self.shared(torch.ones_like(z[:, :1]) if labels is None else labels)
        h = self.linear(z[:, : shape.first]).reshape(-1, shape.widths[0], shape.bottom, shape.bottom)
        for i, layers in enumerate(self.blocks):
            start = shape.first + shape.chunk * i
            condition = torch.cat([y, z[:, start : start + shape.chunk]], 1) if shape.chunk else y
            for layer in cast(nn.ModuleList, layers):
                h = layer(h, condition)
        return cast(Tensor, self.output_layer(h).tanh())


class BigGAN(Keyed):
    """The family `biggan`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = SETTINGS
    keys = KeyCondition(
        all_of=("linear.weight", "blocks.0.0.conv_sc.weight", "blocks.0.0.bn1.gain.weight", "output_layer.2.weight"),
        none_of=("blocks.0.0.conv4.weight",),
    )

    page = Page(
        title="BigGAN in ajbrock's layout",
        origin=f"{ORIGINS} (`G_ema.pth` is what its samples are drawn with), and its conversions of TF Hub's weights",
        gives="pictures of 32 to 512 px of any number of classes, which may be mixed; any widths, latent and attention",
        traps=(
            "spectral norm that iterates in every pass, in evaluation too; with or without `sv0`; or none at all",
            "conditions are (class embedding, chunk): TF's order is the reverse; the first chunk has no class",
            "batch norm's statistics in three spellings; those of `mybn` may be sums",
            "`cross_replica`'s gains, which the training code adds in evaluation although it multiplied in training",
            "gains and biases of each class instead of a shared embedding (SAGAN and CIFAR scripts)",
            "epsilons, which the file does not hold; the last batch norm's is 1e-5 whatever is configured",
            "a latent size that is no multiple of the chunks is rounded down, as the training code does",
            "TF Hub's statistics for other truncations than 1 are not in its conversions",
            "the anime BigGAN (compare_gan), which resembles it, is refused with the reason",
        ),
    )

    def match(self, source: Source) -> int | None:
        """The keys of ajbrock's BigGAN generator, or of a relative that `build` refuses with the reason."""
        return self.keys.specificity if refuse_relatives(source.tensors) else super().match(source)

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 32 to 512 pixels; spectral norm folded."""
        state = source.tensors
        reason = refuse_relatives(state)
        if reason is not None:
            raise BadInputFile(reason)
        plain = read_plain(state, settings)
        shape = infer_shape(plain.state)
        labels, naming = labels_of(shape.classes)
        prior = TF_PRIOR if plain.converted else NORMAL_PRIOR
        return Candidate(
            module=load_generator(shape, plain),
            spec=GeneratorSpec(
                name="biggan",
                family="biggan",
                latent=replace(prior, dim=shape.dim),
                labels=labels,
                output=Output(height=shape.side, width=shape.side, channels=shape.colours),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match",
            facts=plain.facts,
            notes=plain.notes + naming,
        )


def load_generator(shape: Shape, plain: Plain) -> nn.Module:
    """The generator with the checkpoint's weights.

    Raises:
        BadInputFile: keys or shapes do not fit; the message names them.
    """
    latent = f"a latent of {shape.dim}" + (f" in chunks of {shape.chunk}" if shape.chunk else "")
    what = f"a BigGAN generator of {shape.side}x{shape.side} pixels, {shape.classes} classes and {latent}"
    return load_strictly(lambda: Generator(shape, plain), plain.state, what)


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from the shapes; spectral norm is folded, statistics are `stored_mean`.

    Raises:
        BadInputFile: shapes that make no BigGAN; the message names them.
    """
    blocks = count_blocks(state, "conv1")
    require_statistics(state)
    convolutions = [shape_of(state, f"blocks.{i}.0.conv1.weight", 4) for i in blocks]
    widths = (convolutions[0][1], *(shape[0] for shape in convolutions))
    gain = shape_of(state, "blocks.0.0.bn1.gain.weight", 2)
    rows, first = shape_of(state, "linear.weight", 2)
    classes, embedding, chunk = gain[0], None, 0
    if "shared.weight" in state:
        classes, embedding = shape_of(state, "shared.weight", 2)
        chunk = gain[1] - embedding
        if chunk < 0 or (chunk and chunk != first):
            raise BadInputFile(
                f"blocks.0.0.bn1.gain.weight takes {gain[1]} values and linear.weight {first}\nexpected the "
                f"{embedding} of shared.weight, and a chunk of the latent if linear.weight takes one of the same size"
            )
    return Shape(
        widths=widths,
        bottom=bottom_width(rows, widths[0]),
        chunk=chunk,
        first=first,
        classes=classes,
        embedding=embedding,
        attended=attended(state, blocks),
        colours=picture_channels(state, "output_layer.2.weight"),
    )
