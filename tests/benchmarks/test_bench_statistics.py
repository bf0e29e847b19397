"""Percentiles, intervals and the judgement of noise, against known distributions."""

import math

import numpy as np
import pytest
from scipy import stats

from ganrt.benchmarks import statistics
from ganrt.benchmarks.self_check import agree, coverage, synthetic
from ganrt.benchmarks.statistics import correlation, intervals, rate, student_t, summarise, trouble


def test_percentiles_of_a_known_series():
    found = summarise(np.arange(1.0, 1001.0))
    assert found["p50"] == 500.5
    assert found["p99_9"] == pytest.approx(999.001)
    assert (found["min"], found["max"], found["mean"]) == (1, 1000, 500.5)


@pytest.mark.parametrize("n", [1, 2, 8, 9, 137, 1000])
def test_percentiles_of_resamples_are_numpys_to_the_last_bit(n):
    random = np.random.default_rng(n)
    points = list(statistics.POINTS.values())
    for digits in (1, 12):  # with equal values, and without
        samples = np.round(random.exponential(size=(20, n)), digits)
        assert np.array_equal(statistics._percentiles(samples, points), np.percentile(samples, points, axis=1))


@pytest.mark.parametrize("block", [1, 2, 7, 50, 100])
def test_a_resample_is_blocks_from_random_starts_round_the_end(block):
    series, random = np.arange(100.0), np.random.default_rng(block)
    starts = random.integers(0, 100, (20, math.ceil(100 / block)))
    expected = [[(start + k) % 100 for start in row for k in range(block)][:100] for row in starts]
    assert np.array_equal(statistics._resample(series, block, 20, np.random.default_rng(block)), expected)


def test_two_processes_that_differ_widely_give_an_interval_that_can_be_written():
    noise = np.random.default_rng(0).normal(1, 0.01, 400)
    series = np.concatenate([1e4 * noise[:200], 1e7 * noise[200:]])
    low, high = intervals(series, [50] * 8, process_lengths=[200, 200])["p50"]
    assert 0 <= low < 1e4
    assert 1e7 < high < 1e11


@pytest.mark.parametrize(
    ("count", "absent"),
    [(999, {"p99_9"}), (99, {"p99_9", "p99"}), (19, {"p99_9", "p99", "p95"}), (1, {"p99_9", "p99", "p95", "p90"})],
)
def test_a_percentile_that_nothing_lies_beyond_is_absent(count, absent):
    found = summarise(np.arange(float(count)))
    assert {name for name, value in found.items() if value is None} == absent


def test_students_t_is_scipys():
    for freedom in (1, 2, 3, 5, 10, 19, 100):
        assert student_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=2e-3)


def test_the_correlation_of_autoregressive_series_is_recognised():
    for phi in (0.5, 0.9):
        found = np.median([correlation(row).time for row in synthetic(phi, 20, 5000, 0)])
        assert found == pytest.approx((1 + phi) / (1 - phi), rel=0.2)
    assert np.median([correlation(row).time for row in synthetic(0.0, 20, 5000, 0)]) < 1.2


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_intervals_keep_their_word_on_correlated_latencies(phi):
    found = coverage(phi, series=100)
    assert found.median >= 0.92
    assert found.p90 is None or found.p90 >= 0.92
    assert found.agreeing >= 0.95


def test_resampling_single_values_would_not(monkeypatch):
    """The trap: blocks of one make intervals far too narrow."""
    from ganrt.benchmarks import statistics
    from ganrt.benchmarks.statistics import Correlation

    monkeypatch.setattr(statistics, "correlation", lambda series: Correlation(1, 1.0))
    found = [intervals(row, [1000])["p50"] for row in synthetic(0.9, 40, 1000, 0)]
    assert np.mean([low <= 10 <= high for low, high in found]) < 0.6


def test_intervals_are_reproducible_and_absent_where_samples_are_few():
    series = synthetic(0.0, 1, 500, 3)[0]
    assert intervals(series, [500], seed=1) == intervals(series, [500], seed=1)
    assert "p99" not in intervals(series, [500])  # five samples lie beyond it
    assert intervals(series[:5], [5]) == {}
    assert intervals(synthetic(0.99, 1, 60, 0)[0], [60]) == {}


def test_rates_are_the_inverse_of_mean_times():
    value, pair = rate(16, np.array([0.1, 0.3]), (0.1, 0.4))
    assert value == pytest.approx(80)
    assert pair == pytest.approx((40, 160))


def test_two_runs_agree_within_their_half_widths_in_squares():
    assert agree((9, 11), (10.3, 12.3))
    assert not agree((9, 11), (10.5, 12.5))


def steady(count=200, seed=0):
    return 10 + 0.01 * np.random.default_rng(seed).normal(size=count)


def test_a_steady_run_is_good_enough():
    assert trouble(steady(), [10] * 20, (9.99, 10.01), 20) is None


@pytest.mark.parametrize(
    ("latencies", "median", "least", "word"),
    [
        (steady(), (9.99, 10.01), 500, "200 samples, expected 500"),
        (steady() * np.linspace(1, 1.3, 200), (9.9, 10.1), 20, "slower than the first"),
        (steady() * np.linspace(1.3, 1, 200), (9.9, 10.1), 20, "faster than the first"),
        (steady(), (8.0, 12.0), 20, "spread: the median is known to 20.0%"),
        (steady(), None, 20, "too few samples are independent"),
    ],
)
def test_noise_is_said(latencies, median, least, word):
    assert word in trouble(latencies, [10] * 20, median, least)


def test_synthetic_series_have_the_stated_truth():
    series = synthetic(0.5, 50, 2000, 0)
    assert np.median(series) == pytest.approx(10, rel=0.01)
    assert np.std(np.log(series)) == pytest.approx(0.1, rel=0.05)
    assert math.isclose(np.corrcoef(series[0, :-1], series[0, 1:])[0, 1], 0.5, abs_tol=0.1)
