"""What one picture costs: parameters, and multiply-accumulates of convolutions and linear layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganrt.exporter.inputs import input_shapes
from ganrt.spec import GeneratorSpec

_Layer = nn.Conv2d | nn.ConvTranspose2d | nn.Linear


def count_parameters(module: nn.Module) -> int:
    """Trained values, without running statistics."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, spec: GeneratorSpec) -> int:
    """Multiply-accumulates per picture, of convolutions, transposed convolutions and linear layers.

    Shapes are enough for it, so those layers are not computed and their weights not read. (torch's own way without
    values, the meta device, imports its compiler: a second that `inspect` does not have.)
    """
    total = 0

    def counting(layer: _Layer) -> Callable[[Tensor], Tensor]:
        def forward(given: Tensor) -> Tensor:
            nonlocal total
            made = given.new_zeros(_output_shape(layer, given))
            total += _layer_macs(layer, given, made)
            return made

        return forward

    layers = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear))]
    for layer in layers:
        vars(layer)["forward"] = counting(layer)
    try:
        with torch.no_grad():
            module(*(torch.zeros(1, *shape) for shape in input_shapes(spec).values()))
    finally:
        for layer in layers:
            del vars(layer)["forward"]
    return total


def _output_shape(layer: _Layer, given: Tensor) -> tuple[int, ...]:
    if isinstance(layer, nn.Linear):
        return (*given.shape[:-1], layer.out_features)
    # One channel of zeros has the same sides as all of them.
    thin, kernel = given[:1, :1], given.new_zeros(1, 1, *layer.kernel_size)
    padding: Any = layer.padding
    if isinstance(layer, nn.ConvTranspose2d):
        more: Any = layer.output_padding
        made = F.conv_transpose2d(thin, kernel, None, layer.stride, padding, more, 1, layer.dilation)
    else:
        made = F.conv2d(thin, kernel, None, layer.stride, padding, layer.dilation)
    return (given.shape[0], layer.out_channels, *made.shape[2:])


def _layer_macs(layer: _Layer, given: Tensor, made: Tensor) -> int:
    """Every weight is used once per output position; a transposed convolution's once per input position."""
    weights = layer.weight.numel()
    if isinstance(layer, nn.ConvTranspose2d):
        return weights * given.shape[2] * given.shape[3]
    if isinstance(layer, nn.Conv2d):
        return weights * made.shape[2] * made.shape[3]
    return weights * (made.numel() // made.shape[-1])
