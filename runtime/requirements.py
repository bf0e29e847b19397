"""What the studies need beyond the core, checked before the work begins."""

from __future__ import annotations

from importlib import import_module

from ganrt.errors import BackendUnavailable


def require_study(what: str, *packages: str) -> None:
    """Imports `packages` of the extra `study`.

    Raises:
        BackendUnavailable: one is missing or does not load; the message says that `what` needs it, and how to install.
    """
    for package in packages:
        try:
            import_module(package)
        except (ImportError, OSError) as error:  # OSError: a shared library that does not load on Windows
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise BackendUnavailable(
                f"{what} needs the package '{package}': {reason}\ninstall it with: pip install \"ganrt[study]\""
            ) from error
