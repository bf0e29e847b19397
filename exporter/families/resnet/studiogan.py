"""ResNet generators of POSTECH-CVLab/PyTorch-StudioGAN: `resnet.py` and `big_resnet.py` (BigGAN).

`linear0`, `blocks.{i}.0`, `bn4`, `conv2d5`; attention is a block of its own. Batch norm's epsilon is 1e-4. Conditional
norms take one-hot classes, or the shared embedding of the class before a chunk of z; they add one to the gain.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.page import Page
from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.families.resnet.reading import ResNet, Script, numbered
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State

_PARTS = {"conv2d1": "conv1", "conv2d2": "conv2", "conv2d0": "conv_sc"}
_ATTENTION = {"conv1x1_theta": "theta", "conv1x1_phi": "phi", "conv1x1_g": "g", "conv1x1_attn": "o", "sigma": "gamma"}


class StudioGAN(ResNet):
    """The family `studiogan`: see `ganrt.exporter.families.protocol.Family`."""

    script = Script("studiogan", eps=1e-4, offset=1.0)
    open_prior = True
    keys = KeyCondition(
        all_of=("linear0.weight", "blocks.0.0.conv2d1.weight", "blocks.0.0.bn1.running_mean", "conv2d5.weight")
    ), KeyCondition(
        all_of=("linear0.weight", "blocks.0.0.conv2d1.weight", "blocks.0.0.bn1.bn.running_mean", "conv2d5.weight")
    )  # fmt: skip
    page = Page(
        title="ResNet generators of StudioGAN",
        origin="`POSTECH-CVLab/PyTorch-StudioGAN`, backbones `resnet` (SNGAN, SAGAN, WGAN-GP, ...) and `big_resnet` "
        "(BigGAN, ReACGAN, ...); `model=G_ema-best-weights-step=*.pth` is what its samples are drawn with",
        gives="square pictures, 32 to 512 px, with or without classes, which may be mixed",
        traps=(
            "batch norm's epsilon is 1e-4; spectral norm with torch's hook",
            "attention counts as a block; its conditional norms add one to the gain",
            "with a shared embedding z is cut into chunks, one for each block",
            "its other backbones (`deep_conv`, `big_resnet_deep`) and InfoGAN's inputs are refused",
            "the activation and the distribution of z are in its configuration only",
        ),
    )

    def build(self, source: Source, settings: Settings) -> Candidate:
        """See `Family.build`."""
        attention = sorted({int(key.split(".")[1]) for key in source.tensors if ".0.conv1x1_theta." in key})
        return super().build(replace(source, tensors=_without_attention(source.tensors, attention)), settings)

    def renamed(self, key: str, _: State) -> str:
        """See `ResNet.renamed`."""
        if (found := numbered(r"blocks\.(\d+)\.0\.(.+)", key)) is not None:
            part, __, rest = found[1].partition(".")
            return f"blocks.{found[0]}.{_PARTS.get(part, part)}.{rest.removeprefix('bn.')}"
        for old, new in (("linear0.", "linear."), ("bn4.", "norm."), ("conv2d5.", "conv.")):
            key = key.replace(old, new, 1) if key.startswith(old) else key
        return key


def _without_attention(state: State, places: list[int]) -> State:
    """Blocks numbered as if attention were none; attention by the block before it."""
    named: dict[str, Tensor] = {}
    for key, tensor in state.items():
        parts = key.split(".")
        if len(parts) > 3 and parts[0] == "blocks" and parts[1].isdigit():
            number = int(parts[1])
            before = sum(place < number for place in places)
            if number in places:
                rest = ".".join([_ATTENTION.get(parts[3], parts[3]), *parts[4:]])
                key = f"attention.{number - before - 1}.{rest}"
            else:
                key = ".".join(["blocks", str(number - before), *parts[2:]])
        named[key] = tensor
    return named
