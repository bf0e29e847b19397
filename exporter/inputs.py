"""Values for the inputs that a spec names, to verify a graph with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ganrt.pattern import pattern, pattern_size
from ganrt.spec import LABELS, SOURCE, TRUNCATION, GeneratorSpec, ImageInput, Latent, PsiInput, Z, psi_input

Array = NDArray[np.float32]
Inputs = dict[str, NDArray[np.float32] | NDArray[np.uint8]]
# (latent, seed, start, count) -> float32 [count, latent.dim]. Handed in by the caller: latents are the runtime's job.
Sampler = Callable[[Latent, int, int, int], Array]
# The spec -> the weights of its classes, float32 [count]. Handed in for the same reason.
ChooseClass = Callable[[GeneratorSpec], Array]
_GRID = 0.02  # the step between BigGAN's rows of statistics
_GOLDEN = 0.6180339887  # multiples of it, modulo 1, cover an interval evenly however many are taken


def picture_sizes(spec: GeneratorSpec) -> tuple[tuple[int, int] | None, ...]:
    """(height, width) of the pictures to verify with: None is the spec's own; another, not square, where it is open."""
    if spec.image is None or not spec.image.dynamic:
        return (None,)
    step = spec.image.multiple_of
    return (None, (spec.image.height + step, spec.image.width + 3 * step))


def sample_inputs(
    spec: GeneratorSpec, sampler: Sampler, seed: int, start: int, count: int, size: tuple[int, int] | None = None
) -> Inputs:
    """`count` inputs, indices `start` on of `seed`; the classes in turn, one-hot; see `truncation_of` for the last.

    Args:
        size: (height, width) of pictures, by default the spec's.

    Returns:
        float32 [count, ...] each, `truncation` [count]; `source` is uint8 [count, h, w, c].
    """
    if spec.image is not None:
        return {SOURCE: sample_pictures(spec.image, sampler, seed, start, count, size)}
    values: Inputs = {}
    if spec.latent is not None:
        values[Z] = sampler(spec.latent, seed, start, count)
    if spec.labels is not None:
        values[LABELS] = np.eye(spec.labels.count, dtype=np.float32)[
            np.arange(start, start + count) % spec.labels.count
        ]
    psi = psi_input(spec)
    if psi is not None:
        values[TRUNCATION] = np.array([truncation_of(psi, i) for i in range(start, start + count)], np.float32)
    return values


def truncation_of(psi: PsiInput, index: int) -> float:
    """The truncation that goes with sample `index`: 0 has the default, as a user who gives none.

    Then a value between two rows of statistics, one of a row, and both ends of the range (of a style space those that
    are used, 0 and 1); from 5 on rows and values between them take turns, spread over the whole range.
    """
    low, high = psi.low if psi.zero else max(psi.low, _GRID / 4), min(psi.high, 1.0)
    spread = low + (high - low) * (index * _GOLDEN % 1)
    row = min(max(round(spread / _GRID) * _GRID, low), high)
    first = (psi.default, spread, row, low, high)
    return first[index] if index < len(first) else (row, spread)[index % 2]


def sample_pictures(
    image: ImageInput, sampler: Sampler, seed: int, start: int, count: int, size: tuple[int, int] | None = None
) -> NDArray[np.uint8]:
    """uint8 [count, h, w, c]: even indices are `ganrt.pattern`'s tiles, odd ones noise, which has detail everywhere."""
    height, width = size or (image.height, image.width)
    latent = Latent(dim=pattern_size(image.channels), prior="uniform")
    tiles = sampler(latent, seed, start, count)
    pictures = np.empty((count, height, width, image.channels), np.uint8)
    for i, values in enumerate(tiles):
        if (start + i) % 2:
            random = np.random.default_rng((seed, start + i))
            pictures[i] = random.integers(0, 256, pictures[i].shape, dtype=np.uint8)
        else:
            pictures[i] = pattern(values, height, width, image.channels)
    return pictures
