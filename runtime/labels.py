"""Class labels as weights: a name, a number, or weights -> float32 [n, count]."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.latents import class_choice
from ganrt.spec import GeneratorSpec, Labels

LabelsLike = int | str | Sequence[float] | NDArray[np.floating]


def class_number(labels: Labels, given: int | str) -> int:
    """A class name (exact, case ignored) or number -> its number."""
    if isinstance(given, str) and not given.isdecimal():
        names = [name.casefold() for name in labels.names or ()]
        if given.casefold() in names:
            return names.index(given.casefold())
        close = difflib.get_close_matches(given.casefold(), names, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise UsageError(f"class '{given}': this generator has no class of that name{hint}")
    number = int(given)
    if not 0 <= number < labels.count:
        raise UsageError(f"class {given}: expected 0 to {labels.count - 1}")
    return number


def label_weights(
    spec: GeneratorSpec,
    given: LabelsLike | None,
    seeds: NDArray[np.uint64],
    indices: NDArray[np.uint64],
) -> NDArray[np.float32] | None:
    """The `labels` input for n images, or None for a generator without labels.

    Not given, each image's class is drawn from its own seed and index (stream 1 of latent spec 1).

    Raises:
        UsageError: labels for a generator without, an unknown class, or weights of the wrong shape.
    """
    if spec.labels is None:
        if given is not None:
            raise UsageError(f"class {given!r}: generator '{spec.name}' has no classes")
        return None
    count = len(seeds)
    if given is None:
        return _one_hot(class_choice(seeds, indices, spec.labels.count), spec.labels.count)
    if isinstance(given, (int, np.integer, str)):
        number = class_number(spec.labels, given if isinstance(given, str) else int(given))
        return _one_hot(np.full(count, number), spec.labels.count)
    weights = np.asarray(given, np.float32)
    if weights.shape not in ((spec.labels.count,), (count, spec.labels.count)):
        raise UsageError(
            f"labels of shape {list(weights.shape)}: expected [{spec.labels.count}] or [{count}, {spec.labels.count}]"
        )
    if not np.isfinite(weights).all():
        raise UsageError("labels: the weights must be finite numbers")
    return np.ascontiguousarray(np.broadcast_to(weights, (count, spec.labels.count)))


def _one_hot(numbers: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    weights = np.zeros((len(numbers), count), np.float32)
    weights[np.arange(len(numbers)), numbers] = 1.0
    return weights
