"""OpenVINO's performance counters (property PERF_COUNT, `InferRequest.profiling_info`), on the CPU.

Compiled layers say in the runtime model which of the original ones went into them ("originalLayersNames").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ganrt.benchmarks.profiles.table import LayerTime, median_times
from ganrt.engines.openvino_graph import import_openvino
from ganrt.errors import BackendUnavailable, BadInputFile

_HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


def run_profile(
    model: Path,
    inputs: Mapping[str, NDArray[Any]],
    *,
    runs: int = 10,
    threads: int | None = None,
    precision: str = "fp32",
) -> tuple[list[LayerTime], int]:
    """Runs a model with counters on; the first run warms up and is not counted. Counts real time, layer by layer.

    Raises:
        BackendUnavailable: OpenVINO is missing, or does not compute in this precision here.
        BadInputFile: it does not read the model.
    """
    openvino = import_openvino()
    core = openvino.Core()
    settings: dict[str, object] = {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": _HINTS[precision]}
    if threads:
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        compiled = core.compile_model(core.read_model(str(model)), "CPU", settings)
    except RuntimeError as error:
        raise BadInputFile(f"{model} is not a graph that OpenVINO can run: {error}") from error
    used = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    if used != _HINTS[precision]:
        raise BackendUnavailable(f"OpenVINO computes in {used} on this processor, not in {precision}")
    request = compiled.create_infer_request()
    seen: list[dict[str, float]] = []
    operators: dict[str, str] = {}
    for _ in range(runs + 1):
        request.infer(dict(inputs))
        seen.append(_one_run(request.profiling_info, operators))
    origins = _origins(compiled)
    times = median_times(seen[1:])
    return [LayerTime(name, operators[name], time, origins.get(name, (name,))) for name, time in times.items()], runs


def _one_run(counters: Any, operators: dict[str, str]) -> dict[str, float]:
    """Milliseconds of the layers that were executed; fills in their operators and kernels."""
    times: dict[str, float] = {}
    for counter in counters:
        if counter.status.name == "EXECUTED":
            times[counter.node_name] = times.get(counter.node_name, 0.0) + counter.real_time.total_seconds() * 1e3
            operators[counter.node_name] = str(counter.node_type)
    return times


def _origins(compiled: Any) -> dict[str, tuple[str, ...]]:
    """Compiled layer -> the graph's nodes that it was made of."""
    found = {}
    for layer in compiled.get_runtime_model().get_ordered_ops():
        info = layer.get_rt_info()
        if "originalLayersNames" in info:
            value = info["originalLayersNames"]
            text = value.astype(str) if hasattr(value, "astype") else str(value)
            found[layer.friendly_name] = tuple(name for name in text.split(",") if name)
    return found
