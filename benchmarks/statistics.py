"""Percentiles and confidence intervals of latencies, which are neither normal nor independent.

Intervals come from a circular block bootstrap (Politis and Romano 1992; blocks as in Kuensch 1989, "The jackknife
and the bootstrap for general stationary observations"): whole stretches are drawn, so that a slow second stays
together. Few blocks say little about the spread between blocks: intervals are widened as Student's t is wider than
the normal law.

What differs from one process to the next (where memory lies, which neighbours wake meanwhile) is not in that. Where a
run has several processes, each gives the statistic once, and Student's t over the logarithms of these holds what
differs between them, whatever it is; an interval is the wider of the two. What drifts more slowly than a run lasts, no
run can see: `widened` adds an allowance for it, and `narrowed` takes it off where runners of one run are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.document import Interval

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """`block`: samples that should stay together. `time`: samples that are worth one independent one, 1 or more."""

    block: int
    time: float


def correlation(series: Series) -> Correlation:
    """Of a series float64 [n] in the order of time: how far it hangs together.

    Block length after Politis and White 2004, "Automatic block-length selection for the dependent bootstrap", with the
    correction of Patton, Politis and White 2009; worked out on ranks, so that one outlier does not hide the rest.
    """
    n = len(series)
    if n < 8 or float(np.ptp(series)) == 0:
        return Correlation(1, 1.0)
    covariance = _autocovariance(_ranks(series), min(math.ceil(math.sqrt(n)) + _quiet_lags(n), n - 1))
    bandwidth = _bandwidth(covariance, n)
    lags = np.arange(1, bandwidth + 1)
    weights = np.clip(2 * (1 - lags / bandwidth), 0, 1)  # the flat-top window
    kept = weights * covariance[1 : bandwidth + 1]
    spectrum = float(covariance[0] + 2 * kept.sum())
    if spectrum <= 0:
        return Correlation(1, 1.0)
    slope = 2 * float((lags * kept).sum())
    length = (2 * slope**2 / (4 / 3 * spectrum**2) * n) ** (1 / 3)  # 4/3: the circular bootstrap's variance
    longest = min(3 * math.sqrt(n), n / 3)
    return Correlation(max(1, math.ceil(min(length, longest))), max(1.0, spectrum / float(covariance[0])))


def _ranks(series: Series) -> Series:
    ranks = np.empty(len(series))
    ranks[np.argsort(series, kind="stable")] = np.arange(len(series))
    return ranks


def _autocovariance(series: Series, longest: int) -> Series:
    centred = series - series.mean()
    size = 1 << (2 * len(series) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    return np.asarray(np.fft.irfft(power, size)[: longest + 1] / len(series))


def _quiet_lags(n: int) -> int:
    return max(5, int(math.sqrt(math.log10(n))))


def _bandwidth(covariance: Series, n: int) -> int:
    """Twice the last lag before five that are insignificant in a row."""
    limit = 2 * math.sqrt(math.log10(n) / n)
    quiet = np.abs(covariance / covariance[0]) < limit
    wanted, longest = _quiet_lags(n), len(covariance) - 1
    for last in range(longest - wanted + 1):
        if quiet[last + 1 : last + 1 + wanted].all():
            return min(longest, 2 * max(1, last))
    return longest


CONFIDENCE = 0.95
POINTS = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99_9": 99.9}
_Z = 1.959963984540054  # the normal law's 97.5 % point
_RESAMPLES = (200, 1000)
_MOST_DRAWN = 40_000_000  # values in all resamples together: some seconds
_CHUNK = 2_000_000  # values in memory at once
_LEAST_BEYOND = 10  # independent samples beyond a percentile; with fewer, coverage falls under 90 %
_LEAST_INDEPENDENT = 10
_WIDEST = math.log(1000)  # either side: two processes that differ widely give Student's t a range without a meaning
_CAUTION = 1.1  # chosen with `ganrt bench --self-check`: without it the intervals hold in 93 to 95 of 100 cases


def summarise(latencies: Series) -> dict[str, float | None]:
    """p50 ... p99_9, mean, min and max, in the unit of `latencies`, float64 [n], n of 1 or more.

    A percentile that less than one sample lies beyond (p99 of 99 samples) is None.
    """
    count = len(latencies)
    result: dict[str, float | None] = {
        name: float(np.percentile(latencies, point)) if _beyond(point, count) >= 1 or name == "p50" else None
        for name, point in POINTS.items()
    }
    edges = {"mean": latencies.mean(), "min": latencies.min(), "max": latencies.max()}
    return {**result, **{name: float(value) for name, value in edges.items()}}


def intervals(
    latencies: Series, slice_lengths: list[int], seed: int = 0, process_lengths: Sequence[int] = ()
) -> dict[str, Interval]:
    """95 % confidence intervals of the percentiles and the mean, in the unit of `latencies`.

    An empty mapping where fewer than ten samples would be independent; a percentile that fewer than ten
    independent samples lie beyond gets none either, for its bootstrap would only repeat the largest few.

    Args:
        latencies: float64 [n], in the order in which they were measured.
        slice_lengths: how many of them each slice of an interleaved run gave; a slice is never cut into blocks, for
            what disturbs a slice may disturb all of it.
        process_lengths: how many each process gave; with fewer than two the intervals hold within the process only.
    """
    processes = np.split(latencies, np.cumsum(process_lengths)[:-1]) if len(process_lengths) > 1 else [latencies]
    # Steps from process to process are no correlation in time: Student's t below holds them.
    found = correlation(np.concatenate([series - np.median(series) for series in processes]))
    independent = len(latencies) / found.time
    if independent < _LEAST_INDEPENDENT:
        return {}
    points = {name: point for name, point in POINTS.items() if _beyond(point, independent) >= _LEAST_BEYOND}
    whole = int(np.median(slice_lengths)) if len(slice_lengths) > 1 else 1
    # The correlation of a short series comes out too low, and the spread between blocks is itself uncertain.
    caution = _CAUTION * math.sqrt(1 + _LEAST_INDEPENDENT / independent)
    within = _bootstrap(latencies, points, max(whole, found.block), caution, seed)
    if len(processes) < 2:
        return within
    between = _between(processes, points)
    estimates = dict(zip((*points, "mean"), _statistics(latencies[None], points)[:, 0], strict=True))
    return {name: _wider(pair, float(estimates[name]), between[name]) for name, pair in within.items()}


def _between(processes: Sequence[Series], points: dict[str, float]) -> dict[str, float]:
    """Half the width of Student's t interval over the logarithms of one statistic a process."""
    each = np.log([np.maximum(_statistics(series[None], points)[:, 0], 1e-9) for series in processes])
    count = len(processes)
    half = student_t(count - 1) * each.std(axis=0, ddof=1) / math.sqrt(count)
    return {name: min(float(value), _WIDEST) for name, value in zip((*points, "mean"), half, strict=True)}


