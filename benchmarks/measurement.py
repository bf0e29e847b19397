"""One runner in one case: opened, warmed up, given slices, its pictures checked; and what it did so far."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from ganrt.benchmarks.clock import Clock, clock_fault, read_both
from ganrt.benchmarks.document import Json
from ganrt.benchmarks.inputs import Agreement, Batches, Images
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.runners import open_runner
from ganrt.benchmarks.runners.protocol import Request, Runner
from ganrt.benchmarks.scenarios import Between, Call, Load, Slice, run_slice
from ganrt.errors import GanrtError
from ganrt.runtime.pictures import encode_png
from ganrt.runtime.sample_inputs import make_inputs

_AGREE = 0.03  # medians of three windows in a row within this share of each other
_LEAST_CALLS = 3  # of a window
_LEAST_NS = 50_000_000
_WINDOWS = 3


@dataclass(frozen=True)
class WarmUp:
    """How it went; `stable` is false where the time ran out first."""

    calls: int
    seconds: float
    stable: bool


def warm_up(call: Call, clock: Clock, most_s: float, between: Between | None = None) -> WarmUp:
    """Runs windows of calls until the medians of three in a row agree within 3 %, or `most_s` seconds are over."""
    begun, medians, calls = clock.now(), list[float](), 0
    while True:
        times = _window(call, clock, calls, between)
        calls += len(times)
        medians.append(statistics.median(times))
        recent = medians[-_WINDOWS:]
        stable = len(recent) == _WINDOWS and max(recent) <= (1 + _AGREE) * min(recent)
        spent = clock.now() - begun
        if stable or not 0 <= spent < most_s * 1e9:
            return WarmUp(calls, spent / 1e9, stable)


def _window(call: Call, clock: Clock, first: int, between: Between | None) -> list[int]:
    times: list[int] = []
    begun = clock.now()
    while len(times) < _LEAST_CALLS or (times[-1] >= 0 and clock.now() - begun < _LEAST_NS):
        started = clock.now()
        call(first + len(times))
        times.append(clock.now() - started)
        if between:
            between()
    return times


class Observer(Protocol):
    """Watches one case. `begin` and `end` are called just outside the timed calls."""

    def begin(self, runner: str) -> None:
        """A slice of `runner` begins."""
        ...

    def end(self, runner: str) -> None:
        """It has ended."""
        ...

    def report(self, runner: str, images: int) -> tuple[Json, list[Json]]:
        """(telemetry, timeline points with `t_s` since the case began) of a runner that made `images`."""
        ...


Observe = Callable[[], AbstractContextManager[Observer]]


class Unobserved:
    """Sees nothing."""

    def begin(self, runner: str) -> None:
        """Nothing."""

    def end(self, runner: str) -> None:
        """Nothing."""

    def report(self, runner: str, images: int) -> tuple[Json, list[Json]]:  # noqa: ARG002
        """Nothing."""
        return {}, []

    def __enter__(self) -> Observer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


OpenRunner = Callable[[str, Request], Runner]


@dataclass
class Measurement:
    """One runner in one case; `stopped` is (status, reason) once it is out of the run."""

    name: str
    request: Request
    case: Case
    batches: Batches
    clock: Clock
    opener: OpenRunner = open_runner
    runner: Runner | None = None
    stopped: tuple[str, str] | None = None
    warm: WarmUp | None = None
    slices: list[Slice] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)
    faults: list[str] = field(default_factory=list)
    calls: int = 0
    _drawn: list[tuple[int, Images]] = field(default_factory=list)
    _loaded: list[Runner] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether it is still in the run."""
        return self.stopped is None

    @property
    def load(self) -> Load:
        """The scenario, without a period."""
        return Load(self.case.scenario)

    def open(self, timing: Timing) -> None:
        """Opens, checks the first pictures and warms up; what goes wrong takes the runner out of the run."""
        try:
            self.runner = self.opener(self.name, self.request)
            self._call(0)
            self.check(timing)
            if self.running:
                self.warm = warm_up(self._call, self.clock, timing.warmup_s, self._between)
                self._forget()
        except Exception as error:  # any peer may fail in any way; that is a result too
            self.stopped = ("not_run", describe(error))

    def run(self, duration_ns: int, timing: Timing) -> None:
        """One slice, and a look at the last pictures that it drew."""
        before = read_both(self.clock)
        load = Load(self.case.scenario, round(1e9 / timing.fps))
        try:
            done = run_slice(load, self._call, self.clock, duration_ns, self.calls, self._between)
        except Exception as error:  # a device may disappear
            self.stopped = ("interrupted", f"it failed while it was measured: {describe(error)}")
            return
        fault = clock_fault(before, read_both(self.clock))
        if fault:
            self.faults.append(fault)
        self.slices.append(done)
        self.calls += len(done.latencies)
        self.check(timing)

    def check(self, timing: Timing) -> None:
        """Compares the pictures of the last query with the reference."""
        try:
            if self._loaded:
                self._drawn = [(0, self._loaded[-1].run(self.batches.input(0)))]
            for number, images in self._drawn:
                self.agreement = self.agreement.with_pictures(images, self.batches.reference(number))
        except GanrtError as error:
            self.stopped = ("wrong_output", str(error))
        self._forget()
        gate, found = timing.gate(self.request.precision), self.agreement.psnr_db
        if self.running and found is not None and found < gate:
            self.stopped = (
                "wrong_output",
                f"the worst picture is {found:.1f} dB from the FP32 reference, expected {gate:g} dB or more",
            )

    @property
    def _between(self) -> Callable[[], None] | None:
        """`load`: what was opened is closed before the next is, outside of the timing."""
        return self._forget if self.case.scenario == "load" else None

    def close(self) -> None:
        """Releases the runner."""
        self._forget()
        if self.runner is not None:
            self.runner.close()

    def _forget(self) -> None:
        self._drawn = []
        for runner in self._loaded:
            runner.close()
        self._loaded = []

    def _call(self, number: int) -> None:
        """One query of the scenario; keeps its pictures, all of them: a later batch may spoil an earlier one's."""
        assert self.runner is not None
        count = self.load.batches
        numbers = range(number * count, (number + 1) * count)
        if self.case.scenario == "load":
            self._loaded.append(self.opener(self.name, self.request))
        elif self.case.scenario == "offline":
            drawn = self.runner.run_many([self.batches.input(i) for i in numbers])
            self._drawn = list(zip(numbers, drawn, strict=True))
        elif self.case.scenario == "end_to_end":
            self._drawn = [(number, self._end_to_end(number))]
        else:
            self._drawn = [(i, self.runner.run(self.batches.input(i))) for i in numbers]

    def _end_to_end(self, number: int) -> Images:
        """Latents, pictures, PNG bytes."""
        assert self.runner is not None
        batch, size = number % len(self.batches.inputs), self.case.batch_size
        images = self.runner.run(make_inputs(self.request.spec, self.batches.seed, batch * size, size))
        for image in images:
            encode_png(image)
        return images


