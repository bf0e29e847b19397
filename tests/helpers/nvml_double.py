"""A double of NVML's functions in front of the real package: a name that the package lacks is an error here too.

Constants and exceptions are the real ones. `Generation` says which functions its driver has.
"""

from __future__ import annotations

from types import SimpleNamespace

import pynvml as real

NEW = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetTemperatureV")
OLD = ("nvmlDeviceGetCurrentClocksThrottleReasons", "nvmlDeviceGetTemperature")
_ANSWERS = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlSystemGetDriverVersion": "580.82.07",
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": "handle",
    "nvmlDeviceGetHandleByUUID": "handle",
    "nvmlDeviceGetName": b"NVIDIA GeForce RTX 3060",
    "nvmlDeviceGetPowerUsage": 170_000,
    "nvmlDeviceGetClockInfo": 1777,
    "nvmlDeviceGetMaxClockInfo": 2100,
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=12 * 2**30, used=3 * 2**30, free=9 * 2**30),
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=97, memory=40),
    "nvmlDeviceGetEnforcedPowerLimit": 170_000,
    "nvmlDeviceGetCudaComputeCapability": (8, 6),
    "nvmlDeviceGetPersistenceMode": 0,
    **dict.fromkeys((NEW[0], OLD[0]), 0x4 | 0x20),
    **dict.fromkeys((NEW[1], OLD[1]), 71),
}


class Nvml:
    """One GPU. `missing`: functions that the driver does not know; `absent`: that the package does not have either;
    `unsupported`: that this device does not answer; `lost`: set to True, every call says that the GPU is gone."""

    def __init__(self, *, missing=(), absent=(), unsupported=()):
        self.missing, self.absent, self.unsupported = missing, absent, unsupported
        self.lost, self.millijoules, self.open = False, 5_000_000, 0

    def __getattr__(self, name):
        value = getattr(real, name)  # AttributeError: no such name in the real package
        if name in self.absent:
            raise AttributeError(name)
        if not (callable(value) and not isinstance(value, type)):
            return value
        return lambda *arguments: self._call(name, arguments)

    def _call(self, name, arguments):
        if name in self.missing:
            raise real.NVMLError(real.NVML_ERROR_FUNCTION_NOT_FOUND)
        if name in self.unsupported:
            raise real.NVMLError(real.NVML_ERROR_NOT_SUPPORTED)
        if self.lost and name != "nvmlInit":
            raise real.NVMLError(real.NVML_ERROR_GPU_IS_LOST)
        self.open += {"nvmlInit": 1, "nvmlShutdown": -1}.get(name, 0)
        if name == "nvmlDeviceGetTotalEnergyConsumption":
            self.millijoules += 17_000
            return self.millijoules
        if name == "nvmlDeviceGetHandleByIndex" and arguments[0] != 0:
            raise real.NVMLError(real.NVML_ERROR_INVALID_ARGUMENT)
        return _ANSWERS[name]
