"""MACs are counted on a batch of no pictures: no layer is computed, and the figures are those of computing."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

from ganrt.exporter.cost import count_macs
from ganrt.exporter.families.cyclegan import Generator, Shape
from ganrt.spec import GeneratorSpec, ImageInput, Latent, Output

SPEC = GeneratorSpec(
    name="a", family="a", latent=Latent(dim=60, prior="normal"), output=Output(height=4, width=4, channels=3)
)
# The last figure: multiplications by hand, weights times positions.
LAYERS = [
    (nn.Conv2d(4, 6, 3), (4, 5, 3), 6 * 4 * 9 * 3 * 1),
    (nn.Conv2d(4, 6, (3, 1), stride=2, padding=(1, 3), dilation=2, groups=2), (4, 5, 3), 6 * 2 * 3 * 2 * 5),
    (nn.Conv2d(4, 6, 5, padding="same"), (4, 5, 3), 6 * 4 * 25 * 15),
    (nn.Conv2d(4, 6, 3, padding=2, padding_mode="reflect"), (4, 5, 3), 6 * 4 * 9 * 7 * 5),
    (nn.ConvTranspose2d(4, 6, 4, 2, 1), (4, 5, 3), 4 * 6 * 16 * 15),
    (nn.ConvTranspose2d(4, 6, 5, 2, 2, output_padding=1, groups=2, dilation=2), (4, 5, 3), 4 * 3 * 25 * 15),
    (nn.Linear(60, 7), (60,), 60 * 7),
    (nn.Linear(5, 7), (3, 4, 5), 5 * 7 * 12),
]


@pytest.mark.parametrize(("layer", "shape", "macs"), LAYERS, ids=lambda value: str(value)[:40])
def test_figures_are_those_of_the_layer(layer: nn.Module, shape: tuple[int, ...], macs: int) -> None:
    assert count_macs(nn.Sequential(nn.Unflatten(1, shape), layer), SPEC) == macs


class _Attention(nn.Module):
    """z [n, 60] as 5 places of 12 features, each a mixture of all; a product with a constant comes last."""

    def __init__(self, spelling: str) -> None:
        super().__init__()
        self.spelling = spelling
        self.table = nn.Parameter(torch.ones(12, 3))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = z.unflatten(1, (5, 12))
        y = x.transpose(1, 2)
        scores = {
            "@": lambda: x @ y,
            "matmul": lambda: torch.matmul(x, y),
            "method": lambda: x.matmul(y),
            "bmm": lambda: torch.bmm(x, y),
            "bmm method": lambda: x.bmm(y),
        }[self.spelling]()
        return (scores.softmax(-1) @ x) @ self.table


@pytest.mark.parametrize("spelling", ["@", "matmul", "method", "bmm", "bmm method"])
def test_matrix_products_that_are_no_layers(spelling: str) -> None:
    assert count_macs(_Attention(spelling), SPEC) == 5 * 5 * 12 + 5 * 12 * 5 + 5 * 3 * 12


def test_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(60, 16), nn.Unflatten(1, (4, 2, 2)), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh())
    expected = module(torch.ones(1, 60))
    for _ in range(2):
        assert count_macs(module, SPEC) == 60 * 16 + 4 * 3 * 16 * 4
    assert torch.equal(module(torch.ones(1, 60)), expected)
    assert not any(layer._forward_hooks for layer in module)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_translator_of_any_size_costs_no_time(batch_norm: bool) -> None:
    shape = Shape(inputs=3, outputs=3, width=64, blocks=9, batch_norm=batch_norm, dropout=False)
    module = Generator(shape, 1e-5).eval()
    spec = GeneratorSpec(
        name="a",
        family="a",
        task="translate",
        image=ImageInput(height=16384, width=8192, channels=3, multiple_of=4),
        output=Output(height=16384, width=8192, channels=3),
    )
    began = time.process_time()
    macs = count_macs(module, spec)
    assert time.process_time() - began < 60  # of the processor; to draw one picture is 101 TMACs
    assert macs / 1e9 == pytest.approx(49.5515 * 64 * 32, rel=1e-4)
