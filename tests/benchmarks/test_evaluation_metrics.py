"""Metrics against closed forms, scipy, scikit-learn and slow references."""

import numpy as np
import pytest
from scipy import linalg, stats
from scipy.spatial.distance import cdist
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from ganrt import UsageError
from ganrt.benchmarks.evaluation.frechet import distance, frechet_distance, jackknife, merged, moments, wilson
from ganrt.benchmarks.evaluation.neighbours import classifier, leave_one_out, match
from ganrt.benchmarks.evaluation.precision_recall import precision_recall
from ganrt.benchmarks.evaluation.score import inception_style_score, probabilities, score


def exact(mean, covariance, count=50, seed=0):
    """`count` points whose sample mean and (unbiased) covariance are exactly these."""
    d = len(mean)
    x = np.random.default_rng(seed).normal(size=(count, d))
    x -= x.mean(axis=0)
    q = np.linalg.qr(x)[0] * np.sqrt(count - 1)  # mean 0, covariance 1
    values, vectors = np.linalg.eigh(covariance)
    return mean + q @ (vectors * np.sqrt(np.maximum(values, 0))).T


def by_scipy(x, y):
    """The usual formula: covariances and scipy's matrix square root."""
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(a @ b)
    return np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a) + np.trace(b) - 2 * np.trace(root).real


def random_covariance(d, rank, seed):
    a = np.random.default_rng(seed).normal(size=(d, rank))
    return a @ a.T


def test_gaussians_with_a_closed_form():
    first, second = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])
    x, y = exact(np.zeros(3), first), exact(np.array([3.0, 0.0, 4.0]), second, 70, seed=1)
    assert distance(moments(x), moments(y)) == pytest.approx(25 + 1 + 0 + 4, rel=1e-12)  # sum of (s1 - s2)^2


def test_gaussians_in_one_dimension():
    x, y = exact(np.array([1.0]), np.array([[4.0]])), exact(np.array([-1.0]), np.array([[0.25]]))
    assert distance(moments(x), moments(y)) == pytest.approx(4 + 1.5**2, rel=1e-12)


def test_singular_covariances_with_a_closed_form():
    first, second = np.diag([4.0, 0.0, 0.0]), np.diag([0.0, 9.0, 0.0])
    x, y = exact(np.zeros(3), first), exact(np.ones(3), second)
    assert distance(moments(x), moments(y)) == pytest.approx(3 + 4 + 9, rel=1e-12)
    assert distance(moments(x), moments(2 * x)) == pytest.approx(4, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_general_gaussians_against_scipy(seed):
    x = exact(np.arange(6.0), random_covariance(6, 6, seed), 40)
    y = exact(np.ones(6), random_covariance(6, 6, seed + 100), 90)
    assert distance(moments(x), moments(y)) == pytest.approx(by_scipy(x, y), rel=1e-9)


def test_fewer_points_than_features_against_the_eigenvalue_form():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(8, 20)), random.normal(1, 2, size=(11, 20))
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(a)
    half = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(half @ b @ half), 0))
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a) + np.trace(b) - 2 * roots.sum()
    assert distance(moments(x), moments(y)) == pytest.approx(expected, rel=1e-6)


def test_large_offsets_do_not_drown_the_covariance():
    x, y = exact(np.zeros(3), np.eye(3)), exact(np.zeros(3), 4 * np.eye(3))
    assert distance(moments(x + 1e6), moments(y + 1e6)) == pytest.approx(3, rel=1e-6)


