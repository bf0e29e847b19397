"""The name of the GPU that CUDA backends use: the first that CUDA shows. Asked of the driver itself."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_LENGTH = 128


@cache
def gpu_name() -> str | None:
    """Such as "NVIDIA GeForce RTX 4090"; None where there is no driver or no GPU."""
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        return None
    device, name = ctypes.c_int(), ctypes.create_string_buffer(_LENGTH)
    failed = (
        driver.cuInit(0) or driver.cuDeviceGet(ctypes.byref(device), 0) or driver.cuDeviceGetName(name, _LENGTH, device)
    )
    return None if failed else name.value.decode(errors="replace")
