"""Runs cases: all runners of one in shuffled rounds, never one wholly before another."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ganrt.benchmarks.clock import Clock, SystemClock
from ganrt.benchmarks.document import Model, Result
from ganrt.benchmarks.inputs import Batches, make_batches
from ganrt.benchmarks.limits import Limits, with_share
from ganrt.benchmarks.measurement import Measurement, Observe, Observer, OpenRunner, Part, Unobserved, part_of
from ganrt.benchmarks.options import PROCESSES, Case, Timing
from ganrt.benchmarks.outcome import make_result
from ganrt.benchmarks.processes import BuildFigures, build_figures
from ganrt.benchmarks.runners import PROGRAMS, open_runner
from ganrt.benchmarks.runners.protocol import Request
from ganrt.engines.cost import macs_of_one_image
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BackendUnavailable
from ganrt.interrupts import HeldInterrupts
from ganrt.spec import GeneratorSpec


class Interrupted(Exception):
    """Ctrl-C; `results` are those of all cases that were begun."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__("interrupted")
        self.results = results


@dataclass
class Harness:
    """Measures cases; keeps what several of them share.

    Attributes:
        observe: makes the telemetry of one case.
        opener: opens runners.
        say: told what is being done, one line a call.
        limits: of this machine; then results say what share of the roofline they reach.
        builds: measures what a runner compiles once, for `load`.
    """

    timing: Timing
    clock: Clock = field(default_factory=SystemClock)
    observe: Observe = Unobserved
    opener: OpenRunner = open_runner
    say: Callable[[str], object] = lambda _: None
    limits: Limits | None = None
    builds: BuildFigures = build_figures
    _models: dict[str, tuple[Model, GeneratorSpec]] = field(default_factory=dict)
    _batches: dict[tuple[str, int], Batches] = field(default_factory=dict)

    def run(self, case: Case, runners: Sequence[str]) -> list[Result]:
        """One result a runner, in the order given, all measured in this process (but for what needs fresh ones).

        Ctrl-C ends it early, and is for a `HeldInterrupts` around it to tell of.

        Raises:
            GanrtError: the model cannot be read, or there is no reference to check pictures against.
        """
        if case.scenario in PROCESSES:
            from ganrt.benchmarks.processes import run_processes

            return run_processes(case, runners, self.describe(case)[0], self.timing, self.clock, self.say)
        with HeldInterrupts() as interrupts:
            parts = self.parts(case, [name for name in runners if name not in PROGRAMS])
            return self.results(case, runners, [parts], interrupts.told)

    def parts(self, case: Case, runners: Sequence[str]) -> list[Part]:
        """What this process sees of each runner; Ctrl-C as in `run`."""
        measurements: list[Measurement] = []

        def measure() -> None:
            spec = read_onnx(case.model).spec()  # a process that only measures counts no multiplications
            measurements.extend([self._measurement(name, case, spec) for name in runners])
            self._measure(measurements, observer)

        with HeldInterrupts() as interrupts:
            with self.observe() as observer:
                interrupts.let_end(measure)
                parts = [part_of(measurement, observer) for measurement in measurements]
            for measurement in measurements:
                measurement.close()
        return parts

    def results(
        self, case: Case, runners: Sequence[str], processes: Sequence[Sequence[Part]], interrupted: bool = False
    ) -> list[Result]:
        """The results of what each process saw. Programs that time themselves, and what runners compile once, are
        measured now, unless `interrupted`; Ctrl-C as in `run`.
        """
        with HeldInterrupts() as interrupts:
            interrupts.told = interrupted
            found: list[Result] = []

            def complete() -> None:
                found[-1] = self._completed(case, found[-1])

            for name in runners:
                seen = [part for parts in processes for part in parts if part.runner == name] or [Part(name)]
                found.append(self._result(case, seen, interrupted))
                interrupts.let_end(complete)
        return found

    def _result(self, case: Case, seen: Sequence[Part], interrupted: bool) -> Result:
        result = make_result(case, self.describe(case)[0], self.timing, seen, interrupted)
        return with_share(result, case.model, self.limits) if self.limits else result

    def _completed(self, case: Case, result: Result) -> Result:
        """With what other processes measure."""
        if result.subject in PROGRAMS:
            from ganrt.benchmarks.trtexec import run_trtexec

            model, spec = self.describe(case)
            return run_trtexec(case, spec, model, self.timing)
        if case.scenario == "load" and result.latency_ms:
            self.say(f"a first open of {result.subject}")
            return replace(result, figures=self.builds(case, result.subject, self.timing.seed, self.clock))
        return result

    def describe(self, case: Case) -> tuple[Model, GeneratorSpec]:
        """The model's name, hash and cost, and its spec."""
        key = str(case.model)
        if key not in self._models:
            onnx_file = read_onnx(case.model)
            spec = onnx_file.spec()
            try:
                macs = macs_of_one_image(case.model)
            except BackendUnavailable:  # without the onnx package the cost stays unknown
                macs = None
            self._models[key] = Model(spec.name, onnx_file.sha256, macs, onnx_file.parameters), spec
        return self._models[key]

    def _measurement(self, name: str, case: Case, spec: GeneratorSpec) -> Measurement:
        request = Request(
            case.model, spec, case.precision, case.threads, case.device, case.batch_size, case.checkpoint,
            throughput=case.scenario == "offline",
        )  # fmt: skip
        return Measurement(name, request, case, self._inputs(case, spec), self.clock, self.opener)

    def _inputs(self, case: Case, spec: GeneratorSpec) -> Batches:
        key = (str(case.model), case.batch_size)
        if key not in self._batches:
            self._batches.clear()  # one batch size after the other: nothing old is needed again
            self._batches[key] = make_batches(case.model, spec, case.batch_size, self.timing.seed)
        return self._batches[key]

    def _measure(self, measurements: list[Measurement], observer: Observer) -> None:
        for measurement in measurements:
            self.say(f"warming up {measurement.name}")
            measurement.open(self.timing)
        self._rounds(measurements, observer)

    def _rounds(self, measurements: list[Measurement], observer: Observer) -> None:
        """Each round every measurement once, in an order of its own; slow calls make fewer and longer slices."""
        order = random.Random(self.timing.seed)
        slice_ns = self._slice_ns(measurements)
        spent = dict.fromkeys((one.name for one in measurements), 0)
        while waiting := [one for one in measurements if one.running and not self._done(one, spent[one.name])]:
            order.shuffle(waiting)
            for measurement in waiting:
                self.say(f"timing {measurement.name}")
                observer.begin(measurement.name)
                started = self.clock.now()
                measurement.run(slice_ns, self.timing)
                spent[measurement.name] += max(1, self.clock.now() - started)
                observer.end(measurement.name)

    def _slice_ns(self, measurements: list[Measurement]) -> int:
        """How long a turn is; of `frame` at least thirty ticks, for what is late is forgiven between turns."""
        whole = self.timing.duration_s * 1e9
        least = 30e9 / self.timing.fps if any(one.case.scenario == "frame" for one in measurements) else 0.0
        return round(max(whole / self.timing.slices, min(whole, least)))

    def _done(self, measurement: Measurement, spent_ns: int) -> bool:
        """The duration is over, and either there are samples enough or waiting for them has taken thrice as long."""
        samples = sum(len(part.latencies) for part in measurement.slices)
        wanted = self.timing.duration_s * 1e9
        return spent_ns >= wanted and (samples >= self.timing.least_samples or spent_ns >= 3 * wanted)
