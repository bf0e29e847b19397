"""Peer `onnxruntime-plain`: ONNX Runtime as a tutorial opens it, default options, the file as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.protocol import Arrays


def open_peer(request: Request) -> Subject:
    """Opens the file on the CPU in FP32."""
    request.only("onnxruntime-plain", ("fp32",), ("cpu",))
    return _Plain(import_onnxruntime("cpu"), request)


class _Plain(Subject):
    device, precision = "cpu", "fp32"

    def __init__(self, onnxruntime: Any, request: Request) -> None:
        options = onnxruntime.SessionOptions()
        if request.threads is not None:
            options.intra_op_num_threads = request.threads
        self._session = onnxruntime.InferenceSession(str(request.model), options, providers=["CPUExecutionProvider"])
        self._names = [value.name for value in self._session.get_inputs()]
        self.about = {"version": f"onnxruntime {onnxruntime.__version__}"}

    def run(self, inputs: Arrays) -> Images:
        return np.asarray(self._session.run(["image"], {name: inputs[name] for name in self._names})[0], np.uint8)
