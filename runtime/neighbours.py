"""Which classes are near to each other, and which far apart, by their embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.arguments import integer_between, one_of

F64 = NDArray[np.float64]
METRICS = ("cosine", "euclidean")
_BLOCK = 64  # classes compared with all others at a time
MAX_PAIRS = 10_000


@dataclass(frozen=True)
class Pair:
    """Two classes, the lower number first, and their distance."""

    first: int
    second: int
    distance: float


def distances_from(embeddings: F64, number: int, metric: str) -> F64:
    """Distances of all classes from one: embeddings [count, dim] -> float64 [count].

    metric: `euclidean`, |a - b|; or `cosine`, 1 - a.b / (|a| |b|), from 0 (same direction) to 2 (opposite); an
    embedding of zeros has no direction and is at 1 from every other.
    Raises UsageError for an unknown metric or class.
    """
    one_of("metric", metric, METRICS)
    integer_between("class", number, 0, len(embeddings) - 1)
    if metric == "euclidean":
        return np.asarray(np.linalg.norm(embeddings - embeddings[number], axis=1))
    directions = unit_rows(embeddings)
    distances = _cosine(directions, directions[number])
    distances[number] = 0.0
    return distances


def ranked(embeddings: F64, number: int, metric: str = "cosine") -> list[Pair]:
    """The other classes as seen from one, nearest first; ties by number. `first` is always `number`."""
    distances = distances_from(embeddings, number, metric)
    order = np.argsort(distances, kind="stable")
    return [Pair(number, int(other), float(distances[other])) for other in order if other != number]


def closest_and_farthest(embeddings: F64, count: int, metric: str = "cosine") -> tuple[list[Pair], list[Pair]]:
    """The `count` pairs that are closest, closest first, and those farthest apart, farthest first; ties by number.

    In memory of a block of classes by all, so that 65536 classes will do.

    Raises:
        UsageError: an unknown metric, or a count that is not from 1 to 10000.
    """
    one_of("metric", metric, METRICS)
    integer_between("pairs", count, 1, MAX_PAIRS)
    points = embeddings if metric == "euclidean" else unit_rows(embeddings)
    near: list[Pair] = []
    far: list[Pair] = []
    for start in range(0, len(points) - 1, _BLOCK):
        pairs = _block_pairs(points, start, metric)
        near = _best(near, pairs, count, 1.0)
        far = _best(far, pairs, count, -1.0)
    return near, far


def _block_pairs(points: F64, start: int, metric: str) -> tuple[NDArray[np.int64], NDArray[np.int64], F64]:
    """All pairs (i, j), start <= i < start + block, i < j: their numbers and distances, each [m]."""
    others = points[start:]
    rows = others[:_BLOCK]
    if metric == "euclidean":
        table = np.stack([np.linalg.norm(others - row, axis=1) for row in rows])
    else:
        table = np.stack([_cosine(others, row) for row in rows])
    i, j = np.triu_indices(len(rows), 1, len(others))
    return i + start, j + start, table[i, j]


def _best(
    known: list[Pair], block: tuple[NDArray[np.int64], NDArray[np.int64], F64], count: int, sign: float
) -> list[Pair]:
    """The `count` pairs with the smallest sign * distance of those known and those of a block."""
    first, second, distance = block
    key = sign * distance
    if len(key) > count:
        limit = np.partition(key, count - 1)[count - 1]
        keep = np.flatnonzero(key <= limit)
        keep = keep[np.argsort(key[keep], kind="stable")][:count]
    else:
        keep = np.arange(len(key))
    found = [Pair(int(first[k]), int(second[k]), float(distance[k])) for k in keep]
    return sorted(known + found, key=lambda pair: (sign * pair.distance, pair.first, pair.second))[:count]


def _cosine(directions: F64, one: F64) -> F64:
    return np.asarray(np.clip(1.0 - directions @ one, 0.0, 2.0))


def unit_rows(embeddings: F64) -> F64:
    """Embeddings [count, dim] made rows of length 1; zeros stay zeros."""
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    rows: F64 = np.divide(embeddings, norms, out=np.zeros_like(embeddings), where=norms > 0)
    return rows
