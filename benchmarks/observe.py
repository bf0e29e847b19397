"""The seam between the runner and telemetry: told which subject runs when, asked at the end what it saw of each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from ganrt.benchmarks.fields import Json


class Observer(Protocol):
    """Watches one cell. `begin` and `end` are called just outside the timed calls."""

    def begin(self, subject: str) -> None:
        """A slice of `subject` begins."""
        ...

    def end(self, subject: str) -> None:
        """It has ended."""
        ...

    def report(self, subject: str, images: int) -> tuple[Json, list[Json]]:
        """(telemetry, timeline points with `t_s` since the cell began) of a subject that made `images`."""
        ...


Observe = Callable[[], AbstractContextManager[Observer]]


class Unobserved:
    """Sees nothing."""

    def begin(self, subject: str) -> None:
        """Nothing."""

    def end(self, subject: str) -> None:
        """Nothing."""

    def report(self, subject: str, images: int) -> tuple[Json, list[Json]]:  # noqa: ARG002
        """Nothing."""
        return {}, []

    def __enter__(self) -> Observer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
