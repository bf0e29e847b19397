"""The graph toolkit: what exporter and engines know of ONNX graphs.

`reader` and `wire` need nothing but numpy: that is how files are read at run time. The others work on onnx-ir, need the
extra `compile`, and are imported only by what rewrites graphs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ganrt.errors import BackendUnavailable


def import_with_onnx(module: str, what: str) -> Any:
    """A module that needs the extra `compile`; raises BackendUnavailable, which says `what` it is for."""
    try:
        return import_module(module)
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] not in ("onnx", "onnx_ir"):
            raise
        raise BackendUnavailable(
            f'{error.name} is not installed, and {what}\ninstall it: pip install "ganrt[compile]"'
        ) from error
