"""A test picture made of numbers: what the canary of a translator or encoder looks at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TILES = 8


def pattern_size(channels: int) -> int:
    """How many values `pattern` takes."""
    return TILES * TILES * channels


def pattern(values: NDArray[np.float32], height: int, width: int, channels: int) -> NDArray[np.uint8]:
    """8 x 8 tiles of flat colour, uint8 [height, width, channels].

    Args:
        values: float32 [64 * channels] in [-1, 1], such as one uniform latent of (seed, index); tile by tile, row by
            row, the channels of a tile together. -1 is black, 1 is white.
        height, width: pixels; pixel (y, x) lies in tile (8 * y // height, 8 * x // width).
    """
    levels = np.clip(np.round((values.astype(np.float64) + 1) * 127.5), 0, 255).astype(np.uint8)
    tiles = levels.reshape(TILES, TILES, channels)
    rows = np.arange(height) * TILES // height
    columns = np.arange(width) * TILES // width
    return np.ascontiguousarray(tiles[rows[:, None], columns[None, :]])
