"""Numbers, names and dates as reports print them; whatever a document's open parts hold, a text comes out."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from ganrt.benchmarks.document import Interval, Model, Result

NONE = "-"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
# What is said of a document's figures wherever they are shown.
METHOD = (
    "All runners of a group took turns in one run, in shuffled order (trtexec alone times itself, after the others), "
    "and their pictures were compared with the FP32 reference: a runner that draws wrong pictures gets no speed.",
    "In brackets: 95 % confidence intervals, the wider of two: a block bootstrap over the run's own time, and "
    "Student's t over the fresh processes that shared it, which holds what differs from one "
    "process to the next; then an allowance (--between-runs) is added for what "
    "drifts more slowly than a run lasts, and left out again where runners of one run are compared. Where one "
    "process measured alone (the notes say so), they hold within that run only. A difference from one machine to "
    "another, or of a load that lasts longer than the run, is in none.",
    "“against” is the speed, by the median (offline: by images a second), beside the fastest peer with the same "
    "precision, threads and device of the same group: above 1 is faster than it. Its interval joins the two of the "
    "group, on logarithms (MOVER, Donner and Zou 2012), as if they were independent.",
    "A percentile that too few samples support is not given.",
)


def number(value: float | None) -> str:
    """Four digits that count; a dash for None."""
    if value is None:
        return NONE
    if abs(value) >= 1e9:
        return f"{value:.3e}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def with_interval(value: float | None, interval: Interval | None) -> str:
    """ "16.4 [15.9, 17.2]"."""
    return number(value) if interval is None else f"{number(value)} [{number(interval[0])}, {number(interval[1])}]"


def times(value: float) -> str:
    """A ratio: "1.31×"."""
    return f"{value:.3g}×" if value < 100 else f"{value:.0f}×"


def percent(share: float | None) -> str:
    """0.314 -> "31 %"."""
    if share is None:
        return NONE
    return f"{100 * share:.2g} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"


def pictures(result: Result) -> str:
    """What the check of the pictures found."""
    if not result.outputs_checked:
        return "not checked"
    likeness = "" if result.ssim is None else f", SSIM {result.ssim:.4f}"
    return "identical" if result.psnr_db is None else f"{result.psnr_db:.1f} dB{likeness}"


def date(created: str) -> str:
    """ISO 8601 -> "2026-11-22 04:12 UTC"."""
    return f"{datetime.fromisoformat(created).astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def model_name(model: Model) -> str:
    """The name and the beginning of the file's hash."""
    return f"{model.name} ({model.sha256[:8]})" if model.sha256 else model.name


def printable(text: str) -> str:
    """Without codes that move a cursor, forge lines or turn the direction of text round."""
    return _UNPRINTABLE.sub("\ufffd", text)


def plain(value: object) -> str:
    """Any JSON value in a line."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value) or NONE
    if isinstance(value, dict):
        return ", ".join(f"{key} {plain(item)}" for key, item in value.items()) or NONE
    return re.sub(r"\s+", " ", str(value))
