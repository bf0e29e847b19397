"""Our backends, through the engine protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganrt.benchmarks.runners.protocol import Images, Request, Runner
from ganrt.engines.backends import BACKENDS, OWN, open_model
from ganrt.engines.protocol import Arrays, Engine, EngineOptions


def open_backend(backend: str, request: Request, mapped: bool | None = None) -> Runner:
    """Opens the model with one of `BACKENDS`, or with `tuned` as `load` does; compiles it for those that need it.

    Args:
        mapped: of compiled engines; see `EngineOptions`.
    """
    # FP32 is what every case has of whom nobody asked for more: what a compiled file really ran in is read back.
    precision = OWN if request.precision == "fp32" else request.precision
    options = EngineOptions(device=request.device, precision=precision, threads=request.threads)
    model = request.model
    if backend != "tuned" and BACKENDS[backend].compiled:
        from ganrt.benchmarks.runners.compiled import engine_file

        model, options = (
            engine_file(backend, request),
            EngineOptions(device=request.device, precision=OWN, mapped=mapped),
        )
    engine = open_model(model, "auto" if backend == "tuned" else backend, options)
    return _Ours(engine, BACKENDS[engine.backend].probe())


class _Ours(Runner):
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
