"""Candidate generators and their exported graphs, run side by side with a reference."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import cast

import onnx_ir as ir
import torch
from precision_models import exported
from sources import find_family, source
from torch import Tensor

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families import load_family
from ganrt.exporter.graph import build_graph, with_native_output
from ganrt.exporter.options import Settings, Texts
from ganrt.exporter.session import Session
from ganrt.graphs.files import read_model
from ganrt.graphs.values import dims

# Modules, whose weights are float32, in float64 against references in float64: 4e-6 at worst. In float32 the order of a
# processor's sums adds up to 2e-5 (ajbrock's corrected deep variant, with AVX2).
CLOSE = 1e-5
FAR = 1e-4  # what even the smallest mistake exceeds: an epsilon of 1e-4 in the last batch norm


def build(state: dict[str, Tensor], settings: Texts | None = None, family: str | None = None) -> Candidate:
    """By the family that recognises it."""
    return load_family(family or find_family(state)).build(source(state), Settings.read(settings or {}))


def traced(family: str) -> ir.Model:
    """The graph of one of `precision_models`: tracing it takes seconds, and tests of engines need it too."""
    with tempfile.TemporaryDirectory() as folder:
        model = read_model(exported(Path(folder), family).data)
    model.metadata_props.clear()
    return model


def graph_floats(built: Candidate, *inputs: Tensor, family: str | None = None) -> Tensor:
    """The exported graph's pictures before their rounding: float64 [n, c, h, w].

    Args:
        family: whose graph of `precision_models` it is, which must draw what `built` draws; None: it is traced.
    """
    model = build_graph(built) if family is None else traced(family)
    session = Session(with_native_output(model))
    names = ("z", "labels", "truncation")[: len(inputs)]
    values = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
    made = torch.from_numpy(session.run(values)[1]).double()
    if family is not None:
        _check_same(model, made, built, inputs)
    return made


def _check_same(model: ir.Model, made: Tensor, built: Candidate, inputs: Sequence[Tensor]) -> None:
    """The widths of z and labels, and the first picture."""
    widths = {value.name: (dims(value) or ())[-1] for value in model.graph.inputs}
    assert built.spec.latent is not None
    assert widths["z"] == built.spec.latent.dim
    assert widths.get("labels") == (built.spec.labels and built.spec.labels.count)
    assert worst(made[:1], drawn(built, *(value[:1] for value in inputs))) <= FAR


def drawn(built: Candidate, *inputs: Tensor) -> Tensor:
    """The module's pictures, computed in float64: what the network is, whatever the processor."""
    with torch.no_grad():
        return cast(Tensor, deepcopy(built.module).double()(*(value.double() for value in inputs)))


def worst(made: Tensor, expected: Tensor) -> float:
    """The worst error over the spread of the expected pictures, which must not be flat."""
    spread = float(expected.std())
    assert spread > 0.05
    return float((made.double() - expected.double()).abs().max()) / spread


def latents(built: Candidate, count: int = 3) -> Tensor:
    """float32 [count, dim]."""
    assert built.spec.latent is not None
    return torch.randn(count, built.spec.latent.dim, generator=torch.Generator().manual_seed(3))


def mixtures(count: int, classes: int) -> Tensor:
    """Class weights: the first picture of one class, the others of several; float32 [count, classes]."""
    weights = torch.softmax(torch.randn(count, classes, generator=torch.Generator().manual_seed(4)), 1)
    weights[0] = torch.eye(classes)[classes - 1]
    return weights
