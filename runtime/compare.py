"""Two models, the same latents or pictures: how far apart is what they draw, at worst?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.pixels import comparable, ssim
from ganrt.runtime.canary import canary_source, code_errors
from ganrt.runtime.generator import Generator
from ganrt.spec import GeneratorSpec


@dataclass(frozen=True)
class Comparison:
    """The worst of `samples` pictures; psnr in dB, None where all are identical. RGBA counts premultiplied.

    Of encoders: of their latents, errors in 255ths of the largest |z| and PSNR with that as peak; ssim is None.
    """

    samples: int
    max_error: float
    worst_psnr: float | None
    worst_ssim: float | None
    worst_index: int
    differing_pixels: float  # share of all values that differ, 0 to 1

    def within(self, max_error: int, min_psnr: float) -> bool:
        """Whether the worst picture is inside a tolerance."""
        return self.max_error <= max_error and (self.worst_psnr is None or self.worst_psnr >= min_psnr)


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures in dB, RGBA premultiplied; infinite if they are equal."""
    error = float(np.mean(np.square(comparable(a) - comparable(b))))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def compare(
    a: Generator, b: Generator, samples: int = 64, seed: int = 0, progress: Callable[[int], object] | None = None
) -> Comparison:
    """Compares images 0 to `samples` - 1 of `seed`; `progress` is told how many are done.

    Translators and encoders are compared on the pictures of `comparison_picture`.

    Raises:
        UsageError: the models do not take the same latents or pictures, or do not give pictures of the same size.
    """
    if samples < 1:
        raise UsageError(f"samples {samples}: expected 1 or more")
    if any(getattr(a.spec, part) != getattr(b.spec, part) for part in ("task", "latent", "image", "labels", "output")):
        raise UsageError(f"'{a.spec.name}' and '{b.spec.name}' differ in task, latents, labels or picture size")
    score = _score_of_codes if a.spec.task == "encode" else _score
    scores = []
    for index in range(samples):
        scores.append((*score(a, b, seed, index), index))
        if progress:
            progress(index + 1)
    worst = min(scores, key=lambda score: (score[0], score[1] or 0.0))
    likenesses = [score[1] for score in scores if score[1] is not None]
    return Comparison(
        samples=samples,
        max_error=max(score[2] for score in scores),
        worst_psnr=None if math.isinf(worst[0]) else worst[0],
        worst_ssim=min(likenesses, default=None),
        worst_index=worst[4],
        differing_pixels=float(np.mean([score[3] for score in scores])),
    )


def comparison_picture(spec: GeneratorSpec, seed: int, index: int) -> NDArray[np.uint8]:
    """Picture `index` of `seed` to compare translators and encoders on, uint8 [h, w, c]: flat tiles and noise in turn.

    Flat tiles show errors of colour and edges, noise those of every frequency at once.
    """
    tiles = canary_source(spec, seed, index)
    if index % 2 == 0:
        return tiles
    return np.random.default_rng([seed, index]).integers(0, 256, tiles.shape, np.uint8)


def _score(a: Generator, b: Generator, seed: int, index: int) -> tuple[float, float | None, float, float]:
    """PSNR, SSIM, the largest error, and the share of values that differ."""
    x, y = (_drawn(generator, seed, index) for generator in (a, b))
    error = np.abs(comparable(x) - comparable(y))
    return psnr(x, y), ssim(x, y), float(error.max()), float(np.mean(error > 0))


def _score_of_codes(a: Generator, b: Generator, seed: int, index: int) -> tuple[float, float | None, float, float]:
    source = comparison_picture(b.spec, seed, index)[None]
    found, expected = (generator.encode(source)[0] for generator in (a, b))
    error = code_errors(found, expected)
    mean_square = float(np.mean(np.square(error)))
    ratio = 10 * math.log10(255**2 / mean_square) if mean_square else math.inf
    return ratio, None, float(np.abs(error).max()), float(np.mean(error != 0))


def _drawn(generator: Generator, seed: int, index: int) -> NDArray[np.uint8]:
    if generator.spec.task == "translate":
        return np.asarray(generator.translate(comparison_picture(generator.spec, seed, index)[None])[0])
    return np.asarray(generator.sample(1, seed=seed, start=index)[0])
