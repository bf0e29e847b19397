"""Backend `onnxruntime-cuda`: ONNX Runtime's CUDA provider. Fails rather than falls back to the CPU."""

from __future__ import annotations

from typing import Any

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_gpu import OnnxRuntimeGpuEngine
from ganrt.engines.onnxruntime_session import Provider, import_onnxruntime
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable

PROVIDER = "CUDAExecutionProvider"
# cuDNN's default search may pick another algorithm for another batch, and with it other bytes.
OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}


def probe() -> str:
    """The installed version; raises BackendUnavailable where this build has no CUDA provider."""
    return f"onnxruntime {gpu_build(PROVIDER, 'CUDA').__version__} (CUDA)"


def gpu_build(provider: str, name: str) -> Any:
    """The onnxruntime module, if it was built with a provider.

    Raises:
        BackendUnavailable: it was not, or it is not installed.
    """
    onnxruntime = import_onnxruntime("gpu")
    if provider not in onnxruntime.get_available_providers():
        raise BackendUnavailable(
            f"the installed onnxruntime {onnxruntime.__version__} has no {name} provider\n"
            'replace it: pip uninstall onnxruntime, then pip install "ganrt[gpu]"'
        )
    return onnxruntime


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeGpuEngine:
    """Opens the model on the first CUDA device."""
    probe()
    onnxruntime = import_onnxruntime("gpu")
    return OnnxRuntimeGpuEngine(onnxruntime, onnx_file, options, "onnxruntime-cuda", Provider(PROVIDER, OPTIONS))
