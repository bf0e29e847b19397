"""Diversity and sharpness: intervals that cover what they should, and pictures whose measures are known."""

import cv2
import numpy as np
import pytest
from scipy.special import gamma

from ganrt.runtime.measures import _counts, distances, features, mean_estimate, pair_estimate, pair_mean, sharpness


def test_the_mean_of_normal_numbers_gets_the_interval_of_the_books():
    """Normal theory: mean -+ 1.96 s / sqrt(n); the bootstrap's s divides by n."""
    x = np.random.default_rng(1).normal(3, 2, 400)
    estimate = mean_estimate(x)
    assert estimate.value == x.mean()
    half = 1.96 * x.std() / 20
    assert estimate.low == pytest.approx(x.mean() - half, abs=0.05 * half)
    assert estimate.high == pytest.approx(x.mean() + half, abs=0.05 * half)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """E|x - y| of normal vectors of d dimensions is 2 gamma((d + 1) / 2) / gamma(d / 2)."""
    rng = np.random.default_rng(0)
    dim = 3
    truth = 2 * gamma((dim + 1) / 2) / gamma(dim / 2)
    covered = np.zeros(2)
    for _ in range(200):
        x = rng.normal(size=(48, dim))
        pairs, mean = pair_estimate(distances(x)), mean_estimate(x[:, 0])
        covered += [pairs.low <= truth <= pairs.high, mean.low <= 0 <= mean.high]
    assert (covered / 200 > 0.88).all(), covered
    assert (covered / 200 < 0.99).all(), covered


def test_no_image_makes_a_pair_with_itself():
    """At equal distances every resample has the same mean; self-pairs would pull it down."""
    table = np.ones((20, 20)) - np.eye(20)
    estimate = pair_estimate(table)
    assert (estimate.low, estimate.value, estimate.high) == (1.0, 1.0, 1.0)


def test_the_replicates_agree_with_a_slow_reference():
    rng = np.random.default_rng(5)
    table = distances(rng.normal(size=(9, 4)))
    means = []
    for counts in _counts(9):
        drawn = np.repeat(np.arange(9), counts.astype(int))
        assert len(drawn) == 9
        pairs = [table[i, j] for a, i in enumerate(drawn) for j in drawn[a + 1 :] if i != j]
        means.append(np.mean(pairs))
    estimate = pair_estimate(table)
    np.testing.assert_allclose([estimate.low, estimate.high], np.percentile(means, [2.5, 97.5]), rtol=1e-12)


def test_resampling_is_even_and_always_the_same():
    counts = _counts(10)
    np.testing.assert_array_equal(counts, _counts(10))
    np.testing.assert_array_equal(counts[0], [0, 3, 0, 2, 2, 0, 0, 3, 0, 0])  # PCG64 with seed 0, for ever
    assert counts.mean() == 1
    assert np.abs(counts.mean(axis=0) - 1).max() < 0.1


def test_pair_means():
    assert pair_mean(distances(np.array([[0.0], [3.0], [7.0]]))) == pytest.approx((3 + 7 + 4) / 3)
    assert pair_mean(np.zeros((1, 1))) == 0
    from scipy.spatial.distance import cdist

    x = features(np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), np.uint8))
    np.testing.assert_allclose(distances(x), cdist(x, x), atol=1e-12)


def test_sharpness_of_known_pictures():
    grey = np.full((1, 16, 16, 3), 77, np.uint8)
    ramp = np.tile(np.arange(16, dtype=np.uint8)[:, None, None] * 5, (1, 16, 1))[None]
    assert sharpness(grey) == pytest.approx([0], abs=1e-20)
    inner = np.zeros((16, 16))
    inner[0], inner[-1] = 10, -10  # a ramp bends only where it is mirrored: 2 * 5
    assert sharpness(ramp) == pytest.approx([inner.var()])
    board = (np.indices((16, 16)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert sharpness(board[None, ..., None]) == pytest.approx([(4 * 255.0) ** 2])  # the Laplacian is +-4 * 255


def test_blur_lowers_sharpness_and_contrast_raises_it():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    blurred = [noise, *(cv2.GaussianBlur(noise, (0, 0), sigma) for sigma in (0.5, 1, 2))]
    values = sharpness(np.stack(blurred))
    assert (np.diff(values) < 0).all()
    assert values[1] < 0.6 * values[0]
    assert sharpness((noise // 2)[None])[0] == pytest.approx(values[0] / 4, rel=0.02)


def test_sharpness_sees_luma_and_what_is_visible():
    noise = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 1), np.uint8)
    rgb = np.repeat(noise, 3, axis=3)
    assert sharpness(rgb) == pytest.approx(sharpness(noise))
    green, blue = (rgb * np.array(mask, np.uint8) for mask in ([0, 1, 0], [0, 0, 1]))
    assert sharpness(green)[0] / sharpness(blue)[0] == pytest.approx((0.587 / 0.114) ** 2)
    opaque, clear = (np.concatenate([rgb, np.full_like(noise, alpha)], axis=3) for alpha in (255, 0))
    assert sharpness(opaque) == pytest.approx(sharpness(rgb))
    assert sharpness(clear) == pytest.approx([0])
