"""Intervals of 95 %: of a share, and of a statistic from its leave-one-group-out values."""

from __future__ import annotations

import math
from collections.abc import Sequence

GROUPS = 10
_NORMAL = 1.959964  # the normal distribution's 97.5 % quantile
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)  # Student's, 1 to GROUPS - 1 degrees


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's score interval of a share of independent successes (Wilson, 1927); count at least 1."""
    share, square = successes / count, _NORMAL**2
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = _NORMAL / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    low = centre - half if successes else 0.0  # exactly, where rounding leaves 1e-19
    return low, centre + half if successes < count else 1.0


def jackknife(value: float, without: Sequence[float]) -> tuple[float, float]:
    """The delete-a-group jackknife's interval about `value` (Kott, 2001), with Student's quantile.

    Args:
        without: the statistic without the first group, without the second and so on; 2 to GROUPS groups of nearly
            equal size.
    """
    groups = len(without)
    mean = sum(without) / groups
    error = math.sqrt((groups - 1) / groups * sum((one - mean) ** 2 for one in without))
    half = _STUDENT[groups - 2] * error
    return value - half, value + half
