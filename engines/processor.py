"""What distinguishes one processor from another, as far as speed and rounding go."""

from __future__ import annotations

import os
import platform
import re
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
# oneDNN's ceiling for instruction sets, which OpenVINO and torch obey: with it the processor is another one.
_CEILING = "ONEDNN_MAX_CPU_ISA"


@cache
def processor() -> dict[str, object]:
    """Name, instruction sets and logical cores of this machine's processor; nothing that identifies the machine."""
    text = _CPUINFO.read_text() if _CPUINFO.exists() else ""
    name = _field(text, "model name|Hardware") or platform.processor() or platform.machine()
    flags = sorted(set(_field(text, "flags|Features").split()))
    ceiling = os.environ.get(_CEILING)
    masked = {"ceiling": ceiling.upper()} if ceiling else {}
    return {"name": name, "features": flags, "cores": os.cpu_count() or 1, **masked}


def _field(text: str, pattern: str) -> str:
    found = re.search(rf"^(?:{pattern})\s*: (.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""
