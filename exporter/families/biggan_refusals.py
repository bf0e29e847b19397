"""Relatives of BigGAN that resemble it and are not it: refused with the reason."""

from __future__ import annotations

from ganrt.exporter.families.protocol import KeyCondition
from ganrt.exporter.source import State

_MENDING = "export its TorchScript or ONNX file instead"
_RELATIVES = {
    KeyCondition(
        ("embed_y.weight", "noise_fc.weight", "blocks.0.cond_norm1.gamma_embed.weight")
    ): "is an anime BigGAN (compare_gan): it upsamples with zeros, gains lack the 1, pictures lie in [0, 1], and "
    f"that is not supported\n{_MENDING}",
    KeyCondition(
        ("G_linear.module.weight_bar", "GBlock.0.conv0.module.weight_bar", "colorize.module.weight_bar")
    ): "holds TF Hub's BigGAN in the intermediate layout of ajbrock's converter\n"
    f"expected the converter's final file (shared.weight, blocks.0.0.conv1.weight, ...); or {_MENDING}",
}


def refuse_relatives(state: State) -> str | None:
    """Why `state` cannot be exported as a BigGAN; None if it is no such relative."""
    return next((reason for keys, reason in _RELATIVES.items() if keys.holds(state)), None)
