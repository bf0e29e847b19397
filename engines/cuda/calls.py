"""The calls of `cuda.bindings.runtime` that ganrt makes, every return value checked.

The module returns tuples: the error first, then the results. Nothing here is imported before it is needed.
"""

from __future__ import annotations

from typing import Any

from ganrt.engines.cuda.system_cudart import system_cudart
from ganrt.errors import BackendUnavailable, OutOfDeviceMemory
from ganrt.interrupts import import_whole

INSTALL = 'pip install "ganrt[{extra}]"'
# Every name of the module that ganrt uses; a test looks each of them up in all supported versions.
FUNCTIONS = {
    "cudaGetDeviceCount": (),
    "cudaDriverGetVersion": (),
    "cudaGetErrorName": ("error",),
    "cudaGetErrorString": ("error",),
    "cudaSetDevice": ("device",),
    "cudaDeviceGetAttribute": ("attribute", "device"),
    "cudaGetDeviceProperties": ("device",),
    "cudaMemGetInfo": (),
    "cudaDeviceGetStreamPriorityRange": (),
    "cudaStreamCreateWithPriority": ("flags", "priority"),
    "cudaStreamDestroy": ("stream",),
    "cudaStreamSynchronize": ("stream",),
    "cudaStreamWaitEvent": ("stream", "event", "flags"),
    "cudaStreamBeginCapture": ("stream", "mode"),
    "cudaStreamEndCapture": ("stream",),
    "cudaGraphInstantiate": ("graph", "flags"),
    "cudaGraphLaunch": ("graph", "stream"),
    "cudaGraphDestroy": ("graph",),
    "cudaGraphExecDestroy": ("graph",),
    "cudaEventCreate": (),
    "cudaEventDestroy": ("event",),
    "cudaEventRecord": ("event", "stream"),
    "cudaEventSynchronize": ("event",),
    "cudaEventElapsedTime": ("start", "end"),
    "cudaMalloc": ("size",),
    "cudaFree": ("pointer",),
    "cudaHostAlloc": ("size", "flags"),
    "cudaHostGetDevicePointer": ("pointer", "flags"),
    "cudaFreeHost": ("pointer",),
    "cudaMemcpyAsync": ("to", "of", "size", "kind", "stream"),
}
_RESTART = "the device may be lost: close other GPU programs, look at nvidia-smi, and start again"
LESS_MEMORY = "close other GPU programs, or use a smaller batch: ganrt compile --batch 1:4:8"


def import_cudart(extra: str) -> Any:
    """The runtime API of cuda-bindings; `extra` is the one that installs it. On JetPack 6 the system's, which is older.

    Raises:
        BackendUnavailable: it is not installed, or does not load.
    """
    try:
        module = import_whole("cuda.bindings.runtime")
    except (ImportError, OSError) as error:
        install = INSTALL.format(extra=extra)
        raise BackendUnavailable(f"cuda-bindings is missing or broken: {error}\ninstall it: {install}") from error
    if module.cudaGetDeviceCount()[0] == module.cudaError_t.cudaErrorInsufficientDriver:
        return system_cudart() or module
    return module


class Calls:
    """`calls("cudaMalloc", size)` -> its result; an error becomes an exception that names call, error and mend."""

    def __init__(self, cudart: Any) -> None:
        self.cudart = cudart
        self._functions = {name: getattr(cudart, name) for name in FUNCTIONS}
        self._full = cudart.cudaError_t.cudaErrorMemoryAllocation

    def __call__(self, name: str, *arguments: Any) -> Any:
        """The result of a call: None, one value, or a tuple of several.

        Raises:
            OutOfDeviceMemory: the device, or the pinned memory of the host, is full.
            BackendUnavailable: any other error.
        """
        result = self._functions[name](*arguments)
        if result[0]:
            raise self.error(name, result[0])
        return result[1] if len(result) == 2 else result[1:] or None

    def error(self, name: str, code: Any) -> BackendUnavailable:
        """The exception for error `code` of call `name`."""
        texts = (self._functions[which](code)[1] for which in ("cudaGetErrorName", "cudaGetErrorString"))
        words = ": ".join(text.decode(errors="replace") for text in texts if text)
        if code == self._full:
            return OutOfDeviceMemory(f"{name}: {words}\n{LESS_MEMORY}")
        return BackendUnavailable(f"{name} failed, {words}\n{_RESTART}")
