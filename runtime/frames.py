"""The frames of a walk, as fast as they can be drawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.generator import Generator
from ganrt.runtime.walk_path import Walk


def walk_frames(generator: Generator, walk: Walk, fps: float) -> Iterator[NDArray[np.uint8]]:
    """The frames of one pass through a walk: uint8 [h, w, c] each.

    Frame k does not depend on the frames before it. A walk without classes shows class 0 of a conditional generator.

    Raises:
        UsageError: at once, before any frame: the walk asks for what this generator does not have.
    """
    _draw(generator, walk, range(1), fps)
    step, total = generator.batch_size, walk.frame_count(fps)
    batches = (range(first, min(first + step, total)) for first in range(0, total, step))
    return (image for frames in batches for image in _draw(generator, walk, frames, fps))


def _draw(generator: Generator, walk: Walk, frames: range, fps: float) -> NDArray[np.uint8]:
    spec = generator.spec
    statistics = walk.truncations(spec, frames, fps)
    return generator.synthesize(
        walk.latents(generator.latent, frames, fps),
        walk.labels(spec, frames, fps),
        walk.truncation if statistics is None else statistics,
    )
