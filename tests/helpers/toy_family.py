"""Made-up generator families with class labels and a sigmoid: they show that the exporter knows no family by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.protocol import Family, KeyCondition
from ganrt.exporter.loading import load_strictly
from ganrt.exporter.options import Settings
from ganrt.exporter.source import Source
from ganrt.spec import GeneratorSpec, Labels, Latent, Output, Statistics

SIDE, CLASSES, DIM = 6, 3, 5


class ToyGenerator(nn.Module):
    """z [n, 5], labels [n, 3] -> [n, 1, 6, 6] in [0, 1]; a plain Conv2d with a batch norm lies in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.from_z = nn.Linear(DIM, 2 * SIDE * SIDE)
        self.from_labels = nn.Linear(CLASSES, 2 * SIDE * SIDE, bias=False)
        self.body = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 1), nn.Sigmoid()
        )

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        x = self.from_z(z) + self.from_labels(labels)
        return cast(Tensor, self.body(x.reshape(-1, 2, SIDE, SIDE)))


def toy_state(seed: int = 0) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    module = ToyGenerator()
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.uniform_(0.2, 2.0)
    return {key: tensor.clone() for key, tensor in module.state_dict().items()}


class ToyFamily(Family):
    settings: Mapping[str, str] = {}
    keys = KeyCondition(all_of=("from_z.weight", "from_labels.weight"))

    def build(self, source: Source, settings: Settings) -> Candidate:
        assert not settings.without("freeze").given()
        spec = GeneratorSpec(
            name="toy",
            family="toy",
            latent=Latent(dim=DIM, prior="normal"),
            labels=Labels(count=CLASSES),
            output=Output(height=SIDE, width=SIDE, channels=1),
        )
        return Candidate(load_strictly(ToyGenerator, source.tensors, "the toy"), spec, "sigmoid", "certain")


class TruncatedGenerator(ToyGenerator):
    """As `ToyGenerator`, brightened by truncation [n]; a step at 0.5 shows values on both sides to be compared."""

    def forward(self, z: Tensor, labels: Tensor, truncation: Tensor) -> Tensor:  # type: ignore[override]
        step = (truncation >= 0.5).float() / 4
        return super().forward(z, labels) * (truncation / 2 + step)[:, None, None, None]


class FrozenGenerator(TruncatedGenerator):
    def __init__(self, truncation: float) -> None:
        super().__init__()
        self.truncation = truncation

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(z, labels, torch.full_like(z[:, 0], self.truncation))


class TruncatedFamily(ToyFamily):
    """With statistics that an input selects, or `freeze` freezes."""

    settings: Mapping[str, str] = {"freeze": "the value to freeze at"}

    def build(self, source: Source, settings: Settings) -> Candidate:
        built = super().build(source, settings)
        if settings.freeze is None:
            module = load_strictly(TruncatedGenerator, source.tensors, "the toy")
            return replace(built, module=module, spec=replace(built.spec, statistics=Statistics(mode="input")))
        value = settings.freeze
        module = load_strictly(lambda: FrozenGenerator(value), source.tensors, "the toy")
        return replace(
            built, module=module, spec=replace(built.spec, statistics=Statistics(mode="frozen", value=value))
        )