def test_moments_of_parts_are_moments_of_the_whole():
    x = np.random.default_rng(2).normal(3, 2, size=(31, 5)) * [1, 2, 3, 4, 50]
    whole = merged([moments(part) for part in np.array_split(x, 4)])
    assert whole.count == 31
    np.testing.assert_allclose(whole.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(whole.root.T @ whole.root / 30, np.cov(x, rowvar=False), rtol=1e-10, atol=1e-10)


def test_the_distance_of_identical_sets_is_0_and_order_does_not_matter():
    x = np.random.default_rng(3).normal(size=(100, 12)).astype(np.float32)
    found = frechet_distance(x, x[::-1])
    assert found.value < 1e-12
    assert found.interval[0] == 0 <= found.interval[1]
    assert found.floor > 0.1
    other = np.random.default_rng(4).normal(size=(80, 12))
    assert frechet_distance(x, other).value == pytest.approx(frechet_distance(other, x).value, rel=1e-12)
    assert frechet_distance(x, other).value == pytest.approx(by_scipy(x.astype(float), other), rel=1e-6)
    assert frechet_distance(x, other, seed=1).value == pytest.approx(frechet_distance(x, other).value, rel=1e-12)


def test_the_floor_and_the_distance_beside_it_have_one_bias():
    """Sets of one distribution: equal on average at equal sizes, also where there are fewer fakes than half."""
    random = np.random.default_rng(17)
    for fakes, each in ((120, 60), (25, 25)):
        runs = [frechet_distance(random.normal(size=(120, 8)), random.normal(size=(fakes, 8))) for _ in range(40)]
        assert {run.floor_pictures for run in runs} == {each}
        floor = np.mean([run.floor for run in runs])
        assert np.mean([run.at_floor for run in runs]) == pytest.approx(floor, rel=0.15)
        assert np.mean([run.value for run in runs]) < 0.8 * floor
    far = frechet_distance(random.normal(size=(120, 8)), random.normal(1, 1, (120, 8)))
    assert far.at_floor > 3 * far.floor


def test_groups_do_not_follow_the_order_of_a_folder():
    sorted_by_label = np.repeat(np.arange(10.0), 40)[:, None] + np.random.default_rng(16).normal(size=(400, 2)) * 0.1
    assert frechet_distance(sorted_by_label, sorted_by_label).floor < 0.3  # 1 where odd labels are held against even


def test_the_interval_has_the_width_that_repetition_shows():
    random = np.random.default_rng(5)
    runs = [frechet_distance(random.normal(size=(200, 3)), random.normal(0.3, 1.2, (200, 3))) for _ in range(60)]
    half = stats.t.ppf(0.975, 9)
    claimed = np.mean([(run.interval[1] - run.value) / half for run in runs])
    assert claimed == pytest.approx(np.std([run.value for run in runs]), rel=0.3)


def test_intervals_against_scipy():
    for successes, count in ((0, 7), (3, 7), (7, 7), (450, 1000)):
        expected = stats.binomtest(successes, count).proportion_ci(method="wilson")
        np.testing.assert_allclose(wilson(successes, count), expected, atol=1e-6)
    assert wilson(0, 300)[0] == 0
    assert wilson(300, 300)[1] == 1
    x = np.random.default_rng(6).normal(size=10)
    means = [np.delete(x, i).mean() for i in range(10)]  # the jackknife of a mean is its textbook interval
    np.testing.assert_allclose(jackknife(x.mean(), means), stats.t.interval(0.95, 9, x.mean(), stats.sem(x)), rtol=1e-3)


def test_the_score_has_its_bounds():
    assert inception_style_score(np.full((20, 5), 0.2)) == pytest.approx(1, abs=1e-12)
    assert inception_style_score(np.tile([0.7, 0.2, 0.1], (9, 1))) == pytest.approx(1, abs=1e-12)
    assert inception_style_score(np.eye(5)[np.arange(20) % 5]) == pytest.approx(5, rel=1e-12)
    unbalanced = np.eye(2)[[0, 0, 0, 1]]
    assert inception_style_score(unbalanced) == pytest.approx(np.exp(stats.entropy([0.75, 0.25])), rel=1e-12)


def test_the_score_against_scipy_and_its_splits():
    p = np.random.default_rng(7).dirichlet(np.ones(6), 40)
    expected = np.exp(np.mean([stats.entropy(row, p.mean(0)) for row in p]))
    assert score(p).value == pytest.approx(expected, rel=1e-9)
    assert score(np.log(p) + 3).value == pytest.approx(expected, rel=1e-9)  # logits
    sorted_one_hot = np.eye(4)[np.repeat(np.arange(4), 100)]
    found = score(sorted_one_hot)  # parts in the folder's order would each score 1 or little more
    assert (found.value, found.splits) == (pytest.approx(4), 10)
    assert found.mean > 3.5


def test_what_is_a_probability():
    logits = np.array([[1000.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(probabilities(logits)[0], [1, 0])
    np.testing.assert_allclose(probabilities(np.array([[0.5, 0.5], [0.0, 1.0]]))[1], [0, 1])


def slow_coverage(points, manifold, k):
    radii = [np.sort(np.linalg.norm(manifold - one, axis=1))[k] for one in manifold]  # [0] is the point itself
    hits = [any(np.linalg.norm(p - m) <= r for m, r in zip(manifold, radii, strict=True)) for p in points]
    return sum(hits)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_recall_against_a_slow_reference(k):
    random = np.random.default_rng(8)
    x, y = random.normal(size=(60, 2)) + 100, random.normal(1.5, 0.7, size=(60, 2)) + 100
    found = precision_recall(x, y, k)
    assert (found.fake_on_real, found.real_on_fake) == (slow_coverage(y, x, k), slow_coverage(x, y, k))
    assert 0 < found.recall < 1 > found.precision > 0


def test_precision_and_recall_of_identical_disjoint_and_nested_sets():
    x = np.random.default_rng(9).normal(size=(2500, 4))
    same = precision_recall(x, x.copy())
    assert (same.precision, same.recall) == (1, 1)
    apart = precision_recall(x[:50], x[50:100] + 1000)
    assert (apart.precision, apart.recall) == (0, 0)
    half = precision_recall(x, x[x[:, 0] > 0])
    assert half.precision > 0.95
    assert half.recall < 0.8
    copies = np.repeat(np.random.default_rng(14).normal(size=(5, 64)), 10, axis=0)
    assert precision_recall(copies, copies).precision == 1  # radius 0: copies are on the manifold all the same
    other_batch = np.nextafter(copies.astype(np.float32), np.float32(9))
    assert precision_recall(copies, other_batch).precision == 1


def test_blocks_of_distances_do_not_change_a_count(monkeypatch):
    random = np.random.default_rng(15)
    x, y = random.normal(size=(50, 3)), random.normal(1, 1, size=(50, 3))
    whole = precision_recall(x, y)
    monkeypatch.setattr("ganrt.benchmarks.evaluation.precision_recall._ROWS", 7)
    assert precision_recall(x, y) == whole


def test_of_the_larger_side_as_many_are_drawn():
    x = np.random.default_rng(10).normal(size=(300, 3))
    assert precision_recall(x, x[:40]).count == 40
    assert precision_recall(x, x[:40]).precision < 1  # a random draw, not the first 40
    assert precision_recall(x, x[:40], seed=3) == precision_recall(x, x[:40], seed=3)


def test_nearest_neighbours_against_scikit_learn():
    random = np.random.default_rng(11)
    y = np.arange(90) % 3
    x = random.normal(size=(90, 4)) + y[:, None] * 0.8
    for k in (1, 3, 7):
        expected = cross_val_score(KNeighborsClassifier(k), x, y, cv=LeaveOneOut()).mean()
        found = leave_one_out(x, y, k)
        assert found.share == pytest.approx(expected)
        assert 0.4 < found.share < 1
    assert found.majority == pytest.approx(1 / 3)
    nearest = np.argmin(cdist(x + 0.1, x), axis=1)
    np.testing.assert_array_equal(classifier(x, y, 1).predict(x + 0.1), y[nearest])


def test_a_known_permutation_is_recovered():
    mapping = [5, 3, 2, 9, 8, 0, 1, 7, 4, 6]  # position: label, value: code
    labels = np.random.default_rng(12).permutation(np.repeat(np.arange(10), 20))
    found = match(np.array(mapping)[labels], labels, 10, 10)
    assert list(found.code_of_label) == mapping
    assert found.share == 1
    assert found.chance < 0.25
    assert found.counts[5, 0] == 20  # row: code, column: label


def test_the_assignment_is_the_best_one_not_the_greedy_one():
    counts = np.array([[10, 9], [9, 0]])  # greedy takes 10 + 0
    codes, labels = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices((2, 2)))
    found = match(codes, labels, 2, 2)
    assert (found.code_of_label, found.matched) == ((1, 0), 18)


def test_more_labels_than_codes_and_the_reverse():
    assert match(np.array([0, 1, 1]), np.array([2, 0, 0]), 2, 3).code_of_label == (1, None, 0)
    found = match(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 1]), 3, 2)
    assert (found.code_of_label, found.matched) == ((0, 2), 3)


def test_codes_that_mean_nothing_match_as_well_as_shuffled_ones():
    random = np.random.default_rng(13)
    found = match(random.integers(0, 5, 400), random.integers(0, 5, 400), 5, 5)
    assert found.share == pytest.approx(found.chance, abs=0.06)
    assert found.chance > 0.2  # more than 1 / 5: the assignment is chosen to fit


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: frechet_distance(x[:3], x), "3 real, 10 fake pictures; expected at least 4"),
        (lambda x: precision_recall(x, x[:3]), "expected more pictures of each than neighbours"),
        (lambda x: score(x[:2]), "2 pictures"),
        (lambda x: score(x[:, :1]), "1 classes"),
        (lambda x: leave_one_out(x, np.zeros(10, int)), "two or more sub-folders"),
        (lambda x: leave_one_out(x, np.arange(10), 10), "10 neighbours among 10 pictures"),
        (lambda x: match(np.array([], int), np.array([], int), 2, 2), "no pictures"),
    ],
)
def test_too_little_is_refused(call, words):
    with pytest.raises(UsageError, match=words):
        call(np.random.default_rng(0).normal(size=(10, 3)))
