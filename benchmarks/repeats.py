"""Cases measured in several fresh processes, one after the other, each with its share of the duration.

What differs between two runs of a program differs between two of these processes too: where memory lies, how threads
were placed, who else was awake. All cases go through the first process, then through the second, so that the parts of
a case lie as far apart in time as the whole command lasts.
"""

from __future__ import annotations

import json
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

from ganrt import errors
from ganrt.benchmarks.document import Json, Result
from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.measurement import Part, Unobserved
from ganrt.benchmarks.options import PROCESSES, Case, Timing
from ganrt.benchmarks.runners import PROGRAMS
from ganrt.errors import GanrtError
from ganrt.interrupts import HeldInterrupts

Say = Callable[[str], object]
Work = list[tuple[Case, list[str]]]
_LONGEST_S = 30.0  # that an interrupted process may take to write what it has
_PATIENCE_S = 1.0  # between two Ctrl-C that mean what one does


def run_parts(harness: Harness, work: Work) -> Iterator[tuple[Case, list[Part]]]:
    """(case, what a fresh process saw of its runners), as they come. Ctrl-C ends the process early, and is for a
    `HeldInterrupts` around this to tell of.

    A process that dies takes the runners of its case out of the run; cases behind that one are not in what comes.

    Raises:
        KeyboardInterrupt: only in another thread than the first, after what the process had seen.
        GanrtError: there is no reference to check pictures against.
    """
    if not work:
        return
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.pickle"  # it and the answers are between this process and its child
        observed = harness.observe is not Unobserved
        request.write_bytes(pickle.dumps((harness.timing.of_one_process(), work, observed)))
        number = 0
        with closing(_lines(request)) as lines:
            for line in lines:
                if "say" in line:
                    harness.say(line["say"])
                elif "case" in line:
                    number += 1
                    yield work[line["case"]][0], pickle.loads(Path(line["file"]).read_bytes())
                elif "died" in line and number < len(work):
                    reason = f"the process that measured it died: {line['died']}"
                    case, names = work[number]
                    yield case, [Part(name, stopped=("interrupted", reason)) for name in names]
                elif "error" in line:
                    raise getattr(errors, line["kind"], GanrtError)(line["error"])
                elif line.get("stopped"):  # it heard of a Ctrl-C that this thread, not the first one, did not
                    raise KeyboardInterrupt


def _lines(request: Path) -> Generator[Json]:
    """What the child says; one that ends badly has a last line of ours. After a Ctrl-C, wherever it falls, only what it
    has measured by then."""
    command = [sys.executable, "-m", "ganrt.benchmarks.child", json.dumps({"measure": str(request)})]
    child = _Child()
    with (
        HeldInterrupts(child.end) as interrupts,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            child.started(process)
            for line in process.stdout:
                if line.startswith("{") and ("case" in (told := json.loads(line)) or not interrupts.told):
                    yield told
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            child.late.cancel()
        if code and not interrupts.told:
            said.seek(0)
            ends = [line for line in said.read().splitlines() if line.strip()]
            yield {"died": f"exit code {code}" + (f": {ends[-1][:300]}" if ends else "")}


class _Child:
    """A process that Ctrl-C asks to end, and that is ended where it takes too long, or at another one after a while.

    A terminal sends Ctrl-C to the process as well, some programs send it twice.
    """

    def __init__(self) -> None:
        self.late = threading.Timer(_LONGEST_S, self._kill)
        self.late.daemon = True
        self._process: subprocess.Popen[str] | None = None
        self._asked = count()
        self._first = 0.0

    def started(self, process: subprocess.Popen[str]) -> None:
        """From now on there is one; where Ctrl-C came first, it has nothing to lose."""
        self._process = process
        if self._first:
            self._kill()

    def end(self) -> None:
        """At Ctrl-C; may be called while it runs."""
        if next(self._asked):
            if self._first and time.monotonic() - self._first > _PATIENCE_S:
                self._kill()
            return
        self._first = time.monotonic()
        if self._process is None:
            return
        self.late.start()
        if sys.platform != "win32":  # there a console has told it already
            self._process.send_signal(signal.SIGINT)

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()


def read_request(path: Path, say: Say) -> tuple[Harness, Work]:
    """In the child: what is asked for."""
    from ganrt.benchmarks.telemetry.sampler import Sampler

    timing, work, observed = pickle.loads(path.read_bytes())
    return Harness(timing, observe=Sampler if observed else Unobserved, say=say), work


def measure(
    harness: Harness, cases: Sequence[Case], runners: Sequence[str], progress: Callable[[int], object]
) -> list[Result]:
    """One result a case and runner, in as many processes as the harness's timing asks for.

    Args:
        progress: told how many of `steps` are done.

    Raises:
        Interrupted: Ctrl-C; with the results of all cases that were begun.
        GanrtError: a model cannot be read, or there is no reference to check pictures against.
    """
    seen = _Seen(harness, cases, runners)
    results: list[Result] = []
    with HeldInterrupts() as interrupts:
        done = 0
        for number in range(harness.timing.repeats if harness.timing.repeats > 1 else 0):
            if not interrupts.told:
                done = seen.add_process(number, done, progress)
        for case in cases:
            if interrupts.told and not seen.begun(case):
                continue
            results += seen.results(case, interrupts.told)
            done += not seen.repeated(case)
            progress(done)
    if interrupts.told:
        raise Interrupted(results)
    return results


def steps(cases: Sequence[Case], timing: Timing) -> int:
    """How many steps `measure` tells its progress of."""
    return sum(timing.repeats if case.scenario not in PROCESSES else 1 for case in cases)


class _Seen:
    """What the processes have seen so far."""

    def __init__(self, harness: Harness, cases: Sequence[Case], runners: Sequence[str]) -> None:
        self._harness, self._runners = harness, runners
        self._parts: dict[Case, list[list[Part]]] = {case: [] for case in cases if self.repeated(case)}
        for case in cases:
            harness.describe(case)  # what is wrong with a model is said before anything starts

    def repeated(self, case: Case) -> bool:
        """Whether the case is measured in several processes."""
        return self._harness.timing.repeats > 1 and case.scenario not in PROCESSES

    def begun(self, case: Case) -> bool:
        """Whether some process has measured it."""
        return bool(self._parts.get(case))

    def add_process(self, number: int, done: int, progress: Callable[[int], object]) -> int:
        """Measures every case once more, in a fresh process, with the runners that are still in the run, opened in
        another order."""
        order = random.Random(self._harness.timing.seed + number)
        work = [(case, order.sample(left, len(left))) for case in self._parts if (left := self._left(case))]
        for case, parts in run_parts(self._harness, work):
            self._parts[case].append(parts)
            done += 1
            progress(done)
        return done

    def results(self, case: Case, interrupted: bool) -> list[Result]:
        """Of one case, which is measured now where one process is enough."""
        if not self.repeated(case):
            return self._harness.run(case, self._runners)
        return self._harness.results(case, self._runners, self._parts[case], interrupted)

    def _left(self, case: Case) -> list[str]:
        out = {part.runner for parts in self._parts[case] for part in parts if part.stopped}
        return [name for name in self._runners if name not in PROGRAMS and name not in out]
