"""BigGAN-deep's hyperparameters, the configurations that were published, and the keys that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ganrt.exporter.families.statistics import Grid

START = 4  # the side of the first feature map
REDUCTION = 4  # a block's inner convolutions have a quarter of its input channels
DEFAULT_EPS = 1e-4
_COMMON = ((16, 16), (16, 16), (16, 16), (16, 8))
# (input, output) channels of each block, in units of the channel width, by side; every second block doubles the side.
PUBLISHED: Mapping[int, tuple[tuple[int, int], ...]] = {
    128: (*_COMMON, (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    256: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1)),
    512: (*_COMMON, (8, 8), (8, 8), (8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1), (1, 1), (1, 1)),
}


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
        return START << sum(layer.up for layer in self.layers)

    @property
    def grid(self) -> Grid:
        """The truncations of the rows of statistics: 0 to 1."""
        return Grid(rows=self.n_stats, first=0.0, step=1.0 / (self.n_stats - 1))

    def index(self, block: int) -> int:
        """Where block number `block` lies in the checkpoint's list, which counts the attention too."""
        return block + (self.attention is not None and block >= self.attention)


def expected_shapes(config: Config) -> dict[str, tuple[int, ...]]:
    """Every key of a checkpoint without spectral norm, and its shape."""
    condition, width = 2 * config.z_dim, config.channel_width
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.weight": (config.z_dim, config.num_classes),
        "generator.gen_z.weight": (16 * 16 * width, condition),
        "generator.gen_z.bias": (16 * 16 * width,),
        "generator.bn.weight": (width,),
        "generator.bn.bias": (width,),
        "generator.bn.running_means": (config.n_stats, width),
        "generator.bn.running_vars": (config.n_stats, width),
        "generator.conv_to_rgb.weight": (width, width, 3, 3),
        "generator.conv_to_rgb.bias": (width,),
    }
    for i, layer in enumerate(config.layers):
        shapes |= _block_shapes(f"generator.layers.{config.index(i)}", layer, condition, config.n_stats)
    if config.attention is not None:
        c = config.layers[config.attention].inputs
        prefix = f"generator.layers.{config.attention}"
        sizes = {"theta": (c // 8, c), "phi": (c // 8, c), "g": (c // 2, c), "o_conv": (c, c // 2)}
        shapes[f"{prefix}.gamma"] = (1,)
        shapes |= {f"{prefix}.snconv1x1_{name}.weight": (*size, 1, 1) for name, size in sizes.items()}
    return shapes


def _block_shapes(prefix: str, layer: Layer, condition: int, rows: int) -> dict[str, tuple[int, ...]]:
    middle = layer.inputs // REDUCTION
    convolutions = [(middle, layer.inputs, 1), (middle, middle, 3), (middle, middle, 3), (layer.outputs, middle, 1)]
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (outputs, inputs, kernel) in enumerate(convolutions):
        shapes |= {f"{prefix}.bn_{k}.{part}": (rows, inputs) for part in ("running_means", "running_vars")}
        shapes |= {f"{prefix}.bn_{k}.{part}.weight": (inputs, condition) for part in ("scale", "offset")}
        shapes[f"{prefix}.conv_{k}.weight"] = (outputs, inputs, kernel, kernel)
        shapes[f"{prefix}.conv_{k}.bias"] = (outputs,)
    return shapes
