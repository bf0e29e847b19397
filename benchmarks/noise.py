"""Is a measurement good enough to rely on? If not, in which way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.fields import Interval

WIDEST = 0.05  # of the median's interval: half its width over the median
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
    if width > WIDEST:
        return f"spread: the median is known to {width:.1%} only, expected {WIDEST:.0%} or better"
    return None


def _drift(latencies: NDArray[np.float64], slice_lengths: list[int]) -> float:
    """Relative change from the first to the last third, by the medians of the slices."""
    medians = [float(np.median(part)) for part in np.split(latencies, np.cumsum(slice_lengths)[:-1])]
    third = len(medians) // 3
    if third < 2:
        return 0.0
    return float(np.median(medians[-third:]) / np.median(medians[:third]) - 1)
