"""How many threads an engine may be asked to use."""

from __future__ import annotations

import os

from ganrt.errors import UsageError

_ANYWHERE = 16  # accepted on any machine; far more than the cores only cost memory and time


def most_threads() -> int:
    """The most that may be asked for on this machine."""
    return max(_ANYWHERE, 4 * (os.cpu_count() or 1))


def check_threads(threads: int | None) -> None:
    """None is all that the process may use.

    Raises:
        UsageError: none at all, or absurdly many for this machine.
    """
    most = most_threads()
    if threads is not None and not 1 <= threads <= most:
        raise UsageError(f"threads {threads}: expected 1 to {most} on this machine")
