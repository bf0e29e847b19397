"""From a model, or from a profile that somebody else's run wrote, to the table of layers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganrt.benchmarks.document import Result
from ganrt.benchmarks.limits import measure_limits
from ganrt.benchmarks.profiles import onnxruntime, openvino, tensorrt
from ganrt.benchmarks.profiles.table import LayerTime, ProfileTable, make_table
from ganrt.benchmarks.roofline import Limit, roofline
from ganrt.engines.cost import layer_costs
from ganrt.engines.forms import distinct_forms
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import UsageError
from ganrt.runtime.sample_inputs import make_inputs

# What each is profiled in.
RUNNABLE = {
    "onnxruntime": ("fp32",),
    "openvino": ("fp32", "bf16", "fp16"),
    "tensorrt": ("fp32", "bf16", "fp16", "int8"),
}
IMPORTABLE = ("onnxruntime", "tensorrt")


@dataclass(frozen=True)
class ProfileOptions:
    """How to profile: `backend` in `precision` (one of `RUNNABLE`), with `batch_size` images,
    the median of `runs`; `roof`: beside the machine's measured limits, which takes seconds."""

    backend: str = "onnxruntime"
    precision: str = "fp32"
    batch_size: int = 16
    runs: int = 20
    threads: int | None = None
    roof: bool = False


def engines_in_use(results: Sequence[Result], threads: int | None) -> list[ProfileOptions]:
    """How to profile what ran: each engine that can be, in the precision and at the batch size of its results.

    Profiled is the model's own graph on the engine alone, not the form that a tuned runner runs.
    """
    found = []
    for result in results:
        engine = "tensorrt" if result.subject == "trtexec" else str(result.about.get("version", "")).split(" ")[0]
        precision = result.precision or ""
        here = result.device == "cpu" or engine == "tensorrt"  # ONNX Runtime and OpenVINO are profiled on the CPU
        if here and result.latency_ms and result.batch_size and precision in RUNNABLE.get(engine, ()):
            found.append(ProfileOptions(engine, precision, result.batch_size, threads=threads))
    return list(dict.fromkeys(found))


def profile_model(model: Path, options: ProfileOptions) -> ProfileTable:
    """Runs the model with the backend's own profiler on.

    Raises:
        UsageError: a backend that cannot be profiled here, or a precision that it does not offer.
        BackendUnavailable: the backend, or the onnx package, is missing.
        BadInputFile: no sound model.
    """
    if options.backend not in RUNNABLE:
        raise UsageError(f"backend '{options.backend}': expected {', '.join(RUNNABLE)}")
    precisions = RUNNABLE[options.backend]
    if options.precision not in precisions:
        raise UsageError(f"precision '{options.precision}': {options.backend} is profiled in {', '.join(precisions)}")
    if min(options.batch_size, options.runs) < 1:
        raise UsageError("bench layers: expected a batch and runs of 1 or more")
    inputs = make_inputs(read_onnx(model).spec(), 0, 0, options.batch_size)
    if options.backend == "openvino":
        times, runs = openvino.run_profile(
            model, inputs, runs=options.runs, threads=options.threads, precision=options.precision
        )
    elif options.backend == "tensorrt":
        times, runs = tensorrt.run_profile(model, inputs, options.precision)
    else:
        times, runs = onnxruntime.run_profile(model, inputs, runs=options.runs, threads=options.threads)
    limit = None
    if options.roof and options.backend != "tensorrt":  # the limits are the CPU's
        limit = measure_limits((options.precision,), threads=options.threads).limit(options.precision)
    return _table(model, options.backend, times, runs, options.batch_size, options.precision, limit)


def profile_forms(model: Path, options: ProfileOptions) -> dict[str, float]:
    """What each exactly equivalent form of the model takes, profiled alike: milliseconds a run by its name, `plain`
    among them. Raises what `profile_model` raises."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for form in distinct_forms(model.read_bytes()):
            path = Path(folder, f"{form.name}.onnx")
            path.write_bytes(form.data)
            found[form.name] = profile_model(path, options).milliseconds
    return found


def import_profile(
    model: Path, backend: str, profile: Path, *, layer_info: Path | None = None, batch_size: int | None = None
) -> ProfileTable:
    """Reads a profile of the same model.

    Args:
        layer_info: of TensorRT, what `trtexec --exportLayerInfo` wrote.
        batch_size: of the profiled runs; None: multiplications are not told.

    Raises:
        UsageError: a backend whose profiles are not read.
        BadInputFile: no such profile.
    """
    if backend not in IMPORTABLE:
        raise UsageError(f"backend '{backend}': profiles of {' and '.join(IMPORTABLE)} are read")
    if backend == "tensorrt":
        times, runs = tensorrt.read_profile(profile, layer_info)
    else:
        times, runs = onnxruntime.read_profile(profile)
    return _table(model, backend, times, runs, batch_size, None, None)


def _table(
    model: Path,
    engine: str,
    times: list[LayerTime],
    runs: int,
    batch_size: int | None,
    precision: str | None,
    limit: Limit | None,
) -> ProfileTable:
    costs = layer_costs(model)
    roof = roofline(costs, limit, precision, batch_size) if costs and limit and batch_size and precision else None
    return make_table(engine, times, runs=runs, batch_size=batch_size, costs=costs, roof=roof, precision=precision)
