"""The two halves of a StyleGAN: the mapping, from latents to styles, and the synthesis, from styles to the picture."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from ganrt.exporter.families.style_space import Affines, StyleGenerator


class MappingHalf(nn.Module):
    """(z, labels if there are any, truncation [n]) -> styles float32 [n, count, w_dim], truncated.

    Args:
        cutoff: how many of the `count` styles are truncated; None for all.
    """

    def __init__(self, whole: StyleGenerator, count: int, cutoff: int | None) -> None:
        super().__init__()
        self.mapping, self.average = whole.mapping, whole.average
        self.count, self.cutoff = count, count if cutoff is None else cutoff

    def forward(self, z: Tensor, *rest: Tensor) -> Tensor:
        *labels, truncation = rest
        w = cast(Tensor, self.mapping(z, *labels))[:, None]
        pulled = self.average + truncation[:, None, None] * (w - self.average)
        styles = pulled.expand(-1, self.cutoff, -1)
        if self.cutoff == self.count:
            return styles.clone()
        return torch.cat([styles, w.expand(-1, self.count - self.cutoff, -1)], dim=1)


class SynthesisHalf(nn.Module):
    """Styles float32 [n, count, w_dim] -> the picture, as the whole generator gives it.

    Args:
        taken: which style each layer takes, in the layers' order.
    """

    def __init__(self, whole: StyleGenerator, taken: list[int]) -> None:
        super().__init__()
        self.used = sorted(set(taken))
        self.affines = _by_style(whole.affines, [self.used.index(index) for index in taken])
        self.synthesis = whole.synthesis

    def forward(self, w: Tensor) -> Tensor:
        return cast(Tensor, self.synthesis(self.affines([w[:, index] for index in self.used])))


def _by_style(joined: Affines, groups: list[int]) -> Affines:
    """The same affine layers, those of one style as one product."""
    weights: dict[int, tuple[Tensor, Tensor]] = {}
    for product, members in zip(joined.joined, joined.members, strict=True):
        assert isinstance(product, nn.Linear)
        widths = [joined.widths[i] for i in members]
        parts = zip(product.weight.split(widths), product.bias.split(widths), strict=True)  # type: ignore[no-untyped-call]
        weights.update(zip(members, parts, strict=True))
    made = Affines(weights[0][0].shape[1], joined.widths, groups)
    for product, members in zip(made.joined, made.members, strict=True):
        product.weight = nn.Parameter(torch.cat([weights[i][0] for i in members]), requires_grad=False)
        product.bias = nn.Parameter(torch.cat([weights[i][1] for i in members]), requires_grad=False)
    return made.eval()
