"""Class labels as weights: a name, a number, a mixture of them, or weights -> float32 [n, count]."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.latents import class_choice
from ganrt.spec import GeneratorSpec, Labels

LabelsLike = int | str | Sequence[float] | NDArray[np.floating]
_SHOWN = 8  # candidates that an error lists
_PART = re.compile(r"\s*([^:]+?)\s*:\s*([^:,\s]+)\s*(?:,|$)")


def class_number(labels: Labels, given: int | str) -> int:
    """A class name or number -> its number.

    Case is ignored. The whole name goes first ("tench, Tinca tinca", or "maillot" where another class is "maillot, tank
    suit"), then any one of the synonyms between its commas ("Tinca tinca").

    Raises:
        UsageError: no such class, or several; the message lists candidates with their numbers.
    """
    if isinstance(given, str) and not given.strip().isdecimal():
        return _named(labels, given)
    number = int(given)
    if not 0 <= number < labels.count:
        raise UsageError(f"class {given}: expected 0 to {labels.count - 1}")
    return number


def _named(labels: Labels, given: str) -> int:
    wanted = given.strip().casefold()
    if not labels.names:
        raise UsageError(f"class '{given}': this generator's classes have no names; give 0 to {labels.count - 1}")
    names = [name.casefold() for name in labels.names]
    if wanted in names:
        return names.index(wanted)
    numbers = [i for i, name in enumerate(names) if wanted in _synonyms(name)]
    if len(numbers) > 1:
        raise UsageError(f"class '{given}' is ambiguous: {_candidates(labels, numbers)}\ngive the number")
    if not numbers:
        raise UsageError(f"class '{given}': this generator has no class of that name{_nearest(labels, wanted)}")
    return numbers[0]


def _synonyms(name: str) -> list[str]:
    return [part.strip() for part in name.split(",")]


def _nearest(labels: Labels, wanted: str) -> str:
    """The classes with similar names, or with the word in their names."""
    by_synonym: dict[str, list[int]] = {}
    for i, name in enumerate(labels.names or ()):
        for synonym in _synonyms(name.casefold()):
            by_synonym.setdefault(synonym, []).append(i)
    close = difflib.get_close_matches(wanted, by_synonym, n=3, cutoff=0.7)
    holding = [synonym for synonym in by_synonym if wanted in re.split(r"[\s-]+", synonym)]
    numbers = list(dict.fromkeys(i for synonym in (*holding, *close) for i in by_synonym[synonym]))
    return f"; did you mean {_candidates(labels, numbers)}?" if numbers else ""


def _candidates(labels: Labels, numbers: list[int]) -> str:
    names = labels.names or ()
    shown = ", ".join(f"{i} ({names[i]})" for i in numbers[:_SHOWN])
    return shown + (f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else "")


def parse_mixture(labels: Labels, given: str) -> NDArray[np.float32] | None:
    """ "947:0.5,agaric:0.5" -> float32 [count], a weight for each class named; None if it is no mixture.

    Weights are any finite numbers, also negative, and need not sum to one: what a generator makes of such is its own
    affair, see `weights_note`.

    Raises:
        UsageError: an unknown class, one that is named twice, or a weight that is no number.
    """
    whole = given.strip().casefold() in (name.casefold() for name in labels.names or ())
    if ":" not in given or whole:
        return None
    weights = np.zeros(labels.count, np.float32)
    seen: set[int] = set()
    position = 0
    while position < len(given):
        part = _PART.match(given, position)
        weight = _weight(part[2]) if part else None
        if part is None or weight is None:
            raise UsageError(f"class '{given}': expected a mixture such as 947:0.5,992:0.5, with finite weights")
        number = class_number(labels, part[1])
        if number in seen:
            raise UsageError(f"class '{given}': class {number} is named twice")
        seen.add(number)
        weights[number] = weight
        position = part.end()
    return weights


def _weight(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= 1e6 else None


def weights_note(labels: Labels | None, given: LabelsLike | None) -> str | None:
    """A sentence on a mixture whose weights do not sum to one, which are used as they are; None for all else."""
    if labels is None or not isinstance(given, str):
        return None
    weights = parse_mixture(labels, given)
    total = 1.0 if weights is None else float(weights.sum(dtype=np.float64))
    return None if abs(total - 1) <= 1e-4 else f"the class weights sum to {total:.4g}, not 1: they are used as they are"


def label_weights(
    spec: GeneratorSpec,
    given: LabelsLike | None,
    seeds: NDArray[np.uint64],
    indices: NDArray[np.uint64],
) -> NDArray[np.float32] | None:
    """The `labels` input for n images, or None for a generator without labels.

    `given`: a class name or number, a mixture "947:0.5,992:0.5", or weights [count] or [n, count]. Weights need not sum
    to one; they are used as they are.

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
    mixture = parse_mixture(spec.labels, given) if isinstance(given, str) else None
    if mixture is not None:
        given = mixture
    if isinstance(given, (int, np.integer, str)) and not isinstance(given, bool):
        number = class_number(spec.labels, given if isinstance(given, str) else int(given))
        return _one_hot(np.full(count, number), spec.labels.count)
    weights = as_weights(given)
    if weights.shape not in ((spec.labels.count,), (count, spec.labels.count)):
        raise UsageError(
            f"labels of shape {list(weights.shape)}: expected [{spec.labels.count}] or [{count}, {spec.labels.count}]"
        )
    if not np.isfinite(weights).all():
        raise UsageError("labels: the weights must be finite numbers")
    return np.ascontiguousarray(np.broadcast_to(weights, (count, spec.labels.count)))


def one_label(spec: GeneratorSpec, given: LabelsLike) -> NDArray[np.float32]:
    """Weights [count] of one class or mixture; see `label_weights`."""
    one = np.zeros(1, np.uint64)
    weights = label_weights(spec, given, one, one)
    assert weights is not None
    return np.asarray(weights[0])


def as_weights(given: object) -> NDArray[np.float32]:
    """Numbers or rows of numbers -> float32, of any shape.

    Raises:
        UsageError: anything else, such as a list of names, a dictionary or rows of different lengths.
    """
    try:
        weights = np.asarray(given)
    except ValueError:
        weights = np.asarray("rows of different lengths")
    if weights.dtype.kind not in "iuf":
        raise UsageError(
            f"labels of type {type(given).__name__}: expected a class's name or number, a mixture such as "
            '"947:0.5,992:0.5",\n'
            "or weights of all classes, [count] or [n, count]; for a class an image, rows of 0 and 1"
        )
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused for that
        return weights.astype(np.float32)


def _one_hot(numbers: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    weights = np.zeros((len(numbers), count), np.float32)
    weights[np.arange(len(numbers)), numbers] = 1.0
    return weights
