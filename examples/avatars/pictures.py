"""The training pictures: DiceBear's open-peeps (CC0), drawn once a combination of parts, coloured on the fly.

A flat drawing is linear in its fill colours. Two renderings of one combination (all colours black; skin
pure red, hair pure green, clothing pure blue) therefore give the ink, the coverage of each colour and of
the background, from which every colouring follows without another call of the rasteriser.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.resources import files
from pathlib import Path

import cv2
import latent_map
import numpy as np
import resvg_py
import torch
from dicebear import Avatar, Style

SIZE = 64
_STYLE = Style(json.loads(files("dicebear_styles").joinpath("open-peeps.json").read_text("utf-8")))


def _draw(number: int, skin: str, hair: str, clothing: str) -> np.ndarray:
    """One combination in the given fills -> premultiplied RGBA, int16 [SIZE, SIZE, 4] in [0, 255]."""
    parts = latent_map.parts_of(number)
    options: dict[str, object] = {
        "seed": "ganrt",
        "idRandomization": False,
        "scale": 1.15,
        "translateY": 3,
        "maskProbability": 0,
        "headVariant": [parts["head"]],
        "expressionVariant": [parts["expression"]],
        "facialHairProbability": 0 if parts["facialHair"] == "none" else 100,
        "accessoriesProbability": 0 if parts["accessories"] == "none" else 100,
        "skinColor": [skin],
        "headContrastColor": [hair],
        "clothingColor": [clothing],
    }
    for part in ("facialHair", "accessories"):
        if parts[part] != "none":
            options[f"{part}Variant"] = [parts[part]]
    svg = Avatar(_STYLE, options).to_string()
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE, skip_system_fonts=True))
    bgra = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    rgba = bgra[..., [2, 1, 0, 3]].astype(np.int32)
    rgba[..., :3] = (rgba[..., :3] * rgba[..., 3:] + 127) // 255
    return rgba.astype(np.int16)


def layers(number: int) -> np.ndarray:
    """uint8 [7, SIZE, SIZE]: ink and white R, G, B, then the coverage of skin, hair, clothing, background."""
    ink = _draw(number, "000000", "000000", "000000")
    fills = _draw(number, "ff0000", "00ff00", "0000ff")
    coverage = np.clip(fills[..., :3] - ink[..., :3], 0, 255)
    stack = np.concatenate((ink[..., :3], coverage, 255 - ink[..., 3:]), axis=2)
    return stack.transpose(2, 0, 1).astype(np.uint8)


def build(path: Path) -> None:
    """Draws all combinations into one .npy (memory-mapped); an interrupted run goes on where it stopped."""
    count = latent_map.combinations()
    partial = path.with_suffix(".partial.npy")
    if partial.exists():
        data = np.lib.format.open_memmap(partial, mode="r+")
    else:
        data = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(count, 7, SIZE, SIZE))
    started = time.monotonic()
    todo = [i for i in range(count) if not data[i, 6].any()]  # a corner of every finished picture is background
    for done, number in enumerate(todo, 1):
        data[number] = layers(number)
        if done % 500 == 0 or done == len(todo):
            rate = done / (time.monotonic() - started)
            print(f"\r{done}/{len(todo)} drawings, {rate:.0f} a second", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    data.flush()
    del data
    partial.replace(path)


class Painter:
    """Colours the drawings: the one right picture for each latent."""

    def __init__(self, path: Path) -> None:
        self._layers = torch.from_numpy(np.load(path, mmap_mode="c"))
        ramp = torch.linspace(-1, 1, SIZE)
        self._ramp = torch.stack((ramp[None, :].expand(SIZE, SIZE), ramp[:, None].expand(SIZE, SIZE)))

    def paint(self, z: torch.Tensor) -> torch.Tensor:
        """z: float32 [n, LATENT_DIM] -> RGB float32 [n, 3, SIZE, SIZE] in [-1, 1]."""
        colour = latent_map.colours(z)
        drawing = self._layers[latent_map.combination(z)].float() / 255
        image = drawing[:, :3].clone()
        for layer, name in enumerate(("skin", "hair", "clothing"), 3):
            image += drawing[:, layer : layer + 1] * colour[name][:, :, None, None]
        slope = torch.einsum("nk,khw->nhw", colour["slope"], self._ramp)[:, None]
        background = (colour["background"][:, :, None, None] + slope).clamp(0, 1)
        image += drawing[:, 6:7] * background
        return image.clamp(0, 1) * 2 - 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("out/avatars/drawings.npy"))
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    build(arguments.output)
