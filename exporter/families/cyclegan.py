"""CycleGAN's ResnetGenerator (Zhu et al. 2017, arXiv:1703.10593; junyanz/pytorch-CycleGAN-and-pix2pix).

One Sequential `model`: reflection padding and a 7x7 convolution, two that halve the side, residual blocks from index
10 on, two transposed ones that double it, reflection padding, a 7x7 convolution, tanh. The norm after each
convolution is InstanceNorm without parameters or with them (then convolutions have biases) or BatchNorm (then they have
none). Copies call the blocks' Sequential `block`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts, of_family
from ganrt.exporter.families.instance_norm import STATISTICS, InstanceNorm, norm_of
from ganrt.exporter.families.pictures import Sides, require_pictures
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

DEFAULT_EPS = 1e-5
SIDES = Sides(usual=256, lowest=8, multiple_of=4)  # reflection padding needs two pixels at a quarter of the side
FIRST_BLOCK = 10
MOST_BLOCKS = 64
MakeNorm = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Shape:
    """Hyperparameters: `width` is ngf; `batch_norm` else instance norm, which may be `affine`; `dropout` in blocks;
    `resized`: the side is doubled by repetition, and a convolution follows (eriklindernoren/PyTorch-GAN)."""

    inputs: int
    outputs: int
    width: int
    blocks: int
    batch_norm: bool
    dropout: bool
    affine: bool = False
    resized: bool = False


class ResidualBlock(nn.Module):
    """float32 [n, c, h, w] -> the same shape; nothing follows the sum."""

    def __init__(self, width: int, dropout: bool, bias: bool, norm: MakeNorm) -> None:
        super().__init__()
        # Dropout does nothing in evaluation, but moves what follows by one index.
        first = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), norm(width), nn.ReLU()]
        middle = [nn.Dropout(0.5)] if dropout else []
        second = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), norm(width)]
        self.conv_block = nn.Sequential(*first, *middle, *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.conv_block(x))


class Generator(nn.Module):
    """source float32 [n, c, h, w] in [-1, 1] -> float32 [n, c, h, w] in [-1, 1]; sides divisible by 4."""

    def __init__(self, shape: Shape, eps: float) -> None:
        super().__init__()
        width, bias = shape.width, not shape.batch_norm
        norm = norm_of("batch" if shape.batch_norm else "affine" if shape.affine else "plain", eps)
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(shape.inputs, width, 7, bias=bias)]
        layers += [norm(width), nn.ReLU()]
        for n in (width, 2 * width):
            layers += [nn.Conv2d(n, 2 * n, 3, 2, 1, bias=bias), norm(2 * n), nn.ReLU()]
        layers += [ResidualBlock(4 * width, shape.dropout, bias, norm) for _ in range(shape.blocks)]
        for n in (4 * width, 2 * width):
            larger = [nn.ConvTranspose2d(n, n // 2, 3, 2, 1, output_padding=1, bias=bias)]
            repeated = [nn.Upsample(scale_factor=2), nn.Conv2d(n, n // 2, 3, padding=1, bias=bias)]
            layers += [*(repeated if shape.resized else larger), norm(n // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, shape.outputs, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, source: Tensor) -> Tensor:
        return cast(Tensor, self.model(source))


class CycleGAN(Family):
    settings: Mapping[str, str] = {
        **SIDES.settings,
        "norm_eps": f"the norms' epsilon, default {DEFAULT_EPS:g}",
    }
    task = "translate"
    keys = (
        KeyCondition(all_of=("model.1.weight", f"model.{FIRST_BLOCK}.conv_block.1.weight")),
        KeyCondition(
            all_of=("model.1.weight", f"model.{FIRST_BLOCK}.block.1.weight", f"model.{FIRST_BLOCK}.block.5.weight")
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        state = {key.replace(".block.", ".conv_block."): tensor for key, tensor in source.tensors.items()}
        shape = infer_shape(state)
        facts = Facts(settings)
        image, output = SIDES.read(facts, shape.inputs, shape.outputs)
        eps = facts.assume("norm_eps", DEFAULT_EPS)
        facts.open("the padding of the residual blocks", "reflection", "replicated borders have the same keys")
        make = partial(Generator, shape, eps)
        stale = _stale_statistics(make, state)
        what = f"a CycleGAN ResnetGenerator with {shape.blocks} blocks and {_norm(shape)} norm"
        module = load_strictly(make, {key: tensor for key, tensor in state.items() if key not in stale}, what)
        matched = f"all {len(state)} keys match ({shape.blocks} blocks, {_norm(shape)} norm)"
        notes = _notes(shape, stale)
        return of_family("cyclegan", module, facts, matched, image=image, output=output, notes=notes)


def infer_shape(state: State) -> Shape:
    """Reads the hyperparameters from keys and shapes.

    Raises:
        BadInputFile: no whole generator; the message names what is missing or misshapen.
    """
    blocks = _count_blocks(state)
    resized = getattr(state.get(f"model.{FIRST_BLOCK + blocks + 1}.weight"), "ndim", 0) == 4
    last = FIRST_BLOCK + blocks + (9 if resized else 7)
    ends = ["model.1.weight", f"model.{last}.weight"]
    missing = [key for key in ends if key not in state]
    if missing:
        raise BadInputFile(f"has {blocks} residual blocks but no outer convolution\nmissing: {', '.join(missing)}")
    for key in ends:
        if state[key].ndim != 4 or tuple(state[key].shape[2:]) != (7, 7) or 0 in state[key].shape:
            raise BadInputFile(f"{key} has shape {list(state[key].shape)}\nexpected [out, in, 7, 7]")
    first, final = (state[key].shape for key in ends)
    require_pictures(first[1], final[0])
    if resized and first[1] != 3:
        raise BadInputFile(f"takes {first[1]} channels, and its borders are cut\nexpected 3, or --code models.py:CLASS")
    biases = [k for k in state if k.endswith(".bias") and state.get(k[:-4] + "weight", state[k]).ndim == 4]
    return Shape(
        inputs=first[1],
        outputs=final[0],
        width=first[0],
        blocks=blocks,
        batch_norm=not set(biases) - {f"model.{last}.bias"},
        dropout=_has_dropout(state),
        affine=_is_affine(state),
        resized=resized,
    )


def _is_affine(state: State) -> bool:
    """Two of the first three norms have weights: one alone may be missing, or too much."""
    weights = [state.get(f"model.{index}.weight") for index in (2, 5, 8)]
    return sum(weight is not None and weight.ndim == 1 for weight in weights) >= 2


def _count_blocks(state: State) -> int:
    """From the last block's index: a block missing in between is then named by strict loading."""
    found = [key.split(".")[1] for key in state if key.startswith("model.") and ".conv_block." in key]
    blocks = max((int(n) for n in found if n.isascii() and n.isdigit() and len(n) < 4), default=0) - FIRST_BLOCK + 1
    if not 1 <= blocks <= MOST_BLOCKS:
        raise BadInputFile(f"has residual blocks up to model.{blocks + FIRST_BLOCK - 1}\nexpected 1 to {MOST_BLOCKS}")
    return blocks


def _has_dropout(state: State) -> bool:
    """The second convolution is at 5, or at 6 behind dropout; at 6 there is a batch norm otherwise."""
    at_5, at_6 = (
        sum(tensor.ndim == 4 for key, tensor in state.items() if key.endswith(f".conv_block.{i}.weight"))
        for i in (5, 6)
    )
    return at_6 > at_5


def _stale_statistics(make: partial[Generator], state: State) -> list[str]:
    """Running statistics of instance norms: torch before 0.4 saved them; inference normalises each picture itself."""
    with torch.device("meta"):
        norms = [name for name, layer in make().named_modules() if isinstance(layer, InstanceNorm)]
    return [key for name in norms for key in (f"{name}.{part}" for part in STATISTICS) if key in state]


def _norm(shape: Shape) -> str:
    return "batch" if shape.batch_norm else "instance"


def _notes(shape: Shape, stale: list[str]) -> tuple[str, ...]:
    notes = []
    if stale:
        notes.append(f"not used: {len(stale)} stale statistics of instance norms: {', '.join(stale)}")
    if shape.dropout or shape.batch_norm:
        notes.append("evaluation mode: the training code's test script stays in training mode unless told --eval")
    return tuple(notes)
