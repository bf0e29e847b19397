"""Telemetry of a Jetson module: `tegrastats` as a child process, else jtop's service where that is installed."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ganrt.benchmarks.telemetry.jetson_state import jetson_state
from ganrt.benchmarks.telemetry.source import Energy, SourceAbsent, SourceLost
from ganrt.benchmarks.telemetry.tegrastats import TegraSample, parse_tegrastats, readings

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
