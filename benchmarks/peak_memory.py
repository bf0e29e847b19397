"""The peak resident memory of this process, since it was started."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def peak_bytes() -> int | None:
    """In bytes; None where the system does not tell without psutil.

    Linux: VmHWM, not getrusage, whose figure a child inherits from the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(lines[0].split()[1]) * 1024 if lines else None
    if sys.platform == "win32":
        try:
            return int(import_module("psutil").Process().memory_info().peak_wset)
        except ImportError:
            return None
    from resource import RUSAGE_SELF, getrusage  # not on Windows

    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
