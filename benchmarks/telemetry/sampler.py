"""Reads all telemetry sources from one thread while runners run in turn, and sums up what it saw of each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from ganrt.benchmarks.telemetry.report import Series, Telemetry, summarise
from ganrt.benchmarks.telemetry.source import Source, SourceAbsent, SourceLost, make_sources

INTERVAL_S = 0.1
MOST_POINTS = 1000


class Sampler:
    """The observer (see `measurement.py`) that watches runners, each in one or more slices of time:

        with Sampler() as sampler:
            sampler.begin("a"); run(); sampler.end("a")
        sampler.telemetry("a")

    A source that is missing or disappears costs a note, never the run. Sources are read when a slice begins and ends
    and every `interval_s` between; outside of slices nothing is read.

    Args:
        sources: by default one of each kind.
        clock: seconds, never running backwards.
    """

    def __init__(
        self,
        sources: Sequence[Source] | None = None,
        *,
        interval_s: float = INTERVAL_S,
        most_points: int = MOST_POINTS,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._given, self._interval_s = sources, interval_s
        self._most_points, self._clock = most_points, clock
        self._live: list[Source] = []
        self._opened: list[Source] = []
        self._series: dict[str, Series] = {}
        self._about: dict[str, dict[str, str]] = {}
        self._notes: list[str] = []
        self._now: Series | None = None  # of the runner that runs
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Sampler:
        for source in make_sources() if self._given is None else self._given:
            self._open(source)
        self._live = list(self._opened)
        self._started = self._clock()
        if self._live:
            self._thread = threading.Thread(target=self._loop, name="telemetry", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        for source in self._opened:
            source.close()

    def begin(self, runner: str) -> None:
        """A slice of `runner` begins."""
        with self._lock:
            self._now = self._series.setdefault(runner, Series(self._most_points))
            self._now.resume()
            self._read_all(first=True)
            self._slice_began = self._clock()

    def end(self, runner: str) -> None:
        """It has ended."""
        with self._lock:
            if self._now is not None and self._now is self._series.get(runner):
                self._now.seconds += self._clock() - self._slice_began
                self._read_all()
                self._now = None

    def telemetry(self, runner: str) -> Telemetry:
        """What was seen of a runner; ends a slice that was interrupted."""
        self.end(runner)
        series = self._series.get(runner) or Series(self._most_points)
        energies = {source.name: source.energy for source in self._opened}
        return summarise(series, energies, self._about, tuple(self._notes))

    def report(self, runner: str, images: int) -> tuple[dict[str, object], list[dict[str, float]]]:
        """(summary, timeline) of a runner that made `images`: for a result's `telemetry` and `timeline`."""
        found = self.telemetry(runner)
        return found.summary(images), list(found.timeline)

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
            self._opened.append(source)
            self._ask_about(source)

    def _ask_about(self, source: Source) -> None:
        try:
            self._about[source.name] = dict(source.about())
        except Exception as error:
            self._notes.append(f"{source.name}: says nothing of itself: {type(error).__name__}: {error}")

    def _loop(self) -> None:
        while not self._stop.wait(self._interval_s):
            with self._lock:
                self._read_all()

    def _read_all(self, first: bool = False) -> None:
        """One reading of everything; `first` of a slice: without readings that tell of the time before it."""
        if self._now is None:
            return
        values: dict[str, float] = {}
        for source in list(self._live):
            found = self._read(source)
            values |= {
                f"{source.name}.{name}": value
                for name, value in found.items()
                if not (first and name in source.over_time)
            }
        self._now.add(self._clock() - self._started, values)

    def _read(self, source: Source) -> Mapping[str, float]:
        try:
            return source.read()
        except Exception as error:
            self._live.remove(source)
            why = str(error) if isinstance(error, SourceLost) else f"{type(error).__name__}: {error}"
            self._notes.append(f"{source.name}: lost after {self._clock() - self._started:.1f} s: {why}")
            return {}
