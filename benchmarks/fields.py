"""Checks of the fields of a bench document that `ganrt.checks` has no word for: open mappings, intervals, series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ganrt.checks import Check, fail, number, text

Json = dict[str, Any]
Interval = tuple[float, float]
HUGE = 1e18  # no figure of a real machine reaches it
MOST_POINTS = 2000  # of a plot: a page draws no more, and a file stays small

figure = number(-HUGE, HUGE)
positive = number(0, HUGE)


def open_mapping(limit: int = 500) -> Check:
    """A JSON object with any content, at most `limit` keys; numbers in it are finite."""

    def check(value: Any, where: str) -> Json:
        if not isinstance(value, Mapping) or len(value) > limit or not all(isinstance(key, str) for key in value):
            raise fail(where, value, f"a JSON object of at most {limit} fields")
        for key, item in value.items():
            _check_plain(item, f"{where}.{key}", depth=0)
        return dict(value)

    return check


def _check_plain(value: Any, where: str, depth: int) -> None:
    if depth > 8:
        raise fail(where, value, "at most 8 levels of nesting")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_plain(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            _check_plain(item, f"{where}[{i}]", depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise fail(where, value, "a finite number, or null")
    elif value is not None and not isinstance(value, (str, int, float)):
        raise fail(where, value, "a value that JSON has")


def figures(value: Any, where: str) -> dict[str, float | str]:
    """Name -> number (or text), the figures of a measurement that is no latency."""
    if not isinstance(value, Mapping) or len(value) > 200:
        raise fail(where, value, "a JSON object of at most 200 figures")
    texts = text(200)
    return {
        key: texts(item, f"{where}.{key}") if isinstance(item, str) else figure(item, f"{where}.{key}")
        for key, item in value.items()
    }


def interval(value: Any, where: str) -> Interval:
    """[low, high] of a confidence interval."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise fail(where, value, "a pair [low, high]")
    low, high = figure(value[0], f"{where}[0]"), figure(value[1], f"{where}[1]")
    if low > high:
        raise fail(where, value, "a pair [low, high] with low <= high")
    return low, high


def intervals(value: Any, where: str) -> dict[str, Interval]:
    """Statistic's name -> [low, high]."""
    if not isinstance(value, Mapping) or len(value) > 20:
        raise fail(where, value, "a JSON object of at most 20 intervals")
    return {key: interval(item, f"{where}.{key}") for key, item in value.items()}


def utc_time(value: Any, where: str) -> str:
    """ISO 8601 with an offset, such as 2026-11-22T03:12:00+00:00."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise fail(where, value, "a time such as 2026-11-22T03:12:00+00:00")
    return str(value)
