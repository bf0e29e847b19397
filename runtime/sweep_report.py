"""The measures of a truncation study as a table (JSON, CSV) and as a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.figures import figure_pixels, new_figure
from ganrt.runtime.intervals import Estimate
from ganrt.runtime.sweep import Row

_MEASURES = ("diversity", "sharpness")
_SIZE = (800, 360)  # pixels


def sweep_table(rows: Sequence[Row]) -> list[dict[str, object]]:
    """One dictionary a row, ready for JSON: the factor, the images measured, each measure and its 95 % interval."""
    return [
        {
            "psi": row.psi,
            "statistics": row.statistics,
            "start": str(row.start),
            "samples": row.samples,
            **{name: _rounded(_of(row, name).value) for name in _MEASURES},
            **{f"{name}_interval": [_rounded(_of(row, name).low), _rounded(_of(row, name).high)] for name in _MEASURES},
        }
        for row in rows
    ]


def sweep_csv(rows: Sequence[Row]) -> bytes:
    """The same as CSV, one row a factor; an empty cell where there are no statistics to choose."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ends = [f"{name}{end}" for name in _MEASURES for end in ("", "_low", "_high")]
    writer.writerow(["psi", "statistics", "start", "samples", *ends])
    for row in rows:
        values = [_rounded(x) for name in _MEASURES for e in [_of(row, name)] for x in (e.value, e.low, e.high)]
        writer.writerow([row.psi, "" if row.statistics is None else row.statistics, row.start, row.samples, *values])
    return text.getvalue().encode()


def sweep_plot(rows: Sequence[Row], title: str) -> NDArray[np.uint8]:
    """Diversity and sharpness by factor with their intervals: uint8 [360, 800, 3].

    Raises:
        BackendUnavailable: matplotlib is missing.
    """
    title = f"{title}: {rows[0].samples} images a factor, 95 % intervals"
    figure = new_figure(*_SIZE, title)
    rows = sorted(rows, key=lambda row: row.psi)
    psi = [row.psi for row in rows]
    for number, name in enumerate(_MEASURES):
        axes = figure.add_subplot(1, 2, number + 1)
        estimates = [_of(row, name) for row in rows]
        whiskers = np.array([[e.value - e.low, e.high - e.value] for e in estimates]).T.clip(0)
        axes.errorbar(psi, [e.value for e in estimates], whiskers, marker="o", markersize=4, capsize=3)
        axes.set_xlabel("truncation psi")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    return figure_pixels(figure)


def _of(row: Row, name: str) -> Estimate:
    return row.diversity if name == "diversity" else row.sharpness


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
