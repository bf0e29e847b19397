"""Is there a GPU that can be used? Asked without crashing where there is no driver."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.engines.cuda.calls import Calls, import_cudart
from ganrt.engines.tensorrt.targets import HERE, check_rtx_device, rtx_targets
from ganrt.errors import BackendUnavailable, UsageError


@dataclass(frozen=True)
class Device:
    """The GPU that is used: the first that CUDA shows (CUDA_VISIBLE_DEVICES chooses).

    Attributes:
        target: compute capability as `ganrt compile --target` names it, such as "sm86".
        driver: the CUDA version of the driver, such as "13.2".
        free, total: memory in bytes.
        integrated: whether that is the host's memory, which the device can use where it lies.
    """

    target: str
    driver: str
    free: int
    total: int
    integrated: bool = False


def find_device(extra: str) -> Device:
    """The device; `extra` is the one that installs cuda-bindings.

    Raises:
        BackendUnavailable: no cuda-bindings, no driver, one that is too old, or no device; the message says which.
    """
    return device_of(Calls(import_cudart(extra)))


def device_of(calls: Calls) -> Device:
    """The first device, made the current one."""
    cudart = calls.cudart
    error, count = cudart.cudaGetDeviceCount()
    if error or not count:
        raise BackendUnavailable(_reason(calls, error))
    calls("cudaSetDevice", 0)
    attributes = cudart.cudaDeviceAttr
    major, minor, integrated, maps = (
        calls("cudaDeviceGetAttribute", attribute, 0)
        for attribute in (
            attributes.cudaDevAttrComputeCapabilityMajor,
            attributes.cudaDevAttrComputeCapabilityMinor,
            attributes.cudaDevAttrIntegrated,
            attributes.cudaDevAttrCanMapHostMemory,
        )
    )
    free, total = calls("cudaMemGetInfo")
    driver = _version(calls("cudaDriverGetVersion"))
    return Device(f"sm{major}{minor}", driver, free, total, bool(integrated and maps))


def find_targets(backend: str, text: str) -> tuple[str, ...]:
    """What `--target` means: TensorRT-RTX compiles for any, TensorRT for the device at hand only.

    Raises:
        UsageError: a target that does not exist, or of TensorRT one that is not here.
        BackendUnavailable: TensorRT without a GPU.
    """
    if backend == "tensorrt-rtx" and text != HERE:
        return rtx_targets(text)
    target = find_device("tensorrt" if backend == "tensorrt" else "rtx").target
    if backend == "tensorrt-rtx":
        check_rtx_device(target)
        return (target,)
    if text not in (HERE, target):
        raise UsageError(
            f"--target {text}: TensorRT compiles only for the device at hand, {target}\n"
            "leave --target out; for other desktops: --backend tensorrt-rtx"
        )
    return (target,)


def _reason(calls: Calls, error: object) -> str:
    codes = calls.cudart.cudaError_t
    driver = calls("cudaDriverGetVersion")
    if error == codes.cudaErrorInsufficientDriver and not driver:
        return "no NVIDIA driver is installed\ninstall one from nvidia.com, then look again: ganrt doctor"
    if error == codes.cudaErrorInsufficientDriver:
        return (
            f"the NVIDIA driver is too old: it knows CUDA {_version(driver)}, and cuda-bindings asks for a newer one\n"
            "install a newer driver, or an older cuda-bindings: pip install 'cuda-bindings<13'"
        )
    if not error or error == codes.cudaErrorNoDevice:
        return "no NVIDIA GPU is visible\nlook at nvidia-smi, and at CUDA_VISIBLE_DEVICES if it is set"
    return str(calls.error("cudaGetDeviceCount", error))


def _version(number: int) -> str:
    """CUDA writes 13.2 as 13020."""
    return f"{number // 1000}.{number % 1000 // 10}"
