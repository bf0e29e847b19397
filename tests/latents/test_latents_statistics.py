"""Latents follow their distributions and are independent. All seeds are fixed, so that the outcome is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ganrt.runtime.latents import Stream, class_choice, latents, sample

COUNT, DIM = 4000, 50

CASES = [
    ({}, stats.norm()),
    ({"psi": 0.7}, stats.norm(scale=0.7)),
    ({"prior": "truncated_normal"}, stats.truncnorm(-2, 2)),
    ({"threshold": 5.0, "psi": 0.4}, stats.truncnorm(-5, 5, scale=0.4)),
    ({"threshold": 0.01}, stats.truncnorm(-0.01, 0.01)),
    ({"threshold": 8.0}, stats.truncnorm(-8, 8)),
    ({"psi": 0.5, "psi_mode": "resample"}, stats.truncnorm(-1, 1)),
    ({"threshold": 1.0, "psi": 0.5, "psi_mode": "resample"}, stats.truncnorm(-0.5, 0.5)),
    ({"prior": "uniform"}, stats.uniform(-1, 2)),
    ({"prior": "uniform", "psi": 0.5}, stats.uniform(-0.5, 1)),
]


@pytest.mark.parametrize(("options", "distribution"), CASES, ids=[str(options) for options, _ in CASES])
def test_values_follow_their_distribution(options, distribution):
    z = latents(COUNT, DIM, seed=11, **options).astype(np.float64).ravel()
    assert stats.kstest(z, distribution.cdf).pvalue > 0.001
    error = distribution.std() / np.sqrt(z.size)
    assert abs(z.mean()) < 4 * error
    assert z.std() == pytest.approx(distribution.std(), rel=0.01)
    assert stats.skew(z) == pytest.approx(0.0, abs=0.03)
    assert stats.kurtosis(z) == pytest.approx(float(distribution.stats("k")), abs=0.06)


def test_the_test_sees_a_wrong_distribution():
    z = latents(COUNT, DIM, seed=11).astype(np.float64).ravel()
    assert stats.kstest(z, stats.truncnorm(-2, 2).cdf).pvalue < 1e-9
    assert stats.kstest(z * 1.02, stats.norm.cdf).pvalue < 0.001


def correlation(a, b):
    """The largest |correlation|, in standard errors, between the columns of a and of b."""
    a, b = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (a.astype(np.float64), b.astype(np.float64)))
    return np.abs((a * b).mean(axis=0)).max() * np.sqrt(len(a))


def test_neighbours_are_uncorrelated():
    z = latents(COUNT, DIM, seed=20)
    assert correlation(z[:-1], z[1:]) < 4.5  # indices
    assert correlation(z[:, :-1], z[:, 1:]) < 4.5  # dimensions
    assert correlation(z[:, :-4], z[:, 4:]) < 4.5  # the same word of neighbouring blocks
    assert correlation(z, latents(COUNT, DIM, seed=21)) < 4.5
    assert correlation(z, latents(COUNT, DIM, seed=20 + 2**32)) < 4.5
    assert correlation(z, latents(COUNT, DIM, seed=20, start=2**32)) < 4.5
    seeds = sample(range(COUNT + 1), [0], DIM)
    assert correlation(seeds[:-1], seeds[1:]) < 4.5
    assert correlation(z, z + latents(COUNT, DIM, seed=21)) > 20.0  # the measure sees a dependence


def test_streams_are_uncorrelated():
    indices = np.arange(COUNT, dtype=np.uint64)
    streams = [sample([5], indices, DIM, stream=stream) for stream in Stream]
    for i in range(4):
        for j in range(i):
            assert correlation(streams[i], streams[j]) < 4.5


def test_covariance_of_all_dimensions_is_the_identity():
    z = latents(20_000, 64, seed=3).astype(np.float64)
    eigenvalues = np.linalg.eigvalsh(np.cov(z.T))
    edge = np.sqrt(64 / 20_000)  # the Marchenko-Pastur law bounds them by (1 - edge)^2 and (1 + edge)^2
    assert eigenvalues.min() > (1 - 1.1 * edge) ** 2
    assert eigenvalues.max() < (1 + 1.1 * edge) ** 2


@pytest.mark.parametrize("count", [2, 7, 100])
def test_classes_are_uniform(count):
    classes = class_choice([6], np.arange(50_000, dtype=np.uint64), count)
    observed = np.bincount(classes, minlength=count)
    assert len(observed) == count
    assert stats.chisquare(observed).pvalue > 0.001


def test_no_two_latents_are_alike():
    rows = np.concatenate((latents(5000, 4, seed=1), latents(5000, 4, seed=2), sample(range(3, 5003), [0], 4)))
    assert len(np.unique(rows, axis=0)) == len(rows)
