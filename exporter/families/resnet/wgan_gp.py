"""The ResNet generator of jalola/improved-wgan-pytorch (WGAN-GP, Gulrajani et al. 2017, arXiv:1704.00028): `ln1`, `rb1`
on, `bn`, `conv1`. It gives its picture as one vector, here as a picture."""

from __future__ import annotations

from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script, numbered
from ganrt.exporter.source import State

_PARTS = {"conv_1": "conv1", "conv_2": "conv2", "conv_shortcut": "conv_sc"}


class WGANGP(ResNet):
    """The family `wgan-gp`: see `ganrt.exporter.families.protocol.Family`."""

    script = Script("wgan-gp")
    keys = KeyCondition(
        all_of=(
            "ln1.weight",
            "rb1.bn1.running_mean",
            "rb1.conv_1.conv.conv.weight",
            "rb1.conv_shortcut.conv.conv.weight",
        )
    )
    page = Page(
        title="WGAN-GP's ResNet generator",
        origin="`jalola/improved-wgan-pytorch` (`GoodGenerator`); its conditional relatives are refused",
        formats="state dicts, as of all families; that script saves whole modules, for which `--code` is needed",
        gives="square RGB pictures, 64 px in its script, from any latent",
        traps=("first convolutions without biases", "discriminators, which have layer norms under the same names"),
    )

    def renamed(self, key: str, _: State) -> str:
        """See `ResNet.renamed`."""
        if (found := numbered(r"rb(\d+)\.(.+)", key)) and found[0] >= 1:
            part, __, rest = found[1].partition(".")
            rest = rest.rpartition(".")[2] if part in _PARTS else rest
            return f"blocks.{found[0] - 1}.{_PARTS.get(part, part)}.{rest}"
        for old, new in (("ln1.", "linear."), ("bn.", "norm."), ("conv1.conv.", "conv.")):
            if key.startswith(old):
                return new + key.removeprefix(old)
        return key
