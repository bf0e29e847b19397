"""Peer `onnxruntime-plain`: ONNX Runtime as a tutorial opens it, default options, the file as it is; and on CUDA."""

from __future__ import annotations

from typing import Any

import numpy as np

from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def open_peer(request: Request) -> Subject:
    """Opens the file on the CPU in FP32."""
    request.only("onnxruntime-plain", ("fp32",), ("cpu",))
    return open_on("cpu", import_onnxruntime("cpu"), request)


def open_on(device: str, onnxruntime: Any, request: Request) -> Subject:
    """Opens the file with one execution provider.

    Raises:
        BackendUnavailable: this onnxruntime does not have the provider, or it did not start.
    """
    wanted = _PROVIDERS[device]
    if wanted not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f'onnxruntime {onnxruntime.__version__} has no {wanted}\ninstall it: pip install "ganrt[gpu]"'
        )
    return _Plain(device, onnxruntime, request)


class _Plain(Subject):
    precision = "fp32"

    def __init__(self, device: str, onnxruntime: Any, request: Request) -> None:
        options = onnxruntime.SessionOptions()
        if request.threads is not None:
            options.intra_op_num_threads = request.threads
        self._session = onnxruntime.InferenceSession(str(request.model), options, providers=[_PROVIDERS[device]])
        found = self._session.get_providers()[0]
        if found != _PROVIDERS[device]:  # it falls back in silence
            raise BackendUnavailable(f"{_PROVIDERS[device]} did not start, and ONNX Runtime fell back to {found}")
        self.device = device
        self.about = {"version": f"onnxruntime {onnxruntime.__version__}", "provider": found}

    def run(self, inputs: Arrays) -> Images:
        return np.asarray(self._session.run(["image"], dict(inputs))[0], np.uint8)
