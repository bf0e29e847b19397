"""ONNX Runtime's profile: a JSON array of trace events, one a node and run, durations in microseconds.

The file comes from `SessionOptions.enable_profiling` (documented under "Profiling tools"). Profiling costs time in each
node, so that short ones look slower than they are. Graph optimisations rename what they fuse; what keeps the name of
its first node is matched with it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.profiles.table import LayerTime, median_times
from ganrt.errors import BackendUnavailable, BadInputFile
from ganrt.offline import import_onnxruntime

_KERNEL = "_kernel_time"
_BLOCKED = "_nchwc"  # added to the names of nodes that run in channel blocks
MAX_BYTES = 512 * 2**20


def parse_profile(
    text: str | bytes, what: str = "ONNX Runtime profile", *, skip: int = 1
) -> tuple[list[LayerTime], int]:
    """The file's content -> (layers with their median time, how many runs).

    Args:
        what: names the source in errors.
        skip: runs at the beginning that warm up; ignored where there are no more than these.

    Raises:
        BadInputFile: it is not such a profile.
    """
    try:
        events = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputFile(f"{what} is not JSON: {error}; expected what ONNX Runtime's profiling wrote") from error
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise BadInputFile(f"{what}: expected a JSON array of trace events, as ONNX Runtime's profiling writes it")
    try:
        runs, operators = _runs(events)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputFile(f"{what}: an event is not as ONNX Runtime writes it: {error!r}") from error
    if not runs:
        raise BadInputFile(f"{what} holds no run of a node; expected a profile that was ended after a run")
    counted = runs[skip:] or runs
    times = median_times(counted)
    return [
        LayerTime(name, operators[name], time, (name.removesuffix(_BLOCKED),)) for name, time in times.items()
    ], len(counted)


def _runs(events: list[dict[str, Any]]) -> tuple[list[dict[str, float]], dict[str, str]]:
    """Milliseconds by node, run by run; a run ends with the session's own event."""
    runs: list[dict[str, float]] = []
    operators: dict[str, str] = {}
    present: dict[str, float] = {}
    for event in events:
        name = str(event["name"])
        if event["cat"] == "Session" and name == "model_run" and present:
            runs.append(present)
            present = {}
        elif event["cat"] == "Node" and name.endswith(_KERNEL):
            arguments = event["args"]
            node = name.removesuffix(_KERNEL) or f"node {arguments['node_index']}"
            present[node] = present.get(node, 0.0) + float(event["dur"]) / 1e3
            operators[node] = str(arguments["op_name"])
    if present:
        runs.append(present)
    return runs, operators


def read_profile(path: Path) -> tuple[list[LayerTime], int]:
    """Reads a profile file; see `parse_profile`."""
    return parse_profile(read_text(path), str(path))


def read_text(path: Path) -> bytes:
    """A profile's bytes.

    Raises:
        BadInputFile: missing, a folder, or larger than any profile.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInputFile(f"{path} has more than {MAX_BYTES >> 20} MiB: profile fewer runs")
        return path.read_bytes()
    except OSError as error:
        raise BadInputFile(f"{path} cannot be read: {error.strerror or error}; expected a profile") from error


def run_profile(
    model: Path, inputs: Mapping[str, NDArray[Any]], *, runs: int = 10, threads: int | None = None
) -> tuple[list[LayerTime], int]:
    """Runs a model on the CPU with profiling on; the first run warms up and is not counted.

    Args:
        inputs: by name, with one batch size.
    """
    try:
        onnxruntime = import_onnxruntime()
    except ImportError as error:
        raise BackendUnavailable('onnxruntime is not installed\ninstall it: pip install "ganrt[cpu]"') from error
    with tempfile.TemporaryDirectory() as folder:
        settings = onnxruntime.SessionOptions()
        settings.enable_profiling = True
        settings.profile_file_prefix = str(Path(folder) / "profile")
        settings.intra_op_num_threads = threads or 0
        session = onnxruntime.InferenceSession(model.read_bytes(), settings, providers=["CPUExecutionProvider"])
        for _ in range(runs + 1):
            session.run(None, {name: np.ascontiguousarray(value) for name, value in inputs.items()})
        return read_profile(Path(session.end_profiling()))
