"""Backend `onnxruntime-cuda`: ONNX Runtime's CUDA provider. Fails rather than falls back to the CPU."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from typing import Any

from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_gpu import OnnxRuntimeGpuEngine
from ganrt.engines.onnxruntime_session import Provider, import_onnxruntime
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable

PROVIDER = "CUDAExecutionProvider"
# cuDNN's default search may pick another algorithm for another batch, and with it other bytes.
OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
# A provider is listed whether or not its libraries are there.
MEND = (
    'it needs an NVIDIA driver and the libraries of CUDA and cuDNN, which these bring: pip install "ganrt[gpu]" for '
    'drivers from r580 on, "ganrt[gpu-cuda12]" for older ones'
)


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
    load_libraries(onnxruntime)
    return onnxruntime


@cache
def load_libraries(onnxruntime: Any) -> str:
    """Loads CUDA's and cuDNN's libraries where pip put them, which the system's loader does not search.

    `preload_dlls` is there from 1.21 on; it prints what it misses, which may well come from the system.

    Returns:
        what it printed.
    """
    said = io.StringIO()
    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(said):
            onnxruntime.preload_dlls()
    return said.getvalue()


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeGpuEngine:
    """Opens the model on the first CUDA device."""
    probe()
    onnxruntime, provider = import_onnxruntime("gpu"), Provider(PROVIDER, OPTIONS, mend=MEND)
    return OnnxRuntimeGpuEngine(onnxruntime, onnx_file, options, "onnxruntime-cuda", provider)
