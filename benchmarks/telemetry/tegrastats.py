"""Reads the lines that NVIDIA's `tegrastats` prints, of JetPack 5 to 7: Orin and Thor generations.

The fields are described in the Jetson Linux Developer Guide, "tegrastats Utility". They differ by release:
`GR3D_FREQ 37%`, `12%@1300`, `0%@[0,0]`, Thor `@[314,314,314]` or nothing at all; temperatures `cpu@49.2C`, since
JetPack 7.2 `cpu@51.3C/51.3C`; rails `VDD_IN 4542mW/4000mW`, since JetPack 7.2 with a third value, and without `mW`
before JetPack 5. The first value is always that of now. A rail may be slightly negative while it is switched off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RAM = re.compile(r"\bRAM (\d+)/(\d+)MB")
_SWAP = re.compile(r"\bSWAP (\d+)/(\d+)MB")
_CPU = re.compile(r"\bCPU \[([^\]]*)\](?:@(\d+))?", re.IGNORECASE)
_CORE = re.compile(r"(\d+)%(?:@(\d+))?")
_ENGINE = r"\b{} (?:(\d+)%)?(?:@(\[[^\]]*\]|\d+))?(?=\s|$)"
_EMC, _GPU = re.compile(_ENGINE.format("EMC_FREQ")), re.compile(_ENGINE.format("GR3D_FREQ"))
_TEMPERATURE = re.compile(r"(?<!\S)([A-Za-z][\w-]*)@(-?\d+(?:\.\d+)?)C(?:/-?[\d.]+C)*(?=\s|$)")
_RAIL = re.compile(r"(?<!\S)((?:VDD|VIN|POM|CPU|GPU|SOC|SYS|CV|DDR)\w*) (-?\d+)(?:mW(?:/-?\d+mW)*|(?:/-?\d+)+)(?=\s|$)")
_ABSENT_C = -256.0  # what a sensor that is switched off reports
# The rails that add up to all that the module (or the board, `VIN`) draws, the best first. AGX modules have no rail of
# the whole; VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0 and must not be counted twice.
TOTALS = (
    ("VIN",),
    ("VDD_IN",),
    ("POM_5V_IN",),
    ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    ("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"),
    ("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"),
)


@dataclass(frozen=True)
class TegraSample:
    """One line. Memory in MB, clocks in MHz, power in mW (now), temperatures in degrees; what is missing is None."""

    ram_mb: tuple[int, int] | None
    swap_mb: tuple[int, int] | None
    cores: tuple[tuple[int, int | None] | None, ...]  # (load in percent, MHz), None: switched off
    emc: tuple[int | None, int | None]  # (load in percent, MHz) of the memory controller
    gpu: tuple[int | None, int | None]  # (load in percent, MHz of the fastest cluster)
    temperatures: Mapping[str, float]
    rails: Mapping[str, int]

    @property
    def total(self) -> tuple[str, int] | None:
        """What feeds all, as ("VDD_IN", mW) or ("A + B", mW); None where the known rails do not add up to it."""
        for names in TOTALS:
            if all(name in self.rails for name in names):
                return " + ".join(names), sum(self.rails[name] for name in names)
        return None


def parse_tegrastats(line: str) -> TegraSample | None:
    """A line -> what it says; None for a line that says nothing of the kind."""
    ram, swap, cpu = _pair(_RAM.search(line)), _pair(_SWAP.search(line)), _CPU.search(line)
    without_cores = _CPU.sub("", line)
    temperatures = {name.lower(): float(value) for name, value in _TEMPERATURE.findall(without_cores)}
    rails = {name: int(value) for name, value in _RAIL.findall(without_cores)}
    if ram is None and cpu is None and not rails:
        return None
    return TegraSample(
        ram,
        swap,
        _cores(cpu),
        _engine(_EMC.search(line)),
        _engine(_GPU.search(line)),
        {name: value for name, value in temperatures.items() if value > _ABSENT_C},
        rails,
    )


def _pair(match: re.Match[str] | None) -> tuple[int, int] | None:
    return (int(match[1]), int(match[2])) if match else None


def _cores(match: re.Match[str] | None) -> tuple[tuple[int, int | None] | None, ...]:
    if not match:
        return ()
    cores: list[tuple[int, int | None] | None] = []
    for text in match[1].split(","):
        core = _CORE.fullmatch(text.strip())
        clock = core[2] or match[2] if core else None
        cores.append((int(core[1]), int(clock) if clock else None) if core else None)
    return tuple(cores)


def _engine(match: re.Match[str] | None) -> tuple[int | None, int | None]:
    if not match:
        return None, None
    clocks = [int(number) for number in re.findall(r"\d+", match[2] or "")]
    return int(match[1]) if match[1] else None, max(clocks, default=None)


def readings(sample: TegraSample) -> dict[str, float]:
    """A sample as a source's readings, in watts and bytes."""
    values: dict[str, float] = {}
    awake = [core for core in sample.cores if core]
    if awake:
        values["cpu_load_percent"] = sum(load for load, _ in awake) / len(sample.cores)
        clocks = [float(clock) for _, clock in awake if clock]
        values |= {"cpu_mhz": max(clocks)} if clocks else {}
    if sample.ram_mb:
        values["memory_used_bytes"] = sample.ram_mb[0] * 2.0**20
    if sample.swap_mb:
        values["swap_used_bytes"] = sample.swap_mb[0] * 2.0**20
    for name, (load, clock) in (("gpu", sample.gpu), ("emc", sample.emc)):
        values |= {f"{name}_load_percent": float(load)} if load is not None else {}
        values |= {f"{name}_mhz": float(clock)} if clock is not None else {}
    values |= {f"{name}_c": value for name, value in sample.temperatures.items()}
    values |= {f"{name.lower()}_w": value / 1e3 for name, value in sample.rails.items()}
    if sample.total:
        values["power_w"] = sample.total[1] / 1e3
    return values
