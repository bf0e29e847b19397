"""How far a build is, from the vendor's progress monitor."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

Progress = Callable[[str, int], object]


def make_monitor(trt: Any, progress: Progress) -> Any:
    """A `trt.IProgressMonitor` that tells the outermost phase and its percentage.

    No exception may pass through the vendor's code: what `progress` raises (an interrupt, say) ends the build and is
    kept in `failure`.
    """

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]  # the vendors ship no types
        def __init__(self) -> None:
            super().__init__()
            self.failure: BaseException | None = None
            self._steps: dict[str, int] = {}  # of the phases that have no parent
            self._lock = Lock()  # called from several threads

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if not parent_phase:
                with self._lock:
                    self._steps[phase_name] = num_steps
                self._tell(phase_name, 0)

        def step_complete(self, phase_name: str, step: int) -> bool:
            steps = self._steps.get(phase_name)
            if steps:
                self._tell(phase_name, min(100, 100 * (step + 1) // steps))
            return self.failure is None

        def phase_finish(self, phase_name: str) -> None:
            with self._lock:
                self._steps.pop(phase_name, None)

        def _tell(self, phase: str, percent: int) -> None:
            try:
                progress(phase.lower(), percent)
            except BaseException as error:
                self.failure = self.failure or error

    return Monitor()
