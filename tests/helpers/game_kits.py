"""A kit with the built-in drawer's file, of a small generator, and what is compared of pictures that clients drew."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from layered_models import SIDE

from ganrt.engines.onnx_file import read_onnx
from ganrt.runtime.bundle import Contents, write_bundle
from ganrt.runtime.generator import Generator
from ganrt.runtime.known_pictures import canary_bytes, make_drawer


def make_kit(model: Path, generator: Generator, folder: Path, storage: str = "fp32") -> Path:
    """`storage` none: without the built-in drawer's file."""
    opened = read_onnx(model)
    builtin = {"canary.raw": canary_bytes(generator)}
    if storage != "none":
        builtin["model.drawer"] = make_drawer(opened, generator, storage)
    write_bundle(Contents(opened, {}, builtin=builtin), folder)
    return folder


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on the path")


def stored(path: Path, side: int = SIDE) -> np.ndarray:
    """RGBA8, the top row first."""
    return np.fromfile(path, np.uint8).reshape(side, side, 4)


def near(found: np.ndarray, expected: np.ndarray, most: int = 1) -> None:
    """The same colours to within `most` of 255; a picture of a model without alpha is opaque."""
    apart = np.abs(found[..., :3].astype(int) - expected[..., :3])
    print(f"worst {apart.max()} of 255")
    assert apart.max() <= most
    if found.shape[-1] > expected.shape[-1]:
        assert (found[..., 3] == 255).all()


def lobby_is_drawn(shot: np.ndarray, generator: Generator, most: int) -> None:
    """Every one of 200 cells of a lobby's window shows something, and those of some players what they should.

    Cells of 48 pixels and gaps of 4, 20 in a row; the middle of each, which a round mask leaves as it is.
    """
    assert shot.shape == (10 * 52 + 4, 20 * 52 + 4, 3)
    for player in range(200):
        x, y = 4 + player % 20 * 52, 4 + player // 20 * 52
        cell = shot[y + 14 : y + 34, x + 14 : x + 34]
        assert len(np.unique(cell.reshape(-1, 3), axis=0)) > 20, f"player {player} has no picture"
        if player in (0, 21, 199):
            near(cell, generator.avatar(f"player-{player}")[14:34, 14:34], most)
