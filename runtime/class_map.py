"""Which classes of a generator are near to each other, by their embeddings; and a picture of that: t-SNE and PCA.

t-SNE (van der Maaten and Hinton, 2008) keeps neighbours together and says nothing about long distances; PCA keeps
the directions of largest variance. Both by scikit-learn, with fixed seeds.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between, one_of
from ganrt.runtime.figures import figure_pixels, new_figure, require_study

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


F64 = NDArray[np.float64]

PACKAGES = ("matplotlib", "sklearn")
MIN_CLASSES = 4
_CLUSTERS, _CLUSTERED_FROM = 10, 40  # colours, and from how many classes on they are used
_SIZE = (1800, 900)  # pixels
_WIDEST_NAME = 24  # characters
_SEED = 0
_OFFSETS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # where a name may stand beside its point: right, left, above, below


def check_map(embeddings: F64) -> None:
    """Raises UsageError if embeddings [count, dim] cannot be drawn as a map."""
    count, dim = embeddings.shape
    if count < MIN_CLASSES or dim < 2:
        raise UsageError(
            f"a map of {count} classes in {dim} dimensions: expected at least {MIN_CLASSES} classes and 2 dimensions"
        )
    if np.ptp(embeddings, axis=0).max() == 0:
        raise UsageError("a map: all classes have the same embedding")


def positions(embeddings: F64, metric: str = "cosine") -> tuple[F64, F64]:
    """Where the classes are on the map: embeddings [count, dim] -> t-SNE's and PCA's float64 [count, 2].

    metric: what t-SNE takes for distance, `cosine` or `euclidean`; PCA is always Euclidean.

    Raises:
        UsageError: too few classes or dimensions, or all classes equal. BackendUnavailable: no scikit-learn.
    """
    one_of("metric", metric, METRICS)
    check_map(embeddings)
    require_study("a map of the classes", "sklearn")
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    plane = PCA(2, svd_solver="full", random_state=_SEED).fit_transform(embeddings)
    # PCA's signs are a convention of the release: here the coordinate farthest from 0 is positive.
    plane *= np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    perplexity = min(30.0, (len(embeddings) - 1) / 3)
    start = plane / max(plane[:, 0].std(), 1e-12) * 1e-4  # as scikit-learn does for init="pca"
    tsne = TSNE(2, perplexity=perplexity, metric=metric, init=start, random_state=_SEED, n_jobs=1)
    with _one_thread():
        neighbourly = tsne.fit_transform(embeddings)
    return np.asarray(neighbourly, np.float64), np.asarray(plane, np.float64)


def _one_thread() -> Any:
    """Sums that several threads share come out differently from run to run, and t-SNE is chaotic."""
    return import_module("threadpoolctl").threadpool_limits(1)


def clusters(embeddings: F64, metric: str = "cosine") -> NDArray[np.int64]:
    """A colour for each class, int64 [count]: k-means' clusters, or 0 for all where there are few classes."""
    if len(embeddings) < _CLUSTERED_FROM:
        return np.zeros(len(embeddings), np.int64)
    points = unit_rows(embeddings) if metric == "cosine" else embeddings
    require_study("a map of the classes", "sklearn")
    from sklearn.cluster import KMeans

    different = len(np.unique(points, axis=0))
    with _one_thread():
        found = KMeans(min(_CLUSTERS, different), n_init=4, random_state=_SEED).fit_predict(points)
    return np.asarray(found, np.int64)


def class_map(embeddings: F64, names: Sequence[str], title: str, metric: str = "cosine") -> NDArray[np.uint8]:
    """The map, uint8 [900, 1800, 3]: a point a class, coloured by cluster, with as many names as fit without overlap.

    Args:
        embeddings: [count, dim].
        names: what to write beside each class.

    Raises:
        UsageError, BackendUnavailable: as `positions`; also without matplotlib.
    """
    tsne, pca = positions(embeddings, metric)
    colours = clusters(embeddings, metric)
    figure = new_figure(*_SIZE, title)
    panels = figure.subplots(1, 2)
    for axes, points, heading in zip(panels, (tsne, pca), (f"t-SNE ({metric})", "PCA (euclidean)"), strict=True):
        axes.scatter(points[:, 0], points[:, 1], c=colours, cmap="tab10", vmin=0, vmax=_CLUSTERS - 1, s=12)
        axes.set_title(heading)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.margins(0.08)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in a script that the font does not have
        figure.canvas.draw()  # settles the layout, which places the names
        for axes, points in zip(panels, (tsne, pca), strict=True):
            shown = _write_names(axes, points, names, figure.canvas.get_renderer())
            axes.set_xlabel("" if shown == len(names) else f"{shown} of {len(names)} classes are named")
        return figure_pixels(figure)


def _write_names(axes: Any, points: F64, names: Sequence[str], renderer: Any) -> int:
    """Writes names where they touch no other and stay inside, in an order that covers the map; returns how many."""
    pixels = axes.transData.transform(points)
    frame = axes.get_window_extent(renderer)
    halo = import_module("matplotlib.patheffects").withStroke(linewidth=2, foreground="white")
    taken = np.empty((0, 4))
    for number in _spread(pixels):
        name = names[number].split(",")[0]  # ImageNet's names are lists of synonyms
        label = name if len(name) <= _WIDEST_NAME else f"{name[: _WIDEST_NAME - 1]}…"
        style = {"ha": "center", "va": "center", "fontsize": 9, "parse_math": False, "path_effects": [halo]}
        drawn = axes.annotate(
            label, points[number], (0, 0), textcoords="offset pixels", annotation_clip=False, in_layout=False, **style
        )  # inside the frame, where the layout has nothing to measure
        extent = drawn.get_window_extent(renderer)
        half = np.array([extent.width / 2 + 1, extent.height / 2 + 1])
        for offset in np.array(_OFFSETS) * (half + 4):
            centre = pixels[number] + offset
            box = np.concatenate([centre - half, centre + half])
            if _is_free(box, taken, frame):
                drawn.set_position(tuple(offset))
                taken = np.vstack([taken, box])
                break
        else:
            drawn.remove()
    return len(taken)


def _is_free(box: F64, taken: F64, frame: Any) -> bool:
    inside = box[0] >= frame.x0 and box[1] >= frame.y0 and box[2] <= frame.x1 and box[3] <= frame.y1
    apart = (box[2:] <= taken[:, :2]).any(axis=1) | (box[:2] >= taken[:, 2:]).any(axis=1)
    return bool(inside and apart.all())


def _spread(points: F64) -> list[int]:
    """All points, each as far as possible from those before it, from the one nearest to the middle on."""
    first = int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmin())
    order = [first]
    gap = np.linalg.norm(points - points[first], axis=1)
    gap[first] = -1.0
    while len(order) < len(points):
        following = int(gap.argmax())
        order.append(following)
        gap = np.minimum(gap, np.linalg.norm(points - points[following], axis=1))
        gap[order] = -1.0
    return order
