"""From a compiled file to a running engine, checked in the order that errors should come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganrt.engines.cuda.calls import Calls, import_cudart
from ganrt.engines.cuda.kernel_cache import KernelCache
from ganrt.engines.cuda.probe import Device, device_of, find_device
from ganrt.engines.cuda.runner import CudaEngine, Identity
from ganrt.engines.cuda.vendor import Tensor, import_vendor, load
from ganrt.engines.cuda.workspace import Limits
from ganrt.engines.protocol import EngineOptions
from ganrt.engines.tensorrt.sidecar import Sidecar, check_device, check_version
from ganrt.engines.tensorrt.vendor import MODULES
from ganrt.errors import BadInputFile

_EXTRAS = {"tensorrt": "tensorrt", "tensorrt-rtx": "rtx"}


def probe_backend(backend: str) -> str:
    """What is here, such as "tensorrt_rtx 1.7.1 on sm89 (driver for CUDA 13.2)".

    Raises:
        BackendUnavailable: the vendor's module, cuda-bindings, the driver or a device is missing; says which.
    """
    trt = import_vendor(backend)
    device = find_device(_EXTRAS[backend])
    return f"{MODULES[backend]} {trt.__version__} on {device.target} (driver for CUDA {device.driver})"


def open_compiled(path: Path, data: bytes, sidecar: Sidecar, options: EngineOptions) -> CudaEngine:
    """Opens an engine whose bytes were checked against its sidecar (`read_trusted`).

    Raises:
        BackendUnavailable: another version or device than it was compiled for, or the device fails.
        BadInputFile: the engine's tensors are not those of its sidecar.
    """
    trt = import_vendor(sidecar.backend)
    check_version(path, sidecar, trt.__version__)
    # The vendor's library may crash where there is no driver: CUDA is asked first.
    calls = Calls(import_cudart(_EXTRAS[sidecar.backend]))
    device = device_of(calls)
    check_device(path, sidecar, device.target)
    kernels = _kernels(calls, path, sidecar, device) if sidecar.backend == "tensorrt-rtx" else None
    return start(calls, trt, path, data, sidecar, options, kernels)


def start(
    calls: Calls,
    trt: Any,
    path: Path,
    data: bytes,
    sidecar: Sidecar,
    options: EngineOptions,
    kernels: KernelCache | None = None,
) -> CudaEngine:
    """Deserializes and sets up; whatever fails, nothing stays behind on the device."""
    loaded = load(trt, data, str(path))
    loaded.kernels = kernels
    try:
        _check_tensors(path, loaded.tensors, sidecar)
        identity = Identity(sidecar.spec, sidecar.backend, sidecar.precision, sidecar.model_sha256)
        return CudaEngine(calls, loaded, identity, Limits(options.memory, options.low_priority))
    except BaseException:
        loaded.abandon()
        raise


def _kernels(calls: Calls, path: Path, sidecar: Sidecar, device: Device) -> KernelCache:
    """The cache of this engine on this device; the vendor, too, asks for the same version, device and system."""
    key = {
        "engine": sidecar.engine_sha256,
        "version": sidecar.backend_version,
        "device": calls("cudaGetDeviceProperties", 0).name.decode(errors="replace"),
        "target": device.target,
        "driver": device.driver,
    }
    return KernelCache(path, key)


def _check_tensors(path: Path, tensors: tuple[Tensor, ...], sidecar: Sidecar) -> None:
    """The engine and its sidecar say the same; the batch, open in both, is left out."""
    found = sorted((tensor.name, str(tensor.dtype), tensor.shape, tensor.is_input) for tensor in tensors)
    said = sorted((tensor.name, tensor.dtype, tensor.shape[1:], tensor.mode == "input") for tensor in sidecar.tensors)
    if found != said:
        raise BadInputFile(
            f"{path}: its tensors are {found}; its sidecar says {said}\n"
            f"compile it again: ganrt compile --backend {sidecar.backend}"
        )
