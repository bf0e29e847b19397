"""What the exporter needs beyond the core, checked before the first heavy import."""

from __future__ import annotations

from ganrt.errors import BackendUnavailable
from ganrt.interrupts import import_whole

READING = ("torch", "safetensors")
EXPORTING = ("torch", "safetensors", "onnx", "onnxscript", "onnxruntime")
INSTALL = 'pip install "ganrt[export,cpu]"'


def require(*packages: str) -> None:
    """Imports `packages`.

    Raises:
        BackendUnavailable: one is missing or does not load; the message names it and holds the install command.
    """
    for package in packages:
        try:
            import_whole(package)
        except (ImportError, OSError) as error:  # OSError: a shared library that does not load on Windows
            raise BackendUnavailable(
                f"reading and exporting checkpoints needs the package '{package}': {_first_line(error)}\n"
                f"install it with: {INSTALL}"
            ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
