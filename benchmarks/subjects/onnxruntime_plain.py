"""Peer `onnxruntime-plain`: ONNX Runtime as a tutorial opens it, default options, the file as it is; and on a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.onnxruntime_session import import_onnxruntime
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable


def open_peer(request: Request) -> Subject:
    """Opens the file on the CPU in FP32."""
    request.only("onnxruntime-plain", ("fp32",), ("cpu",))
    return open_with("CPUExecutionProvider", import_onnxruntime("cpu"), request)


def open_with(wanted: str, onnxruntime: Any, request: Request, options: Mapping[str, str] | None = None) -> Subject:
    """Opens the file with one execution provider, and its options.

    Raises:
        BackendUnavailable: this onnxruntime does not have the provider, or it did not start.
    """
    if wanted not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f'onnxruntime {onnxruntime.__version__} has no {wanted}\ninstall it: pip install "ganrt[gpu]"'
        )
    return _Plain(wanted, onnxruntime, request, dict(options or {}))


class _Plain(Subject):
    def __init__(self, wanted: str, onnxruntime: Any, request: Request, options: dict[str, str]) -> None:
        settings = onnxruntime.SessionOptions()
        if request.threads is not None:
            settings.intra_op_num_threads = request.threads
        self._session = onnxruntime.InferenceSession(str(request.model), settings, providers=[(wanted, options)])
        found = self._session.get_providers()[0]
        if found != wanted:  # it falls back in silence
            raise BackendUnavailable(f"{wanted} did not start, and ONNX Runtime fell back to {found}")
        self.device = "cpu" if wanted.startswith("CPU") else "cuda"
        self.precision = request.precision
        self.about = {"version": f"onnxruntime {onnxruntime.__version__}", "provider": found, "options": options}
        self._names = [value.name for value in self._session.get_inputs()]

    def run(self, inputs: Arrays) -> Images:
        return np.asarray(self._session.run(["image"], {name: inputs[name] for name in self._names})[0], np.uint8)
