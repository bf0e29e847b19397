"""The engine protocol: a compiled generator, ready to run one batch.

Ownership: inputs belong to the caller and are read only until the call that took them returns (`run`) or its
ticket was collected (`submit`/`collect`). Outputs belong to the caller; with `out` they are written there.
Threads: `run` may be called from several threads at once. `submit`/`collect` belong to one thread.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ganrt.errors import UsageError
from ganrt.spec import GeneratorSpec

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class BatchSizes:
    """The batch sizes an engine takes. One fixed size (all three equal) where results depend on the batch."""

    minimum: int
    optimum: int
    maximum: int


@dataclass(frozen=True)
class EngineOptions:
    """How to open an engine.

    Attributes:
        threads: CPU threads within one call, None for all the process may use.
        batches: the batch sizes to run at, found to give the same bytes; None: the backend's own.
        memory: bytes of GPU memory that a compiled engine may use in all; None: what there is. Of a graph that was not
            made here: bytes that its trial may take (`ganrt.trial`); None: by the size of its file.
        low_priority: whether a compiled engine's work yields to other work on the GPU, such as a game's.
        mapped: whether a compiled engine's inputs and outputs stay in the host's memory, without copies; None: where
            the GPU shares that memory, as on a Jetson.
    """

    device: str = "auto"
    precision: str = "fp32"
    threads: int | None = None
    batches: tuple[int, ...] | None = None
    memory: int | None = None
    low_priority: bool = False
    mapped: bool | None = None


@dataclass(frozen=True)
class Ticket:
    """A submitted batch; hand it to `collect` once."""

    outputs: Arrays


class Engine(ABC):
    """Base class of all backends: checks inputs, runs one batch, is closed once. Use it as a context manager."""

    spec: GeneratorSpec
    backend: str
    device: str
    precision: str
    batch_sizes: BatchSizes
    input_names: tuple[str, ...]
    model_sha256: str  # of the portable ONNX file, in hexadecimal
    checked_on_load = False  # whether `ganrt.load` compares its canary before anybody may use it
    form = "plain"  # which exactly equivalent graph runs; see `ganrt.engines.forms`

    _closed = False

    def run(self, inputs: Arrays, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Runs one batch.

        Args:
            inputs: by name, as the graph contract says (`z`: float32 [n, dim] and so on), n within `batch_sizes`.
            out: arrays to write the outputs into, by name; others are allocated.

        Returns:
            outputs by name, such as `image`: uint8 [n, h, w, c].
        """
        self._check(inputs)
        return copied(self._run(inputs), out)

    def submit(self, inputs: Arrays) -> Ticket:
        """Starts a batch. Backends without asynchronous execution run it here."""
        return Ticket(self.run(inputs))

    def collect(self, ticket: Ticket, out: Mapping[str, NDArray[np.generic]] | None = None) -> Arrays:
        """Waits for a submitted batch and returns its outputs, written into `out` as by `run`."""
        return copied(ticket.outputs, out)

    def close(self) -> None:
        """Releases everything; a second call does nothing."""
        if not self._closed:
            self._closed = True
            self._close()

    @property
    def facts(self) -> dict[str, object]:
        """What else a report should say of how it runs; known in full when it ran."""
        return {}

    @abstractmethod
    def _run(self, inputs: Arrays) -> Arrays: ...

    @abstractmethod
    def _close(self) -> None: ...

    def _check(self, inputs: Arrays) -> None:
        if self._closed:
            raise UsageError("this engine is closed: open it again, or move the call inside its 'with' block")
        if set(inputs) != set(self.input_names):
            raise UsageError(f"engine inputs: expected {', '.join(self.input_names)}, got {', '.join(inputs)}")
        count = len(next(iter(inputs.values())))
        if not self.batch_sizes.minimum <= count <= self.batch_sizes.maximum:
            raise UsageError(
                f"batch of {count}: this engine takes {self.batch_sizes.minimum} to {self.batch_sizes.maximum}"
            )

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def copied(results: Arrays, out: Mapping[str, NDArray[np.generic]] | None) -> Arrays:
    """The results, those named in `out` written there."""
    if out is None:
        return results
    for name, target in out.items():
        np.copyto(target, results[name], casting="no")
    return {**results, **out}
