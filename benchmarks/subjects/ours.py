"""Our backends, through the engine protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganrt.benchmarks.models import work_folder
from ganrt.benchmarks.subjects.protocol import Images, Request, Subject
from ganrt.engines.backends import BACKENDS, OWN, open_model
from ganrt.engines.cuda.probe import find_targets
from ganrt.engines.onnx_file import OnnxFile, derived, read_onnx
from ganrt.engines.precisions import PRECISIONS, Lowered, lower_precision
from ganrt.engines.precisions.kept import kept_or_made
from ganrt.engines.protocol import Arrays, Engine, EngineOptions
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

    asked = {"precision": request.precision, "form": None, "gate": None, "budget_s": _BUDGET_S}
    made = kept_or_made(model.sha256, asked, make)[0]
    return derived(model, made.data, made.form)


def open_backend(backend: str, request: Request, mapped: bool | None = None) -> Subject:
    """Opens the model with one of `BACKENDS`, or with `tuned` as `load` does; compiles it for those that need it.

    Args:
        mapped: of compiled engines; see `EngineOptions`.
    """
    # FP32 is what every cell has of whom nobody asked for more: what a compiled file really ran in is read back.
    precision = OWN if request.precision == "fp32" else request.precision
    options = EngineOptions(device=request.device, precision=precision, threads=request.threads)
    model = request.model
    if backend != "tuned" and BACKENDS[backend].compiled:
        model, options = (
            engine_file(backend, request),
            EngineOptions(device=request.device, precision=OWN, mapped=mapped),
        )
    engine = open_model(model, "auto" if backend == "tuned" else backend, options)
    return _Ours(engine, BACKENDS[engine.backend].probe())


class _Ours(Subject):
    """Batches larger than the engine's are cut, smaller ones padded, as `Generator` does."""

    def __init__(self, engine: Engine, version: str) -> None:
        self._engine = engine
        self.device, self.precision = engine.device, engine.precision
        self._version = version

    @property
    def about(self) -> dict[str, Any]:  # type: ignore[override]  # known in full only when it ran
        """Its version and form, the batches that it takes, and what the engine says of itself."""
        engine, sizes = self._engine, self._engine.batch_sizes
        batches = [sizes.minimum, sizes.optimum, sizes.maximum]
        return {"version": self._version, "form": engine.form, "batch_sizes": batches, **engine.facts}

    def run(self, inputs: Arrays) -> Images:
        count, sizes = _count(inputs), self._engine.batch_sizes
        if sizes.minimum <= count <= sizes.maximum:
            return np.asarray(self._engine.run(inputs)["image"], np.uint8)
        return np.concatenate([self._part(inputs, i, sizes.maximum) for i in range(0, count, sizes.maximum)])

    def run_many(self, batches: Sequence[Arrays]) -> list[Images]:
        """Two in flight, where the engine runs asynchronously."""
        sizes = self._engine.batch_sizes
        if not all(sizes.minimum <= _count(batch) <= sizes.maximum for batch in batches):
            return super().run_many(batches)
        drawn, waiting = list[Images](), []
        for batch in batches:
            waiting.append(self._engine.submit(batch))
            if len(waiting) == 2:
                drawn.append(np.asarray(self._engine.collect(waiting.pop(0))["image"], np.uint8))
        return drawn + [np.asarray(self._engine.collect(ticket)["image"], np.uint8) for ticket in waiting]

    def close(self) -> None:
        self._engine.close()

    def _part(self, inputs: Arrays, first: int, most: int) -> Images:
        part = {name: values[first : first + most] for name, values in inputs.items()}
        count = _count(part)
        missing = self._engine.batch_sizes.minimum - count
        if missing > 0:
            part = {name: np.concatenate([a, np.repeat(a[-1:], missing, axis=0)]) for name, a in part.items()}
        return np.asarray(self._engine.run(part)["image"][:count], np.uint8)


def _count(inputs: Arrays) -> int:
    return len(next(iter(inputs.values())))
