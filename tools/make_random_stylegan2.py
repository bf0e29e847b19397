"""A full-size StyleGAN2 with random weights, to measure an export with; its file has NVIDIA's keys.

    python tools/make_random_stylegan2.py -o random-256.safetensors            # 256 px, configuration "auto"
    /usr/bin/time -v ganrt export random-256.safetensors -o random-256.onnx

Source of sizes: NVlabs/stylegan2-ada-pytorch, train.py (512 values of z and w, two layers of mapping, 16384 // side
channels below 512 px, else 32768 // side, at most 512).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

DIM, MOST = 512, 512


def weights(side: int, seed: int = 0) -> dict[str, Tensor]:
    """A state dict of the "skip" architecture."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    base = 16384 if side < 512 else 32768
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    state = {"mapping.w_avg": torch.zeros(DIM)}
    for i in range(2):
        state |= {f"mapping.fc{i}.weight": random(DIM, DIM) * 100, f"mapping.fc{i}.bias": torch.zeros(DIM)}
    before = 0
    for resolution in (2**i for i in range(2, side.bit_length())):
        name, width = f"synthesis.b{resolution}", min(base // resolution, MOST)
        state[f"{name}.resample_filter"] = torch.outer(taps, taps)
        if not before:
            state[f"{name}.const"] = random(width, 4, 4)
        for layer, inputs in (("conv0", before), ("conv1", width)):
            if inputs:
                state |= _layer(f"{name}.{layer}", random(width, inputs, 3, 3), random(inputs, DIM))
                state[f"{name}.{layer}.noise_const"] = random(resolution, resolution)
                state[f"{name}.{layer}.noise_strength"] = torch.tensor(0.1)
        state |= _layer(f"{name}.torgb", random(3, width, 1, 1), random(width, DIM))
        before = width
    return state


def _layer(name: str, weight: Tensor, affine: Tensor) -> dict[str, Tensor]:
    return {
        f"{name}.weight": weight,
        f"{name}.bias": torch.zeros(len(weight)),
        f"{name}.affine.weight": affine,
        f"{name}.affine.bias": torch.ones(len(affine)),
    }


def main() -> None:
    """Writes the file that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=256, choices=[2**i for i in range(3, 11)])
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    save_file(weights(arguments.side), arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
