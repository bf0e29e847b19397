"""The generator of RKorzeniowski/BigBiGAN-PyTorch: BigBiGAN (Donahue and Simonyan 2019, arXiv:1907.02544), small.

It is a `ganrt.exporter.families.resnet` network. z falls into equal chunks: the first makes 4x4 pixels, each further
one goes before the class embedding and conditions one block. Attention, without pooling, lies between `pre_up_blocks`
and `post_up_blocks`; batch norm, ReLU, a transposed convolution and a sigmoid make the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from ganrt.errors import BadInputFile, UsageError
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.loading import sizes
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import Rules
from ganrt.exporter.families.resnet.reading import CHANNELS, Named, Script, candidate, read_shape
from ganrt.exporter.families.spectral_norm import fold_spectral_norm
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Labels, Latent

DEFAULT_EPS = 1e-5
KERNEL = 3
FIRST_SIDE = 4
MOST_BLOCKS = 8  # 1024 pixels
_WHAT = "a BigBiGAN generator"
_LAST = "conv.layer.weight"
_TRAINED = "evaluation mode: the training code's own samples are drawn with batch statistics and look different"


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
    """The law that training draws z from: the standard normal between -1 and 1.

    Below psi 1 values are drawn again until they lie in [-psi, psi], which keeps the density's form within; scaling
    would squeeze it.
    """
    return Latent(dim=dim, prior="truncated_normal", threshold=1.0, psi_mode="resample")


def require_channels(key: str, channels: int) -> None:
    """Raises BadInputFile if the channels at `key` make no picture."""
    if channels not in CHANNELS:
        raise BadInputFile(f"{key} has {channels} channels at its picture's end\nexpected 1, 3 or 4")
