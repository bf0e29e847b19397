"""The libraries that ganrt runs on report home unless they are told not to: ganrt needs no network, and uses none."""

from __future__ import annotations

import os
from types import ModuleType

from ganrt.interrupts import import_whole


def keep_offline() -> None:
    """Tells them, in this process and in all that it starts; `import ganrt` calls this.

    ONNX Runtime from 1.29 on reads its variable when its environment is made, on import in Python: it then writes a
    device id and a database below the user's cache folder, and looks up a host a few seconds later. Any other value
    of the variable is overwritten.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def import_onnxruntime() -> ModuleType:
    """The onnxruntime module; raises whatever its import does.

    On Windows its events go to the system, which the variable does not stop.
    """
    module = import_whole("onnxruntime")
    if hasattr(module, "disable_telemetry_events"):  # an uninstalled twin leaves an empty folder behind
        module.disable_telemetry_events()
    return module
