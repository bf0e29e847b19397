"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ganrt.errors import UsageError
from ganrt.tolerances import MEASURED

PRECISIONS = ("fp32", "fp16", "bf16", "int8", "fastest")
# Scenarios whose slices interleave; then those with a process a sample.
INTERLEAVED = ("single_stream", "multi_stream", "offline", "frame", "load", "end_to_end")
PROCESSES = ("cold_start", "memory")


@dataclass(frozen=True)
class Timing:
    """How long and how carefully.

    Attributes:
        duration_s: timed seconds a runner and case.
        warmup_s: the most that warming up may take.
        least_samples: below it a result is marked unstable.
        repeats: fresh processes that share the duration; 1: everything in this one.
        between_runs: added to intervals of several processes, for what drifts more slowly than a run lasts: half a
            95 % interval, as a share; measured with `tools/bench_agreement.py`.
        slices: how many turns a runner gets; the turns of all runners are shuffled round by round.
        processes: how many fresh ones `cold_start` starts.
        seed: of the inputs, the order and the resampling.
        fps: the rate of `frame`.
        least_psnr: in dB, None: `ganrt.tolerances.MEASURED` of the precision.
    """

    duration_s: float = 5.0
    warmup_s: float = 10.0
    least_samples: int = 20
    repeats: int = 5
    between_runs: float = 0.03
    slices: int = 20
    processes: int = 7
    seed: int = 0
    fps: float = 60.0
    least_psnr: float | None = None

    def __post_init__(self) -> None:
        for name, low, high in (
            ("duration_s", 0.001, 86400.0),
            ("warmup_s", 0.0, 3600.0),
            ("fps", 0.01, 1e5),
            ("between_runs", 0.0, 1.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{name} {value}: expected {low:g} to {high:g}")
        if min(self.least_samples, self.slices, self.processes, self.repeats) < 1:
            raise UsageError("samples, slices, processes and repeats: expected 1 or more of each")

    def of_one_process(self) -> Timing:
        """What each of `repeats` processes is asked for: its share of the whole."""
        return replace(
            self,
            duration_s=max(self.duration_s / self.repeats, 0.001),
            least_samples=-(-self.least_samples // self.repeats),
            slices=max(2, self.slices // self.repeats),
            repeats=1,
        )

    def gate(self, precision: str) -> float:
        """The least PSNR in dB."""
        return MEASURED.get(precision, MEASURED["fp32"]) if self.least_psnr is None else self.least_psnr


@dataclass(frozen=True)
class Case:
    """What is the same for all runners that are compared with each other."""

    model: Path
    scenario: str
    batch_size: int
    precision: str = "fp32"
    threads: int | None = None
    device: str = "auto"
    checkpoint: Path | None = None
    entry: str | None = None

    def __post_init__(self) -> None:
        if self.scenario not in INTERLEAVED + PROCESSES:
            raise UsageError(f"scenario '{self.scenario}': expected one of {', '.join(INTERLEAVED + PROCESSES)}")
        if self.precision not in PRECISIONS:
            raise UsageError(f"precision '{self.precision}': expected one of {', '.join(PRECISIONS)}")
        if not 1 <= self.batch_size <= 4096:
            raise UsageError(f"batch size {self.batch_size}: expected 1 to 4096")


def rated(precisions: Iterable[str]) -> list[str]:
    """The precisions whose matrix products bound these: `fastest` is FP32 or BF16."""
    asked = set(precisions)
    return sorted(asked - {"fastest"} | ({"fp32", "bf16"} if "fastest" in asked else set()))
