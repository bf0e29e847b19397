"""The one message where torch is missing."""

from __future__ import annotations

from importlib import import_module

from ganrt.errors import BackendUnavailable


def require_torch() -> None:
    """Raises BackendUnavailable where torch cannot be imported."""
    try:
        import_module("torch")
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            f'torch is missing or broken: {error}\ninstall it: pip install "ganrt[export]"'
        ) from error