def _wider(pair: Interval, estimate: float, half: float) -> Interval:
    return min(pair[0], estimate * math.exp(-half)), max(pair[1], estimate * math.exp(half))


def widened(pair: Interval, estimate: float, share: float) -> Interval:
    """The interval joined with an independent one of `share` either side of the estimate, by logarithms."""
    return _joined(pair, estimate, lambda distance: math.hypot(distance, math.log1p(share)))


def narrowed(pair: Interval, estimate: float, share: float) -> Interval:
    """The interval that `widened` was given."""
    return _joined(pair, estimate, lambda distance: math.sqrt(max(0.0, distance**2 - math.log1p(share) ** 2)))


def _joined(pair: Interval, estimate: float, change: Callable[[float], float]) -> Interval:
    low, high = pair
    if estimate <= 0:
        return pair
    return (
        estimate * math.exp(-change(math.log(estimate / low))) if 0 < low <= estimate else low,
        estimate * math.exp(change(math.log(high / estimate))) if high >= estimate else high,
    )


def rate(images: int, latencies: Series, mean: Interval | None) -> tuple[float, Interval | None]:
    """Images a second and its interval, from seconds a call of `images` images and the interval of their mean."""
    value = images / float(latencies.mean())
    return value, None if mean is None or mean[0] <= 0 else (images / mean[1], images / mean[0])


