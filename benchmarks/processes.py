"""Scenarios that need a fresh process a sample: `cold_start` and `memory`."""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ganrt.benchmarks.clock import Clock
from ganrt.benchmarks.document import Json, Latency, Model, Result
from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.outcome import bare_result
from ganrt.benchmarks.runners import PROGRAMS
from ganrt.benchmarks.statistics import summarise
from ganrt.engines.cache import cache_folder
from ganrt.engines.choice import KINDS
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import GanrtError, UsageError
from ganrt.interrupts import HeldInterrupts

_LONGEST_S = 600
_CALLS = 10  # after the first, before memory is read
_SPREAD = 0.5  # of the median, between the fastest and the slowest process


class ChildFailed(GanrtError):
    """The process ended badly; the message is the end of what it said."""


@dataclass(frozen=True)
class Ran:
    """A child: nanoseconds from its start to its first line, and to its end; its last line."""

    ready_ns: int
    total_ns: int
    report: dict[str, Any]


@dataclass
class _Seen:
    """What the children of one runner gave."""

    runs: list[Ran] = field(default_factory=list)
    agreement: Agreement = field(default_factory=Agreement)
    stopped: tuple[str, str] | None = None


def run_child(request: dict[str, Any], clock: Clock, environment: Mapping[str, str] | None = None) -> Ran:
    """Starts `ganrt.benchmarks.child` and waits for its end.

    Args:
        environment: the child's variables; None: this process's.

    Raises:
        ChildFailed: it ended with an error, or said nothing.
    """
    command = [sys.executable, "-m", "ganrt.benchmarks.child", json.dumps(request)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        started = clock.now()
        running: list[subprocess.Popen[str]] = []

        def kill() -> None:
            for process in running:
                process.kill()

        with (
            HeldInterrupts(kill) as interrupts,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
        ):
            running.append(process)
            try:
                assert process.stdout is not None
                if interrupts.told:
                    kill()
                first = process.stdout.readline()
                ready = clock.now()
                rest = process.stdout.read()
                code = process.wait(_LONGEST_S)
            except BaseException:
                kill()
                raise
        if interrupts.told:
            raise KeyboardInterrupt
        ended = clock.now()
        if code or not first:
            errors.seek(0)
            said = [line for line in errors.read().splitlines() if line.strip()]
            raise ChildFailed(said[-1][:300] if said else f"exit code {code}")
    last = json.loads([line for line in (first + rest).splitlines() if line.startswith("{")][-1])
    if "error" in last:
        raise ChildFailed(last["error"])
    return Ran(ready - started, ended - started, last)


def run_processes(
    case: Case,
    runners: Sequence[str],
    model: Model,
    timing: Timing,
    clock: Clock,
    say: Callable[[str], object],
) -> list[Result]:
    """One result a runner; the processes of all runners are shuffled round by round. Ctrl-C as in `Harness.run`."""
    spec = read_onnx(case.model).spec()
    reference = make_batches(case.model, spec, case.batch_size, timing.seed).reference(0)
    seen = {name: _Seen() for name in runners}
    for name in PROGRAMS:
        if name in seen:
            seen[name].stopped = ("not_run", f"{name} times itself, and not its start")
    order, rounds = random.Random(timing.seed), timing.processes if case.scenario == "cold_start" else 1

    def measure() -> None:
        for _ in range(rounds):
            names = [name for name in runners if not seen[name].stopped]
            order.shuffle(names)
            for name in names:
                say(f"a fresh process of {name}")
                _run_one(name, case, timing, clock, reference, seen[name])

    with HeldInterrupts() as interrupts:
        interrupts.let_end(measure)
        return [_result(name, case, model, seen[name], interrupts.told) for name in runners]


def _run_one(name: str, case: Case, timing: Timing, clock: Clock, reference: np.ndarray[Any, Any], seen: _Seen) -> None:
    with tempfile.TemporaryDirectory() as folder:
        calls = _CALLS if case.scenario == "memory" else 0
        request = runner_request(case, name, timing.seed, Path(folder) / "images.npy", calls)
        try:
            ran = run_child(request, clock)
            agreement = seen.agreement.with_pictures(np.load(request["images"]), reference)
            with HeldInterrupts():  # no time without its pictures
                seen.agreement = agreement
                seen.runs.append(ran)
        except ChildFailed as error:
            seen.stopped = ("not_run" if not seen.runs else "interrupted", str(error))
        except UsageError as error:
            seen.stopped = ("wrong_output", str(error))
    found, gate = seen.agreement.psnr_db, timing.gate(case.precision)
    if found is not None and found < gate and not seen.stopped:
        seen.stopped = ("wrong_output", f"the worst picture is {found:.1f} dB from FP32, expected {gate:g} dB or more")


def runner_request(case: Case, runner: str, seed: int, images: Path, calls: int = 0) -> Json:
    """For `run_child`: opens a runner, keeps its first pictures in `images`, and runs `calls` more."""
    return {
        "runner": runner,
        "model": str(case.model),
        "checkpoint": str(case.checkpoint) if case.checkpoint else None,
        "precision": case.precision,
        "threads": case.threads,
        "device": case.device,
        "batch_size": case.batch_size,
        "seed": seed,
        "calls": calls,
        "images": str(images),
    }


def _result(name: str, case: Case, model: Model, seen: _Seen, interrupted: bool) -> Result:
    if not seen.runs or (seen.stopped and seen.stopped[0] == "wrong_output"):
        out, why = seen.stopped or ("not_run", "the run was stopped before its turn")
        return bare_result(case, name, model, out, why, seen.agreement)
    status, reason = _status(seen, interrupted)
    last = seen.runs[-1].report
    place: Json = {
        "scenario": case.scenario, "subject": name, "model": model, "entry": case.entry, "threads": case.threads,
        "batch_size": case.batch_size, "precision": case.precision, "device": last["device"], "about": last["about"],
        **seen.agreement.fields(),
    }  # fmt: skip
    if case.scenario == "memory":
        return Result(**place, status=status, reason=reason, samples=1, figures=_megabytes(last))
    times = np.array([run.ready_ns for run in seen.runs], np.float64)
    spread = float(np.ptp(times) / np.median(times))
    if status == "ok" and spread > _SPREAD:
        status, reason = "unstable", f"spread: the processes' times differ by {spread:.0%} of their median"
    summary: Json = {key: None if value is None else round(value / 1e6, 3) for key, value in summarise(times).items()}
    return Result(
        **place,
        status=status,
        reason=reason,
        samples=len(times),
        duration_s=round(float(times.sum()) / 1e9, 6),
        latency_ms=Latency(**summary),
        latencies_us=tuple(round(float(value) / 1e3, 1) for value in times),
        figures=_parts(seen.runs),
    )


def _status(seen: _Seen, interrupted: bool) -> tuple[str, str | None]:
    if seen.stopped:
        return seen.stopped
    return ("interrupted", "the run was stopped") if interrupted else ("ok", None)


def _parts(runs: list[Ran]) -> dict[str, float | str]:
    """Medians of the parts of a cold start; the rest is the interpreter's start."""
    return {
        key.replace("_s", "_ms"): round(1e3 * statistics.median(run.report[key] for run in runs), 3)
        for key in ("imports_s", "open_s", "first_images_s")
    }


def _megabytes(report: dict[str, Any]) -> dict[str, float | str]:
    figures: dict[str, float | str] = {}
    for name in ("base", "peak"):
        value = report[f"{name}_bytes"]
        figures[f"{name}_mb"] = "not told by this system" if value is None else round(value / 2**20, 1)
    return figures


Figures = dict[str, float | str]
BuildFigures = Callable[[Case, str, int, Clock], Figures]


def build_figures(case: Case, runner: str, seed: int, clock: Clock) -> Figures:
    """`build_ms`: opening and first pictures with empty caches; `cached_ms`: the same with what that left there.

    Apart from `load`, which opens in a process that has done so before: a build happens at the first open of a
    machine's life, so that it takes a process and caches of its own. What `ganrt tune` chose is no build: it is kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        for kind in KINDS:
            if (cache_folder() / kind).is_dir():
                shutil.copytree(cache_folder() / kind, home / kind)
        request = runner_request(case, runner, seed, Path(folder) / "images.npy")
        environment = {**os.environ, "GANRT_HOME": str(home), "TORCHINDUCTOR_CACHE_DIR": str(Path(folder) / "torch")}
        try:
            runs = [run_child(request, clock, environment).report for _ in range(2)]
        except ChildFailed as error:
            return {"build_ms": f"not told: {error}"[:200]}
    first, again = (round(1e3 * (run["open_s"] + run["first_images_s"]), 3) for run in runs)
    return {"build_ms": first, "cached_ms": again}
