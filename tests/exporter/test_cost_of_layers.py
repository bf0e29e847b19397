"""MACs are counted without computing a layer; the shapes must be those that computing gives."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ganrt.exporter.cost import _output_shape, count_macs
from ganrt.spec import GeneratorSpec, Latent, Output

LAYERS = [
    (nn.Conv2d(4, 6, 3), (1, 4, 9, 7)),
    (nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 3), dilation=2, groups=2), (2, 4, 19, 17)),
    (nn.Conv2d(4, 6, 5, padding="same"), (1, 4, 9, 8)),
    (nn.Conv2d(4, 6, 7, padding=3, padding_mode="reflect"), (1, 4, 9, 8)),
    (nn.ConvTranspose2d(4, 6, 4, 2, 1), (1, 4, 5, 3)),
    (nn.ConvTranspose2d(4, 6, 5, 2, 2, output_padding=1, groups=2, dilation=2), (3, 4, 5, 3)),
    (nn.Linear(5, 7), (2, 5)),
    (nn.Linear(5, 7), (2, 3, 5)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: str(value)[:40])
def test_shapes_are_those_of_the_layer(layer: nn.Conv2d, shape: tuple[int, ...]) -> None:
    given = torch.zeros(shape)
    assert _output_shape(layer, given) == tuple(layer(given).shape)


def test_no_weight_is_read_and_the_module_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Linear(5, 16), nn.Unflatten(1, (4, 2, 2)), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh())
    expected = module(torch.ones(1, 5))
    spec = GeneratorSpec(
        name="a", family="a", latent=Latent(dim=5, prior="normal"), output=Output(height=4, width=4, channels=3)
    )
    assert count_macs(module, spec) == 5 * 16 + 4 * 3 * 16 * 4
    assert torch.equal(module(torch.ones(1, 5)), expected)
    # On the meta device weights have no values at all; only the picture is computed.
    assert count_macs(nn.Sequential(*(layer.to("meta") for layer in module)), spec) == 848
