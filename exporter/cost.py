"""What one picture costs: parameters, and multiply-accumulates of convolutions and linear layers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from ganrt.exporter.inputs import SOURCE, input_shapes
from ganrt.spec import GeneratorSpec


def count_parameters(module: nn.Module) -> int:
    """Trained values, without running statistics."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, spec: GeneratorSpec) -> int:
    """Multiply-accumulates per picture, of convolutions, transposed convolutions and linear layers."""
    total = 0

    def add(layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        nonlocal total
        total += _layer_macs(layer, inputs[0], output)

    # On the meta device, which knows shapes only: a picture of 256 pixels would take seconds to translate.
    module = deepcopy(module).to("meta")
    layers = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear))]
    for layer in layers:
        layer.register_forward_hook(add)
    with torch.no_grad(), torch.device("meta"):
        module(*(torch.zeros(1, *shape) for shape in _native_shapes(spec)))
    return total


def _native_shapes(spec: GeneratorSpec) -> list[tuple[int, ...]]:
    """What the module takes: pictures with the channels first."""
    shapes = input_shapes(spec)
    return [(shape[2], shape[0], shape[1]) if name == SOURCE else shape for name, shape in shapes.items()]


def _layer_macs(layer: nn.Module, given: Tensor, made: Tensor) -> int:
    """Every weight is used once per output position; a transposed convolution's once per input position."""
    weights = layer.weight.numel() if isinstance(layer.weight, Tensor) else 0
    if isinstance(layer, nn.ConvTranspose2d):
        return weights * given.shape[2] * given.shape[3]
    if isinstance(layer, nn.Conv2d):
        return weights * made.shape[2] * made.shape[3]
    return weights * (made.numel() // made.shape[-1])
