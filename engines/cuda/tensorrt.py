"""Backend `tensorrt`: engines that `ganrt compile --backend tensorrt` made."""

from __future__ import annotations

from ganrt.engines.cuda.opening import open_compiled, probe_backend

__all__ = ["open_compiled", "probe"]


def probe() -> str:
    """What is here; raises BackendUnavailable with the reason where engines cannot run."""
    return probe_backend("tensorrt")