def describe(error: BaseException) -> str:
    """An error as a reason: our own in their words, others with their type; at most three lines."""
    text = str(error) if isinstance(error, GanrtError) else f"{type(error).__name__}: {error}"
    return "; ".join(line.strip() for line in text.strip().splitlines()[:3])[:500]


@dataclass(frozen=True)
class Part:
    """`opened`: device, precision and about of the runner, empty where it was never opened; `stopped`: (status,
    reason) where it fell out of the run; `telemetry` and its `points` are the observer's."""

    runner: str
    opened: Json = field(default_factory=dict)
    stopped: tuple[str, str] | None = None
    warm: WarmUp | None = None
    slices: tuple[Slice, ...] = ()
    agreement: Agreement = field(default_factory=Agreement)
    faults: tuple[str, ...] = ()
    telemetry: Json = field(default_factory=dict)
    points: tuple[Json, ...] = ()

    @property
    def samples(self) -> int:
        """Timed calls."""
        return sum(len(each.latencies) for each in self.slices)


def part_of(measurement: Measurement, observer: Observer) -> Part:
    """What there is of a measurement, which may have been stopped anywhere."""
    runner, images = measurement.runner, measurement.case.batch_size * measurement.load.batches
    samples = sum(len(each.latencies) for each in measurement.slices)
    telemetry, points = observer.report(measurement.name, images * samples) if measurement.slices else ({}, [])
    opened = {name: getattr(runner, name) for name in ("device", "precision", "about")} if runner else {}
    return Part(
        measurement.name,
        opened,
        measurement.stopped,
        measurement.warm,
        tuple(measurement.slices),
        measurement.agreement,
        tuple(measurement.faults),
        telemetry,
        tuple(points),
    )
