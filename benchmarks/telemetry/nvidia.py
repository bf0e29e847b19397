"""Telemetry of one NVIDIA GPU by NVML (package nvidia-ml-py), across driver generations.

Names differ: newer drivers say "clocks event reasons" and `nvmlDeviceGetTemperatureV`, older ones "clocks throttle
reasons" and `nvmlDeviceGetTemperature`. What a device does not support is left out (on Jetson Orin that is all, see
`jetson.py`). NVML counts devices in the order of the PCI bus.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from ganrt.benchmarks.telemetry.source import Energy, SourceAbsent, SourceLost

# The bits of NVML's documentation, "NvmlClocksEventReasons". Idle and user-set clocks are no throttling.
THROTTLE_REASONS = {
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sync_boost": 0x10,
    "sw_thermal": 0x20,
    "hw_thermal": 0x40,
    "hw_power_brake": 0x80,
    "board_limit": 0x200,
    "reliability": 0x400,
}
_REASONS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")
_TEMPERATURES = ("nvmlDeviceGetTemperatureV", "nvmlDeviceGetTemperature")


def load_nvml() -> Any:
    """The NVML module, initialised; every call of this must be followed by one `nvmlShutdown`.

    Raises:
        SourceAbsent: no package, no driver, or it does not answer.
    """
    try:
        nvml = import_module("pynvml")
    except ImportError as error:
        raise SourceAbsent('nvidia-ml-py is not installed: pip install "ganrt[bench]"') from error
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        raise SourceAbsent(f"NVML: {error}") from error
    return nvml


def visible_device(environment: Mapping[str, str] | None = None) -> str:
    """The first device of CUDA_VISIBLE_DEVICES (a number or a UUID); "0" where that is not set."""
    listed = (os.environ if environment is None else environment).get("CUDA_VISIBLE_DEVICES", "")
    return listed.split(",")[0].strip() or "0"


def device_handle(nvml: Any, device: str) -> Any:
    """NVML's handle of a device given by number or UUID.

    Raises:
        SourceAbsent: there is no such device.
    """
    try:
        if device.isdecimal():
            return nvml.nvmlDeviceGetHandleByIndex(int(device))
        return nvml.nvmlDeviceGetHandleByUUID(device)
    except nvml.NVMLError as error:
        raise SourceAbsent(f"GPU '{device}': {error}") from error


class NvidiaSource:
    """`power_w`, `energy_j`, `sm_mhz`, `memory_mhz`, `temperature_c`, `memory_used_bytes` (the whole device's),
    `load_percent`, `throttle.*`."""

    name = "nvidia"
    over_time: frozenset[str] = frozenset()

    def __init__(self, device: str | None = None) -> None:
        self._device = device
        self._nvml: Any = None
        self._readings: dict[str, Callable[[], float]] = {}
        self._reasons: Callable[[], int] | None = None
        self._last_error = ""

    @property
    def energy(self) -> Energy | None:
        if "energy_j" in self._readings or "power_w" in self._readings:
            return Energy("GPU board (NVML)")
        return None

    def open(self) -> None:
        self._nvml = load_nvml()
        self._handle = device_handle(self._nvml, self._device or visible_device())
        possible = self._possible_readings()
        self._readings = {name: call for name, call in possible.items() if self._supported(call)}
        reasons = self._first(_REASONS)
        self._reasons = reasons if self._supported(reasons) else None
        if not self._readings:
            raise SourceAbsent("NVML answers, but supports no reading of this device (as on Jetson Orin)")

    def _first(self, names: tuple[str, ...], *arguments: object) -> Callable[[], Any]:
        """The first function that both the package and the driver have; the last one if none works now."""
        calls = []
        for name in names:
            if hasattr(self._nvml, name):
                calls.append(_bound(getattr(self._nvml, name), self._handle, *arguments))
                if self._supported(calls[-1]):
                    break
        return calls[-1]

    def _supported(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except self._nvml.NVMLError:
            return False
        return True

    def _possible_readings(self) -> dict[str, Callable[[], float]]:
        nvml, handle = self._nvml, self._handle
        temperature = self._first(_TEMPERATURES, nvml.NVML_TEMPERATURE_GPU)
        return {
            "power_w": lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1e3,
            "energy_j": lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3,
            "sm_mhz": lambda: float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
            "memory_mhz": lambda: float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM)),
            "temperature_c": lambda: float(temperature()),
            "memory_used_bytes": lambda: float(nvml.nvmlDeviceGetMemoryInfo(handle).used),
            "load_percent": lambda: float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu),
        }

    def read(self) -> Mapping[str, float]:
        values: dict[str, float] = {}
        for name, call in self._readings.items():
            found = self._ask(call)
            if found is not None:
                values[name] = found
        reasons = self._ask(self._reasons) if self._reasons else None
        if reasons is not None:
            values |= {f"throttle.{name}": float(bool(int(reasons) & bit)) for name, bit in THROTTLE_REASONS.items()}
        if not values:
            raise SourceLost(f"the device answers no question any more: {self._last_error}")
        return values

    def _ask(self, call: Callable[[], float]) -> float | None:
        try:
            return call()
        except self._nvml.NVMLError as error:
            self._last_error = str(error)
            return None

    def about(self) -> Mapping[str, str]:
        return {
            "device": as_text(self._nvml.nvmlDeviceGetName(self._handle)),
            "driver": as_text(self._nvml.nvmlSystemGetDriverVersion()),
            "not supported": ", ".join(sorted(set(self._possible_readings()) - set(self._readings))) or "nothing",
        }

    def close(self) -> None:
        if self._nvml is not None:
            with suppress(self._nvml.NVMLError):  # the device may be gone, and NVML with it
                self._nvml.nvmlShutdown()
            self._nvml = None


def as_text(value: str | bytes) -> str:
    """Older versions of the package give bytes."""
    return value.decode() if isinstance(value, bytes) else value


def _bound(function: Callable[..., Any], *arguments: object) -> Callable[[], Any]:
    return lambda: function(*arguments)
