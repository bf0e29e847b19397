"""scikit-learn and scipy, from the extra `study`: imported where they are used, and only there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ganrt.errors import BackendUnavailable


def study_module(name: str) -> Any:
    """The module of that name, such as "sklearn.neighbors".

    Raises:
        BackendUnavailable: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise BackendUnavailable(
            f'{name.partition(".")[0]} is missing or broken: {error}\ninstall it: pip install "ganrt[study]"'
        ) from error
