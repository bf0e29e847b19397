"""Peer `onnxruntime-tuned`: ONNX Runtime on the file as it is, with the fastest of its own options at this batch size.

What its documentation offers for the CPU ("Thread management", "Memory consumption"): threads within an operator, their
spinning, the arena and memory patterns. Each is timed in turn, interleaved, and the least median wins.
"""

from __future__ import annotations

import itertools
import statistics
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.machine import most_threads
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.protocol import Arrays
from ganrt.runtime.sample_inputs import make_inputs

_SECONDS, _LEAST_ROUNDS = 4.0, 5


@dataclass(frozen=True)
class Options:
    """Some of ONNX Runtime's session options."""

    threads: int
    spinning: bool
    arena: bool

    def session(self, onnxruntime: Any, request: Request) -> Any:
        """A session on the CPU."""
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = self.threads
        settings.enable_cpu_mem_arena = settings.enable_mem_pattern = self.arena
        settings.add_session_config_entry("session.intra_op.allow_spinning", str(int(self.spinning)))
        return onnxruntime.InferenceSession(str(request.model), settings, providers=["CPUExecutionProvider"])


def open_peer(request: Request) -> Subject:
    """Tries the options, for some seconds, and keeps the fastest session."""
    request.only("onnxruntime-tuned", ("fp32",), ("cpu",))
    onnxruntime = import_onnxruntime("cpu")
    most = request.threads or most_threads()
    threads = (most,) if request.threads else sorted({most, max(1, most // 2)})
    tried = [Options(*chosen) for chosen in itertools.product(threads, (True, False), (True, False))]
    sessions = {options: options.session(onnxruntime, request) for options in tried}
    best = _fastest(sessions, make_inputs(request.spec, 0, 0, request.batch_size))
    return _Tuned(sessions[best], {"version": f"onnxruntime {onnxruntime.__version__}", **asdict(best)})


class _Tuned(Subject):
    precision, device = "fp32", "cpu"

    def __init__(self, session: Any, about: dict[str, Any]) -> None:
        self._session, self.about = session, about
        self._names = [value.name for value in session.get_inputs()]

    def run(self, inputs: Arrays) -> Images:
        return np.asarray(self._session.run(["image"], {name: inputs[name] for name in self._names})[0], np.uint8)


def _fastest(sessions: dict[Options, Any], inputs: Arrays) -> Options:
    """By the median of interleaved runs, the first of each apart."""
    times: dict[Options, list[float]] = {options: [] for options in sessions}
    end, rounds = time.monotonic() + _SECONDS, 0
    while rounds <= _LEAST_ROUNDS or time.monotonic() < end:
        for options, session in sessions.items():
            started = time.perf_counter()
            session.run(["image"], {value.name: inputs[value.name] for value in session.get_inputs()})
            if rounds:
                times[options].append(time.perf_counter() - started)
        rounds += 1
    return min(times, key=lambda options: statistics.median(times[options]))
