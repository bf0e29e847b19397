"""The machine that a figure belongs to, as a JSON-able mapping. Nothing personal: no names of hosts or users, no serial
numbers, no addresses."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganrt.benchmarks.telemetry.jetson import ask, jetson_state
from ganrt.benchmarks.telemetry.nvidia import as_text, load_nvml
from ganrt.benchmarks.telemetry.source import SourceAbsent
from ganrt.engines.machine import package_version

PACKAGES = (
    "ganrt", "numpy", "onnx", "onnxruntime", "onnxruntime-gpu", "opencv-python", "openvino", "psutil", "nvidia-ml-py",
    "cuda-bindings", "tensorrt", "tensorrt-cu12", "tensorrt-cu13", "tensorrt-rtx", "tensorrt-rtx-cu12",
    "tensorrt-rtx-cu13", "torch", "torch-tensorrt",
)  # fmt: skip
# What matrix products and convolutions use, as /proc/cpuinfo says it (x86 "flags", Arm "Features").
_FEATURES = (
    "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "avx10", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16", "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve",
    "sve2", "sme",
)  # fmt: skip
# The schemes that every Windows has, by the identifiers that its documentation gives.
_WINDOWS_PLANS = {
    "381b4222-f694-41f0-9685-ff5bb260df2e": "balanced",
    "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c": "high performance",
    "a1841308-3541-4fab-bc81-f71556f20b4a": "power saver",
}
Json = dict[str, Any]


def describe_machine() -> Json:
    """Processor, memory, system, packages and GPUs; what cannot be told is None, and notes say why."""
    cpuinfo = _read(Path("/proc/cpuinfo"))
    notes: list[str] = []
    physical, memory = _psutil_figures(notes)
    return {
        "cpu": cpu_name(cpuinfo),
        "architecture": platform.machine(),
        "cores": physical or os.cpu_count(),
        "logical_cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "features": cpu_features(cpuinfo),
        "memory_bytes": memory,
        "os": system_name(platform.system(), platform.release()),
        "python": platform.python_version(),
        "packages": installed(PACKAGES),
        "power_plan": power_plan(),
        "virtualised": virtualised(cpuinfo),
        "gpus": describe_gpus(notes),
        "jetson": jetson_state() or None,
        "notes": notes,
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def system_name(system: str, release: str) -> str:
    """System and the numbers of its release; what follows them may be anybody's own name for a kernel."""
    numbers = re.match(r"[\d.]+", release)
    wsl = " (WSL)" if "microsoft" in release.lower() and system == "Linux" else ""
    return f"{system} {numbers[0].rstrip('.') if numbers else ''}".strip() + wsl


def cpu_name(cpuinfo: str) -> str:
    """The processor's name; its architecture where the system does not tell more."""
    found = re.search(r"^(?:model name|Model)\s*: *(.+)$", cpuinfo, re.MULTILINE)
    if found:
        return found[1].strip()
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\CentralProcessor\0") as key:
            return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()
    if sys.platform == "darwin":
        return ask("sysctl", "-n", "machdep.cpu.brand_string").strip() or platform.machine()
    return platform.processor() or platform.machine()


def cpu_features(cpuinfo: str) -> list[str]:
    """What of `_FEATURES` the first core has; NumPy's own detection where there is no /proc/cpuinfo."""
    found = re.search(r"^(?:flags|Features)\s*: *(.+)$", cpuinfo, re.MULTILINE)
    if found:
        present = set(found[1].split())
        return [name for name in _FEATURES if name in present]
    return [name for name in _FEATURES if name in _numpy_features()]


def _numpy_features() -> set[str]:
    from importlib import import_module

    try:
        detected: dict[str, bool] = import_module("numpy._core._multiarray_umath").__cpu_features__
    except (ImportError, AttributeError):  # NumPy 1, or one that moved it
        return set()
    return {name.lower() for name, present in detected.items() if present}


def _usable_cores() -> int | None:
    """Cores that this process may run on: containers and taskset give fewer than there are."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()


def _psutil_figures(notes: list[str]) -> tuple[int | None, int | None]:
    """(physical cores, bytes of memory)."""
    try:
        import psutil
    except ImportError:
        notes.append('psutil is not installed, so that cores and memory are less sure: pip install "ganrt[bench]"')
        known = re.search(r"^MemTotal: *(\d+) kB", _read(Path("/proc/meminfo")), re.MULTILINE)
        return None, int(known[1]) * 1024 if known else None
    return psutil.cpu_count(logical=False), psutil.virtual_memory().total


def installed(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of those that are installed."""
    return {name: found for name in names if (found := package_version(name))}


def power_plan() -> str | None:
    """The frequency governors of the cores (Linux), the power plan (Windows); None where neither is told."""
    if sys.platform == "win32":
        found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", ask("powercfg", "/getactivescheme").lower())
        return _WINDOWS_PLANS.get(found[0], "another") if found else None
    governors = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor")
    return ", ".join(sorted({_read(path).strip() for path in governors} - {""})) or None


def virtualised(cpuinfo: str) -> bool | None:
    """Whether a hypervisor is beneath, where the processor or the system tells; None where neither does."""
    if re.search(r"^flags\s*:.*\bhypervisor\b", cpuinfo, re.MULTILINE):
        return True
    if Path("/sys/hypervisor/type").exists():
        return True
    # On x86 the flag is certain to be there under a hypervisor; elsewhere its absence says nothing.
    return False if re.search(r"^flags\s*:", cpuinfo, re.MULTILINE) else None


def describe_gpus(notes: list[str]) -> list[Json]:
    """NVIDIA's GPUs by NVML: name, driver, memory, power limit, compute capability. No UUIDs or serial numbers."""
    try:
        nvml = load_nvml()
    except SourceAbsent as absent:
        notes.append(f"no GPU described: {absent}")
        return []
    try:
        driver = as_text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return [{"driver": driver, **_gpu(nvml, handle)} for handle in handles]
    except nvml.NVMLError as error:
        notes.append(f"GPUs not described: {error}")
        return []
    finally:
        nvml.nvmlShutdown()


def _gpu(nvml: Any, handle: Any) -> Json:
    asked: dict[str, Callable[[], object]] = {
        "name": lambda: as_text(nvml.nvmlDeviceGetName(handle)),
        "memory_bytes": lambda: int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
        "power_limit_w": lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
        "compute_capability": lambda: ".".join(map(str, nvml.nvmlDeviceGetCudaComputeCapability(handle))),
        "max_sm_mhz": lambda: int(nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM)),
        "persistence_mode": lambda: bool(nvml.nvmlDeviceGetPersistenceMode(handle)),
    }
    found: Json = {}
    for name, call in asked.items():
        try:
            found[name] = call()
        except nvml.NVMLError:  # not supported by this device
            found[name] = None
    return found
