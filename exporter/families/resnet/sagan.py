"""The conditional SAGAN of voletiv/self-attention-GAN-pytorch (Zhang et al., arXiv:1805.08318): `snlinear0`, `block1`
on, `self_attn` behind `block3`, `bn`, `snconv2d1`; spectral norm; attention's convolutions have biases."""

from __future__ import annotations

from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script, numbered
from ganrt.exporter.source import State

_PARTS = {
    "snconv2d1": "conv1",
    "snconv2d2": "conv2",
    "snconv2d0": "conv_sc",
    "cond_bn1": "bn1",
    "cond_bn2": "bn2",
}
_ATTENTION = {
    "snconv1x1_theta": "theta",
    "snconv1x1_phi": "phi",
    "snconv1x1_g": "g",
    "snconv1x1_attn": "o",
    "sigma": "gamma",
}


class ResNetSAGAN(ResNet):
    """The family `sagan-resnet`: see `ganrt.exporter.families.protocol.Family`."""

    script = Script("sagan-resnet")
    keys = KeyCondition(all_of=("snlinear0.weight", "block1.cond_bn1.embed.weight", "block1.snconv2d1.weight"))
    page = Page(
        title="Conditional SAGAN",
        origin="`voletiv/self-attention-GAN-pytorch`",
        gives="square pictures, 128 px in its script, of any number of classes, which may be mixed",
        traps=("spectral norm everywhere", "norms' tables of gains beside biases", "attention with biases"),
    )

    def renamed(self, key: str, _: State) -> str:
        """See `ResNet.renamed`."""
        if (found := numbered(r"block(\d+)\.(.+)", key)) and found[0] >= 1:
            part, __, rest = found[1].partition(".")
            return f"blocks.{found[0] - 1}.{_PARTS.get(part, part)}.{rest.removeprefix('bn.')}"
        if key.startswith("self_attn."):
            part, dot, rest = key.removeprefix("self_attn.").partition(".")
            return f"attention.2.{_ATTENTION.get(part, part)}{dot}{rest}"
        for old, new in (("snlinear0.", "linear."), ("bn.", "norm."), ("snconv2d1.", "conv.")):
            if key.startswith(old):
                return new + key.removeprefix(old)
        return key
