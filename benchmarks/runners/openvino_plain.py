"""Peer `openvino-plain`: OpenVINO on the file as it is, with the precision pinned and read back.

Its default on processors with AMX is BF16, which would be compared with others' FP32. Where many batches are given at
once it runs as its guide says for throughput: that hint, and as many requests in flight as it asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganrt.benchmarks.runners.protocol import Images, Request, Runner
from ganrt.engines.openvino_graph import import_openvino
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable

_TYPES = {"fp32": "f32", "bf16": "bf16", "fp16": "f16", "fastest": None}  # None: its own default
_NAMES = {"f32": "fp32", "bf16": "bf16", "f16": "fp16"}


def open_peer(request: Request, name: str) -> Runner:
    """Compiles the file for the CPU.

    Raises:
        BackendUnavailable: openvino is missing, or this processor does not have the precision.
    """
    request.only(name, tuple(_TYPES), ("cpu",))
    return _Plain(import_openvino(), request)


class _Plain(Runner):
    device = "cpu"

    def __init__(self, openvino: Any, request: Request) -> None:
        wanted = _TYPES[request.precision]
        hint = "THROUGHPUT" if request.throughput else "LATENCY"
        settings: dict[str, Any] = {"PERFORMANCE_HINT": hint}
        if wanted is not None:
            settings["INFERENCE_PRECISION_HINT"] = wanted
        if request.threads is not None:
            settings["INFERENCE_NUM_THREADS"] = request.threads
        compiled = openvino.Core().compile_model(str(request.model), "CPU", settings)
        found = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if wanted is not None and found != wanted:
            raise BackendUnavailable(f"openvino-plain was asked for {wanted} and runs in {found} on this processor")
        self.precision = _NAMES.get(found, found)
        count = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")) if request.throughput else 1
        self._requests = [compiled.create_infer_request() for _ in range(count)]
        self._names = [port.get_any_name() for port in compiled.inputs]
        self.about = {
            "version": f"openvino {openvino.__version__}",
            "inference_precision": found,
            "hint": hint,
            "requests": count,
        }

    def run(self, inputs: Arrays) -> Images:
        # Its own memory is reused by the next call: the picture is copied, as every runner hands out its own.
        return np.array(self._requests[0].infer(self._given(inputs))["image"], np.uint8)

    def _given(self, inputs: Arrays) -> Arrays:
        return {name: inputs[name] for name in self._names}

    def run_many(self, batches: Sequence[Arrays]) -> list[Images]:
        drawn: list[Images] = []
        for first in range(0, len(batches), len(self._requests)):
            part = list(zip(self._requests, batches[first:], strict=False))
            for request, inputs in part:
                request.start_async(self._given(inputs))
            for request, _ in part:
                request.wait()
                drawn.append(np.array(request.get_tensor("image").data, np.uint8))
        return drawn
