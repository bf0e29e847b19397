"""BigGAN-deep (Brock et al. 2019, arXiv:1809.11096) in the layout of huggingface/pytorch-pretrained-BigGAN.

It is a `ganrt.exporter.families.resnet` network. Of the last convolution, which computes as many channels as the
generator is wide, only the three that make the picture are kept, which changes nothing but rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.biggan_checkpoint import class_labels
from ganrt.exporter.families.biggan_deep_reading import (
    REDUCTION,
    SETTINGS,
    START,
    Config,
    Layer,
    expected_shapes,
    read_config,
)
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.families.resnet.network import BlockShape, Convolved, Rules, Shape
from ganrt.exporter.families.resnet.reading import Named, Script, candidate, channels_first
from ganrt.exporter.families.spectral_norm import fold_spectral_norm, plain_names
from ganrt.exporter.families.statistics import SETTINGS as STATISTICS_SETTINGS
from ganrt.exporter.families.statistics import Frozen, frozen_from, frozen_row, statistics_spec
from ganrt.exporter.loading import require_fit
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import config_of
from ganrt.exporter.source import Source, State
from ganrt.spec import Latent

THRESHOLD = 2.0  # of the library's truncated_noise_sample
RGB = 3
_LAYER = "generator.layers.{i}"
_TABLES = (".running_means", ".running_vars")
SCRIPT = Script(
    name="biggan-deep",
    what="a BigGAN-deep generator",
    names={
        **{f"block.conv{k + 1}": f"{_LAYER}.conv_{k}" for k in range(4)},
        **{f"block.bn{k + 1}.gain": f"{_LAYER}.bn_{k}.scale" for k in range(4)},
        **{f"block.bn{k + 1}.bias": f"{_LAYER}.bn_{k}.offset" for k in range(4)},
        **{f"block.bn{k + 1}.bn": f"{_LAYER}.bn_{k}" for k in range(4)},
        **{f"attention.{part}": f"{_LAYER}.snconv1x1_{part}" for part in ("theta", "phi", "g")},
        "attention.o": f"{_LAYER}.snconv1x1_o_conv",
        "attention": _LAYER,
        "shared": "embeddings",
        "linear": "generator.gen_z",
        "output_layer.0.bn": "generator.bn",
        "output_layer.0": "generator.bn",
        "output_layer.2": "generator.conv_to_rgb",
    },
    endings={".means": _TABLES[0], ".variances": _TABLES[1]},
    counted=True,
    counts=range(1, 1000),
    deep=True,
)


class BigGANDeep(Family):
    settings: Mapping[str, str] = {**STATISTICS_SETTINGS, **SETTINGS}
    spectral = True
    keys = KeyCondition(all_of=("embeddings.weight", "generator.gen_z.weight", "generator.bn.running_means"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        facts = Facts(settings)
        config, notes = read_config(plain_names(source.tensors), config_of(source), facts)
        frozen = frozen_from(settings, config.grid)
        plain, folding = fold_spectral_norm(source.tensors)
        shape = shape_of(config)
        require_fit(_expected(config), plain, f"{SCRIPT.what} of {len(config.layers)} blocks")
        keys = Named(_kept(plain, config, frozen), SCRIPT)
        labels, named = class_labels(config.num_classes)
        said = (*notes, *named, *(["spectral norm folded with the stored u and v"] if folding else []))
        built = candidate(source, keys, shape, rules_of(config, frozen), facts, notes=said)
        latent = Latent(dim=config.z_dim, prior="truncated_normal", threshold=THRESHOLD, psi_mode="scale")
        spec = replace(built.spec, labels=labels, latent=latent, statistics=statistics_spec(config.grid, frozen))
        return replace(built, spec=spec, matched=f"{built.matched} ({config.side} px, {len(config.layers)} blocks)")


def _expected(config: Config) -> dict[str, Tensor]:
    return {key: torch.empty(shape, device="meta") for key, shape in expected_shapes(config).items()}


def shape_of(config: Config) -> Shape:
    """The same hyperparameters, as the network takes them."""
    return Shape(
        blocks=tuple(map(_block, config.layers)),
        attention={} if config.attention is None else {config.attention - 1: (False, True)},
        last=Convolved(config.channel_width, RGB, 3, bias=True),
        bottom=START,
        dim=config.z_dim,
        first=2 * config.z_dim,
        chunk=0,
        whole=True,
        classes=config.num_classes,
        embedding=config.z_dim,
        gains="linear",
        linear_bias=True,
    )


def _block(layer: Layer) -> BlockShape:
    channels = (layer.inputs, *[layer.inputs // REDUCTION] * 3, layer.outputs)
    kernels = zip(pairwise(channels), (1, 3, 3, 1), strict=True)
    return BlockShape(tuple(Convolved(a, b, kernel, bias=True) for (a, b), kernel in kernels), None, layer.up)


def rules_of(config: Config, frozen: Frozen | None) -> Rules:
    """What the library computes: a conditional norm's gain is 1 + scale."""
    grid = config.grid if frozen is None else replace(config.grid, rows=1)
    return Rules(config.eps, nn.ReLU, nn.Tanh(), offset=1.0, latent_first=True, grid=grid)


def _kept(plain: State, config: Config, frozen: Frozen | None) -> State:
    """The tensors in the network's layout; of statistics that are frozen one row."""
    state = dict(plain)
    state["embeddings.weight"] = plain["embeddings.weight"].T.contiguous()
    for part in ("weight", "bias"):
        first, last = f"generator.gen_z.{part}", f"generator.conv_to_rgb.{part}"
        state[first] = channels_first(plain[first], config.layers[0].inputs, START)
        state[last] = plain[last][:RGB].contiguous()
    if frozen is not None:
        tables = {key: tensor for key, tensor in plain.items() if key.endswith(_TABLES)}
        state |= {key: frozen_row(table, config.grid, frozen)[None].float() for key, table in tables.items()}
    return state
