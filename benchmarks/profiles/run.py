"""From a model, or from a profile that somebody else's run wrote, to the table of layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ganrt.benchmarks.inputs import make_inputs
from ganrt.benchmarks.limits import measure_limits
from ganrt.benchmarks.profiles import onnxruntime, openvino, tensorrt
from ganrt.benchmarks.profiles.table import LayerTime, ProfileTable, make_table
from ganrt.benchmarks.roofline import Limit, roofline
from ganrt.engines.cost import layer_costs
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import UsageError

RUNNABLE = ("onnxruntime", "openvino")
IMPORTABLE = ("onnxruntime", "tensorrt")


@dataclass(frozen=True)
class ProfileOptions:
    """How to profile: `backend` in `precision` (of OpenVINO fp32, bf16 or fp16; else fp32), with `batch_size` images,
    the median of `runs`; `roof`: beside the machine's measured limits, which takes seconds."""

    backend: str = "onnxruntime"
    precision: str = "fp32"
    batch_size: int = 16
    runs: int = 20
    threads: int | None = None
    roof: bool = False


def profile_model(model: Path, options: ProfileOptions) -> ProfileTable:
    """Runs the model with the backend's own profiler on.

    Raises:
        UsageError: a backend that cannot be profiled here, or a precision that it does not offer.
        BackendUnavailable: the backend, or the onnx package, is missing.
        BadInputFile: no sound model.
    """
    if options.backend not in RUNNABLE:
        raise UsageError(
            f"backend '{options.backend}': expected {' or '.join(RUNNABLE)}; of tensorrt, import what trtexec wrote"
        )
    precisions = ("fp32", "bf16", "fp16") if options.backend == "openvino" else ("fp32",)
    if options.precision not in precisions:
        raise UsageError(f"precision '{options.precision}': {options.backend} is profiled in {', '.join(precisions)}")
    if min(options.batch_size, options.runs) < 1:
        raise UsageError("bench layers: expected a batch and runs of 1 or more")
    inputs = make_inputs(read_onnx(model).spec(), 0, 0, options.batch_size)
    if options.backend == "openvino":
        times, runs = openvino.run_profile(
            model, inputs, runs=options.runs, threads=options.threads, precision=options.precision
        )
    else:
        times, runs = onnxruntime.run_profile(model, inputs, runs=options.runs, threads=options.threads)
    limit = None
    if options.roof:
        limit = measure_limits((options.precision,), threads=options.threads).limit(options.precision)
    return _table(model, options.backend, times, runs, options.batch_size, options.precision, limit)


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
    return _table(model, backend, times, runs, batch_size, "fp32", None)


def _table(
    model: Path,
    engine: str,
    times: list[LayerTime],
    runs: int,
    batch_size: int | None,
    precision: str,
    limit: Limit | None,
) -> ProfileTable:
    costs = layer_costs(model)
    roof = roofline(costs, limit, precision, batch_size) if costs and limit and batch_size else None
    return make_table(engine, times, runs=runs, batch_size=batch_size, costs=costs, roof=roof)
