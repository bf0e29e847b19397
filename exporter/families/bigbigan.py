"""The generator of RKorzeniowski/BigBiGAN-PyTorch: BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544), small.

It is a `ganrt.exporter.families.resnet` network. z falls into equal chunks: the first makes 4x4 pixels, each further
one goes before the class embedding and conditions one block. Attention, without pooling, lies between `pre_up_blocks`
and `post_up_blocks`; batch norm, ReLU, a transposed convolution and a sigmoid make the picture.

The encoder (`RevNetEnc`) gives the mean of a latent's distribution for a picture. The picture is doubled, a 7x7
convolution and a pooling halve it twice; then blocks of one coupling each (RevNet, Gomez et al. 2017,
arXiv:1707.04585, of which only half is left: the second half of the channels never changes), in pairs with a pooling
between them that doubles the channels; the mean over all pixels, two residual linear blocks, and a linear layer that
gives mean and spread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import CHANNELS, Candidate, Facts, of_family
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Rules, upsample
from ganrt.exporter.families.resnet.reading import Named, Script, candidate, read_shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.loading import load_strictly, sizes
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import ImageInput, Labels, Latent

DEFAULT_EPS = 1e-5
KERNEL = 3
FIRST_SIDE = 4
MOST_BLOCKS = 8  # 1024 pixels
_WHAT = "a BigBiGAN generator"
_LAST = "conv.layer.weight"
_TRAINED = "evaluation mode: the training code's own samples are drawn with batch statistics and look different"
# Of the encoder.
SLOPE = 0.3
DEFAULT_SIDE = 32
MULTIPLE_OF = 4
MOST_COUPLINGS = 16
# (channels, first width, blocks) of the training code's one configuration for 64 pixels: the file has no side.
_CONFIGURATION_64 = (3, 64, 6)
_ENCODER = "a BigBiGAN encoder"


class BigBiGAN(Family):
    settings: Mapping[str, str] = {
        "label_meaning": "what the embedding's rows stand for: class (default), or code, as in an InfoGAN",
        "norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}",
    }
    keys = KeyCondition(all_of=("pre_up_blocks.0.bn1.linear.weight", "post_up_blocks.0.bn1.linear.weight"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        plain, folding = fold_spectral_norm(source.tensors, transposed=("conv.",))
        keys, facts = read_keys(plain), Facts(settings)
        shape = read_shape(keys, facts)
        labels = _labels(shape.classes, facts)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        rules = Rules(eps=eps, hidden=nn.ReLU, last=nn.Sigmoid(), latent_first=True)
        built = candidate(source, keys, shape, rules, facts, "sigmoid", (*folding, _TRAINED))
        return replace(built, spec=replace(built.spec, latent=latent(shape.dim), labels=labels))


def read_keys(plain: State) -> Named:
    """The tensors by the network's keys, the last, transposed convolution as the plain one that it equals.

    Raises:
        BadInputFile: parts are missing or have shapes that make no generator.
    """
    rows, _ = sizes(plain, "linear.layer.weight", 2, _WHAT)
    before, after = (_count(plain, f"{place}_up_blocks") for place in ("pre", "post"))
    if rows % FIRST_SIDE**2 or not before or not after or before + after > MOST_BLOCKS:
        raise BadInputFile(
            f"has {before} + {after} blocks above {rows} values\n"
            f"expected blocks before and after attention, {MOST_BLOCKS} at most, above a multiple of {FIRST_SIDE**2}"
        )
    inputs, channels, *kernel = sizes(plain, _LAST, 4, _WHAT)
    require_channels(_LAST, channels)
    if kernel != [KERNEL, KERNEL]:
        expected = [inputs, channels, KERNEL, KERNEL]
        raise BadInputFile(f"{_LAST} {[inputs, channels, *kernel]}, expected {expected}\nexpected {_WHAT}")
    script = Script(
        name="bigbigan",
        what=_WHAT,
        names={
            "block.bn1.embed": "{i}.bn1.linear",
            "block.bn2.embed": "{i}.bn2.linear",
            "block.conv1": "{i}.conv1.layer",
            "block.conv2": "{i}.conv2.layer",
            "block.conv_sc": "{i}.skip_conv.layer",
            "block": "{i}",
            "attention.theta": "non_loc.query_conv.layer",
            "attention.phi": "non_loc.key_conv.layer",
            "attention.g": "non_loc.value_conv.layer",
            "attention": "non_loc",
            "linear": "linear.layer",
            "shared": "class_embedding",
            "output_layer.0": "bn",
            "output_layer.2": "conv.layer",
        },
        number=lambda i: f"pre_up_blocks.{i}" if i < before else f"post_up_blocks.{i - before}",
        attended=lambda _: before - 1,
        published=True,
        biases=False,
        pooled=False,
    )
    return Named({**plain, _LAST: plain[_LAST].flip(2, 3).transpose(0, 1).contiguous()}, script)


def _count(state: State, place: str) -> int:
    """The consecutive blocks."""
    count = 0
    while f"{place}.{count}.conv1.layer.weight" in state:
        count += 1
    return count


def _labels(classes: int, facts: Facts) -> Labels | None:
    given = facts.settings.label_meaning
    if given and not classes:
        raise UsageError(f"--label-meaning {given}: this generator has no class_embedding\nleave the option away")
    if not classes:
        return None
    meaning = facts.assume("label_meaning", "class", "or an InfoGAN's code")
    return Labels(count=classes, meaning=meaning)


def latent(dim: int) -> Latent:
    """The distribution that training draws z from: the standard normal between -1 and 1.

    Below psi 1 values are drawn again until they lie in [-psi, psi], which keeps the density's form within; scaling
    would squeeze it.
    """
    return Latent(dim=dim, prior="truncated_normal", threshold=1.0, psi_mode="resample")


def require_channels(key: str, channels: int) -> None:
    """Raises BadInputFile if the channels at `key` make no picture."""
    if channels not in CHANNELS:
        raise BadInputFile(f"{key} has {channels} channels at its picture's end\nexpected 1, 3 or 4")


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `width` of the first block; it doubles after every second one."""

    channels: int
    width: int
    blocks: int
    hidden: int
    dim: int


