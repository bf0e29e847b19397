"""BigGAN as ivclab/BigGAN-Generator-Pretrained-Pytorch ported it from TF Hub, with statistics for each truncation.

The arithmetic of DeepMind's module (Brock et al. 2018, arXiv:1809.11096): conditions are (chunk, class embedding), the
first 4x4 picture has its channels last, all epsilons are 1e-4. Row r of the 50 rows of statistics belongs to
truncation 0.02 * (r + 1). Between two of them the port's own formula extrapolates; here it is linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_layers import Attending, Mixture, modulate, upsample
from ganrt.exporter.families.biggan_shapes import bottom_width, picture_channels, shape_of
from ganrt.exporter.families.imagenet import class_labels
from ganrt.exporter.families.loading import load_strictly
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition, Keyed
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS
from ganrt.exporter.families.statistics import Grid, frozen_from, frozen_row, row_weights, statistics_spec
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import GeneratorSpec, Latent, Output

EPS = 1e-4
GRID = Grid(rows=50, first=0.02, step=0.02)
_ATTENDED = {5: 3, 6: 4, 7: 3}  # blocks -> the one that attention follows; 128, 256 and 512 pixels
_TABLES = (".standing_means", ".standing_vars")
_TRAINING = (".running_mean", ".running_var")  # evaluation does not use them


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `widths` are the channels before the first block and after each; `rows` of statistics."""

    widths: tuple[int, ...]
    bottom: int
    chunk: int
    classes: int
    embedding: int
    colours: int
    rows: int
    eps: float

    @property
    def blocks(self) -> int:
        return len(self.widths) - 1

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return self.bottom << self.blocks


class Standing(nn.Module):
    """The statistics of one norm: weights of rows float32 [n, rows] -> (means, variances), float32 [n, c] each.

    Without weights those of the only row, [c].
    """

    def __init__(self, channels: int, rows: int, *, affine: bool = False) -> None:
        super().__init__()
        self.register_buffer("standing_means", torch.zeros(rows, channels))
        self.register_buffer("standing_vars", torch.ones(rows, channels))
        if affine:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, rows: Tensor | None) -> tuple[Tensor, Tensor]:
        means, variances = cast(Tensor, self.standing_means), cast(Tensor, self.standing_vars)
        return (means[0], variances[0]) if rows is None else (rows @ means, rows @ variances)


class HyperNorm(nn.Module):
    """Batch norm by the statistics of a truncation: x * (1 + gamma(c)) + beta(c)."""

    def __init__(self, channels: int, shape: Shape) -> None:
        super().__init__()
        conditions = shape.chunk + shape.embedding
        self.gamma = nn.Linear(conditions, channels, bias=False)
        self.beta = nn.Linear(conditions, channels, bias=False)
        self.crossreplicabn = Standing(channels, shape.rows)
        self.eps = shape.eps

    def forward(self, x: Tensor, condition: Tensor, rows: Tensor | None) -> Tensor:
        mean, variance = self.crossreplicabn(rows)
        return modulate(x, mean, variance, 1 + self.gamma(condition), self.beta(condition), self.eps)


class Block(nn.Module):
    """float32 [n, in, h, w] -> [n, out, 2h, 2w]; as in `biggan`, the shortcut's convolution comes before upsampling."""

    def __init__(self, inputs: int, outputs: int, shape: Shape) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_sc = nn.Conv2d(inputs, outputs, 1)
        self.hyperbn = HyperNorm(inputs, shape)
        self.hyperbn_1 = HyperNorm(outputs, shape)

    def forward(self, x: Tensor, condition: Tensor, rows: Tensor | None) -> Tensor:
        h = self.conv0(upsample(self.hyperbn(x, condition, rows).relu()))
        h = self.conv1(self.hyperbn_1(h, condition, rows).relu())
        return cast(Tensor, h + upsample(self.conv_sc(x)))


class Attention(Attending):
    """Self-attention: x + gamma * o_conv(...)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.o_conv = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, x + self.gamma * self.o_conv(self.seen(x)))


class Generator(nn.Module):
    """z float32 [n, dim], labels float32 [n, classes], truncation float32 [n] -> [n, c, side, side] in [-1, 1].

    Without truncation the statistics are those of the only row.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.linear = Mixture(shape.classes, shape.embedding)
        self.g_z = nn.ModuleDict({"g_linear": nn.Linear(shape.chunk, shape.widths[0] * shape.bottom**2)})
        for i, (inputs, outputs) in enumerate(zip(shape.widths, shape.widths[1:], strict=False)):
            self.add_module(block_name(i), Block(inputs, outputs, shape))
        self.attention = Attention(shape.widths[_ATTENDED[shape.blocks] + 1])
        self.scaledcrossreplicabn = Standing(shape.widths[-1], shape.rows, affine=True)
        self.conv_2d = nn.Conv2d(shape.widths[-1], shape.colours, 3, padding=1)

    def forward(self, z: Tensor, labels: Tensor, truncation: Tensor | None = None) -> Tensor:
        shape, last = self.shape, self.scaledcrossreplicabn
        rows = None if truncation is None else row_weights(truncation, GRID)
        y = self.linear(labels)
        first, *chunks = torch.split(z, shape.chunk, dim=1)
        h = self.g_z["g_linear"](first).reshape(-1, shape.bottom, shape.bottom, shape.widths[0]).permute(0, 3, 1, 2)
        for i, chunk in enumerate(chunks):
            h = self.get_submodule(block_name(i))(h, torch.cat([chunk, y], 1), rows)
            if i == _ATTENDED[shape.blocks]:
                h = self.attention(h)
        mean, variance = last(rows)
        h = modulate(h, mean, variance, last.weight, last.bias, shape.eps).relu()
        return cast(Tensor, self.conv_2d(h).tanh())


