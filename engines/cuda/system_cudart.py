"""The system's CUDA runtime in place of cuda-bindings': on JetPack 6, whose driver is for CUDA 12.6.

cuda-bindings 12.9 hold a runtime of their own that asks for a newer driver (cudaErrorInsufficientDriver, 35), and there
are none for 12.6. Prototypes and numbers are those of CUDA 12's cuda_runtime_api.h and driver_types.h.
"""

from __future__ import annotations

import ctypes
import enum
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

LIBRARY = "libcudart.so.12"
_TEGRA = Path("/etc/nv_tegra_release")
_PROPERTIES_BYTES = 8192  # cudaDeviceProp has about 1,000, of which the first 256 are the name
_INT, _UINT, _SIZE, _HANDLE = ctypes.c_int, ctypes.c_uint, ctypes.c_size_t, ctypes.c_void_p
_LONG, _FLOAT = ctypes.c_ulonglong, ctypes.c_float
# Name -> what it returns through pointers, which come first, and what it takes.
PROTOTYPES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "cudaGetDeviceCount": ((_INT,), ()),
    "cudaDriverGetVersion": ((_INT,), ()),
    "cudaSetDevice": ((), (_INT,)),
    "cudaDeviceGetAttribute": ((_INT,), (_INT, _INT)),
    "cudaMemGetInfo": ((_SIZE, _SIZE), ()),
    "cudaDeviceGetStreamPriorityRange": ((_INT, _INT), ()),
    "cudaStreamCreateWithPriority": ((_HANDLE,), (_UINT, _INT)),
    "cudaStreamDestroy": ((), (_HANDLE,)),
    "cudaStreamSynchronize": ((), (_HANDLE,)),
    "cudaStreamWaitEvent": ((), (_HANDLE, _HANDLE, _UINT)),
    "cudaStreamBeginCapture": ((), (_HANDLE, _INT)),
    "cudaGraphInstantiate": ((_HANDLE,), (_HANDLE, _LONG)),
    "cudaGraphLaunch": ((), (_HANDLE, _HANDLE)),
    "cudaGraphDestroy": ((), (_HANDLE,)),
    "cudaGraphExecDestroy": ((), (_HANDLE,)),
    "cudaEventCreate": ((_HANDLE,), ()),
    "cudaEventDestroy": ((), (_HANDLE,)),
    "cudaEventRecord": ((), (_HANDLE, _HANDLE)),
    "cudaEventSynchronize": ((), (_HANDLE,)),
    "cudaEventElapsedTime": ((_FLOAT,), (_HANDLE, _HANDLE)),
    "cudaMalloc": ((_HANDLE,), (_SIZE,)),
    "cudaFree": ((), (_HANDLE,)),
    "cudaHostAlloc": ((_HANDLE,), (_SIZE, _UINT)),
    "cudaHostGetDevicePointer": ((_HANDLE,), (_HANDLE, _UINT)),
    "cudaFreeHost": ((), (_HANDLE,)),
    "cudaMemcpyAsync": ((), (_HANDLE, _HANDLE, _SIZE, _INT, _HANDLE)),
}
cudaError_t = enum.IntEnum(
    "cudaError_t",
    {"cudaSuccess": 0, "cudaErrorMemoryAllocation": 2, "cudaErrorInsufficientDriver": 35, "cudaErrorNoDevice": 100},
)


def system_cudart() -> Any:
    """The runtime of a Jetson's system, as `Calls` takes it; None elsewhere, or where there is none for CUDA 12."""
    if not _TEGRA.exists():
        return None
    try:
        return SystemCudart(ctypes.CDLL(LIBRARY))
    except (OSError, AttributeError):
        return None


class SystemCudart:
    """A libcudart 12 with the names and the answers of `cuda.bindings.runtime`: tuples, the error first."""

    cudaError_t = cudaError_t
    cudaDeviceAttr = SimpleNamespace(
        cudaDevAttrComputeCapabilityMajor=75,
        cudaDevAttrComputeCapabilityMinor=76,
        cudaDevAttrIntegrated=18,
        cudaDevAttrCanMapHostMemory=19,
    )
    cudaMemcpyKind = SimpleNamespace(cudaMemcpyHostToDevice=1, cudaMemcpyDeviceToHost=2)
    cudaStreamCaptureMode = SimpleNamespace(cudaStreamCaptureModeThreadLocal=1)
    cudaStreamNonBlocking, cudaHostAllocDefault, cudaHostAllocMapped = 1, 0, 2

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._functions = {name: self._function(name, *prototype) for name, prototype in PROTOTYPES.items()}
        for name in ("cudaGetErrorName", "cudaGetErrorString"):
            getattr(library, name).restype = ctypes.c_char_p

    def __getattr__(self, name: str) -> Callable[..., tuple[Any, ...]]:
        try:
            return self._functions[name]
        except KeyError:
            raise AttributeError(name) from None

    def cudaGetErrorName(self, error: int) -> tuple[int, bytes]:
        """Such as b"cudaErrorNoDevice"."""
        return 0, self._library.cudaGetErrorName(int(error))

    def cudaGetErrorString(self, error: int) -> tuple[int, bytes]:
        """A sentence."""
        return 0, self._library.cudaGetErrorString(int(error))

    def cudaGetDeviceProperties(self, device: int) -> tuple[int, Any]:
        """Its name alone."""
        room = ctypes.create_string_buffer(_PROPERTIES_BYTES)
        error = self._library.cudaGetDeviceProperties_v2(room, device)
        return error, SimpleNamespace(name=room.value[:256])

    def cudaStreamEndCapture(self, stream: int) -> tuple[int, Any]:
        """The graph, which is the only result that comes last."""
        graph = _HANDLE()
        return self._library.cudaStreamEndCapture(_HANDLE(int(stream)), ctypes.byref(graph)), graph.value

    def _function(self, name: str, results: tuple[Any, ...], takes: tuple[Any, ...]) -> Callable[..., tuple[Any, ...]]:
        function = getattr(self._library, name)
        function.argtypes = [*(ctypes.POINTER(result) for result in results), *takes]
        function.restype = _INT
        return partial(_call, function, results)


def _call(function: Any, results: tuple[Any, ...], *arguments: Any) -> tuple[Any, ...]:
    places = [result() for result in results]
    error = function(*(ctypes.byref(place) for place in places), *(int(argument) for argument in arguments))
    return (error, *(None if error else place.value for place in places))