class ResidualBlock(nn.Module):
    """float32 [n, c, h, w] -> the same shape."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        # Created for changing widths, never used: but its weights are in every checkpoint.
        self.skip_conv = nn.Conv2d(channels, channels, 1)
        self.conv1 = nn.Conv2d(channels, channels, KERNEL, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels, eps=eps)
        self.conv2 = nn.Conv2d(channels, channels, KERNEL, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(self.conv1(x)).relu()
        return cast(Tensor, self.bn2(self.conv2(y)).relu() + x)


class Coupling(nn.Module):
    """float32 [n, c, h, w] -> the same shape: the second half of the channels changes the first, and stays."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.res_block = ResidualBlock(channels // 2, eps)

    def forward(self, x: Tensor) -> Tensor:
        changed, kept = x.chunk(2, dim=1)
        return torch.cat([changed + self.res_block(kept), kept], dim=1)


class Padding(nn.Module):
    """float32 [n, c, h, w] -> [n, 2c, h/2, w/2]: average pooling (zeros outside count), zeros before and after c."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[1] // 2
        return nn.functional.pad(self.pool(x), (0, 0, 0, 0, half, half))


class LinearBlock(nn.Module):
    """float32 [n, inputs] -> [n, outputs]."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(inputs, outputs)
        self.linear2 = nn.Linear(outputs, outputs)
        self.skip_linear = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = _leaky(self.linear2(_leaky(self.linear1(x))))
        return y + _leaky(self.skip_linear(x))


def _leaky(x: Tensor) -> Tensor:
    return nn.functional.leaky_relu(x, SLOPE)


