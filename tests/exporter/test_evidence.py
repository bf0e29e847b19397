"""Batch norms' running statistics against what was assumed: found where it is wrong, silent where it is right."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from dcgan_reference import built_from
from torch import Tensor, nn

from ganrt.exporter import evidence
from ganrt.exporter.candidate import Candidate


def dcgan(activation: nn.Module, eps: float = 1e-5) -> nn.Sequential:
    """The reference DCGAN's keys under `main`: 16 px from 8 values."""
    layers: list[nn.Module] = []
    for inputs, outputs, stride, padding in ((8, 32, 1, 0), (32, 32, 2, 1), (32, 16, 2, 1)):
        layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)]
        layers += [nn.BatchNorm2d(outputs, eps), activation]
    return nn.Sequential(*layers, nn.ConvTranspose2d(16, 3, 3, 1, 1), nn.Tanh())


class Classes(nn.Module):
    """A linear generator that puts the classes before z."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(5, 5)
        self.model = nn.Sequential(
            nn.Linear(13, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.BatchNorm1d(64),
            nn.LeakyReLU(0.2), nn.Linear(64, 256), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.model(torch.cat([self.label_emb(y), z], 1))  # type: ignore[no-any-return]


def trained(network: nn.Module, prior: str = "normal", batches: int = 60) -> nn.Module:
    """Statistics as training leaves them: momentum over batches of latents of its prior."""
    random = torch.Generator().manual_seed(3)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data = torch.randn(parameter.shape, generator=random) * 2 / parameter[0].numel() ** 0.5
        else:
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)
    with torch.no_grad():
        for _ in range(batches):
            z = torch.randn(16, 8, generator=random)
            z = torch.rand(16, 8, generator=random) * 2 - 1 if prior == "uniform" else z
            if isinstance(network, Classes):
                network(z, torch.randint(5, (16,), generator=random))
            else:
                network(z[:, :, None, None])
    return network.eval()


def read(tmp_path: Path, network: nn.Module, **given: str) -> Candidate:
    state = network.state_dict()
    torch.save({f"main.{key}" if "model" not in key and "emb" not in key else key: v for key, v in state.items()},
               tmp_path / "G.pth")  # fmt: skip
    return built_from(tmp_path / "G.pth", given)


def spoken(candidate: Candidate) -> dict[str, str]:
    """What is said against assumptions, by their options."""
    return {f.option: f.note for f in candidate.assumptions if "running statistics speak against it" in f.note}


@pytest.mark.parametrize(
    ("network", "prior", "option", "value"),
    [
        (lambda: dcgan(nn.LeakyReLU(0.2)), "normal", "--activation", "leaky_relu:0.2"),
        (lambda: dcgan(nn.ELU()), "normal", "--activation", "elu"),
        (lambda: dcgan(nn.ReLU(), eps=0.8), "normal", "--norm-eps", "0.8"),
        (lambda: dcgan(nn.ReLU()), "uniform", "--prior", "uniform"),
        (Classes, "normal", "--label-join", "before"),
    ],
)
def test_a_wrong_assumption_is_contradicted_and_the_named_option_mends_it(
    tmp_path: Path, network: object, prior: str, option: str, value: str
) -> None:
    assert callable(network)
    made = trained(network(), prior)
    said = spoken(read(tmp_path, made))
    assert list(said) == [option]
    assert f"with {option} {value} by 0." in said[option]
    mended = read(tmp_path, made, **{option[2:].replace("-", "_"): value})
    assert spoken(mended) == {}
    found = evidence.difference(mended)
    assert found is not None
    assert found < 0.2


@pytest.mark.parametrize("slope", [0.0, 0.01])
def test_nothing_is_said_where_the_assumption_is_right_or_nearly_so(tmp_path: Path, slope: float) -> None:
    assert spoken(read(tmp_path, trained(dcgan(nn.LeakyReLU(slope) if slope else nn.ReLU())))) == {}


def test_weights_that_go_on_after_their_statistics_are_no_evidence(tmp_path: Path) -> None:
    """As averages of weights have it: nothing fits well, and so nothing is said."""
    network = trained(dcgan(nn.ReLU()))
    random = torch.Generator().manual_seed(9)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            parameter.data += 0.4 * parameter.std() * torch.randn(parameter.shape, generator=random)
    made = read(tmp_path, network)
    found = evidence.difference(made)
    assert found is not None
    assert found > 0.1
    assert spoken(made) == {}


def test_a_network_without_statistics_or_too_large_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = read(tmp_path, trained(dcgan(nn.LeakyReLU(0.2))))
    monkeypatch.setattr(evidence, "_BUDGET_MACS", 10)
    assert evidence.difference(made) is None
    torch.save(nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256)).state_dict(), tmp_path / "flat.pth")
    assert evidence.difference(built_from(tmp_path / "flat.pth")) is None
