"""Telemetry of a Jetson module: `tegrastats` as a child process, else jtop's service where that is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ganrt.benchmarks.telemetry.source import Energy, SourceAbsent, SourceLost

_MODEL = Path("/proc/device-tree/model")
_RELEASE = Path("/etc/nv_tegra_release")
_TIMEOUT_S = 5.0


def jetson_model(path: Path = _MODEL) -> str | None:
    """The board's name from the device tree, such as "NVIDIA Jetson AGX Thor Developer Kit"; None on other machines."""
    try:
        name = path.read_bytes().rstrip(b"\0").decode(errors="replace").strip()
    except OSError:
        return None
    return name if re.search(r"jetson|tegra|orin|thor|xavier", name, re.IGNORECASE) else None


def jetson_release(path: Path = _RELEASE) -> str | None:
    """Jetson Linux's release, such as "R38.4.0"; None where there is none."""
    try:
        found = re.match(r"# R(\d+) \(release\), REVISION: ([\d.]+)", path.read_text(errors="replace"))
    except OSError:
        return None
    return f"R{found[1]}.{found[2]}" if found else None


def parse_nvpmodel(text: str) -> str | None:
    """`nvpmodel -q` -> the mode's name, such as "MAXN_SUPER" (on old releases preceded by "NV Fan Mode")."""
    found = re.search(r"NV Power Mode: *(\S+)", text)
    return found[1] if found else None


def parse_jetson_clocks(text: str) -> str | None:
    """`jetson_clocks --show` -> "pinned", "not pinned" (the GPU's clock can move), or None (not said)."""
    found = re.search(r"^GPU\b.*?MinFreq=(\d+) MaxFreq=(\d+)", text, re.MULTILINE)
    return None if not found else "pinned" if found[1] == found[2] else "not pinned"


def ask(*command: str) -> str:
    """What a program prints; empty where it is missing, fails or hangs. No elevated rights are asked for."""
    path = shutil.which(command[0])
    if path is None:
        return ""
    try:
        done = subprocess.run([path, *command[1:]], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def jetson_state() -> dict[str, str]:
    """Model, release, power mode and clocks in words; empty on other machines."""
    model = jetson_model()
    if model is None:
        return {}
    return {
        "model": model,
        "release": jetson_release() or "unknown",
        "power mode": parse_nvpmodel(ask("nvpmodel", "-q")) or "unknown",
        "clocks": parse_jetson_clocks(ask("jetson_clocks", "--show")) or "unknown (jetson_clocks --show needs root)",
    }


# Reads the lines that NVIDIA's `tegrastats` prints, of JetPack 5 to 7: Orin and Thor generations.
#
# The fields are described in the Jetson Linux Developer Guide, "tegrastats Utility". They differ by release:
# `GR3D_FREQ 37%`, `12%@1300`, `0%@[0,0]`, Thor `@[314,314,314]` or nothing at all; temperatures `cpu@49.2C`, since
# JetPack 7.2 `cpu@51.3C/51.3C`; rails `VDD_IN 4542mW/4000mW`, since JetPack 7.2 with a third value, and without `mW`
# before JetPack 5. The first value is always that of now. A rail may be slightly negative while it is switched off.
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


_INTERVAL_MS = 100
_FIRST_LINE_S = 3.0


class JetsonSource:
    """`power_w` of the whole module or board, each rail, clocks, loads, temperatures, memory.

    Args:
        command: the program and its arguments; by default `tegrastats`, if there is one.
    """

    name = "jetson"
    over_time: frozenset[str] = frozenset()  # the age of a line is at most its interval, which is short

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._jtop: Any = None
        self._sample: TegraSample | None = None
        self._arrived = threading.Event()
        self._total = "the module"

    @property
    def energy(self) -> Energy | None:
        return Energy(self._total)

    def open(self) -> None:
        command = self._command
        if command is None:
            path = shutil.which("tegrastats")
            command = (path, "--interval", str(_INTERVAL_MS)) if path else None
        if command is None:
            self._jtop = _open_jtop()
            self._total = "all that jtop's total covers"
            return
        self._start(command)
        if not self._arrived.wait(_FIRST_LINE_S) or self._sample is None:
            raise SourceAbsent(f"{command[0]} prints no line that is understood")
        if self._sample.total:
            self._total = f"rails {self._sample.total[0]}"

    def _start(self, command: tuple[str, ...]) -> None:
        try:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True
            )
        except OSError as error:
            raise SourceAbsent(f"{command[0]}: {error.strerror or error}") from error
        threading.Thread(target=self._follow, args=(self._process,), name="tegrastats", daemon=True).start()

    def _follow(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                sample = parse_tegrastats(line)
                if sample:
                    self._sample = sample
                    self._arrived.set()
        self._arrived.set()  # it ended: nobody need wait any longer

    def read(self) -> Mapping[str, float]:
        if self._jtop is not None:
            return _jtop_readings(self._jtop)
        if self._process is None or self._process.poll() is not None or self._sample is None:
            raise SourceLost("tegrastats ended")
        return readings(self._sample)

    def about(self) -> Mapping[str, str]:
        reader = "jtop" if self._jtop is not None else "tegrastats"
        return {"read by": reader, "power_w is of": self._total, **jetson_state()}

    def close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._jtop is not None:
            self._jtop.close()
            self._jtop = None


def _open_jtop() -> Any:
    """A connection to jtop's service (package jetson-stats, which ganrt neither contains nor asks for)."""
    try:
        connection = import_module("jtop").jtop()
        connection.start()
    except ImportError as error:
        raise SourceAbsent("this machine has no tegrastats and no jtop") from error
    except Exception as error:  # its service is not running, or of another version
        raise SourceAbsent(f"jtop: {error}") from error
    return connection


def _jtop_readings(connection: Any) -> dict[str, float]:
    """jtop's properties (jetson-stats 4): power in mW, memory in KB, temperatures in degrees."""
    if not connection.ok():
        raise SourceLost("jtop's service ended")
    values = {"power_w": connection.power["tot"]["power"] / 1e3}
    memory = connection.memory.get("RAM", {})
    if "used" in memory:
        values["memory_used_bytes"] = memory["used"] * 1024.0
    for name, sensor in connection.temperature.items():
        if sensor.get("online", True):
            values[f"{name.lower()}_c"] = float(sensor["temp"])
    return values
