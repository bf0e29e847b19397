"""Random checkpoints of the CSC413 and CSC321 assignments, and slow references of their two generators."""

from __future__ import annotations

import torch
from slow_layers import State, batch_norm, convolution, double, relu, transposed
from torch import Tensor

VARIANTS = ("A", "B", "C", "D", "deconv")


class _Maker:
    """Collects random tensors; weights have the gain that keeps values near one."""

    def __init__(self, seed: int) -> None:
        self.random = torch.Generator().manual_seed(seed)
        self.state: State = {}

    def weight(self, key: str, *shape: int, fan: int) -> None:
        self.state[key] = (2 / fan) ** 0.5 * torch.randn(*shape, generator=self.random)

    def norm(self, name: str, count: int) -> None:
        self.state[f"{name}.weight"] = 0.7 + 0.6 * torch.rand(count, generator=self.random)
        self.state[f"{name}.bias"] = 0.3 * torch.randn(count, generator=self.random)
        self.state[f"{name}.running_mean"] = 0.5 * torch.randn(count, generator=self.random)
        self.state[f"{name}.running_var"] = 0.4 + 1.6 * torch.rand(count, generator=self.random)
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(20000)

    def convolution(self, name: str, position: int, inputs: int, outputs: int, kernel: int, norm: bool = True) -> None:
        self.weight(f"{name}.{position}.weight", outputs, inputs, kernel, kernel, fan=inputs * kernel**2)
        if norm:
            self.norm(f"{name}.{position + 1}", outputs)

    def transposed(self, name: str, inputs: int, outputs: int, taps: int, norm: bool = True) -> None:
        self.weight(f"{name}.0.weight", inputs, outputs, 4, 4, fan=inputs * taps)
        if norm:
            self.norm(f"{name}.1", outputs)


def generator_state(
    variant: str = "A", *, width: int = 3, noise: int = 6, channels: int = 3, last_norm: bool = False, seed: int = 0
) -> State:
    """A DCGenerator with conv_dim `width`; `last_norm`: upconv3 with batch norm."""
    make = _Maker(seed)
    if variant == "deconv":
        make.transposed("deconv1", noise, 4 * width, 1)
        make.transposed("deconv2", 4 * width, 2 * width, 4)
        make.transposed("deconv3", 2 * width, width, 4)
        make.transposed("deconv4", width, channels, 4, last_norm)
        return make.state
    if variant == "C":
        make.weight("linear_bn.0.weight", 64 * width, noise, fan=noise)
        make.state["linear_bn.0.bias"] = 0.3 * torch.randn(64 * width, generator=make.random)
    else:
        position, outputs, kernel = {"A": (0, 4, 4), "B": (0, 64, 1), "D": (1, 4, 3)}[variant]
        make.convolution("linear_bn", position, noise, outputs * width, kernel)
        make.state[f"linear_bn.{position}.weight"] *= kernel  # only one to four of the taps meet a pixel
    make.convolution("upconv1", 1, 4 * width, 2 * width, 5)
    make.convolution("upconv2", 1, 2 * width, width, 5)
    make.convolution("upconv3", 1, width, channels, 5, last_norm)
    return make.state


def cycle_state(variant: str = "upconv", *, width: int = 3, inputs: int = 3, outputs: int = 3, seed: int = 0) -> State:
    """A CycleGenerator with conv_dim `width`: `upconv` (kernel 5) or the older `deconv` (kernel 4)."""
    make = _Maker(seed)
    kernel = 5 if variant == "upconv" else 4
    make.convolution("conv1", 0, inputs, width, kernel)
    make.convolution("conv2", 0, width, 2 * width, kernel)
    make.convolution("resnet_block.conv_layer", 0, 2 * width, 2 * width, 3)
    if variant == "upconv":
        make.convolution("upconv1", 1, 2 * width, width, 5)
        make.convolution("upconv2", 1, width, outputs, 5, norm=False)
    else:
        make.transposed("deconv1", 2 * width, width, 4)
        make.transposed("deconv2", width, outputs, 4, norm=False)
    return make.state


def reference_generator(state: State, z: Tensor, *, upsample_first: bool = True, eps: float = 1e-5) -> Tensor:
    """z [n, dim] -> float64 [n, c, 32, 32]; `upsample_first=False` is the wrong order."""
    if "deconv1.0.weight" in state:
        x = z.double()[:, :, None, None]
        for i in (1, 2, 3, 4):
            x = transposed(x, state, f"deconv{i}.0", 1 if i == 1 else 2, 0 if i == 1 else 1)
            x = _normed(x, state, f"deconv{i}.1", eps)
            x = relu(x) if i < 4 else x
        return x.tanh()
    x = relu(_linear_bn(state, z.double(), eps))
    for i in (1, 2, 3):
        x = _upconv(x, state, f"upconv{i}", eps, upsample_first)
        x = relu(x) if i < 3 else x
    return x.tanh()


def _linear_bn(state: State, z: Tensor, eps: float) -> Tensor:
    channels = state["upconv1.1.weight"].shape[1]
    first = state.get("linear_bn.0.weight")
    if first is not None and first.ndim == 2:
        x = z @ first.double().T + state["linear_bn.0.bias"].double()
    elif first is None:
        x = _normed(convolution(double(z[:, :, None, None]), state, "linear_bn.1", 1, 2), state, "linear_bn.2", eps)
    else:
        padding = 3 if first.shape[2] == 4 else 0
        x = _normed(convolution(z[:, :, None, None], state, "linear_bn.0", 1, padding), state, "linear_bn.1", eps)
    return x.reshape(len(z), channels, 4, 4)


def _upconv(x: Tensor, state: State, name: str, eps: float = 1e-5, upsample_first: bool = True) -> Tensor:
    padding = state[f"{name}.1.weight"].shape[2] // 2
    if upsample_first:
        x = convolution(double(x), state, f"{name}.1", 1, padding)
    else:
        x = double(convolution(x, state, f"{name}.1", 1, padding))
    return _normed(x, state, f"{name}.2", eps)


def _normed(x: Tensor, state: State, name: str, eps: float) -> Tensor:
    return batch_norm(x, state, name, eps) if f"{name}.running_mean" in state else x


def reference_cycle(state: State, x: Tensor, *, relu_after_sum: bool = True) -> Tensor:
    """x [n, c, 32, 32] in [-1, 1] -> float64 [n, c, 32, 32]; `relu_after_sum=False` is wrong."""
    x = x.double()
    for name in ("conv1", "conv2"):
        padding = (state[f"{name}.0.weight"].shape[2] - 1) // 2
        x = relu(batch_norm(convolution(x, state, f"{name}.0", 2, padding), state, f"{name}.1"))
    block = convolution(x, state, "resnet_block.conv_layer.0", 1, 1)
    x = x + batch_norm(block, state, "resnet_block.conv_layer.1")
    x = relu(x) if relu_after_sum else x
    if "upconv1.1.weight" in state:
        return _upconv(relu(_upconv(x, state, "upconv1")), state, "upconv2").tanh()
    x = relu(batch_norm(transposed(x, state, "deconv1.0", 2, 1), state, "deconv1.1"))
    return transposed(x, state, "deconv2.0", 2, 1).tanh()
