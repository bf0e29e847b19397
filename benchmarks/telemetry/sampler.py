"""Reads all telemetry sources from one thread while something else runs, and sums up what it saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from ganrt.benchmarks.telemetry.series import Series
from ganrt.benchmarks.telemetry.source import Source, SourceAbsent, SourceLost, make_sources

INTERVAL_S = 0.2
MOST_POINTS = 1000
_ENOUGH = 0.9  # of the run must be covered by readings before its energy is divided by its images


@dataclass(frozen=True)
class Telemetry:
    """What a run's sampling gave. All of it can be written as JSON.

    statistics: reading -> `mean` (weighted by time), `min`, `max`, `samples`; counters of energy are left out.
    timeline: at most 1000 points, `t_s` and readings. throttled: reason -> share of the time, where it was not 0.
    energy: source -> `joules` of the `seconds` it was read, `of` what, `by` counter or integral.
    notes: sources that were absent or got lost.
    """

    seconds: float
    statistics: dict[str, dict[str, float]]
    timeline: tuple[dict[str, float], ...]
    throttled: dict[str, float]
    energy: dict[str, dict[str, float | str]]
    about: dict[str, dict[str, str]]
    notes: tuple[str, ...]

    def summary(self, images: int | None = None) -> dict[str, object]:
        """All but the timeline as a mapping for `telemetry` of a result.

        Args:
            images: how many were made meanwhile; gives `joules_per_image` where the energy covers the run.
        """
        energy = {name: dict(found) for name, found in self.energy.items()}
        for found in energy.values():
            if images and float(found["seconds"]) >= _ENOUGH * self.seconds:
                found["joules_per_image"] = float(found["joules"]) / images
        return {
            "seconds": self.seconds,
            "statistics": self.statistics,
            "throttled": self.throttled,
            "energy": energy,
            "about": self.about,
            "notes": list(self.notes),
        }


@dataclass
class _Reader:
    """One source and whether it still answers."""

    source: Source
    live: bool = True


@dataclass
class Sampler:
    """Context manager: `with Sampler() as sampler: run()`, then `sampler.telemetry()`.

    A source that is missing or disappears costs a note, never the run. Sources are read at the start and at the end
    of the block and every `interval_s` between.
    """

    sources: Sequence[Source] | None = None
    interval_s: float = INTERVAL_S
    most_points: int = MOST_POINTS
    clock: Callable[[], float] = time.perf_counter
    _readers: list[_Reader] = field(default_factory=list, init=False)
    _notes: list[str] = field(default_factory=list, init=False)
    _about: dict[str, dict[str, str]] = field(default_factory=dict, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)

    def __enter__(self) -> Sampler:
        self._series = Series(self.most_points)
        for source in make_sources() if self.sources is None else self.sources:
            self._open(source)
        self._started = self.clock()
        self._seconds = 0.0
        self._read_all()
        if self._readers:
            self._thread = threading.Thread(target=self._loop, name="telemetry", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        self._read_all()
        self._seconds = self.clock() - self._started
        for reader in self._readers:
            self._ask_about(reader)
            reader.source.close()

    def _open(self, source: Source) -> None:
        try:
            source.open()
        except SourceAbsent as absent:
            self._notes.append(f"{source.name}: not read: {absent}")
            source.close()
        except Exception as error:  # a driver's fault must not stop a measurement
            self._notes.append(f"{source.name}: not read: {type(error).__name__}: {error}")
            source.close()
        else:
            self._readers.append(_Reader(source))

    def _ask_about(self, reader: _Reader) -> None:
        try:
            self._about[reader.source.name] = dict(reader.source.about())
        except Exception as error:
            self._notes.append(f"{reader.source.name}: says nothing of itself: {type(error).__name__}: {error}")

    def _loop(self) -> None:
        while not self._stop.wait(self.interval_s):
            self._read_all()

    def _read_all(self) -> None:
        values: dict[str, float] = {}
        for reader in self._readers:
            if reader.live:
                values.update(self._read(reader))
        if values:
            self._series.add(self.clock() - self._started, values)

    def _read(self, reader: _Reader) -> Mapping[str, float]:
        source = reader.source
        try:
            return {f"{source.name}.{name}": value for name, value in source.read().items()}
        except Exception as error:
            reader.live = False
            why = str(error) if isinstance(error, SourceLost) else f"{type(error).__name__}: {error}"
            self._notes.append(f"{source.name}: lost after {self.clock() - self._started:.1f} s: {why}")
            return {}

    def telemetry(self) -> Telemetry:
        """What was seen; call it after the block."""
        counters = {f"{r.source.name}.{r.source.energy.counter}" for r in self._readers if r.source.energy}
        statistics: dict[str, dict[str, float]] = {}
        throttled: dict[str, float] = {}
        for name, seen in self._series.statistics.items():
            source, _, reading = name.partition(".")
            if reading.startswith("throttle."):
                if seen.high:
                    throttled[f"{source}.{reading.removeprefix('throttle.')}"] = seen.mean
            elif name not in counters:
                figures = {"mean": seen.mean, "min": seen.low, "max": seen.high}
                statistics[name] = {**figures, "samples": seen.samples}
        return Telemetry(
            self._seconds,
            statistics,
            tuple(self._series.points),
            throttled,
            self._energy(),
            self._about,
            tuple(self._notes),
        )

    def _energy(self) -> dict[str, dict[str, float | str]]:
        found: dict[str, dict[str, float | str]] = {}
        for reader in self._readers:
            energy, name = reader.source.energy, reader.source.name
            if energy is None:
                continue
            counter = self._series.statistics.get(f"{name}.{energy.counter}")
            power = self._series.statistics.get(f"{name}.{energy.power}")
            if counter and counter.samples > 1:
                joules, by, seconds = counter.last - counter.first, "counter", counter.seconds
            elif power and power.samples > 1:
                joules, by, seconds = power.integral, "integral of power", power.seconds
            else:
                continue
            found[name] = {"joules": joules, "of": energy.of, "by": by, "seconds": seconds}
        return found
