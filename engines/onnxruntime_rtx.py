"""Backend `onnxruntime-rtx`: NVIDIA's TensorRT-RTX plugin beside the ordinary onnxruntime; RTX 30 and later.

Calls and options as in the documentation of the plugin (NVIDIA/TensorRT-RTX-EP-ABI).
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from ganrt.engines.cache import SealedFolder
from ganrt.engines.onnx_file import OnnxFile
from ganrt.engines.onnxruntime_gpu import OnnxRuntimeGpuEngine, profile_sizes, profiles
from ganrt.engines.onnxruntime_session import Provider, import_onnxruntime
from ganrt.engines.protocol import BatchSizes, EngineOptions
from ganrt.errors import BackendUnavailable, OutputFailed
from ganrt.interrupts import require
from ganrt.spec import GeneratorSpec

BACKEND, PLUGIN = "onnxruntime-rtx", "onnxruntime_ep_nv_tensorrt_rtx"
_INSTALL = 'pip install "ganrt[onnxruntime-rtx]"'


def probe() -> str:
    """The installed versions; raises BackendUnavailable without the plugin, a driver or a device."""
    onnxruntime, plugin = _modules()
    _devices(onnxruntime, plugin)
    return f"onnxruntime {onnxruntime.__version__} (TensorRT-RTX plugin {plugin.__version__})"


def open_engine(onnx_file: OnnxFile, options: EngineOptions) -> OnnxRuntimeGpuEngine:
    """Opens the model on the first RTX device; it is compiled there, in seconds, every time."""
    onnxruntime, plugin = _modules()
    devices = _devices(onnxruntime, plugin)
    sizes, spec = profile_sizes(options), onnx_file.spec()
    key = {"graph": onnx_file.sha256, "onnxruntime": onnxruntime.__version__, "plugin": plugin.__version__}
    kept = SealedFolder(BACKEND, {**key, **profiles("nv", spec, sizes)})
    provider = Provider(plugin.get_ep_name(), _options(spec, sizes, kept), devices=devices[:1])
    return OnnxRuntimeGpuEngine(onnxruntime, onnx_file, options, BACKEND, provider, sizes, kept)


def _modules() -> tuple[Any, Any]:
    onnxruntime = import_onnxruntime("onnxruntime-rtx")
    if not hasattr(onnxruntime, "register_execution_provider_library"):
        raise BackendUnavailable(
            f"the installed onnxruntime {onnxruntime.__version__} takes no plugins; expected 1.24 or newer\n"
            f"install it: {_INSTALL}"
        )
    return onnxruntime, require(PLUGIN, _INSTALL)


def _devices(onnxruntime: Any, plugin: Any) -> tuple[Any, ...]:
    try:
        _register(onnxruntime, plugin.get_ep_name(), plugin.get_library_path())
    except Exception as error:  # onnxruntime has one exception class an error code, without a common base
        raise BackendUnavailable(
            f"the TensorRT-RTX plugin does not load: {error}\n"
            "it needs an NVIDIA driver and an RTX 30 or later; look at nvidia-smi"
        ) from error
    found = tuple(device for device in onnxruntime.get_ep_devices() if device.ep_name == plugin.get_ep_name())
    if not found:
        raise BackendUnavailable(
            "the TensorRT-RTX plugin finds no device; expected an RTX 30 or later\nlook at nvidia-smi"
        )
    return found


@cache
def _register(onnxruntime: Any, name: str, library: str) -> None:
    """Once a process: ONNX Runtime refuses a second time. Sessions may outlive any engine, so it stays."""
    onnxruntime.register_execution_provider_library(name, library)


def _options(spec: GeneratorSpec, sizes: BatchSizes, kept: SealedFolder) -> dict[str, str]:
    options = profiles("nv", spec, sizes)
    with suppress(OutputFailed):  # of kernels compiled for the device; the plugin writes it when a session ends
        options["nv_runtime_cache_path"] = str(kept.open())
    return options
