"""Runners `ganrt/tensorrt` and `ganrt/tensorrt-rtx`: the model as `ganrt compile` makes it for the device at hand.

Compiled once for each batch size and precision, into the work folder: what is measured is the engine, and its making
is not timed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ganrt.benchmarks.models import work_folder
from ganrt.benchmarks.runners.protocol import Request
from ganrt.engines.backends import BACKENDS
from ganrt.engines.cuda.probe import find_targets
from ganrt.engines.onnx_file import OnnxFile, derived, read_onnx
from ganrt.engines.precisions import PRECISIONS, Lowered, lower_precision
from ganrt.engines.precisions.kept import kept_or_made
from ganrt.engines.tensorrt.build import Recipe
from ganrt.engines.tensorrt.compile import compile_engine
from ganrt.engines.tensorrt.profiles import profiles
from ganrt.runtime.sample_inputs import precision_samples

_BUDGET_S = 20.0  # as `ganrt compile` has it, so that what either made serves the other


def engine_file(backend: str, request: Request) -> Path:
    """The engine, static in the request's batch size, from the work folder or made now.

    Raises:
        BackendUnavailable: the backend, its driver or a device that it is for is missing.
        UsageError: no such precision. NegativeResult: the gate of the precision cannot be reached.
        BadInputFile: the vendor refuses the graph.
    """
    request.only(f"ganrt/{backend}", ("fp32", *PRECISIONS), ("cuda",))
    BACKENDS[backend].probe()
    model = read_onnx(request.model)
    graph = _in_precision(model, request)
    recipe = Recipe(backend, find_targets(backend, "here"), profiles((str(request.batch_size),)))
    # Models of the same name have folders of their own.
    folder = work_folder(None) / f"engines-{hashlib.sha256(graph.sha256.encode()).hexdigest()[:16]}"
    return compile_engine(graph, recipe, folder, lambda _, __: None).path


def _in_precision(model: OnnxFile, request: Request) -> OnnxFile:
    if request.precision == "fp32":  # what the harness says where nobody asks for another: as the file is
        return model

    def make() -> Lowered:
        samples = precision_samples(model.spec())
        return lower_precision(model, request.precision, samples, budget_s=_BUDGET_S, threads=request.threads)

    choice = {"precision": request.precision, "form": None, "gate": None, "budget_s": _BUDGET_S}
    made = kept_or_made(model.sha256, choice, make)[0]
    return derived(model, made.data, made.form)
