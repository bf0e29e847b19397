"""What a telemetry source is, and which there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol


class SourceAbsent(Exception):
    """This machine does not have the source; the message says what is missing."""


class SourceLost(Exception):
    """The source was there and is gone: the driver, the device or the child process ended."""


@dataclass(frozen=True)
class Energy:
    """Which of a source's readings is energy, and of what.

    `counter` names a reading in joules that only rises; where it is missing, the reading `power` (watts) is
    integrated over time.
    """

    of: str
    counter: str = "energy_j"
    power: str = "power_w"


class Source(Protocol):
    """Gives readings on demand. `open` and `close` are called once each, `read` from one thread alone.

    Readings are numbers by name. The name ends in the unit (`power_w`, `temperature_c`, `sm_mhz`, `memory_bytes`,
    `load_percent`); `throttle.REASON` is 1 while the clocks are held down for that reason, else 0.
    """

    @property
    def name(self) -> str: ...

    @property
    def energy(self) -> Energy | None:
        """What its energy is of; None if it measures none. Asked after `open`."""

    @property
    def over_time(self) -> frozenset[str]:
        """Readings that tell of the time since the read before, not of the moment."""

    def open(self) -> None:
        """Connects.

        Raises:
            SourceAbsent: there is no such device or package here.
        """

    def read(self) -> Mapping[str, float]:
        """The readings of now; what cannot be read at the moment is left out.

        Raises:
            SourceLost: nothing more will come.
        """

    def about(self) -> Mapping[str, str]:
        """What was read, in words: device, driver, power mode."""

    def close(self) -> None:
        """Lets go of everything; harmless if `open` failed."""


SOURCES = {
    "cpu": "ganrt.benchmarks.telemetry.cpu:CpuSource",
    "nvidia": "ganrt.benchmarks.telemetry.nvidia:NvidiaSource",
    "jetson": "ganrt.benchmarks.telemetry.jetson:JetsonSource",
}


def make_sources(names: tuple[str, ...] = tuple(SOURCES)) -> list[Source]:
    """One new source a name; none is opened yet."""
    sources: list[Source] = []
    for name in names:
        module, _, attribute = SOURCES[name].partition(":")
        sources.append(getattr(import_module(module), attribute)())
    return sources
