"""The generator of RKorzeniowski/BigBiGAN-PyTorch: BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544), small.

z falls into equal chunks: the first makes 4x4 pixels, each further one joins the class embedding and conditions one
residual block, which doubles the side. Attention lies between `pre_up_blocks` and `post_up_blocks`; batch norm, ReLU,
a transposed convolution and a sigmoid make the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.bigbigan_layers import (
    DEFAULT_EPS,
    KERNEL,
    SelfAttention,
    UpBlock,
    Wrapped,
    latent,
    require_channels,
    sizes,
)
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Labels, Output

FIRST_SIDE = 4
MOST_BLOCKS = 8  # 1024 pixels
_WHAT = "a BigBiGAN generator"
_TRAINED = "evaluation mode: the training code's own samples are drawn with batch statistics and look different"


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `chunk` of z; widths of the blocks before and after attention; no classes: 0 of them."""

    chunk: int
    first: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    channels: int
    classes: int
    embedding: int

    @property
    def blocks(self) -> int:
        return len(self.before) + len(self.after)

    @property
    def dim(self) -> int:
        return self.chunk * (self.blocks + 1)

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return FIRST_SIDE << self.blocks


class Generator(nn.Module):
    """z float32 [n, dim], labels float32 [n, classes] (if there are any) -> float32 [n, c, side, side] in [0, 1]."""

    def __init__(self, shape: Shape, eps: float) -> None:
        super().__init__()
        self.shape = shape
        if shape.classes:
            self.class_embedding = nn.Embedding(shape.classes, shape.embedding)
        self.linear = Wrapped(nn.Linear(shape.chunk, FIRST_SIDE**2 * shape.first))
        self.pre_up_blocks = _blocks(shape, (shape.first, *shape.before), eps)
        self.non_loc = SelfAttention(shape.before[-1])
        self.post_up_blocks = _blocks(shape, (shape.before[-1], *shape.after), eps)
        self.bn = nn.BatchNorm2d(shape.after[-1], eps=eps)
        self.conv = Wrapped(nn.ConvTranspose2d(shape.after[-1], shape.channels, KERNEL, padding=1, bias=False))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        first, *conditions = z.chunk(self.shape.blocks + 1, dim=1)
        if labels is not None:
            # A mixture of classes has the mixture of their embeddings.
            embedded = torch.matmul(labels, self.class_embedding.weight)
            conditions = [torch.cat([chunk, embedded], dim=1) for chunk in conditions]
        x = self.linear(first).reshape(-1, self.shape.first, FIRST_SIDE, FIRST_SIDE)
        for block in self.pre_up_blocks:
            x = block(x, conditions.pop(0))
        x = self.non_loc(x)
        for block in self.post_up_blocks:
            x = block(x, conditions.pop(0))
        return cast(Tensor, self.conv(self.bn(x).relu()).sigmoid())


def _blocks(shape: Shape, widths: tuple[int, ...], eps: float) -> nn.ModuleList:
    condition = shape.chunk + shape.embedding
    return nn.ModuleList(UpBlock(*pair, condition, eps) for pair in pairwise(widths))


class BigBiGAN(Keyed):
    """The family `bigbigan`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {
        "label_meaning": "what the embedding's rows stand for: class (default), or code, as in an InfoGAN",
        "norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}",
    }
    keys = KeyCondition(all_of=("pre_up_blocks.0.bn1.linear.weight", "post_up_blocks.0.bn1.linear.weight"))

    page = Page(
        title="BigBiGAN of MNIST's scale, and InfoGAN with the same generator",
        origin="`RKorzeniowski/BigBiGAN-PyTorch` and its copies (`checkpoint_<epoch>.pth`, the whole GAN in one state "
        "dict), or its generator alone",
        gives="pictures of 16 to 1024 px, 1, 3 or 4 channels, any widths and latent size, with classes or without; z "
        "is the normal between -1 and 1, as in training, and `--truncation PSI` draws it between -PSI and PSI; a "
        "mixture of classes has the mixture of their embeddings; the encoder of the same file is `bigbigan-encoder`",
        traps=(
            "the whole GAN in one file: `generator.` is taken and said, `--network encoder` takes the encoder",
            "an InfoGAN puts its code where the class is and leaves the same keys: `--label-meaning code`",
            "a block's condition is its chunk of z, then the class; its scale is no offset from 1",
            "spectral norm of the last, transposed convolution runs along its outputs",
            "pictures in [0, 1], from a sigmoid",
            "the training code's own samples are drawn with batch statistics and look different",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 16 to 1024 pixels; any widths; spectral norm, in torch's spellings, folded."""
        state = source.tensors
        plain, folding = fold_spectral_norm(state, transposed=("conv.",))
        shape = infer_shape(plain)
        facts = Facts(settings)
        labels = _labels(shape, facts)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        what = f"{_WHAT} of {shape.side}x{shape.side} pixels with {len(shape.before)} + {len(shape.after)} blocks"
        module = load_strictly(lambda: Generator(shape, eps), plain, what)
        return Candidate(
            module=module,
            spec=GeneratorSpec(
                name="bigbigan",
                family="bigbigan",
                latent=latent(shape.dim),
                labels=labels,
                output=Output(height=shape.side, width=shape.side, channels=shape.channels),
            ),
            value_range="sigmoid",
            matched=f"all {len(state)} keys match",
            facts=tuple(facts.found),
            notes=(*folding, _TRAINED),
        )


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from the weights' shapes; spectral norm is folded already.

    Raises:
        BadInputFile: parts are missing or have shapes that make no generator.
    """
    rows, chunk = sizes(state, "linear.layer.weight", 2, _WHAT)
    before, after = (_widths(state, f"{place}_up_blocks") for place in ("pre", "post"))
    if rows % FIRST_SIDE**2 or not before or not after or len(before) + len(after) > MOST_BLOCKS:
        raise BadInputFile(
            f"has {len(before)} + {len(after)} blocks above {rows} values\n"
            f"expected blocks before and after attention, {MOST_BLOCKS} at most, above a multiple of {FIRST_SIDE**2}"
        )
    _, channels, *_ = sizes(state, "conv.layer.weight", 4, _WHAT)
    require_channels("conv.layer.weight", channels)
    table = "class_embedding.weight"
    classes, embedding = sizes(state, table, 2, _WHAT) if table in state else (0, 0)
    return Shape(chunk, rows // FIRST_SIDE**2, before, after, channels, classes, embedding)


def _widths(state: State, place: str) -> tuple[int, ...]:
    """The outputs of the consecutive blocks."""
    widths: list[int] = []
    while (key := f"{place}.{len(widths)}.conv1.layer.weight") in state and len(widths) <= MOST_BLOCKS:
        widths.append(sizes(state, key, 4, _WHAT)[0])
    return tuple(widths)


def _labels(shape: Shape, facts: Facts) -> Labels | None:
    given = facts.settings.label_meaning
    if given and not shape.classes:
        raise UsageError(f"--label-meaning {given}: this generator has no class_embedding\nleave the option away")
    if not shape.classes:
        return None
    meaning = facts.assume("label_meaning", "class", "or an InfoGAN's code")
    return Labels(count=shape.classes, meaning=meaning)