class BigGANIvclab(Keyed):
    """The family `biggan-ivclab`: see `ganrt.exporter.families.protocol.Family`."""

    settings: Mapping[str, str] = {
        "norm_eps": f"batch norm's epsilon, default {EPS:g}",
        "freeze": STATISTICS["freeze"],
    }
    keys = KeyCondition(all_of=("g_z.g_linear.weight_orig", "gblock.hyperbn.crossreplicabn.standing_means"))

    page = Page(
        title="BigGAN with statistics for each truncation (ivclab's port)",
        origin="`ivclab/BigGAN-Generator-Pretrained-Pytorch` (`biggan128-release.pt` and so on), from TF Hub",
        gives="pictures of 128, 256 or 512 px of any number of classes, which may be mixed; truncation is an input of "
        "the graph, 0.02 to 1",
        traps=(
            "row r of the 50 rows of statistics is truncation 0.02 (r + 1); other ports have 51 rows, from 0",
            "spectral norm's `weight_v` runs over (height, width, in)",
            "conditions are (chunk, class embedding), and the first picture's channels are last",
            "between two rows of statistics the port extrapolates; here it is linear",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`; 128, 256 or 512 pixels; spectral norm folded."""
        state = source.tensors
        frozen = frozen_from(settings, GRID)
        facts = Facts(settings)
        eps = facts.assume("norm_eps", EPS)
        plain, folding = fold_spectral_norm(state, channels_last=True)
        _require_grid(plain)
        used = {key: tensor for key, tensor in plain.items() if not key.endswith(_TRAINING)}
        if frozen is not None:
            used = {k: frozen_row(t, GRID, frozen)[None].float() if k.endswith(_TABLES) else t for k, t in used.items()}
        shape = infer_shape(used, eps)
        labels, naming = class_labels(shape.classes)
        what = f"ivclab's BigGAN of {shape.side}x{shape.side} pixels, {shape.classes} classes, chunks of {shape.chunk}"
        return Candidate(
            module=load_strictly(lambda: Generator(shape), used, what),
            spec=GeneratorSpec(
                name="biggan-ivclab",
                family="biggan-ivclab",
                latent=Latent(
                    dim=shape.chunk * (shape.blocks + 1), prior="truncated_normal", threshold=2.0, psi_mode="scale"
                ),
                labels=labels,
                statistics=statistics_spec(GRID, frozen),
                output=Output(height=shape.side, width=shape.side, channels=shape.colours),
            ),
            value_range="tanh",
            matched=f"all {len(state)} keys match",
            facts=tuple(facts.found),
            notes=folding + naming,
        )


def block_name(index: int) -> str:
    """gblock, gblock_1, gblock_2, ..."""
    return f"gblock_{index}" if index else "gblock"


def _require_grid(state: State) -> None:
    """Raises BadInputFile for tables of another number of rows, whose truncations are not known."""
    for key, tensor in state.items():
        if key.endswith(_TABLES) and (tensor.ndim != 2 or tensor.shape[0] != GRID.rows):
            raise BadInputFile(f"{key} has shape {list(tensor.shape)}\nexpected {GRID.rows} rows, truncation 0.02 to 1")


def infer_shape(state: State, eps: float) -> Shape:
    """Reads the hyperparameters from the shapes; spectral norm is folded.

    Raises:
        BadInputFile: shapes that make no such BigGAN; the message names them.
    """
    count = 0
    while f"{block_name(count)}.conv0.weight" in state:
        count += 1
    if count not in _ATTENDED:
        raise BadInputFile(f"has {count} blocks (gblock, gblock_1, ...)\nexpected 5, 6 or 7, for 128 to 512 pixels")
    convolutions = [shape_of(state, f"{block_name(i)}.conv0.weight", 4) for i in range(count)]
    rows, chunk = shape_of(state, "g_z.g_linear.weight", 2)
    classes, embedding = shape_of(state, "linear.weight", 2)
    return Shape(
        widths=(convolutions[0][1], *(shape[0] for shape in convolutions)),
        bottom=bottom_width(rows, convolutions[0][1]),
        chunk=chunk,
        classes=classes,
        embedding=embedding,
        colours=picture_channels(state, "conv_2d.weight"),
        rows=shape_of(state, "gblock.hyperbn.crossreplicabn.standing_means", 2)[0],
        eps=eps,
    )
