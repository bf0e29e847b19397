"""Peer `openvino-plain`: OpenVINO on the file as it is, with the precision pinned and read back.

Its default on processors with AMX is BF16, which would be compared with others' FP32.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.protocol import Arrays
from ganrt.errors import BackendUnavailable

_TYPES = {"fp32": "f32", "bf16": "bf16", "fp16": "f16", "fastest": None}  # None: its own default
_NAMES = {"f32": "fp32", "bf16": "bf16", "f16": "fp16"}


def open_peer(request: Request) -> Subject:
    """Compiles the file for the CPU.

    Raises:
        BackendUnavailable: openvino is missing, or this processor does not have the precision.
    """
    request.only("openvino-plain", tuple(_TYPES), ("cpu",))
    try:
        openvino = import_module("openvino")
    except (ImportError, OSError) as error:
        raise BackendUnavailable(f"openvino is missing or broken: {error}\ninstall it: pip install openvino") from error
    return _Plain(openvino, request)


class _Plain(Subject):
    device = "cpu"

    def __init__(self, openvino: Any, request: Request) -> None:
        wanted = _TYPES[request.precision]
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if wanted is not None:
            settings["INFERENCE_PRECISION_HINT"] = wanted
        if request.threads is not None:
            settings["INFERENCE_NUM_THREADS"] = request.threads
        compiled = openvino.Core().compile_model(str(request.model), "CPU", settings)
        found = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        if wanted is not None and found != wanted:
            raise BackendUnavailable(f"openvino-plain was asked for {wanted} and runs in {found} on this processor")
        self.precision = _NAMES.get(found, found)
        self._request = compiled.create_infer_request()
        self.about = {"version": f"openvino {openvino.__version__}", "inference_precision": found}

    def run(self, inputs: Arrays) -> Images:
        # Its own memory is reused by the next call: the picture is copied, as every subject hands out its own.
        return np.array(self._request.infer(dict(inputs))["image"], np.uint8)
