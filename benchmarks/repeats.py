"""Cells measured in several fresh processes, one after the other, each with its share of the duration.

What differs between two runs of a program differs between two of these processes too: where memory lies, how threads
were placed, who else was awake. All cells go through the first process, then through the second, so that the parts of
a cell lie as far apart in time as the whole command lasts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ganrt.benchmarks.contestants import Part
from ganrt.benchmarks.document import Result
from ganrt.benchmarks.fresh_process import run_parts
from ganrt.benchmarks.options import PROCESSES, Cell, Timing
from ganrt.benchmarks.runner import Interrupted, Runner
from ganrt.benchmarks.subjects import PROGRAMS
from ganrt.interrupts import HeldInterrupts


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
    results: list[Result] = []
    with HeldInterrupts() as interrupts:
        done = 0
        for number in range(runner.timing.repeats if runner.timing.repeats > 1 else 0):
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
