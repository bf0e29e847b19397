"""A process of its own: `python -m ganrt.benchmarks.child REQUEST`, REQUEST a JSON object.

    {"runner": ..., "model": ..., ...}   opens a runner, says "ready" at its first pictures, runs `calls` more
    {"ganrt": [arguments]}                runs the command line
    {"measure": FILE}                     measures what the file asks for (see `repeats.py`)

Standard output carries one JSON object a line; the last one has the process's peak memory.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def peak_bytes() -> int | None:
    """In bytes; None where the system does not tell without psutil.

    Linux: VmHWM, not getrusage, whose figure a child inherits from the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(lines[0].split()[1]) * 1024 if lines else None
    if sys.platform == "win32":
        try:
            return int(import_module("psutil").Process().memory_info().peak_wset)
        except ImportError:
            return None
    from resource import RUSAGE_SELF, getrusage  # not on Windows

    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Runs the request of the command line."""
    started = time.perf_counter()
    request = json.loads(sys.argv[1])

    try:
        if "measure" in request:
            report = _measure(Path(request["measure"]))
        else:
            report = _command_line(request["ganrt"]) if "ganrt" in request else _runner(request, started)
    except Exception as error:  # any peer may fail in any way
        from ganrt.benchmarks.measurement import describe

        _tell({"error": describe(error), "kind": type(error).__name__})
        return

    _tell({**report, "peak_bytes": peak_bytes()})


def _tell(values: dict[str, Any]) -> None:
    print(json.dumps(values), flush=True)


def _command_line(arguments: list[str]) -> dict[str, Any]:
    """The command's own output goes to standard error, so that standard output stays JSON."""
    import runpy
    from contextlib import redirect_stdout

    sys.argv = ["ganrt", *arguments]
    with redirect_stdout(sys.stderr):
        try:
            runpy.run_module("ganrt", run_name="__main__")
        except SystemExit as ended:
            return {"exit_code": ended.code or 0}
    return {"exit_code": 0}


def _measure(request: Path) -> dict[str, Any]:
    """Tells of each case which file holds what was seen of it; Ctrl-C ends it early, with what there is."""
    from ganrt.benchmarks.repeats import read_request
    from ganrt.interrupts import HeldInterrupts

    with HeldInterrupts() as interrupts:
        harness, work = read_request(request, lambda line: _tell({"say": line}))
        for number, (case, runners) in enumerate(work):
            parts = harness.parts(case, runners)
            target = request.with_name(f"{request.stem}-{number}.pickle")
            target.write_bytes(pickle.dumps(parts))
            _tell({"case": number, "file": str(target)})
            if interrupts.told:
                return {"stopped": True}
    return {}


def _runner(request: dict[str, Any], started: float) -> dict[str, Any]:
    from ganrt.benchmarks.runners import open_runner
    from ganrt.benchmarks.runners.protocol import Request
    from ganrt.engines.onnx_file import read_onnx
    from ganrt.runtime.sample_inputs import make_inputs

    imported, base = time.perf_counter(), peak_bytes()
    path, batch = Path(request["model"]), int(request["batch_size"])
    spec = read_onnx(path).spec()
    checkpoint = Path(request["checkpoint"]) if request["checkpoint"] else None
    opened = Request(path, spec, request["precision"], request["threads"], request["device"], batch, checkpoint)
    runner = open_runner(request["runner"], opened)
    loaded = time.perf_counter()
    inputs = make_inputs(spec, request["seed"], 0, batch)
    images = runner.run(inputs)
    _tell({"ready": True})
    drawn = time.perf_counter()
    for _ in range(request["calls"]):
        runner.run(inputs)
    import numpy as np

    np.save(request["images"], images)
    return {
        "imports_s": imported - started,
        "open_s": loaded - imported,
        "first_images_s": drawn - loaded,
        "base_bytes": base,
        "device": runner.device,
        "about": runner.about,
    }


if __name__ == "__main__":
    main()