class Encoder(nn.Module):
    """source float32 [n, c, h, w] in [0, 1] -> float32 [n, dim], the mean: the same for the same picture."""

    def __init__(self, shape: Shape, eps: float) -> None:
        super().__init__()
        self.dim = shape.dim
        self.conv = nn.Conv2d(shape.channels, shape.width, 7, stride=2, padding=3)
        self.max_pool = nn.MaxPool2d(3, stride=2, padding=1)
        width = shape.width
        layers: list[nn.Module] = []
        for i in range(shape.blocks):
            if i and i % 2 == 0:
                layers.append(Padding())
                width *= 2
            layers.append(Coupling(width, eps))
        self.rev_blocks = nn.Sequential(*layers)
        self.res_lin1 = LinearBlock(width, shape.hidden)
        self.res_lin2 = LinearBlock(shape.hidden, shape.hidden)
        self.linear_dist_params = nn.Linear(shape.hidden, 2 * shape.dim)

    def forward(self, source: Tensor) -> Tensor:
        x = self.rev_blocks(self.max_pool(self.conv(upsample(source))))
        x = self.res_lin2(self.res_lin1(x.mean(dim=(2, 3))))
        return cast(Tensor, self.linear_dist_params(x)[:, : self.dim])


class BigBiGANEncoder(Family):
    settings: Mapping[str, str] = {
        "size": f"of the pictures, square, sides divisible by {MULTIPLE_OF}; default {DEFAULT_SIDE}x{DEFAULT_SIDE}, or "
        "64x64 where the widths are those of the training code's configuration for 64",
        "norm_eps": f"batch norm's epsilon, default {DEFAULT_EPS:g}",
    }
    task = "encode"
    keys = KeyCondition(all_of=("rev_blocks.0.res_block.conv1.layer.weight", "linear_dist_params.weight"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = source.tensors
        shape = infer_shape(state)
        facts = Facts(settings)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        usual = 64 if (shape.channels, shape.width, shape.blocks) == _CONFIGURATION_64 else DEFAULT_SIDE
        facts.assume("size", (usual, usual))
        pixels = _side(settings, usual)
        module = load_strictly(
            lambda: Encoder(shape, eps), state, f"{_ENCODER} with {shape.blocks} blocks", spell_encoder
        )
        return of_family(
            "bigbigan-encoder",
            module,
            facts,
            f"all {len(state)} keys match",
            latent=latent(shape.dim),
            image=ImageInput(height=pixels, width=pixels, channels=shape.channels),
            value_range="sigmoid",
            notes=("z is the mean: the training code adds noise to it, in evaluation too",),
        )


def spell_encoder(key: str) -> str:
    """An encoder's key as training has it, whose spectral norms hold their layers as `layer`."""
    return re.sub(r"(\.(?:skip_conv|conv[12]|linear[12]|skip_linear))\.", r"\1.layer.", key)


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from the weights' shapes; that the widths double is left to strict loading.

    Raises:
        BadInputFile: parts are missing or have shapes that make no encoder.
    """
    width, channels, *_ = sizes(state, "conv.weight", 4, _ENCODER)
    require_channels("conv.weight", channels)
    hidden, _ = sizes(state, "res_lin1.linear1.layer.weight", 2, _ENCODER)
    rows, _ = sizes(state, "linear_dist_params.weight", 2, _ENCODER)
    blocks = 0
    # A padding without weights takes an index before every second block but the first.
    while f"rev_blocks.{blocks + blocks // 2}.res_block.conv1.layer.weight" in state and blocks <= MOST_COUPLINGS:
        blocks += 1
    if not 1 <= blocks <= MOST_COUPLINGS or width % 2 or rows % 2:
        raise BadInputFile(
            f"has {blocks} blocks from {width} channels on to {rows} values\n"
            f"expected 1 to {MOST_COUPLINGS} blocks, even channels, and as many means as spreads"
        )
    return Shape(channels, width, blocks, hidden, rows // 2)


def _side(settings: Settings, usual: int) -> int:
    height, width = settings.pixels((usual, usual), low=8, multiple_of=MULTIPLE_OF)
    if height != width:
        raise UsageError(f"--size {height}x{width}: expected a square, such as --size {height}x{height}")
    return height
