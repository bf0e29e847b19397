"""What one picture costs: parameters, and multiply-accumulates of convolutions and linear layers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ganrt.exporter.inputs import input_shapes
from ganrt.spec import GeneratorSpec


def count_parameters(module: nn.Module) -> int:
    """Trained values, without running statistics."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: nn.Module, spec: GeneratorSpec) -> int:
    """Multiply-accumulates per picture, of convolutions, transposed convolutions and linear layers.

    Shapes are enough for it: it runs without values where the module can, and draws one picture where it cannot.
    """
    try:
        return _count(module, spec, "meta")
    except (RuntimeError, NotImplementedError):  # its forward looks at values, or holds tensors of its own
        return _count(module, spec, "cpu")


def _count(module: nn.Module, spec: GeneratorSpec, device: str) -> int:
    total = 0

    def add(layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        nonlocal total
        total += _layer_macs(layer, inputs[0], output)

    layers = [m for m in module.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear))]
    hooks = [layer.register_forward_hook(add) for layer in layers]
    try:
        with torch.no_grad(), torch.device(device):
            inputs = tuple(torch.zeros(1, *shape) for shape in input_shapes(spec).values())
            state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
            torch.func.functional_call(module, {key: tensor.to(device) for key, tensor in state.items()}, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return total


def _layer_macs(layer: nn.Module, given: Tensor, made: Tensor) -> int:
    """Every weight is used once per output position; a transposed convolution's once per input position."""
    weights = layer.weight.numel() if isinstance(layer.weight, Tensor) else 0
    if isinstance(layer, nn.ConvTranspose2d):
        return weights * given.shape[2] * given.shape[3]
    if isinstance(layer, nn.Conv2d):
        return weights * made.shape[2] * made.shape[3]
    return weights * (made.numel() // made.shape[-1])
