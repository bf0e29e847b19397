"""Backend `onnxruntime`: ONNX Runtime on the CPU. The portable form in FP32, and the reference of the others.

It takes files in FP16 and INT8 too, but computes what it lacks of these in FP32 inside.
"""

from __future__ import annotations

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_session import OnnxRuntimeEngine, Provider, import_onnxruntime
from ganrt.engines.protocol import EngineOptions


def probe() -> str:
    """The installed version; raises BackendUnavailable where there is none."""
    return f"onnxruntime {import_onnxruntime('cpu').__version__}"


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeEngine:
    """Opens the model on the CPU."""
    onnxruntime = import_onnxruntime("cpu")
    provider = Provider("CPUExecutionProvider")
    return OnnxRuntimeEngine(onnxruntime, onnx_file, options, "onnxruntime", "cpu", provider)
