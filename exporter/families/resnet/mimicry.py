"""Generators of kwotsin/mimicry: SNGAN, WGAN-GP, InfoMax-GAN, SSGAN, cGAN-PD, its ResNet DCGAN and its SAGAN.

`l1`, `block2` on, then `bN` and `cN`; the side is doubled bilinearly. Norms that are conditional have a table of
gains beside biases (`bn.running_mean`, `embed.weight`). SAGAN: spectral norm, and attention behind `block4`.
"""

from __future__ import annotations

import re

from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script, numbered
from ganrt.exporter.source import State

_PARTS = {"c1": "conv1", "c2": "conv2", "c_sc": "conv_sc", "b1": "bn1", "b2": "bn2"}


class Mimicry(ResNet):
    """The family `mimicry`: see `ganrt.exporter.families.protocol.Family`."""

    script = Script("mimicry", bilinear=True)
    keys = KeyCondition(
        all_of=("l1.weight", "block2.c1.weight", "block2.c_sc.weight", "block3.c1.weight"),
        none_of=("block1.c1.weight",),
    )
    page = Page(
        title="ResNet generators of mimicry",
        origin="`kwotsin/mimicry`: SNGAN, WGAN-GP, InfoMax-GAN, SSGAN, cGAN-PD, DCGAN and SAGAN, "
        "`netG_100000_steps.pth` with its `model_state_dict`",
        gives="square pictures, 32 to 128 px in its scripts, with or without classes, which may be mixed",
        traps=(
            "the side is doubled bilinearly, where most ResNet generators repeat pixels",
            "conditional norms: the gain is the table's value itself, not one more than it",
            "spectral norm and attention of its SAGAN; its discriminator, which has a `block1`",
        ),
    )

    def renamed(self, key: str, _: State) -> str:
        """See `ResNet.renamed`."""
        if key.startswith("l1."):
            return f"linear.{key[3:]}"
        if key.startswith("attn_block."):
            return f"attention.2.{key[11:]}"
        if (found := numbered(r"block(\d+)\.(.+)", key)) and found[0] >= 2:
            part, __, rest = found[1].partition(".")
            return f"blocks.{found[0] - 2}.{_PARTS.get(part, part)}.{rest.removeprefix('bn.')}"
        return re.sub(r"^c\d+\.", "conv.", re.sub(r"^b\d+\.", "norm.", key))