def _bootstrap(series: Series, points: dict[str, float], block: int, caution: float, seed: int) -> dict[str, Interval]:
    blocks = len(series) // block
    if blocks < 2:
        return {}
    resamples = int(np.clip(_MOST_DRAWN // len(series), *_RESAMPLES))
    step = max(1, _CHUNK // len(series))
    random = np.random.default_rng(seed)
    drawn = np.concatenate(
        [
            _statistics(_resample(series, block, min(step, resamples - first), random), points)
            for first in range(0, resamples, step)
        ],
        axis=1,
    )
    widen = caution * student_t(blocks - 1) / _Z * math.sqrt(blocks / (blocks - 1))
    estimates = _statistics(series[None], points)[:, 0]
    return {
        name: _interval(float(estimate), values, widen)
        for name, estimate, values in zip((*points, "mean"), estimates, drawn, strict=True)
    }


def _statistics(samples: Series, points: dict[str, float]) -> Series:
    """[k, n] -> [statistics, k]: the percentiles, then the mean."""
    means = samples.mean(axis=1)[None]
    return np.concatenate([_percentiles(samples, list(points.values())), means]) if points else means


def _percentiles(samples: Series, points: Sequence[float]) -> Series:
    """[k, n] -> [points, k]: `np.percentile(samples, points, axis=1)` to the last bit, in less than half of its time:
    NumPy sorts with the processor's vectors, and cuts in pieces without them."""
    ordered = np.sort(samples, axis=1)
    places = np.asarray(points) / 100 * (samples.shape[1] - 1)
    below = np.floor(places).astype(np.intp)
    low, high = ordered[:, below], ordered[:, np.minimum(below + 1, samples.shape[1] - 1)]
    share, step = places - below, high - low
    return np.asarray(np.where(share < 0.5, low + step * share, high - step * (1 - share)).T)


def _resample(series: Series, block: int, count: int, random: np.random.Generator) -> Series:
    """[count, n]: in each row blocks of the series from random starts, round its end, cut to n."""
    n = len(series)
    starts = random.integers(0, n, (count, math.ceil(n / block)))
    stretches = np.lib.stride_tricks.sliding_window_view(np.concatenate([series, series[: block - 1]]), block)
    return np.asarray(stretches[starts].reshape(count, -1)[:, :n])


def _interval(estimate: float, drawn: Series, widen: float) -> Interval:
    """The percentile interval, widened about the estimate; a time is never below zero."""
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = (float(value) for value in np.percentile(drawn, [tail, 100 - tail]))
    return (
        max(0.0, estimate - widen * max(0.0, estimate - low)),
        estimate + widen * max(0.0, high - estimate),
    )


def student_t(freedom: int) -> float:
    """The 97.5 % point of Student's t: Abramowitz and Stegun 26.7.5; exact for one and two degrees of freedom."""
    if freedom <= 2:
        return {1: 12.706204736432095, 2: 4.302652729911275}[freedom]
    z, v = _Z, float(freedom)
    terms = (
        (z**3 + z) / 4 / v,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96 / v**2,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / v**3,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 / v**4,
    )
    return z + sum(terms)


def _beyond(point: float, count: float) -> float:
    return round((100 - point) / 100 * count, 6)


_WIDEST_SPREAD = 0.05  # of the median's interval: half its width over the median
_DRIFT = 0.10  # between the first and the last third of a run


def trouble(
    latencies: NDArray[np.float64], slice_lengths: list[int], median: Interval | None, least: int
) -> str | None:
    """Why the latencies, float64 [n] in order, are not to be relied on; None if they are.

    Args:
        slice_lengths: how many of them each slice gave.
        median: its confidence interval, None where there is none.
        least: how many samples there should be.
    """
    if len(latencies) < least:
        return f"{len(latencies)} samples, expected {least} or more: give --duration more seconds"
    drift = _drift(latencies, slice_lengths)
    if abs(drift) > _DRIFT:
        return (
            f"drift: the last third of the run is {abs(drift):.0%} {'slower' if drift > 0 else 'faster'} than the first"
        )
    if median is None:
        return "too few samples are independent for an interval: give --duration more seconds"
    width = (median[1] - median[0]) / 2 / float(np.median(latencies))
    if width > _WIDEST_SPREAD:
        return f"spread: the median is known to {width:.1%} only, expected {_WIDEST_SPREAD:.0%} or better"
    return None


def _drift(latencies: NDArray[np.float64], slice_lengths: list[int]) -> float:
    """Relative change from the first to the last third, by the medians of the slices."""
    medians = [float(np.median(part)) for part in np.split(latencies, np.cumsum(slice_lengths)[:-1])]
    third = len(medians) // 3
    if third < 2:
        return 0.0
    return float(np.median(medians[-third:]) / np.median(medians[:third]) - 1)
