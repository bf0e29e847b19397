"""What is dear to make and the same for many tests: made once a run, for all of its workers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
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


def built_once(*command: str) -> Path:
    """The program that a compiler's command makes. CalledProcessError, with `stderr`, where it fails."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made"
            subprocess.run([*command, "-o", str(made), "-lm"], capture_output=True, text=True, check=True)
            return made.read_bytes()

    name = f"built-{hashlib.sha256(repr(command).encode()).hexdigest()[:16]}"
    made_once(name, make)
    path = Path(os.environ[FOLDER]) / name
    path.chmod(0o755)
    return path
