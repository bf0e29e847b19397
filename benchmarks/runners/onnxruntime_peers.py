"""Peers `onnxruntime-plain`, as a tutorial opens it, and with other providers; `onnxruntime-tuned`, at its best.

Plain is with default options and the file as it is. CUDA's default options allow TF32 in matrix products on Ampere and
later, TensorRT's take FP32 or, if asked, FP16 of the FP32 file by themselves; the check of the pictures says what that
costs.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ganrt.benchmarks.runners.protocol import Images, Request, Runner
from ganrt.engines.machine import most_threads
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable
from ganrt.runtime.sample_inputs import make_inputs

_CPU = "CPUExecutionProvider"
_SECONDS, _LEAST_ROUNDS = 4.0, 5


def open_peer(request: Request, name: str) -> Runner:
    """Opens the file in FP32, with TensorRT also in FP16.

    Raises:
        BackendUnavailable: this onnxruntime does not have the provider, or it did not start.
    """
    gpu = name.endswith(("-cuda", "-tensorrt"))
    request.only(name, ("fp32", "fp16") if name.endswith("-tensorrt") else ("fp32",), ("cuda",) if gpu else ("cpu",))
    onnxruntime = import_onnxruntime("gpu" if gpu else "cpu")
    if name == "onnxruntime-tuned":
        return _tuned(onnxruntime, request)
    if not gpu:
        return _plain(_CPU, onnxruntime, request, {})
    from ganrt.engines import onnxruntime_cuda, onnxruntime_tensorrt  # a peer's start counts, and needs none of it

    if name.endswith("-cuda"):
        onnxruntime_cuda.load_libraries(onnxruntime)
        return _plain(onnxruntime_cuda.PROVIDER, onnxruntime, request, {})
    onnxruntime_tensorrt.probe()
    options = {"trt_fp16_enable": "True"} if request.precision == "fp16" else {}
    return _plain(onnxruntime_tensorrt.PROVIDER, onnxruntime, request, options)


class _Session(Runner):
    def __init__(self, session: Any, request: Request, about: dict[str, Any]) -> None:
        self.device = "cpu" if session.get_providers()[0] == _CPU else "cuda"
        self.precision, self.about = request.precision, about
        self._session, self._names = session, [value.name for value in session.get_inputs()]

    def run(self, inputs: Arrays) -> Images:
        return np.asarray(self._session.run(["image"], {name: inputs[name] for name in self._names})[0], np.uint8)


def _plain(wanted: str, onnxruntime: Any, request: Request, options: dict[str, str]) -> Runner:
    if wanted not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f'onnxruntime {onnxruntime.__version__} has no {wanted}\ninstall it: pip install "ganrt[gpu]"'
        )
    settings = onnxruntime.SessionOptions()
    if request.threads is not None:
        settings.intra_op_num_threads = request.threads
    session = onnxruntime.InferenceSession(str(request.model), settings, providers=[(wanted, options)])
    found = session.get_providers()[0]
    if found != wanted:  # it falls back in silence
        raise BackendUnavailable(f"{wanted} did not start, and ONNX Runtime fell back to {found}")
    about = {"version": f"onnxruntime {onnxruntime.__version__}", "provider": found, "options": options}
    return _Session(session, request, about)


def _tuned(onnxruntime: Any, request: Request) -> Runner:
    """The fastest of its own options for the file as it is at this batch size.

    What its documentation offers for the CPU ("Thread management", "Memory consumption"): threads within an operator,
    their spinning, the arena and memory patterns. Each is timed in turn, interleaved, and the least median wins.
    """
    most = request.threads or most_threads()
    threads = (most,) if request.threads else sorted({most, max(1, most // 2)})
    tried = []
    for count, spinning, arena in itertools.product(threads, (True, False), (True, False)):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = count
        settings.enable_cpu_mem_arena = settings.enable_mem_pattern = arena
        settings.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
        about = {
            "version": f"onnxruntime {onnxruntime.__version__}",
            "threads": count,
            "spinning": spinning,
            "arena": arena,
        }
        session = onnxruntime.InferenceSession(str(request.model), settings, providers=[_CPU])
        tried.append(_Session(session, request, about))
    return _fastest(tried, make_inputs(request.spec, 0, 0, request.batch_size))


def _fastest(tried: list[_Session], inputs: Mapping[str, Any]) -> Runner:
    """By the median of interleaved runs, the first of each apart."""
    times: dict[_Session, list[float]] = {runner: [] for runner in tried}
    end, rounds = time.monotonic() + _SECONDS, 0
    while rounds <= _LEAST_ROUNDS or time.monotonic() < end:
        for runner in tried:
            started = time.perf_counter()
            runner.run(inputs)
            if rounds:
                times[runner].append(time.perf_counter() - started)
        rounds += 1
    return min(times, key=lambda runner: statistics.median(times[runner]))
