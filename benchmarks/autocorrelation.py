"""How far latencies hang together in time: the block length for a bootstrap, and what a sample is worth.

Block length after Politis and White 2004, "Automatic block-length selection for the dependent bootstrap", with the
correction of Patton, Politis and White 2009; worked out on ranks, so that one outlier does not hide the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Correlation:
    """`block`: samples that should stay together. `time`: samples that are worth one independent one, 1 or more."""

    block: int
    time: float


def correlation(series: Series) -> Correlation:
    """Of a series float64 [n] in the order of time."""
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
