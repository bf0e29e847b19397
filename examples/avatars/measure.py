"""Measures a trained avatars model: Fréchet distance, diversity, precision and recall, copies, generalisation.

The feature space needs no download: 16 x 16 area averages of RGB in [0, 1], 768 numbers a picture. Real pictures
are fresh draws of the training distribution; the same measures between two sets of real pictures say what the best
possible value is. Writes JSON and prints Markdown.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import latent_map
import numpy as np
import torch
from pictures import Painter
from scipy import linalg
from scipy.spatial.distance import cdist

import ganrt
from ganrt.runtime.compare import psnr
from ganrt.runtime.measures import diversity, features


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of two feature sets [n, d], each taken as a normal distribution (Heusel et al. 2017)."""
    difference = a.mean(axis=0) - b.mean(axis=0)
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The trace of the square root of a product of covariances: its eigenvalues are real and not negative.
    eigenvalues = np.clip(linalg.eigvals(covariance_a @ covariance_b).real, 0, None)
    return float(difference @ difference + np.trace(covariance_a + covariance_b) - 2 * np.sqrt(eigenvalues).sum())


def coverage(reference: np.ndarray, samples: np.ndarray, k: int = 3) -> float:
    """Share of samples inside the union of balls that reach to each reference's k-th neighbour.

    Precision with reference = real, recall with reference = generated (Kynkäänniemi et al. 2019).
    """
    radii = np.partition(cdist(reference, reference), k, axis=1)[:, k]
    return float((cdist(samples, reference) <= radii).any(axis=1).mean())


def real_pictures(
    painter: Painter, count: int, seed: int, held_out: bool | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Latents float32 [n, dim] and pictures uint8 [n, 64, 64, 3]; of held-out or trained combinations if asked."""
    random = torch.Generator().manual_seed(seed)
    latents, pictures = [], []
    while sum(map(len, latents)) < count:
        z = torch.randn(500, latent_map.LATENT_DIM, generator=random)
        if held_out is not None:
            z = z[latent_map.is_held_out(latent_map.combination(z)) == held_out]
        pixels = ((painter.paint(z) + 1) * 127.5).round().clamp(0, 255).byte()
        latents.append(z.numpy())
        pictures.append(pixels.permute(0, 2, 3, 1).numpy())
    return np.concatenate(latents)[:count], np.concatenate(pictures)[:count]


def fidelity(generator: ganrt.Generator, painter: Painter, held_out: bool, count: int) -> dict[str, float]:
    """How close the pictures are to the right ones of their latents."""
    z, right = real_pictures(painter, count, seed=77, held_out=held_out)
    scores = [psnr(a, b) for a, b in zip(generator.synthesize(z), right, strict=True)]
    low, middle, high = np.percentile(scores, [10, 50, 90])
    return {"psnr_p10": float(low), "psnr_median": float(middle), "psnr_p90": float(high)}


def measure(model: str, drawings: Path, count: int) -> dict[str, object]:
    """All figures, over `count` pictures on each side."""
    painter = Painter(drawings)
    with ganrt.load(model) as generator:
        drawn = generator.sample(count, seed=0)
        truncated = {psi: diversity(generator.sample(500, seed=1, truncation=psi)) for psi in (0.3, 0.5, 0.7, 1.0)}
        trained, held_out = (fidelity(generator, painter, choice, 500) for choice in (False, True))
        source = {"model": generator.spec.name, "model_sha256": generator.model_sha256}
    training, real, other_real = (real_pictures(painter, count, seed)[1] for seed in (1, 2, 3))
    in_training, in_real, in_drawn, in_other = (features(x) for x in (training, real, drawn, other_real))
    return {
        **source,
        "pictures": count,
        "frechet": frechet(in_real, in_drawn),
        "frechet_real": frechet(in_real, in_other),
        "variance_real": float(np.trace(np.cov(in_real, rowvar=False))),
        "diversity": diversity(drawn[:2000]),
        "diversity_real": diversity(real[:2000]),
        "precision": coverage(in_real, in_drawn),
        "precision_real": coverage(in_real, in_other),
        "recall": coverage(in_drawn, in_real),
        "recall_real": coverage(in_other, in_real),
        "nearest_training": float(np.median(cdist(in_drawn, in_training).min(axis=1))),
        "nearest_training_real": float(np.median(cdist(in_real, in_training).min(axis=1))),
        "diversity_truncated": truncated,
        "fidelity_trained_combinations": trained,
        "fidelity_held_out_combinations": held_out,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-m", "--model", default="avatars")
    parser.add_argument("--drawings", type=Path, default=Path("out/avatars/drawings.npy"))
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("-o", "--output", type=Path, default=Path("out/avatars/measures.json"))
    arguments = parser.parse_args()
    measures = measure(arguments.model, arguments.drawings, arguments.count)
    arguments.output.write_text(json.dumps(measures, indent=2) + "\n")
    print(json.dumps(measures, indent=2))


if __name__ == "__main__":
    main()
