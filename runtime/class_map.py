"""A picture of a generator's classes by their embeddings: t-SNE and PCA side by side.

t-SNE (van der Maaten and Hinton, 2008) keeps neighbours together and says nothing about long distances; PCA keeps
the directions of largest variance. Both by scikit-learn, with fixed seeds.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.runtime.arguments import one_of
from ganrt.runtime.figures import figure_pixels, new_figure
from ganrt.runtime.neighbours import METRICS, unit_rows
from ganrt.runtime.requirements import require_study

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
        drawn = axes.annotate(label, points[number], (0, 0), textcoords="offset pixels", **style)
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
