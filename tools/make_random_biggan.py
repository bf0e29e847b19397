"""Writes a BigGAN-deep checkpoint with random weights: a folder in Hugging Face's layout, to measure and to test with.

python tools/make_random_biggan.py 512 FOLDER [--seed 0]

Sizes are those of DeepMind's biggan-deep-128, -256 and -512. Trained weights draw pictures; these draw noise, in
the same time. The stored u and v of the spectral norms are those of some power iterations, as after a training, and the
statistics make every activation about as large as its neighbours, so that nothing overflows or saturates.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from ganrt.benchmarks.models import biggan_deep_shapes
from ganrt.exporter.families.biggan_deep import PUBLISHED

Z_DIM, CLASSES, WIDTH, ROWS, EPS, ATTENTION = 128, 1000, 128, 51, 1e-4, 8
ITERATIONS = 4


@dataclass(frozen=True)
class Layer:
    """One block: whether it doubles the side, and its channels."""

    up: bool
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Config:
    """A whole generator; `attention` is the block before which the attention lies, None without one."""

    z_dim: int
    num_classes: int
    channel_width: int
    n_stats: int
    layers: tuple[Layer, ...]
    attention: int | None
    eps: float

    @property
    def side(self) -> int:
        """Height and width of the picture in pixels."""
        return 4 << sum(layer.up for layer in self.layers)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every key of a checkpoint without spectral norm, and its shape."""
        blocks, sizes = [(layer.inputs, layer.outputs) for layer in self.layers], (self.z_dim, self.num_classes)
        return biggan_deep_shapes(blocks, self.channel_width, *sizes, self.n_stats, self.attention)


def published_config(side: int) -> Config:
    """The configuration of biggan-deep-`side`."""
    blocks = enumerate(PUBLISHED[side])
    layers = tuple(Layer(i % 2 == 1, WIDTH * inputs, WIDTH * outputs) for i, (inputs, outputs) in blocks)
    return Config(Z_DIM, CLASSES, WIDTH, ROWS, layers, ATTENTION, EPS)


def random_state(config: Config, seed: int) -> dict[str, Tensor]:
    """A state dict with the keys of the original library."""
    random = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    for key, shape in config.shapes().items():
        if key.endswith(".weight") and len(shape) > 1 and key != "embeddings.weight":
            state |= _spectral(key, torch.randn(shape, generator=random), random)
        else:
            state[key] = _plain(key, shape, random)
    return state


def _plain(key: str, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    if key.endswith("running_vars"):
        return 0.5 + torch.rand(shape, generator=random)
    spread = 1.0 if key == "embeddings.weight" else 0.1
    centre = 1.0 if key.endswith(("bn.weight", "gamma")) else 0.0
    return centre + spread * torch.randn(shape, generator=random)


def _spectral(key: str, weight: Tensor, random: torch.Generator) -> dict[str, Tensor]:
    """`weight` with the u and v that torch.nn.utils.spectral_norm would keep beside it."""
    matrix = weight.flatten(1)
    u = torch.randn(len(matrix), generator=random)
    for _ in range(ITERATIONS):
        v = torch.nn.functional.normalize(matrix.T @ u, dim=0, eps=EPS)
        u = torch.nn.functional.normalize(matrix @ v, dim=0, eps=EPS)
    return {f"{key}_orig": weight, f"{key}_u": u, f"{key}_v": v}


def config_json(config: Config) -> str:
    """config.json as the original library writes it."""
    width = config.channel_width
    fields = {
        "attention_layer_position": config.attention,
        "channel_width": width,
        "class_embed_dim": config.z_dim,
        "eps": config.eps,
        "layers": [[layer.up, layer.inputs // width, layer.outputs // width] for layer in config.layers],
        "n_stats": config.n_stats,
        "num_classes": config.num_classes,
        "output_dim": config.side,
        "z_dim": config.z_dim,
    }
    return json.dumps(fields, indent=2, sort_keys=True) + "\n"


def write_random(side: int, folder: Path, seed: int = 0) -> Path:
    """Writes model.safetensors and config.json into `folder`, which is made; returns it."""
    config = published_config(side)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(random_state(config, seed), folder / "model.safetensors")
    (folder / "config.json").write_text(config_json(config), "utf-8")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Writes a BigGAN-deep checkpoint with random weights.")
    parser.add_argument("side", type=int, choices=list(PUBLISHED))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(write_random(arguments.side, arguments.folder, arguments.seed))
