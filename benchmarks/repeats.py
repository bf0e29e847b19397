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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganrt import errors
from ganrt.benchmarks.document import Result
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.observe import Unobserved
from ganrt.benchmarks.options import PROCESSES, Cell, Timing
from ganrt.benchmarks.parts import Part, part_from_json
from ganrt.benchmarks.runner import Interrupted, Runner
from ganrt.benchmarks.subjects import PROGRAMS
from ganrt.errors import GanrtError

Say = Callable[[str], object]
Work = list[tuple[Cell, list[str]]]
_LONGEST_S = 30  # that an interrupted process may take to write what it has


def measure(
    runner: Runner, cells: Sequence[Cell], subjects: Sequence[str], progress: Callable[[int], object]
) -> list[Result]:
    """One result a cell and subject, in as many processes as the runner's timing asks for.

    Args:
        progress: told how many of `steps` are done.

    Raises:
        Interrupted: Ctrl-C; with the results of all cells that were begun.
        GanrtError: a model cannot be read, or there is no reference to check pictures against.
    """
    seen = _Seen(runner, cells, subjects)
    interrupted, done, results = False, 0, list[Result]()
    try:
        for number in range(runner.timing.repeats if runner.timing.repeats > 1 else 0):
            done = seen.add_process(number, done, progress)
    except KeyboardInterrupt:
        interrupted = True
    for cell in cells:
        if interrupted and not seen.begun(cell):
            continue
        try:
            results += seen.results(cell, interrupted)
        except Interrupted as stopped:
            results += stopped.results
            interrupted = True
        except KeyboardInterrupt:
            interrupted = True
        done += not seen.repeated(cell)
        progress(done)
    if interrupted:
        raise Interrupted(results)
    return results


def steps(cells: Sequence[Cell], timing: Timing) -> int:
    """How many steps `measure` tells its progress of."""
    return sum(timing.repeats if cell.scenario not in PROCESSES else 1 for cell in cells)


class _Seen:
    """What the processes have seen so far."""

    def __init__(self, runner: Runner, cells: Sequence[Cell], subjects: Sequence[str]) -> None:
        self._runner, self._subjects = runner, subjects
        self._parts: dict[Cell, list[list[Part]]] = {cell: [] for cell in cells if self.repeated(cell)}
        for cell in cells:
            runner.describe(cell)  # what is wrong with a model is said before anything starts

    def repeated(self, cell: Cell) -> bool:
        """Whether the cell is measured in several processes."""
        return self._runner.timing.repeats > 1 and cell.scenario not in PROCESSES

    def begun(self, cell: Cell) -> bool:
        """Whether some process has measured it."""
        return bool(self._parts.get(cell))

    def add_process(self, number: int, done: int, progress: Callable[[int], object]) -> int:
        """Measures every cell once more, in a fresh process, with the subjects that are still in the race, opened in
        another order."""
        order = random.Random(self._runner.timing.seed + number)
        work = [(cell, order.sample(left, len(left))) for cell in self._parts if (left := self._left(cell))]
        for cell, parts in run_parts(self._runner, work):
            self._parts[cell].append(parts)
            done += 1
            progress(done)
        return done

    def results(self, cell: Cell, interrupted: bool) -> list[Result]:
        """Of one cell, which is measured now where one process is enough."""
        if not self.repeated(cell):
            return self._runner.run(cell, self._subjects)
        return self._runner.results(cell, self._subjects, self._parts[cell], interrupted)

    def _left(self, cell: Cell) -> list[str]:
        out = {part.subject for parts in self._parts[cell] for part in parts if part.stopped}
        return [name for name in self._subjects if name not in PROGRAMS and name not in out]


def run_parts(runner: Runner, work: Work) -> Iterator[tuple[Cell, list[Part]]]:
    """(cell, what a fresh process saw of its subjects), as they come.

    A process that dies takes the subjects of its cell out of the race; cells behind that one are not in what comes.

    Raises:
        KeyboardInterrupt: after what the process had seen by then.
        GanrtError: there is no reference to check pictures against.
    """
    if not work:
        return
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        request.write_text(json.dumps(_request(runner, work)), "utf-8")
        number = 0
        for line in _lines(request):
            if "say" in line:
                runner.say(line["say"])
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
            elif line.get("stopped"):
                raise KeyboardInterrupt


def _lines(request: Path) -> Iterator[Json]:
    """What the child says; one that ends badly has a last line of ours. Ctrl-C lets it write what it has."""
    command = [sys.executable, "-m", "ganrt.benchmarks.child", json.dumps({"measure": str(request)})]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            assert process.stdout is not None
            try:
                yield from (json.loads(line) for line in process.stdout if line.startswith("{"))
                code = process.wait()
            except KeyboardInterrupt:
                yield from _last_cells(process)
                raise
            except BaseException:
                process.kill()
                raise
        if code:
            said.seek(0)
            told = [line for line in said.read().splitlines() if line.strip()]
            yield {"died": f"exit code {code}" + (f": {told[-1][:300]}" if told else "")}


def _last_cells(process: subprocess.Popen[str]) -> Iterator[Json]:
    """Of a process that is asked to end, or, where it takes too long, is ended."""
    assert process.stdout is not None
    if sys.platform != "win32":  # there a console has told it already
        process.send_signal(signal.SIGINT)
    late = threading.Timer(_LONGEST_S, process.kill)
    late.start()
    try:
        lines = [json.loads(line) for line in process.stdout if line.startswith("{")]
    except BaseException:
        process.kill()
        raise
    finally:
        late.cancel()
    yield from (line for line in lines if "cell" in line)


def _request(runner: Runner, work: Work) -> Json:
    cells = [
        [{**asdict(cell), "model": str(cell.model), "checkpoint": _text(cell.checkpoint)}, names]
        for cell, names in work
    ]
    timing = asdict(runner.timing.of_one_process())
    return {"timing": timing, "cells": cells, "telemetry": runner.observe is not Unobserved}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def read_request(path: Path, say: Say) -> tuple[Runner, Work]:
    """In the child: what is asked for."""
    from ganrt.benchmarks.telemetry.sampler import Sampler

    asked: dict[str, Any] = json.loads(path.read_text("utf-8"))
    work: Work = []
    for plain, names in asked["cells"]:
        checkpoint = Path(plain["checkpoint"]) if plain["checkpoint"] else None
        work.append((Cell(**{**plain, "model": Path(plain["model"]), "checkpoint": checkpoint}), names))
    return Runner(Timing(**asked["timing"]), observe=Sampler if asked["telemetry"] else Unobserved, say=say), work
