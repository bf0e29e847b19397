"""Folders of small noisy pictures about one colour each, for evaluations."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ganrt.runtime.pictures import encode_png

COLOURS = {"red": (220, 40, 40), "green": (40, 200, 60), "blue": (50, 60, 210)}


def draw(folder: Path, colour: tuple[int, int, int], count: int, seed: int = 0, side: int = 12) -> None:
    """Noisy pictures about one colour, 0.png and on."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    for i in range(count):
        picture = np.clip(random.normal(colour, 25, (side, side, 3)), 0, 255).astype(np.uint8)
        (folder / f"{i}.png").write_bytes(encode_png(picture))


def draw_labelled(folder: Path, count: int = 12) -> Path:
    """`count` pictures of each of `COLOURS`, in sub-folders of that name; returns `folder`."""
    for number, (name, colour) in enumerate(COLOURS.items()):
        draw(folder / name, colour, count, number)
    return folder
