"""`ganrt export --split`: a StyleGAN as two files, the mapping and the synthesis, verified together against the whole.

Each file's spec names the other by the SHA-256 of its graph, that is of its bytes without the metadata.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganrt.errors import UsageError
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.style_space import Affines, StyleGenerator
from ganrt.exporter.graph import build_graph, embed_spec, with_native_output
from ganrt.exporter.inputs import Sampler, sample_inputs
from ganrt.exporter.session import Session, draw_canary
from ganrt.exporter.verify import Comparison, verify
from ganrt.graphs.files import to_bytes
from ganrt.graphs.wire import without
from ganrt.spec import METADATA_FIELD, Canary, GeneratorSpec, Style, W

_UNKNOWN = "0" * 64


@dataclass(frozen=True)
class Halves:
    """The bytes of both files, the synthesis's spec, and how well both together agree with torch."""

    mapping: bytes
    synthesis: bytes
    spec: GeneratorSpec
    comparison: Comparison


class Joined:
    """Both halves in ONNX Runtime, run as the whole generator: the image, and the float picture where it is there."""

    def __init__(self, mapping: bytes, synthesis: bytes) -> None:
        self._mapping, self._synthesis = Session(mapping), Session(synthesis)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        return self._synthesis.run({W: self._mapping.run(inputs)[0]})


def split(whole: Candidate, sampler: Sampler, budget_s: float, progress: Callable[[str], None]) -> Halves:
    """Both halves of a generator, verified.

    Raises:
        UsageError: it has no style space. NegativeResult: both together draw something else.
    """
    spec, module = whole.spec, whole.module
    if not isinstance(module, StyleGenerator) or spec.style is None:
        raise UsageError(f"--split: '{spec.family}' has no style space\nexpected a StyleGAN; leave --split out")
    style = replace(spec.style, other=_UNKNOWN)
    halves = {
        "map": MappingHalf(module, style.count, style.cutoff).eval(),
        "synthesize": SynthesisHalf(module, list(module.taken)).eval(),
    }
    specs = {"map": replace(spec, task="map", output=None, style=style), "synthesize": _synthesis(spec, style)}
    graphs = {task: build_graph(replace(whole, module=halves[task], spec=specs[task])) for task in halves}
    plain = {task: to_bytes(graph) for task, graph in graphs.items()}
    native = with_native_output(graphs["synthesize"])
    comparison = verify(whole, Joined(plain["map"], native), sampler, budget_s=budget_s, progress=progress)
    canary = draw_canary(Joined(plain["map"], plain["synthesize"]), spec, sampler)
    canaries = {"map": _canary_of_styles(plain["map"], spec, sampler), "synthesize": canary}
    others = {"map": plain["synthesize"], "synthesize": plain["map"]}
    files = {}
    for task, made in specs.items():
        known = replace(style, other=hashlib.sha256(without(others[task], METADATA_FIELD)).hexdigest())
        specs[task] = replace(made, style=known, verification=comparison.to_spec(), canary=canaries[task])
        files[task] = embed_spec(graphs[task], specs[task])
    return Halves(files["map"], files["synthesize"], specs["synthesize"], comparison)


def _synthesis(spec: GeneratorSpec, style: Style) -> GeneratorSpec:
    return replace(spec, task="synthesize", latent=None, labels=None, controls=(), style=style)


def _canary_of_styles(mapping: bytes, spec: GeneratorSpec, sampler: Sampler) -> Canary:
    """Of seed 0, index 0 (and class 0): the first style, and the hash of all of them."""
    inputs = sample_inputs(spec, sampler, 0, 0, 1)
    styles = np.ascontiguousarray(Session(mapping).run(inputs)[0][0], "<f4")
    labels = tuple(float(weight) for weight in inputs["labels"][0]) if "labels" in inputs else None
    first = tuple(float(value) for value in styles[0])
    return Canary(seed=0, index=0, labels=labels, sha256=hashlib.sha256(styles.tobytes()).hexdigest(), w=first)


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
