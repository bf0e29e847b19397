"""Random checkpoints of CycleGAN's ResnetGenerator, and a slow reference of it."""

from __future__ import annotations

import torch
from slow_layers import State, batch_norm, convolution, instance_norm, reflect, relu, transposed
from torch import Tensor

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def resnet_state(
    *,
    blocks: int = 2,
    width: int = 2,
    inputs: int = 3,
    outputs: int = 3,
    dropout: bool = False,
    batch_norm: bool = False,
    stale: bool = False,
    seed: int = 0,
) -> State:
    """`stale`: instance norms with running statistics, as torch before 0.4 saved them."""
    random = torch.Generator().manual_seed(seed)
    state: State = {}
    second = 6 if dropout else 5
    inner = [(f"model.{10 + i}.conv_block.{k}", 4 * width, 4 * width, 3) for i in range(blocks) for k in (1, second)]
    up = 10 + blocks
    for name, made, given, kernel in [
        ("model.1", width, inputs, 7),
        ("model.4", 2 * width, width, 3),
        ("model.7", 4 * width, 2 * width, 3),
        *inner,
        (f"model.{up}", 2 * width, 4 * width, 3),
        (f"model.{up + 3}", width, 2 * width, 3),
        (f"model.{up + 7}", outputs, width, 7),
    ]:
        stem, _, index = name.rpartition(".")
        is_last, is_up = name == f"model.{up + 7}", name in (f"model.{up}", f"model.{up + 3}")
        shape = (given, made, kernel, kernel) if is_up else (made, given, kernel, kernel)
        state[f"{name}.weight"] = torch.randn(shape, generator=random) * (1.5 / (given * kernel**2)) ** 0.5
        if is_last or not batch_norm:
            state[f"{name}.bias"] = 0.3 * torch.randn(made, generator=random)
        if not is_last and (batch_norm or stale):
            state |= _norm(f"{stem}.{int(index) + 1}", made, batch_norm, random)
    return state


def _norm(name: str, count: int, affine: bool, random: torch.Generator) -> State:
    state = {
        f"{name}.running_mean": 0.5 * torch.randn(count, generator=random),
        f"{name}.running_var": 0.2 + torch.rand(count, generator=random),
        f"{name}.num_batches_tracked": torch.tensor(5),
    }
    if affine:
        state[f"{name}.weight"] = 0.3 + 0.3 * torch.rand(count, generator=random)  # blocks add up
        state[f"{name}.bias"] = 0.3 * torch.randn(count, generator=random)
    return state


def reference_resnet(state: State, x: Tensor, *, zero_padding: bool = False, use_statistics: bool = False) -> Tensor:
    """x [n, c, h, w] in [-1, 1] -> float64 of the same sides.

    Args:
        zero_padding, use_statistics: two wrong networks: zeros around the blocks' and outer convolutions, and stale
            statistics in place of each picture's own.
    """
    net = _Network(state, zero_padding, use_statistics)
    last = max(int(key.split(".")[1]) for key in state)
    blocks = last - 17
    x = relu(net.norm(net.padded(x.double(), "model.1", 3), "model.2"))
    x = relu(net.norm(convolution(x, state, "model.4", 2, 1), "model.5"))
    x = relu(net.norm(convolution(x, state, "model.7", 2, 1), "model.8"))
    for i in range(blocks):
        x = x + net.block(x, f"model.{10 + i}.conv_block")
    for n in (10 + blocks, 13 + blocks):
        x = relu(net.norm(transposed(x, state, f"model.{n}", 2, 1, output_padding=1), f"model.{n + 1}"))
    return net.padded(x, f"model.{last}", 3).tanh()


class _Network:
    def __init__(self, state: State, zero_padding: bool, use_statistics: bool) -> None:
        self.state, self.zero_padding, self.use_statistics = state, zero_padding, use_statistics

    def padded(self, x: Tensor, name: str, by: int) -> Tensor:
        if self.zero_padding:
            return convolution(x, self.state, name, 1, by)
        return convolution(reflect(x, by), self.state, name, 1, 0)

    def norm(self, x: Tensor, name: str) -> Tensor:
        if f"{name}.weight" in self.state:
            return batch_norm(x, self.state, name)
        if self.use_statistics:
            ones = {f"{name}.weight": torch.ones(x.shape[1]), f"{name}.bias": torch.zeros(x.shape[1])}
            return batch_norm(x, self.state | ones, name)
        return instance_norm(x)

    def block(self, x: Tensor, name: str) -> Tensor:
        # With dropout, the second convolution is one place further on.
        weight = self.state.get(f"{name}.6.weight")
        second = 6 if weight is not None and weight.ndim == 4 else 5
        x = relu(self.norm(self.padded(x, f"{name}.1", 1), f"{name}.2"))
        return self.norm(self.padded(x, f"{name}.{second}", 1), f"{name}.{second + 1}")
