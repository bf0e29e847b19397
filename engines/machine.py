"""What of a machine decides speed and rounding: its processor, its GPU, and how many threads may be asked for."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ganrt.errors import UsageError

_CPUINFO = Path("/proc/cpuinfo")
# oneDNN's ceiling for instruction sets, which OpenVINO and torch obey: with it the processor is another one.
_CEILING = "ONEDNN_MAX_CPU_ISA"
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_LENGTH = 128
_ANYWHERE = 16  # accepted on any machine; far more than the cores only cost memory and time


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


@cache
def gpu_name() -> str | None:
    """The first that CUDA shows, such as "NVIDIA GeForce RTX 4090", asked of the driver itself; None without one."""
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        return None
    device, name = ctypes.c_int(), ctypes.create_string_buffer(_LENGTH)
    failed = (
        driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0) or driver.cuDeviceGetName(name, _LENGTH, device)
    )
    return None if failed else name.value.decode(errors="replace")


def most_threads() -> int:
    """The most that may be asked for on this machine."""
    return max(_ANYWHERE, 4 * (os.cpu_count() or 1))


def check_threads(threads: int | None) -> None:
    """None is all that the process may use.

    Raises:
        UsageError: none at all, or absurdly many for this machine.
    """
    most = most_threads()
    if threads is not None and not 1 <= threads <= most:
        raise UsageError(f"threads {threads}: expected 1 to {most} on this machine")


def package_version(package: str) -> str | None:
    """Of an installed package; None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
