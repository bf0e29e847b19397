"""Backend `onnxruntime-tensorrt`: ONNX Runtime's TensorRT provider, which compiles at the first start on a device.

Precisions are those of the file, as with our own engines: the provider's `trt_fp16_enable` stays off, which makes its
network strongly typed. FP16 comes from `ganrt compile --precision fp16`.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from contextlib import suppress
from pathlib import Path

from ganrt.engines import onnxruntime_cuda
from ganrt.engines.cache import SealedFolder
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_cuda import gpu_build
from ganrt.engines.onnxruntime_gpu import OnnxRuntimeGpuEngine, profile_sizes, profiles
from ganrt.engines.onnxruntime_session import Provider
from ganrt.engines.protocol import BatchSizes, EngineOptions
from ganrt.errors import BackendUnavailable, OutputFailed
from ganrt.spec import GeneratorSpec

PROVIDER, BACKEND = "TensorrtExecutionProvider", "onnxruntime-tensorrt"


def probe() -> str:
    """The installed version; raises BackendUnavailable without the provider, or without TensorRT 10 itself."""
    version = gpu_build(PROVIDER, "TensorRT").__version__
    library = "nvinfer_10.dll" if sys.platform == "win32" else "libnvinfer.so.10"
    try:
        _load(library)
    except OSError as error:
        raise BackendUnavailable(
            f"onnxruntime's TensorRT provider needs TensorRT 10, whose {library} does not load\n"
            "install TensorRT 10 from NVIDIA (on Jetson it comes with the system), and have its folder on "
            f"{'PATH' if sys.platform == 'win32' else 'LD_LIBRARY_PATH'}"
        ) from error
    return f"onnxruntime {version} (TensorRT 10)"


def _load(library: str) -> None:
    """From where pip puts it, else from where the system looks; loaded once, the provider finds it by its name.

    On Windows Python leaves PATH out unless told (winmode), and the provider's own dependencies are found there alone.
    """
    spec = importlib.util.find_spec("tensorrt_libs")
    folders = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    paths = [str(folder / library) for folder in folders if (folder / library).exists()]
    ctypes.CDLL(paths[0] if paths else library, winmode=0)


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeGpuEngine:
    """Opens the model on the first CUDA device; the first time there TensorRT compiles it, which takes minutes."""
    probe()
    onnxruntime = gpu_build(PROVIDER, "TensorRT")
    sizes = profile_sizes(options)
    spec = onnx_file.spec()
    key = {"graph": onnx_file.sha256, "onnxruntime": onnxruntime.__version__, "profile": profiles("trt", spec, sizes)}
    kept = SealedFolder(BACKEND, key)
    # What TensorRT cannot take goes to the CUDA provider with a warning; check_assignment refuses the CPU.
    settings = _options(spec, sizes, kept)
    provider = Provider(PROVIDER, settings, (onnxruntime_cuda.PROVIDER,), mend=onnxruntime_cuda.MEND)
    return OnnxRuntimeGpuEngine(onnxruntime, onnx_file, options, BACKEND, provider, sizes, kept)


def _options(spec: GeneratorSpec, sizes: BatchSizes, kept: SealedFolder) -> dict[str, str]:
    """Names and the words True and False as on the provider's page of ONNX Runtime's documentation."""
    options = {"device_id": "0", **profiles("trt", spec, sizes)}
    with suppress(OutputFailed):
        folder = str(kept.open())
        options |= {"trt_engine_cache_enable": "True", "trt_engine_cache_path": folder}
        options |= {"trt_timing_cache_enable": "True", "trt_timing_cache_path": folder}
    return options
