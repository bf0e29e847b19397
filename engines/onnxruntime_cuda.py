"""Backend `onnxruntime-cuda`: ONNX Runtime's CUDA provider, FP32. Fails rather than falls back to the CPU."""

from __future__ import annotations

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_session import OnnxRuntimeEngine, import_onnxruntime
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable

_PROVIDER = "CUDAExecutionProvider"


def probe() -> str:
    """The installed version; raises BackendUnavailable where this build has no CUDA provider."""
    onnxruntime = import_onnxruntime("gpu")
    if _PROVIDER not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f"the installed onnxruntime {onnxruntime.__version__} has no CUDA provider\n"
            'replace it: pip uninstall onnxruntime, then pip install "ganrt[gpu]"'
        )
    return f"onnxruntime {onnxruntime.__version__} (CUDA)"


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeEngine:
    """Opens the model on the first CUDA device."""
    probe()
    onnxruntime = import_onnxruntime("gpu")
    # cuDNN's default search may pick another algorithm for another batch, and with it other bytes.
    providers = [(_PROVIDER, {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"})]
    return OnnxRuntimeEngine(onnxruntime, onnx_file, options, "onnxruntime-cuda", "cuda", providers)
