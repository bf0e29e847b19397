"""Published scripts whose networks say more than their weights: what the shapes leave open, by the keys' layout.

Sources: eriklindernoren/PyTorch-GAN (gan, wgan, dcgan, acgan, infogan and others: `nn.BatchNorm2d(128, 0.8)`, where
0.8 is epsilon); DeepLearning.AI's "Build Basic GANs", whose DCGAN for MNIST pads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganrt.exporter.layers.items import Item


@dataclass(frozen=True)
class ChainPreset:
    """Defaults where the file is silent.

    Attributes:
        names: a regular expression that the layers' names match, joined by spaces.
        eps: of the norms in their order; the last holds for all that follow.
        strides, paddings: of the convolutions; none: found from the sizes.
    """

    names: str
    activation: tuple[str, float | None] = ("relu", None)
    last: str = "tanh"
    eps: tuple[float, ...] = (1e-5,)
    strides: tuple[int, ...] = ()
    paddings: tuple[int, ...] = ()
    kernels: tuple[int, ...] = ()


CHAIN_PRESETS: Mapping[str, ChainPreset] = {
    "pytorch-gan": ChainPreset(
        r"(label_emb\S* )?l1\.0 conv_blocks\.0 conv_blocks\.2 conv_blocks\.3 conv_blocks\.6 conv_blocks\.7 "
        r"conv_blocks\.9",
        activation=("leaky_relu", 0.2),
        eps=(1e-5, 0.8),
    ),
    "pytorch-gan-short": ChainPreset(
        r"l1\.0 conv_blocks\.1 conv_blocks\.2 conv_blocks\.5 conv_blocks\.6 conv_blocks\.8",
        activation=("leaky_relu", 0.2),
        eps=(0.8,),
    ),
    "pytorch-gan-linear": ChainPreset(
        r"(label_emb\S* )?model\.0 model\.2 model\.3 model\.5 model\.6 model\.8 model\.9 model\.11",
        activation=("leaky_relu", 0.2),
        eps=(0.8,),
    ),
    "deeplearning-ai": ChainPreset(
        r"gen\.0\.0 gen\.0\.1 gen\.1\.0 gen\.1\.1 gen\.2\.0 gen\.2\.1 gen\.3\.0",
        strides=(2, 1, 2, 2),
        paddings=(0,),
        kernels=(3, 4, 3, 4),
    ),
    "deeplearning-ai-linear": ChainPreset(
        r"gen\.0\.0 gen\.0\.1 gen\.1\.0 gen\.1\.1 gen\.2\.0 gen\.2\.1 gen\.3\.0 gen\.3\.1 gen\.4", last="sigmoid"
    ),
}


def preset_of(items: Sequence[Item]) -> str:
    """The name of the preset whose keys these are; "" if there is none."""
    names = [item.name for item in items]
    spelled = {" ".join(names)}
    while len({name.partition(".")[0] for name in names}) == 1 and all("." in name for name in names):
        names = [name.partition(".")[2] for name in names]
        spelled.add(" ".join(names))
    kernels = tuple(item.weight.shape[-1] for item in items if item.kind == "conv")
    for name, preset in CHAIN_PRESETS.items():
        known = any(re.fullmatch(preset.names, each) for each in spelled)
        if known and preset.kernels in ((), kernels):
            return name
    return ""
