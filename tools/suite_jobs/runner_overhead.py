"""The runner's own Python time a batch: every call of CUDA and of the vendor answers at once, and nothing is computed.

What a real call costs inside cuda-bindings is left out, but for the names' look-up and the tuples that come back.
"""

from __future__ import annotations

import statistics
import tracemalloc
from types import SimpleNamespace
from typing import Any

import numpy as np

from ganrt.benchmarks.clock import Clock
from ganrt.engines.cuda.calls import FUNCTIONS, Calls
from ganrt.engines.cuda.runner import CudaEngine, EngineInfo
from ganrt.engines.cuda.vendor import Loaded, Tensor
from ganrt.engines.cuda.workspace import Limits
from ganrt.engines.protocol import BatchSizes, Engine
from ganrt.errors import NegativeResult
from ganrt.spec import GeneratorSpec, Latent, Output
from suite_jobs.scope import Figures, Scope

_DIM, _SIDE, _BATCH = 100, 64, 16
_RESULTS = {
    "cudaDeviceGetStreamPriorityRange": (0, 0, -5),
    "cudaStreamCreateWithPriority": (0, 1),
    "cudaEventCreate": (0, 2),
    "cudaMalloc": (0, 4096),
    "cudaEventElapsedTime": (0, 0.25),
    "cudaStreamEndCapture": (0, 3),
    "cudaGraphInstantiate": (0, 4),
}


def measure(scope: Scope) -> Figures:
    """Microseconds a batch, submitted and collected with two in flight; bytes that a thousand batches leave behind."""
    rounds = 200 if scope.quick else 5000
    with instant_engine() as engine:
        one, full = _per_batch(engine, scope.clock, 1, rounds), _per_batch(engine, scope.clock, _BATCH, rounds)
        kept, peak = _allocated(engine)
    if kept > 1024:
        raise NegativeResult(f"the runner keeps {kept} bytes after a thousand batches")
    return {
        "batch_of_1_us": round(one, 1),
        f"batch_of_{_BATCH}_us": round(full, 1),
        "kept_bytes_of_1000_batches": kept,
        "peak_bytes_of_a_batch": peak,
    }


def instant_engine() -> CudaEngine:
    """An engine on a device whose calls all succeed and do nothing."""
    spec = GeneratorSpec(
        name="instant",
        family="none",
        latent=Latent(dim=_DIM, prior="normal"),
        output=Output(height=_SIDE, width=_SIDE, channels=3),
    )
    tensors = (
        Tensor("z", True, np.dtype(np.float32), (_DIM,)),
        Tensor("image", False, np.dtype(np.uint8), (_SIDE, _SIDE, 3)),
    )
    profiles = (BatchSizes(1, _BATCH, _BATCH),)
    loaded = Loaded(_vendor(), None, SimpleNamespace(create_execution_context=_context), 0, tensors, profiles)
    return CudaEngine(Calls(_Cudart()), loaded, EngineInfo(spec, "tensorrt", "fp16", "0" * 64), Limits())


class _Cudart:
    """The module's names; pinned memory is the only thing that is real."""

    def __init__(self) -> None:
        names = ("cudaMemcpyHostToDevice", "cudaMemcpyDeviceToHost")
        self.cudaMemcpyKind = SimpleNamespace(**dict.fromkeys(names, 1))
        self.cudaStreamCaptureMode = SimpleNamespace(cudaStreamCaptureModeThreadLocal=1)
        self.cudaError_t = SimpleNamespace(cudaErrorMemoryAllocation=2)
        self.cudaStreamNonBlocking, self.cudaHostAllocDefault = 1, 0
        self._pinned: list[Any] = []
        for name in FUNCTIONS:
            result = _RESULTS.get(name, (0,))
            setattr(self, name, lambda *_, result=result: result)
        self.cudaHostAlloc = self._host_alloc

    def _host_alloc(self, size: int, _flags: int) -> tuple[int, int]:
        self._pinned.append(np.zeros(size, np.uint8))
        return 0, self._pinned[-1].ctypes.data


def _vendor() -> Any:
    return SimpleNamespace(ExecutionContextAllocationStrategy=SimpleNamespace(USER_MANAGED=1))


def _context(_strategy: object) -> Any:
    yes = ("set_optimization_profile_async", "set_input_shape", "set_tensor_address", "execute_async_v3")
    return SimpleNamespace(
        **dict.fromkeys(yes, lambda *_: True),
        infer_shapes=list,
        update_device_memory_size_for_shapes=lambda: 1,
        set_device_memory=lambda *_: None,
    )


def _per_batch(engine: Engine, clock: Clock, count: int, rounds: int) -> float:
    """Median microseconds of submitting one batch and collecting the one before."""
    z, out = {"z": np.zeros((count, _DIM), np.float32)}, {"image": np.zeros((count, _SIDE, _SIDE, 3), np.uint8)}
    before, times = engine.submit(z), []
    for _ in range(rounds):
        started = clock.now()
        ticket = engine.submit(z)
        engine.collect(before, out)
        times.append((clock.now() - started) / 1e3)
        before = ticket
    engine.collect(before, out)
    return statistics.median(times)


def _allocated(engine: Engine) -> tuple[int, int]:
    """Bytes kept after a thousand batches, and the most that one batch has at a time."""
    z, out = {"z": np.zeros((_BATCH, _DIM), np.float32)}, {"image": np.zeros((_BATCH, _SIDE, _SIDE, 3), np.uint8)}

    def batches(count: int) -> None:
        for _ in range(count):
            engine.collect(engine.submit(z), out)

    batches(10)
    tracemalloc.start()
    try:
        batches(10)
        start, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        batches(1000)
        end, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return max(0, end - start), peak - start
