"""What one picture costs: multiply-accumulates, and parameters."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganrt.spec import SOURCE, GeneratorSpec

_LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
_PRODUCTS = (torch.matmul, torch.bmm, Tensor.matmul, Tensor.__matmul__, Tensor.bmm)  # such as attention's


def count_parameters(module: nn.Module) -> int:
    """Trained values, without running statistics."""
    return sum(parameter.numel() for parameter in module.parameters()) - sum(map(_constant_zeros, module.modules()))


def count_macs(module: nn.Module, spec: GeneratorSpec) -> int:
    """Multiply-accumulates per picture, of convolutions, transposed convolutions, linear layers and matrix products.

    A product counts if its left factor is made of the inputs: its first axis is then the batch.
    Shapes are enough for it: the module draws a batch of no pictures, which costs nothing and reads no weight. (The
    meta device imports torch's compiler: a second that `inspect` does not have.)
    """
    total = 0

    def add(layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        nonlocal total
        total += _layer_macs(layer, inputs[0], output)

    hooks = [layer.register_forward_hook(add) for layer in module.modules() if isinstance(layer, _LAYERS)]
    products = _Products()
    try:
        with torch.no_grad(), products:
            module(*(torch.zeros(0, *shape) for shape in _native_shapes(spec)))
    finally:
        for hook in hooks:
            hook.remove()
    return total + products.macs


class _Products(TorchFunctionMode):
    """Adds up the matrix products that run within it and are no layer: [n, ..., rows, inner] times [..., columns]."""

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _PRODUCTS and isinstance(result, Tensor) and result.ndim > 1 and result.shape[0] == 0:
            self.macs += prod(result.shape[1:]) * args[0].shape[-1]
        return result


def _native_shapes(spec: GeneratorSpec) -> list[tuple[int, ...]]:
    """What the module takes: pictures with the channels first."""
    shapes = {name: port.shape for name, port in spec.inputs.items()}
    return [(shape[2], *shape[:2]) if name == SOURCE else shape for name, shape in shapes.items()]


def _layer_macs(layer: nn.Module, given: Tensor, made: Tensor) -> int:
    """Every weight is used once per output position; a transposed convolution's once per input position."""
    weights = layer.weight.numel() - _constant_zeros(layer) if isinstance(layer.weight, Tensor) else 0
    if isinstance(layer, nn.ConvTranspose2d):
        return weights * prod(given.shape[2:])
    if isinstance(layer, nn.Conv2d):
        return weights * prod(made.shape[2:])
    return weights * prod(made.shape[1:-1])


def _constant_zeros(layer: nn.Module) -> int:
    """Weights that only pad a kernel, as a family may note on its layers."""
    return int(getattr(layer, "constant_zeros", 0))
