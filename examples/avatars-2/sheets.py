"""The card's pictures: uncurated samples over three backgrounds, a row of falling truncation, and every option.

python sheets.py -m avatars-2.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from measure import BACKGROUNDS
from numpy.typing import NDArray
from parts import LATENT_DIM, PARTS

import ganrt

U8 = NDArray[np.uint8]
HERE = Path(__file__).parent


def over(rgba: U8, ground: int) -> U8:
    """uint8 [n, h, w, 4] -> uint8 [n, h, w, 3]."""
    alpha = rgba[..., 3:].astype(np.float64) / 255
    laid: U8 = (rgba[..., :3] * alpha + (1 - alpha) * ground).round().astype(np.uint8)
    return laid


def save(path: Path, pictures: U8, columns: int, side: int) -> None:
    """uint8 [n, h, w, 3] -> one PNG of rows."""
    small = [cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in pictures]
    small += [np.full_like(small[0], 255)] * (-len(small) % columns)
    rows = [np.concatenate(small[i : i + columns], axis=1) for i in range(0, len(small), columns)]
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def options(generator: ganrt.Generator) -> U8:
    """Every option of every part, all else as it is at z = 0."""
    latents = []
    for part in PARTS:
        for i in range(len(part.options)):
            z = np.zeros(LATENT_DIM, np.float32)
            z[part.first : part.first + part.values] = part.values_for(i)
            latents.append(z)
    return generator.synthesize(np.stack(latents))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars-2")
    parser.add_argument("-o", "--output", type=Path, default=HERE)
    arguments = parser.parse_args()
    with ganrt.load(arguments.model) as generator:
        samples = generator.sample(100, seed=0)
        laid = [over(samples[34 * i : 34 * (i + 1)], ground) for i, ground in enumerate(BACKGROUNDS)]
        save(arguments.output / "samples.png", np.concatenate(laid), 17, 96)
        psis = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
        rows = [generator.sample(8, seed=1, truncation=psi) for psi in psis]
        save(arguments.output / "truncation.png", over(np.concatenate(rows), 255), 8, 96)
        save(arguments.output / "options.png", over(options(generator), 255), 17, 96)


if __name__ == "__main__":
    main()
