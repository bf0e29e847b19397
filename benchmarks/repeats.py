"""Cells measured in several fresh processes, one after the other, each with its share of the duration.

What differs between two runs of a program differs between two of these processes too: where memory lies, how threads
were placed, who else was awake. All cells go through the first process, then through the second, so that the parts of
a cell lie as far apart in time as the whole command lasts.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from ganrt import errors
from ganrt.benchmarks.document import Json, Result
from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.measurement import Part, Unobserved, part_from_json
from ganrt.benchmarks.options import PROCESSES, Cell, Timing
from ganrt.benchmarks.runners import PROGRAMS
from ganrt.errors import GanrtError
from ganrt.interrupts import HeldInterrupts

Say = Callable[[str], object]
Work = list[tuple[Cell, list[str]]]
_LONGEST_S = 30.0  # that an interrupted process may take to write what it has
_PATIENCE_S = 1.0  # between two Ctrl-C that mean what one does


def run_parts(harness: Harness, work: Work) -> Iterator[tuple[Cell, list[Part]]]:
    """(cell, what a fresh process saw of its runners), as they come. Ctrl-C ends the process early, and is for a
    `HeldInterrupts` around this to tell of.

    A process that dies takes the runners of its cell out of the run; cells behind that one are not in what comes.

    Raises:
        KeyboardInterrupt: only in another thread than the first, after what the process had seen.
        GanrtError: there is no reference to check pictures against.
    """
    if not work:
        return
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        request.write_text(json.dumps(_request(harness, work)), "utf-8")
        number = 0
        with closing(_lines(request)) as lines:
            for line in lines:
                if "say" in line:
                    harness.say(line["say"])
                elif "cell" in line:
                    number += 1
                    parts = json.loads(Path(line["file"]).read_text("utf-8"))
                    yield work[line["cell"]][0], [part_from_json(part) for part in parts]
                elif "died" in line and number < len(work):
                    reason = f"the process that measured it died: {line['died']}"
                    cell, names = work[number]
                    yield cell, [Part(name, stopped=("interrupted", reason)) for name in names]
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
                if line.startswith("{") and ("cell" in (told := json.loads(line)) or not interrupts.told):
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


def _request(harness: Harness, work: Work) -> Json:
    cells = [
        [{**asdict(cell), "model": str(cell.model), "checkpoint": _text(cell.checkpoint)}, names]
        for cell, names in work
    ]
    timing = asdict(harness.timing.of_one_process())
    return {"timing": timing, "cells": cells, "telemetry": harness.observe is not Unobserved}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def read_request(path: Path, say: Say) -> tuple[Harness, Work]:
    """In the child: what is asked for."""
    from ganrt.benchmarks.telemetry.sampler import Sampler

    asked: dict[str, Any] = json.loads(path.read_text("utf-8"))
    work: Work = []
    for plain, names in asked["cells"]:
        checkpoint = Path(plain["checkpoint"]) if plain["checkpoint"] else None
        work.append((Cell(**{**plain, "model": Path(plain["model"]), "checkpoint": checkpoint}), names))
    return Harness(Timing(**asked["timing"]), observe=Sampler if asked["telemetry"] else Unobserved, say=say), work


def measure(
    harness: Harness, cells: Sequence[Cell], runners: Sequence[str], progress: Callable[[int], object]
) -> list[Result]:
    """One result a cell and runner, in as many processes as the harness's timing asks for.

    Args:
        progress: told how many of `steps` are done.

    Raises:
        Interrupted: Ctrl-C; with the results of all cells that were begun.
        GanrtError: a model cannot be read, or there is no reference to check pictures against.
    """
    seen = _Seen(harness, cells, runners)
    results: list[Result] = []
    with HeldInterrupts() as interrupts:
        done = 0
        for number in range(harness.timing.repeats if harness.timing.repeats > 1 else 0):
            if not interrupts.told:
                done = seen.add_process(number, done, progress)
        for cell in cells:
            if interrupts.told and not seen.begun(cell):
                continue
            results += seen.results(cell, interrupts.told)
            done += not seen.repeated(cell)
            progress(done)
    if interrupts.told:
        raise Interrupted(results)
    return results


def steps(cells: Sequence[Cell], timing: Timing) -> int:
    """How many steps `measure` tells its progress of."""
    return sum(timing.repeats if cell.scenario not in PROCESSES else 1 for cell in cells)


class _Seen:
    """What the processes have seen so far."""

    def __init__(self, harness: Harness, cells: Sequence[Cell], runners: Sequence[str]) -> None:
        self._harness, self._runners = harness, runners
        self._parts: dict[Cell, list[list[Part]]] = {cell: [] for cell in cells if self.repeated(cell)}
        for cell in cells:
            harness.describe(cell)  # what is wrong with a model is said before anything starts

    def repeated(self, cell: Cell) -> bool:
        """Whether the cell is measured in several processes."""
        return self._harness.timing.repeats > 1 and cell.scenario not in PROCESSES

    def begun(self, cell: Cell) -> bool:
        """Whether some process has measured it."""
        return bool(self._parts.get(cell))

    def add_process(self, number: int, done: int, progress: Callable[[int], object]) -> int:
        """Measures every cell once more, in a fresh process, with the runners that are still in the run, opened in
        another order."""
        order = random.Random(self._harness.timing.seed + number)
        work = [(cell, order.sample(left, len(left))) for cell in self._parts if (left := self._left(cell))]
        for cell, parts in run_parts(self._harness, work):
            self._parts[cell].append(parts)
            done += 1
            progress(done)
        return done

    def results(self, cell: Cell, interrupted: bool) -> list[Result]:
        """Of one cell, which is measured now where one process is enough."""
        if not self.repeated(cell):
            return self._harness.run(cell, self._runners)
        return self._harness.results(cell, self._runners, self._parts[cell], interrupted)

    def _left(self, cell: Cell) -> list[str]:
        out = {part.runner for parts in self._parts[cell] for part in parts if part.stopped}
        return [name for name in self._runners if name not in PROGRAMS and name not in out]
