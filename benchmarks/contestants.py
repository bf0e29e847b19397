"""One subject in one cell: opened, warmed up, given slices, its pictures checked; and what it did so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ganrt.benchmarks.clock import Clock, clock_fault, read_both
from ganrt.benchmarks.inputs import Agreement, Batches, Images
from ganrt.benchmarks.options import Cell, Timing
from ganrt.benchmarks.scenarios import Load, Slice, run_slice
from ganrt.benchmarks.subjects import open_subject
from ganrt.benchmarks.subjects.protocol import Request, Subject
from ganrt.benchmarks.warmup import WarmUp, warm_up
from ganrt.errors import GanrtError
from ganrt.runtime.pictures import encode_png
from ganrt.runtime.sample_inputs import make_inputs

OpenSubject = Callable[[str, Request], Subject]


@dataclass
class Contestant:
    """A subject's state; `stopped` is (status, reason) once it is out of the race."""

    name: str
    request: Request
    cell: Cell
    batches: Batches
    clock: Clock
    opener: OpenSubject = open_subject
    subject: Subject | None = None
    stopped: tuple[str, str] | None = None
    warm: WarmUp | None = None
    slices: list[Slice] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)
    faults: list[str] = field(default_factory=list)
    calls: int = 0
    _drawn: list[tuple[int, Images]] = field(default_factory=list)
    _loaded: list[Subject] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether it is still in the race."""
        return self.stopped is None

    @property
    def load(self) -> Load:
        """The scenario, without a period."""
        return Load(self.cell.scenario)

    def open(self, timing: Timing) -> None:
        """Opens, checks the first pictures and warms up; what goes wrong takes the subject out of the race."""
        try:
            self.subject = self.opener(self.name, self.request)
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
        load = Load(self.cell.scenario, round(1e9 / timing.fps))
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
                self.agreement = self.agreement.with_pictures(images, self.batches.wanted(number))
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
        return self._forget if self.cell.scenario == "load" else None

    def close(self) -> None:
        """Releases the subject."""
        self._forget()
        if self.subject is not None:
            self.subject.close()

    def _forget(self) -> None:
        self._drawn = []
        for subject in self._loaded:
            subject.close()
        self._loaded = []

    def _call(self, number: int) -> None:
        """One query of the scenario; keeps its pictures, all of them: a later batch may spoil an earlier one's."""
        assert self.subject is not None
        count = self.load.batches
        numbers = range(number * count, (number + 1) * count)
        if self.cell.scenario == "load":
            self._loaded.append(self.opener(self.name, self.request))
        elif self.cell.scenario == "offline":
            drawn = self.subject.run_many([self.batches.input(i) for i in numbers])
            self._drawn = list(zip(numbers, drawn, strict=True))
        elif self.cell.scenario == "end_to_end":
            self._drawn = [(number, self._end_to_end(number))]
        else:
            self._drawn = [(i, self.subject.run(self.batches.input(i))) for i in numbers]

    def _end_to_end(self, number: int) -> Images:
        """Latents, pictures, PNG bytes."""
        assert self.subject is not None
        batch, size = number % len(self.batches.inputs), self.cell.batch_size
        images = self.subject.run(make_inputs(self.request.spec, self.batches.seed, batch * size, size))
        for image in images:
            encode_png(image)
        return images


def describe(error: BaseException) -> str:
    """An error as a reason: our own in their words, others with their type; at most three lines."""
    text = str(error) if isinstance(error, GanrtError) else f"{type(error).__name__}: {error}"
    return "; ".join(line.strip() for line in text.strip().splitlines()[:3])[:500]
