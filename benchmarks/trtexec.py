"""NVIDIA's trtexec as a peer: run where it is present, or its `--exportTimes` file imported.

The file is a list of {"startEnqMs", ..., "h2dMs", "computeMs", "d2hMs", "latencyMs"}, one an inference (TensorRT's
open-source repository, samples/common/sampleReporting.cpp, exportJSONTrace; older releases name them inMs and outMs).
latencyMs is what an inference takes with its copies, waiting for the queue not included.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganrt.benchmarks.document import Json, Latency, Model, Result
from ganrt.benchmarks.inputs import Agreement, make_batches
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.outcome import NOTHING, bare_result
from ganrt.benchmarks.statistics import intervals, rate, summarise, trouble
from ganrt.engines.protocol import Arrays
from ganrt.errors import BadInputFile, GanrtError
from ganrt.spec import GeneratorSpec

FLAGS = {"fp32": ["--noTF32"], "fp16": ["--fp16"], "bf16": ["--bf16"], "int8": ["--int8", "--fp16"]}
_VERSION = re.compile(r"TensorRT[ .]v?(\d[\d.]*)|TensorRT v(\d+)", re.IGNORECASE)
_BUILT = re.compile(r"Engine built in ([\d.]+) sec")
_LONGEST_S = 3600  # building an engine may take long
_USUAL = Timing()
_MEND = "expected what trtexec --exportTimes=FILE wrote"


@dataclass(frozen=True)
class Trace:
    """One inference each, in order: latency and compute in milliseconds, start in milliseconds; float64 [n]."""

    latency: NDArray[np.float64]
    compute: NDArray[np.float64]
    start: NDArray[np.float64]


def read_times(path: Path) -> Trace:
    """Reads an `--exportTimes` file.

    Raises:
        BadInputFile: missing, no such file of trtexec's, or without any inference.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInputFile(f"{path} cannot be read: {error.strerror or error}\n{_MEND}") from error
    except ValueError as error:
        raise BadInputFile(f"{path} is not JSON: {error}\n{_MEND}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadInputFile(f"{path} is not a list of inferences\n{_MEND}")
    return Trace(*(_column(path, rows, name) for name in ("latencyMs", "computeMs", "startComputeMs")))


def _column(path: Path, rows: list[dict[str, Any]], name: str) -> NDArray[np.float64]:
    values = [row.get(name) for row in rows]
    for i, value in enumerate(values):
        if type(value) not in (int, float) or not 0 <= value < 1e12:  # type: ignore[operator]
            raise BadInputFile(f"{path}: '{name}' of inference {i} is {value!r}, expected a time in milliseconds")
    return np.array(values, np.float64)


def import_times(
    path: Path,
    case: Case,
    model: Model,
    flags: str,
    version: str | None,
    agreement: Agreement = NOTHING,
    timing: Timing = _USUAL,
) -> Result:
    """A result of scenario `single_stream` from a file; flags and version are kept as they are given.

    Images a second are those of the timeline: inferences between the first and the last start of computing.
    """
    trace = read_times(path)
    count = len(trace.latency)
    found = intervals(trace.latency, [count])
    span = float(trace.start[-1] - trace.start[0]) / 1e3
    if count > 1 and span > 0:
        images = round(case.batch_size * (count - 1) / span, 3)
    else:
        images = round(rate(case.batch_size, trace.latency / 1e3, None)[0], 3)
    parts = [len(part) for part in np.array_split(trace.latency, min(count, timing.slices))]
    reason = trouble(trace.latency, parts, found.get("p50"), timing.least_samples)
    notes = ["timed by trtexec itself, not interleaved with others; its inferences may overlap"]
    if not agreement.checked:
        notes.append("its pictures were not checked: the file holds times alone")
    summary: Json = {key: None if value is None else round(value, 6) for key, value in summarise(trace.latency).items()}
    return Result(
        scenario=case.scenario,
        subject="trtexec",
        model=model,
        status="unstable" if reason else "ok",
        reason=reason,
        entry=case.entry,
        batch_size=case.batch_size,
        precision=case.precision,
        device="cuda",
        samples=count,
        duration_s=round(float(trace.latency.sum()) / 1e3, 6),
        latency_ms=Latency(**summary),
        latency_intervals={key: (round(low, 6), round(high, 6)) for key, (low, high) in found.items()},
        images_per_second=images,
        macs_per_second=None if model.macs is None else images * model.macs,
        **agreement.fields(),
        latencies_us=tuple(float(value) for value in np.round(trace.latency[:2000] * 1e3, 3)),
        figures={"compute_p50_ms": round(float(np.median(trace.compute)), 6)},
        about={"flags": flags, "version": version or "not told"},
        notes=tuple(notes),
    )


def run_trtexec(case: Case, spec: GeneratorSpec, model: Model, timing: Timing) -> Result:
    """Builds and times the model with trtexec, and checks the pictures that it writes."""
    program = shutil.which("trtexec")
    if program is None:
        return bare_result(case, "trtexec", model, "not_run", "trtexec is not on the PATH: it comes with TensorRT")
    if case.scenario != "single_stream":
        return bare_result(case, "trtexec", model, "not_run", f"trtexec has no scenario {case.scenario}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measure(program, Path(folder), case, spec, model, timing)
    except (GanrtError, OSError, subprocess.TimeoutExpired) as error:
        return bare_result(case, "trtexec", model, "not_run", str(error)[:500])


def _measure(program: str, folder: Path, case: Case, spec: GeneratorSpec, model: Model, timing: Timing) -> Result:
    batches = make_batches(case.model, spec, case.batch_size, timing.seed)
    shapes, loaded = write_inputs(batches.input(0), folder)
    flags = [*FLAGS[case.precision], shapes, f"--duration={max(1, round(timing.duration_s))}"]
    files = [loaded, f"--exportTimes={folder / 'times.json'}", f"--exportOutput={folder / 'output.json'}"]
    said = run_program(program, case.model, [*flags, *files])
    version = _VERSION.search(said)
    agreement = Agreement().with_pictures(_images(folder / "output.json"), batches.reference(0))
    if agreement.psnr_db is not None and agreement.psnr_db < timing.gate(case.precision):
        reason = f"the worst picture is {agreement.psnr_db:.1f} dB from the FP32 reference"
        return bare_result(case, "trtexec", model, "wrong_output", reason, agreement)
    found = (version.group(1) or version.group(2)) if version else None
    result = import_times(folder / "times.json", case, model, " ".join(flags), found, agreement, timing)
    built = _BUILT.search(said)
    return replace(result, figures={**result.figures, "build_ms": 1e3 * float(built.group(1))}) if built else result


def write_inputs(inputs: Arrays, folder: Path) -> tuple[str, str]:
    """The flags that give trtexec these inputs: their shapes, and the files that they are written to."""
    for name, values in inputs.items():
        values.tofile(folder / name)
    shapes = ",".join(f"{name}:{'x'.join(map(str, values.shape))}" for name, values in inputs.items())
    return f"--shapes={shapes}", "--loadInputs=" + ",".join(f"{name}:{folder / name}" for name in inputs)


def run_program(program: str, model: Path, flags: Sequence[str]) -> str:
    """Runs trtexec: what it said.

    Raises:
        BadInputFile: it failed.
    """
    command = [program, f"--onnx={model}", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, errors="replace")
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "[E]" in line]
        raise BadInputFile(f"trtexec failed: {said[0][:300] if said else f'exit code {done.returncode}'}")
    return done.stdout


def _images(path: Path) -> NDArray[np.uint8]:
    """The output `image` of an --exportOutput file: [{"name", "dimensions": "16x64x64x3", "values": [...]}]."""
    try:
        outputs = {entry["name"]: entry for entry in json.loads(path.read_text("utf-8"))}
        shape = [int(side) for side in outputs["image"]["dimensions"].split("x")]
        return np.array(outputs["image"]["values"], np.float64).astype(np.uint8).reshape(shape)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputFile(f"trtexec wrote no output 'image' that can be read: {error}") from error
