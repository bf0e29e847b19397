"""One fresh process that measures cells: what it is asked for, what it hands back, and how Ctrl-C ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ganrt import errors
from ganrt.benchmarks.fields import Json
from ganrt.benchmarks.interrupts import HeldInterrupts
from ganrt.benchmarks.observe import Unobserved
from ganrt.benchmarks.options import Cell, Timing
from ganrt.benchmarks.parts import Part, part_from_json
from ganrt.benchmarks.runner import Runner
from ganrt.errors import GanrtError

Say = Callable[[str], object]
Work = list[tuple[Cell, list[str]]]
_LONGEST_S = 30  # that an interrupted process may take to write what it has


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
            elif line.get("stopped"):  # asked by someone else than us
                raise KeyboardInterrupt


def _lines(request: Path) -> Iterator[Json]:
    """What the child says; one that ends badly has a last line of ours. Ctrl-C lets it write what it has, wherever it
    falls: here, or in what the caller does with a line.

    Raises:
        KeyboardInterrupt: after the last line.
    """
    command = [sys.executable, "-m", "ganrt.benchmarks.child", json.dumps({"measure": str(request)})]
    child = _Child()
    with (
        HeldInterrupts(child.end) as interrupts,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
    ):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True) as process:
            assert process.stdout is not None
            try:
                child.started(process, interrupts.told)
                lines = (json.loads(line) for line in process.stdout if line.startswith("{"))
                yield from (line for line in lines if "cell" in line or not interrupts.told)
                code = process.wait()
            except BaseException:
                process.kill()
                raise
            finally:
                child.late.cancel()
        if interrupts.told:
            raise KeyboardInterrupt
        if code:
            said.seek(0)
            told = [line for line in said.read().splitlines() if line.strip()]
            yield {"died": f"exit code {code}" + (f": {told[-1][:300]}" if told else "")}


class _Child:
    """A process that is asked to end, and, where it takes too long or at the second time, is ended."""

    def __init__(self) -> None:
        self.late = threading.Timer(_LONGEST_S, self._kill)
        self._process: subprocess.Popen[str] | None = None

    def started(self, process: subprocess.Popen[str], to_end: bool) -> None:
        """From now on there is one; `to_end`: it was asked to end before."""
        self._process = process
        if to_end:
            self.end()

    def end(self) -> None:
        """At Ctrl-C."""
        if self._process is None:
            return
        if self.late.ident is not None:  # asked before
            self._kill()
            return
        self.late.daemon = True
        self.late.start()
        if sys.platform != "win32":  # there a console has told it already
            self._process.send_signal(signal.SIGINT)

    def _kill(self) -> None:
        assert self._process is not None
        self._process.kill()


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
