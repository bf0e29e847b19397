"""What is dear to make and the same for many tests: made once a run, for all of its workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

FOLDER = "GANRT_TESTS_SHARED"  # set for a whole run by conftest.py


def made_once(name: str, make: Callable[[], bytes]) -> bytes:
    """The bytes under a name: the first that asks makes them, and whoever asks meanwhile waits."""
    path = Path(os.environ[FOLDER]) / name
    with FileLock(f"{path}.lock"):
        if not path.exists():
            unfinished = path.with_name(f"{name}.unfinished")
            unfinished.write_bytes(make())
            unfinished.replace(path)
        return path.read_bytes()
