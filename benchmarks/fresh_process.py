"""One fresh process that measures cells: what it is asked for, what it hands back, and how Ctrl-C ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from ganrt import errors
from ganrt.benchmarks.contestants import Part, Unobserved, part_from_json
from ganrt.benchmarks.document import Json
from ganrt.benchmarks.options import Cell, Timing
from ganrt.benchmarks.runner import Runner
from ganrt.errors import GanrtError
from ganrt.interrupts import HeldInterrupts

Say = Callable[[str], object]
Work = list[tuple[Cell, list[str]]]
_LONGEST_S = 30.0  # that an interrupted process may take to write what it has
_PATIENCE_S = 1.0  # between two Ctrl-C that mean what one does


def run_parts(runner: Runner, work: Work) -> Iterator[tuple[Cell, list[Part]]]:
    """(cell, what a fresh process saw of its subjects), as they come. Ctrl-C ends the process early, and is for a
    `HeldInterrupts` around this to tell of.

    A process that dies takes the subjects of its cell out of the race; cells behind that one are not in what comes.

    Raises:
        KeyboardInterrupt: only in another thread than the first, after what the process had seen.
        GanrtError: there is no reference to check pictures against.
    """
    if not work:
        return
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        request.write_text(json.dumps(_request(runner, work)), "utf-8")
        number = 0
        with closing(_lines(request)) as lines:
            for line in lines:
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
