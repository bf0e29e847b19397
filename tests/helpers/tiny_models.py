"""Random-weight checkpoints for tests, in the layout of pytorch/examples' DCGAN. Written with torch alone."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor


def dcgan_state(
    *,
    side: int = 32,
    channels: int = 3,
    width: int = 4,
    latent: int = 8,
    seed: int = 0,
    bias: bool = False,
    prefix: str = "",
) -> dict[str, Tensor]:
    """A generator's state dict: `main.{3i}` convolutions, `main.{3i+1}` batch norms with random running statistics.

    Args:
        side: 16, 32, 64, 128 or 256 pixels.
        width: channels before the last layer, doubled in each layer further up.
        prefix: put before every key, such as "module.".
    """
    random = torch.Generator().manual_seed(seed)
    layers = side.bit_length() - 2
    widths = [latent, *(width * 2 ** (layers - 2 - i) for i in range(layers - 1)), channels]
    state: dict[str, Tensor] = {}
    for i in range(layers):
        inputs, outputs = widths[i : i + 2]
        # Each output value is a sum over the inputs and, with stride 2, four of the sixteen taps.
        gain = (2 / (inputs * (1 if i == 0 else 4))) ** 0.5
        state[f"main.{3 * i}.weight"] = gain * torch.randn(inputs, outputs, 4, 4, generator=random)
        if bias:
            state[f"main.{3 * i}.bias"] = 0.3 * torch.randn(outputs, generator=random)
        if i < layers - 1:
            norm = f"main.{3 * i + 1}"
            state[f"{norm}.weight"] = 0.7 + 0.6 * torch.rand(outputs, generator=random)
            state[f"{norm}.bias"] = 0.3 * torch.randn(outputs, generator=random)
            state[f"{norm}.running_mean"] = 0.5 * torch.randn(outputs, generator=random)
            state[f"{norm}.running_var"] = 0.4 + 1.6 * torch.rand(outputs, generator=random)
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1000 + seed)
    return {prefix + key: tensor for key, tensor in state.items()}


def save_checkpoint(path: Path, state: dict[str, Tensor]) -> Path:
    """Writes safetensors for `.safetensors`, else with torch.save; returns `path`."""
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        torch.save(state, path)
    return path


def save_dcgan(
    path: Path,
    *,
    side: int = 32,
    channels: int = 3,
    width: int = 4,
    latent: int = 8,
    seed: int = 0,
    bias: bool = False,
    prefix: str = "",
) -> Path:
    """`dcgan_state` as a file; returns `path`."""
    state = dcgan_state(side=side, channels=channels, width=width, latent=latent, seed=seed, bias=bias, prefix=prefix)
    return save_checkpoint(path, state)
