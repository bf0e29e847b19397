"""What the studies need beyond the core, checked before the work begins."""

from __future__ import annotations

from typing import Any

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
