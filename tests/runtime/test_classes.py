"""Near and far classes on embeddings whose distances are known, and the map of them."""

import sys

import numpy as np
import pytest

from ganrt.errors import BackendUnavailable, UsageError
from ganrt.runtime.class_map import Pair, class_map, closest_and_farthest, clusters, positions, ranked

# Directions and lengths disagree on purpose: 0 and 1 point the same way, 0 and 2 lie close to each other.
POINTS = np.array([[1.0, 0.0], [5.0, 0.0], [0.9, 0.5], [-1.0, 0.0], [0.0, 2.0]])


def test_cosine_and_euclidean_disagree_where_they_should():
    assert [pair.second for pair in ranked(POINTS, 0, "cosine")] == [1, 2, 4, 3]
    assert [pair.second for pair in ranked(POINTS, 0, "euclidean")] == [2, 3, 4, 1]
    assert [pair.distance for pair in ranked(POINTS, 0, "cosine")] == pytest.approx(
        [0, 1 - 0.9 / np.hypot(0.9, 0.5), 1, 2]
    )
    assert [pair.distance for pair in ranked(POINTS, 0, "euclidean")] == pytest.approx(
        [np.hypot(0.1, 0.5), 2, np.sqrt(5), 4]
    )


def test_the_pairs_of_known_points():
    near, far = closest_and_farthest(POINTS, 1, "cosine")
    assert near == [Pair(0, 1, 0.0)]
    assert far == [Pair(0, 3, 2.0)]  # 1 and 3 are as far apart: the lower numbers go first
    near, far = closest_and_farthest(POINTS, 1, "euclidean")
    assert (near[0].first, near[0].second) == (0, 2)
    assert far == [Pair(1, 3, 6.0)]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_pairs_agree_with_scipy_over_many_blocks(metric):
    from scipy.spatial.distance import cdist

    x = np.random.default_rng(0).normal(size=(150, 7))
    table = cdist(x, x, metric)
    i, j = np.triu_indices(150, 1)
    order = np.argsort(table[i, j])
    near, far = closest_and_farthest(x, 40, metric)
    for pairs, expected in ((near, order[:40]), (far, order[::-1][:40])):
        assert [(pair.first, pair.second) for pair in pairs] == list(zip(i[expected], j[expected], strict=True))
        np.testing.assert_allclose([pair.distance for pair in pairs], table[i, j][expected], atol=1e-12)
    others = ranked(x, 77, metric)
    assert [pair.second for pair in others] == [k for k in np.argsort(table[77]) if k != 77]


def test_more_pairs_than_there_are_and_ties_and_zeros():
    near, far = closest_and_farthest(np.zeros((3, 4)), 10, "cosine")
    assert near == far == [Pair(0, 1, 1.0), Pair(0, 2, 1.0), Pair(1, 2, 1.0)]
    assert closest_and_farthest(np.ones((1, 4)), 3) == ([], [])
    many, _ = closest_and_farthest(np.ones((130, 2)), 5, "euclidean")
    assert [(pair.first, pair.second) for pair in many] == [(0, k) for k in range(1, 6)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ranked(POINTS, 5), "class"),
        (lambda: ranked(POINTS, 0, "manhattan"), "cosine, euclidean"),
        (lambda: closest_and_farthest(POINTS, 0), "pairs"),
        (lambda: closest_and_farthest(POINTS, 1, "l1"), "metric"),
        (lambda: positions(POINTS[:3]), "at least 4 classes"),
        (lambda: positions(POINTS[:, :1]), "2 dimensions"),
        (lambda: positions(np.ones((9, 3))), "same embedding"),
        (lambda: positions(POINTS, "l1"), "metric"),
    ],
)
def test_questions_that_make_no_sense(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def blobs(count=60, groups=3):
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(groups, 8)) * 6
    return centres[np.arange(count) % groups] + rng.normal(size=(count, 8)) * 0.2


def test_pca_is_that_of_the_singular_values_and_tsne_keeps_groups_together():
    x = blobs()
    tsne, pca = positions(x, "euclidean")
    _, values, _ = np.linalg.svd(x - x.mean(axis=0))
    np.testing.assert_allclose(np.linalg.norm(pca, axis=0), values[:2])
    for points in (tsne, pca):
        centres = np.stack([points[group::3].mean(axis=0) for group in range(3)])
        within = max(np.linalg.norm(points[group::3] - centres[group], axis=1).max() for group in range(3))
        between = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
        assert between > 2 * within
    again, _ = positions(x, "euclidean")
    np.testing.assert_array_equal(tsne, again)


def test_colours_are_clusters_and_few_classes_have_one():
    assert (clusters(blobs(39)) == 0).all()
    colours = clusters(blobs(60, groups=10), "euclidean")
    for group in range(10):
        assert len(set(colours[group::10])) == 1
    assert len(set(colours)) == 10
    assert set(clusters(np.repeat(np.eye(4), 20, axis=0))) == set(range(4))  # fewer points than colours


def test_the_map_is_the_same_every_time_and_takes_any_name():
    names = ["$x^2", "花", "a" * 100, "", *(f"kind {i}" for i in range(56))]
    first, second = (class_map(blobs(), names, "$title", "cosine") for _ in range(2))
    assert first.shape == (900, 1800, 3)
    np.testing.assert_array_equal(first, second)
    unnamed = class_map(blobs(), [" "] * 60, "$title", "cosine")
    dark, without = ((picture < 100).all(axis=2).sum() for picture in (first, unnamed))
    assert dark > without + 1000  # the names are there


def test_a_map_without_the_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(BackendUnavailable, match=r'needs the package \'sklearn\'.*\n.*pip install "ganrt\[study\]"'):
        positions(POINTS)
