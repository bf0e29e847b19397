"""Measures avatars-2: how near its pictures are to the right ones, and how its pictures compare with fresh right ones.

Pictures are laid over black, grey and white, and of every figure the worst of the three counts. No combination of
parts was trained on, so every picture here is of a held-out one. Features are 16 x 16 area averages of RGB (768
numbers, nothing to download); "real" compares two sets of right pictures, which is the best that can be expected.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from drawings import Painter
from numpy.typing import NDArray
from parts import LATENT_DIM

import ganrt
from ganrt.benchmarks.evaluation.frechet import distance, moments
from ganrt.benchmarks.evaluation.precision_recall import precision_recall
from ganrt.runtime.compare import psnr
from ganrt.runtime.measures import distances, features, pair_mean

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
BACKGROUNDS = (0, 128, 255)
CHUNK = 50
UNRECOGNISABLE = 23.0  # dB


def latents(count: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """float32 [CHUNK, LATENT_DIM] at a time: images 0 to count - 1 of the seed."""
    for start in range(0, count, CHUNK):
        yield ganrt.latents(min(CHUNK, count - start), LATENT_DIM, seed=seed, start=start)


def laid_over(premultiplied: torch.Tensor) -> list[U8]:
    """RGBA float32 [n, 4, h, w] in [0, 1] -> uint8 [n, h, w, 3] for each background."""
    colour, clear = premultiplied[:, :3] * 255, 1 - premultiplied[:, 3:]
    laid = [(colour + clear * ground).round_().clamp_(0, 255).byte() for ground in BACKGROUNDS]
    return [pictures.permute(0, 2, 3, 1).contiguous().numpy() for pictures in laid]


def drawn_pictures(generator: ganrt.Generator, z: NDArray[np.float32]) -> list[U8]:
    """What the generator draws, straight RGBA, laid over the backgrounds."""
    rgba = torch.from_numpy(generator.synthesize(z)).permute(0, 3, 1, 2).float() / 255
    return laid_over(torch.cat((rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]), dim=1))


def fidelity(generator: ganrt.Generator, painter: Painter, count: int) -> tuple[F64, list[F64]]:
    """PSNR in dB [count], the worst over the backgrounds; and the features of the drawn pictures over each of them."""
    scores: list[float] = []
    found: list[list[F64]] = [[] for _ in BACKGROUNDS]
    for z in latents(count, seed=0):
        drawn, right = drawn_pictures(generator, z), laid_over(painter.paint(z))
        scores += [min(psnr(a[i], b[i]) for a, b in zip(drawn, right, strict=True)) for i in range(len(z))]
        for kept, pictures in zip(found, drawn, strict=True):
            kept.append(features(pictures))
    return np.array(scores), [np.concatenate(kept) for kept in found]


def real_features(painter: Painter, count: int, seed: int) -> list[F64]:
    """Of right pictures, over each background."""
    chunks = [[features(pictures) for pictures in laid_over(painter.paint(z))] for z in latents(count, seed)]
    return [np.concatenate(kept) for kept in zip(*chunks, strict=True)]


def compared(real: F64, drawn: F64, other: F64) -> dict[str, float]:
    """Figures of drawn pictures against real ones, and of other real ones against real ones."""
    made, best = precision_recall(real, drawn), precision_recall(real, other)
    return {
        "frechet": distance(moments(real), moments(drawn)),
        "frechet_real": distance(moments(real), moments(other)),
        "precision": made.precision,
        "precision_real": best.precision,
        "recall": made.recall,
        "recall_real": best.recall,
        "diversity": pair_mean(distances(drawn[:2000])),
        "diversity_real": pair_mean(distances(real[:2000])),
    }


def measure(model: str, layers: Path, count: int) -> dict[str, object]:
    """All figures, over `count` pictures on each side."""
    painter = Painter(layers)
    with ganrt.load(model) as generator:
        scores, drawn = fidelity(generator, painter, count)
        source = {"model": generator.spec.name, "model_sha256": generator.model_sha256}
    real, other = (real_features(painter, count, seed) for seed in (2, 3))
    over = {f"over_{ground}": compared(*three) for ground, *three in zip(BACKGROUNDS, real, drawn, other, strict=True)}
    low, tenth, middle = np.percentile(scores, [0, 10, 50])
    return {
        **source,
        "pictures": count,
        "psnr_median": float(middle),
        "psnr_p10": float(tenth),
        "psnr_lowest": float(low),
        "below_23_db": int((scores < UNRECOGNISABLE).sum()),
        **over,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars-2")
    parser.add_argument("--layers", type=Path, default=Path("out/avatars-2"), help="where the drawn layers are kept")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/avatars-2/measures.json"))
    arguments = parser.parse_args()
    measures = measure(arguments.model, arguments.layers, arguments.count)
    arguments.output.write_text(json.dumps(measures, indent=2) + "\n")
    print(json.dumps(measures, indent=2))


if __name__ == "__main__":
    main()
