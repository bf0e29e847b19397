"""The inputs that a spec names: their shapes, and values to verify a graph with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ganrt.spec import GeneratorSpec, Latent

Array = NDArray[np.float32]
# (latent, seed, start, count) -> float32 [count, latent.dim]. Handed in by the caller: latents are the runtime's job.
Sampler = Callable[[Latent, int, int, int], Array]


def input_shapes(spec: GeneratorSpec) -> dict[str, tuple[int, ...]]:
    """Names and shapes without the batch, in the order in which the module and the graph take them."""
    shapes: dict[str, tuple[int, ...]] = {}
    if spec.latent is not None:
        shapes["z"] = (spec.latent.dim,)
    if spec.labels is not None:
        shapes["labels"] = (spec.labels.count,)
    return shapes


def sample_inputs(spec: GeneratorSpec, sampler: Sampler, seed: int, start: int, count: int) -> dict[str, Array]:
    """`count` inputs, float32 [count, ...] each: latents `start` on of `seed`, and the classes in turn (one-hot)."""
    values: dict[str, Array] = {}
    if spec.latent is not None:
        values["z"] = sampler(spec.latent, seed, start, count)
    if spec.labels is not None:
        values["labels"] = np.eye(spec.labels.count, dtype=np.float32)[
            np.arange(start, start + count) % spec.labels.count
        ]
    return values
