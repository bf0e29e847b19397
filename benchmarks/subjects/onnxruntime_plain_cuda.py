"""Peer `onnxruntime-plain-cuda`: as `onnxruntime-plain`, with the CUDA provider and its default options.

They allow TF32 in matrix products on Ampere and later; the check of the pictures says what that costs.
"""

from __future__ import annotations

from ganrt.benchmarks.subjects.onnxruntime_plain import open_on
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.engines.onnxruntime_session import import_onnxruntime


def open_peer(request: Request) -> Subject:
    """Opens the file on the CUDA device in FP32."""
    request.only("onnxruntime-plain-cuda", ("fp32",), ("cuda",))
    return open_on("cuda", import_onnxruntime("gpu"), request)
