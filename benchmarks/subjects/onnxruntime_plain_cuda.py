"""Peers `onnxruntime-plain-cuda` and `-tensorrt`: as `onnxruntime-plain`, with those providers.

CUDA's default options allow TF32 in matrix products on Ampere and later, TensorRT's take FP32 or, if asked, FP16 of the
FP32 file by themselves; the check of the pictures says what that costs.
"""

from __future__ import annotations

from ganrt.benchmarks.subjects.onnxruntime_plain import open_with
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.engines import onnxruntime_cuda, onnxruntime_tensorrt
from ganrt.engines.onnxruntime_session import import_onnxruntime


def open_peer(request: Request, name: str = "onnxruntime-plain-cuda") -> Subject:
    """Opens the file on the CUDA device in FP32, with TensorRT also in FP16."""
    tensorrt = name.endswith("tensorrt")
    request.only(name, ("fp32", "fp16") if tensorrt else ("fp32",), ("cuda",))
    onnxruntime = import_onnxruntime("gpu")
    if not tensorrt:
        onnxruntime_cuda.load_libraries(onnxruntime)
        return open_with(onnxruntime_cuda.PROVIDER, onnxruntime, request)
    onnxruntime_tensorrt.probe()
    options = {"trt_fp16_enable": "True"} if request.precision == "fp16" else {}
    return open_with(onnxruntime_tensorrt.PROVIDER, onnxruntime, request, options)
