"""Telemetry of the processor and of this process: psutil, and RAPL's energy counters where they can be read."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ganrt.benchmarks.telemetry.source import Energy, SourceAbsent

_RAPL = Path("/sys/class/powercap")
# The kernel's names for drivers of sensors in the processor: Intel, AMD, Arm.
_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal")


class CpuSource:
    """`load_percent` (all cores, 0 to 100), `frequency_mhz`, `temperature_c`, `rss_bytes` of this process and
    `rss_peak_bytes` since it began, `memory_used_bytes` of the machine, `energy_j` of the processor packages."""

    name = "cpu"
    over_time = frozenset({"load_percent"})

    def __init__(self, rapl: Path = _RAPL) -> None:
        self._rapl_folder = rapl
        self._rapl: list[RaplZone] = []

    @property
    def energy(self) -> Energy | None:
        return Energy("processor packages (RAPL)") if self._rapl else None

    def open(self) -> None:
        try:
            self._psutil: Any = import_module("psutil")
        except ImportError as error:
            raise SourceAbsent('psutil is not installed: pip install "ganrt[bench]"') from error
        self._process = self._psutil.Process()
        self._rapl = readable_zones(self._rapl_folder)

    def read(self) -> Mapping[str, float]:
        memory = self._process.memory_info()
        values = {"rss_bytes": float(memory.rss), "memory_used_bytes": float(self._psutil.virtual_memory().used)}
        peak = _peak_rss(memory)
        if peak is not None:
            values["rss_peak_bytes"] = max(peak, values["rss_bytes"])  # the kernel updates the two at other moments
        values["load_percent"] = self._psutil.cpu_percent(None)
        values |= self._frequency() | self._temperature()
        if self._rapl:
            values["energy_j"] = sum(zone.joules() for zone in self._rapl)
        return values

    def _frequency(self) -> dict[str, float]:
        try:
            found = self._psutil.cpu_freq()
        except (AttributeError, NotImplementedError, OSError, RuntimeError):  # Arm boards, containers, macOS
            return {}
        return {"frequency_mhz": float(found.current)} if found and found.current else {}

    def _temperature(self) -> dict[str, float]:
        if not hasattr(self._psutil, "sensors_temperatures"):  # Windows, macOS
            return {}
        sensors = self._psutil.sensors_temperatures()
        found = [entry.current for name in _SENSORS for entry in sensors.get(name, ()) if entry.current]
        return {"temperature_c": float(max(found))} if found else {}

    def about(self) -> Mapping[str, str]:
        return {"read by": f"psutil {self._psutil.__version__}", "rapl zones": str(len(self._rapl))}

    def close(self) -> None:
        self._rapl = []


class RaplZone:
    """One package's energy counter, in microjoules; it wraps at `max_energy_range_uj` (Linux, powercap)."""

    def __init__(self, folder: Path) -> None:
        self._counter = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last = int(self._counter.read_text())
        self._total = 0

    def joules(self) -> float:
        """Since the zone was opened; read it more often than it wraps (minutes at the least)."""
        value = int(self._counter.read_text())
        self._total += value - self._last if value >= self._last else value - self._last + self._range
        self._last = value
        return self._total / 1e6


def readable_zones(folder: Path) -> list[RaplZone]:
    """The packages' zones; empty where there are none, or where they may not be read (most systems: root only)."""
    zones = []
    for zone in sorted(folder.glob("*rapl:*")) if folder.is_dir() else []:
        try:
            if (zone / "name").read_text().startswith("package"):
                zones.append(RaplZone(zone))
        except (OSError, ValueError):
            continue
    return zones


def _peak_rss(memory: Any) -> float | None:
    if hasattr(memory, "peak_wset"):
        return float(memory.peak_wset)
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return float(getrusage(RUSAGE_SELF).ru_maxrss * unit)
