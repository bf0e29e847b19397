"""From a compiled file to a running engine, checked in the order that errors should come in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ganrt.engines.cuda.calls import Calls, import_cudart
from ganrt.engines.cuda.probe import Device, device_of, find_device
from ganrt.engines.cuda.runner import CudaEngine, EngineInfo
from ganrt.engines.cuda.vendor import Tensor, import_vendor, load
from ganrt.engines.cuda.workspace import Limits
from ganrt.engines.machine import package_version
from ganrt.engines.protocol import EngineOptions
from ganrt.engines.tensorrt.kernel_cache import KernelCache
from ganrt.engines.tensorrt.sidecar import Sidecar, check_device, check_version, lean_runtime
from ganrt.engines.tensorrt.targets import check_rtx_device
from ganrt.engines.tensorrt.vendor import MODULES
from ganrt.errors import BackendUnavailable, BadInputFile

_EXTRAS = {"tensorrt": "tensorrt", "tensorrt-rtx": "rtx"}


def probe_backend(backend: str) -> str:
    """What is here, such as "tensorrt_rtx 1.7.1 on sm89 (driver for CUDA 13.2)".

    Raises:
        BackendUnavailable: the vendor's module, cuda-bindings, the driver or a device is missing or not one that the
            vendor's module is for; says which.
    """
    trt = import_vendor(backend)
    device = find_device(_EXTRAS[backend])
    if backend == "tensorrt-rtx":
        check_rtx_device(device.target)
        _check_driver(device.driver)
    return f"{MODULES[backend]} {trt.__version__} on {device.target} (driver for CUDA {device.driver})"


probe_tensorrt, probe_rtx = partial(probe_backend, "tensorrt"), partial(probe_backend, "tensorrt-rtx")


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
    kernels = None
    if sidecar.backend == "tensorrt-rtx":
        _check_driver(device.driver)
        kernels = _kernels(calls, path, sidecar, device)
    if options.mapped is None:
        options = replace(options, mapped=device.integrated)
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
    loaded = load(trt, data, str(path), lean_runtime(sidecar, trt.__version__))
    loaded.kernels = kernels
    try:
        _check_tensors(path, loaded.tensors, sidecar)
        info = EngineInfo(sidecar.spec, sidecar.backend, sidecar.precision, sidecar.model_sha256)
        limits = Limits(options.memory, options.low_priority, bool(options.mapped))
        return CudaEngine(calls, loaded, info, limits)
    except BaseException:
        loaded.abandon()
        raise


def _check_driver(driver: str) -> None:
    """Raises BackendUnavailable where TensorRT-RTX is the build for CUDA 13 and the driver knows only 12."""
    if int(driver.partition(".")[0]) < 13 and package_version("tensorrt-rtx-cu13"):
        raise BackendUnavailable(
            f"tensorrt-rtx is installed for CUDA 13 and needs a driver r580 or newer; this one is for CUDA {driver}\n"
            "update the driver, or uninstall the four packages tensorrt-rtx, tensorrt-rtx-cu13, -cu13-bindings and "
            "-cu13-libs, then: pip install tensorrt-rtx-cu12"
        )


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
