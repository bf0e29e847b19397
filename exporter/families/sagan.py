"""Chains with self-attention between their layers, as heykeetae/Self-Attention-GAN has it (arXiv:1805.08318).

A DCGAN whose pictures go through attention where they have its channels: gamma * V softmax(Q^T K)^T + x, with queries
and keys of an eighth of the channels and values of all, each a 1x1 convolution with a bias, and nothing pooled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate, Facts
from ganrt.exporter.families.chain import PlainChain
from ganrt.exporter.families.resnet.network import attend
from ganrt.exporter.families.spectral_norm import fold_spectral_norm, transposed_layers
from ganrt.exporter.layers.network import Network
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source, State
from ganrt.spec import Output

_QUERY = re.compile(r"(.+)\.query_conv\.(weight|weight_orig|module\.weight_bar|parametrizations\.weight\.original)")
_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


class SelfAttention(nn.Module):
    """float32 [n, c, h, w] -> the same shape; key names are the script's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query_conv = nn.Conv2d(channels, max(channels // 8, 1), 1)
        self.key_conv = nn.Conv2d(channels, max(channels // 8, 1), 1)
        self.value_conv = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        seen = attend(self.query_conv(x), self.key_conv(x), self.value_conv(x), pooled=False)
        return self.gamma * seen + x


@dataclass(frozen=True)
class _Attention:
    """Its name in the file, channels, and tensors by the names of `SelfAttention`."""

    name: str
    channels: int
    tensors: State


class SAGAN(PlainChain):
    name = "sagan"
    open_prior = False

    def match(self, source: Source) -> int | None:
        """4 (the attention's parts) where there is attention and the rest is a chain."""
        chain, attention = _parted(source)
        return 4 if attention and source.module is None and not self.why_not(chain) else None

    def build(self, source: Source, settings: Settings) -> Candidate:
        chain, names = _parted(source)
        if not names:
            raise BadInputFile(
                "has no self-attention: no query_conv, key_conv, value_conv and gamma under any name\n"
                "leave --family away, and the file is recognised by its keys"
            )
        candidate = super().build(chain, settings)
        facts = Facts(settings, list(candidate.facts))
        network = cast(Network, candidate.module)
        for attention in _attentions(source.tensors, names):
            _insert(network, attention, facts)
        output = candidate.spec.output
        assert output is not None
        _check(network, candidate, output)
        matched = f"all {len(source.tensors)} keys fit a chain of layers with attention"
        return replace(candidate, matched=matched, facts=tuple(facts.found))


def _parted(source: Source) -> tuple[Source, list[str]]:
    """The source without its attentions, and their names."""
    names = [match[1] for key in source.tensors if (match := _QUERY.fullmatch(key))]
    prefixes = tuple(f"{name}." for name in names)
    rest = {key: tensor for key, tensor in source.tensors.items() if not (names and key.startswith(prefixes))}
    return replace(source, tensors=rest), names


def _attentions(state: State, names: list[str]) -> Iterator[_Attention]:
    for name in names:
        own = {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}
        plain, _ = fold_spectral_norm(own, transposed_layers(own))
        value = plain.get("value_conv.weight")
        if value is None or value.ndim != 4:
            raise BadInputFile(f"{name} is no self-attention: it has no value_conv.weight of four dimensions")
        yield _Attention(name, value.shape[0], plain)


def _insert(network: Network, attention: _Attention, facts: Facts) -> None:
    """Puts it behind the activation of the last layer that gives as many channels."""
    run = cast(nn.Sequential, network.runs[-1])
    places = [i for i, width in _ends(run) if width == attention.channels]
    if not places:
        raise BadInputFile(f"{attention.name} takes {attention.channels} channels, which no layer gives")
    if len(places) > 1:
        facts.open(
            f"where {attention.name} stands", f"behind layer {places[-1]} of {len(run)}", "--code runs its class"
        )
    module = load_strictly(
        lambda: SelfAttention(attention.channels), attention.tensors, f"self-attention {attention.name}"
    )
    run.insert(places[-1], module)
    number = len(network.runs) - 1
    names = [network.names.pop(f"runs.{number}.{i}", "") for i in range(len(run))]
    names.insert(places[-1], attention.name)
    network.names |= {f"runs.{number}.{i}": name for i, name in enumerate(names) if name}


def _ends(run: nn.Sequential) -> Iterator[tuple[int, int]]:
    """(where the next convolution stands, the channels before it) for each convolution but the last."""
    convolutions = [(i, layer) for i, layer in enumerate(run) if isinstance(layer, _CONVOLUTIONS)]
    for (_, layer), (following, _) in pairwise(convolutions):
        yield following, layer.out_channels


def _check(network: Network, candidate: Candidate, output: Output) -> None:
    latent, labels = candidate.spec.latent, candidate.spec.labels
    assert latent is not None
    values = [torch.zeros(1, latent.dim)] + ([torch.zeros(1, labels.count)] if labels else [])
    made = network(*values)
    if tuple(made.shape[1:]) != (output.channels, output.height, output.width):
        raise BadInputFile(f"makes {list(made.shape[1:])} with its attention")
