"""Matplotlib figures as pixels: no window, no global state, the same bytes for the same release."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.requirements import require_study

_DPI = 100


def new_figure(width: int, height: int, title: str) -> Any:
    """A `matplotlib.figure.Figure` of so many pixels, with a canvas to draw on.

    Raises:
        BackendUnavailable: matplotlib is missing.
    """
    require_study("a plot", "matplotlib")
    figure_class = import_module("matplotlib.figure").Figure
    figure = figure_class(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout="constrained")
    import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    figure.suptitle(title, parse_math=False)
    return figure


def figure_pixels(figure: Any) -> NDArray[np.uint8]:
    """The figure drawn: uint8 [height, width, 3]."""
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba(), np.uint8)[..., :3]
