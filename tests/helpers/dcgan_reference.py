"""A sampler of the exporter tests' own, and DCGANs built by hand from plain torch layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.options import Settings, Texts
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.recognise import recognise
from ganrt.spec import Latent


def draw(latent: Latent, seed: int, start: int, count: int) -> NDArray[np.float32]:
    """Image by image, so that the values do not depend on the batch."""
    rows = [np.random.default_rng([seed, start + i]).standard_normal(latent.dim) for i in range(count)]
    return np.asarray(rows, dtype=np.float32)


def reference_dcgan(state: dict[str, Tensor], eps: float = 1e-5) -> nn.Sequential:
    """The network of pytorch/examples built by hand, its weights copied tensor by tensor; takes z [n, dim, 1, 1]."""
    state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    last = max(int(key.split(".")[1]) for key in state)
    layers: list[nn.Module] = []
    for n in range(0, last + 1, 3):
        weight = state[f"main.{n}.weight"]
        stride, padding = (2, 1) if n else (1, 0)
        deconvolution = nn.ConvTranspose2d(weight.shape[0], weight.shape[1], 4, stride, padding)
        deconvolution.weight.data = weight.clone()
        deconvolution.bias.data = state.get(f"main.{n}.bias", torch.zeros(weight.shape[1])).clone()
        layers.append(deconvolution)
        if n == last:
            break
        norm = nn.BatchNorm2d(weight.shape[1], eps=eps)
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(norm, name).data = state[f"main.{n + 1}.{name}"].clone()
        layers += [norm, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Tanh()).eval().requires_grad_(False)


def built_from(path: Path, settings: Texts | None = None, family: str | None = None) -> Candidate:
    return recognise(read_file(path), family, Settings.read(settings or {})).candidate


def said_by(candidate: Candidate) -> str:
    """All that an export says of a candidate: notes and assumptions."""
    return " ".join([*candidate.notes, *(fact.sentence() for fact in candidate.assumptions)])
