"""What studies need beyond the core, checked before the work begins; and Matplotlib figures as pixels: no window, no
global state, the same bytes for the same release.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import BackendUnavailable
from ganrt.interrupts import import_whole


def require_study(what: str, *packages: str) -> None:
    """Imports `packages` of the extra `study`.

    Raises:
        BackendUnavailable: see `study_module`.
    """
    for package in packages:
        study_module(what, package)


def study_module(what: str, name: str) -> Any:
    """A module of the extra `study`, such as "sklearn.neighbors".

    Raises:
        BackendUnavailable: it is missing or does not load; the message says that `what` needs it, and how to install.
    """
    try:
        return import_whole(name)
    except (ImportError, OSError) as error:  # OSError: a shared library that does not load on Windows
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BackendUnavailable(
            f"{what} needs the package '{name.partition('.')[0]}': {reason}\n"
            'install it with: pip install "ganrt[study]"'
        ) from error


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
