"""What a stream has counted and timed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_KEPT = 1 << 16  # the last 65,536: eighteen minutes at sixty a second


@dataclass(frozen=True)
class Percentiles:
    """Milliseconds; 0 where nothing was measured."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    p99_9: float = 0.0
    max: float = 0.0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Samples:
    """Keeps the last `kept` durations, given in nanoseconds."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._values = np.zeros(kept, np.int64)
        self.count = 0
        self.total_ns = 0

    def add(self, nanoseconds: int) -> None:
        """Takes one; the oldest goes where there is no room."""
        self._values[self.count % len(self._values)] = nanoseconds
        self.count += 1
        self.total_ns += nanoseconds

    def percentiles(self) -> Percentiles:
        """The smallest kept value that at least p percent do not exceed (nearest rank), in milliseconds."""
        if not self.count:
            return Percentiles()
        values = np.sort(self._values[: self.count])
        ranks = (np.ceil(np.array([0.5, 0.95, 0.99, 0.999, 1.0]) * len(values)).astype(int) - 1).clip(0)
        return Percentiles(*(round(float(value) / 1e6, 4) for value in values[ranks]))


@dataclass(frozen=True)
class StreamStatistics:
    """A stream so far; times are of the last 65,536 frames or batches.

    Attributes:
        fps: frames handed over a second, between the first and the last.
        frames: frames handed over, repeated ones among them.
        missed: ticks whose frame was not handed over before the next tick came: the sum of `dropped`, `repeated`, of
            frames that were handed over all the same, a period late or more, and of ticks at which nobody asked.
        dropped: frames that were left out.
        repeated: ticks at which the frame before was handed over again.
        frame_latency_ms: from the scheduled time of a frame to when it was handed over; 0 for an unpaced stream.
        change_latency_ms: from `set` or `seek` to when the first new frame was handed over.
        engine_ms: of a batch, from its start (or the end of the one before it) until its pictures were there.
        host_ms: latents and labels of a batch.
        micro_batch: frames a batch, now.
    """

    fps: float
    frames: int
    missed: int
    dropped: int
    repeated: int
    frame_latency_ms: Percentiles
    change_latency_ms: Percentiles
    engine_ms: Percentiles
    host_ms: Percentiles
    batches: int
    micro_batch: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Counters:
    """The numbers behind `StreamStatistics`; whoever changes them holds the stream's lock."""

    def __init__(self) -> None:
        self.frames = self.dropped = self.repeated = self.overdue = 0
        self.first_ns = self.last_ns = 0
        self.latency, self.change = Samples(), Samples(4096)
        self.engine, self.host = Samples(), Samples()

    def delivered(self, now: int, latency: int, dropped: int, overdue: bool) -> None:
        self._count(now)
        self.latency.add(latency)
        self.dropped += dropped
        self.overdue += overdue

    def again(self, now: int, latency: int, *, missed: bool) -> None:
        """The frame before was handed over again, because its successor was missing or the stream is paused."""
        self._count(now)
        self.latency.add(latency)
        self.repeated += missed

    def snapshot(self, micro_batch: int) -> StreamStatistics:
        seconds = (self.last_ns - self.first_ns) / 1e9
        return StreamStatistics(
            fps=round((self.frames - 1) / seconds, 4) if seconds > 0 else 0.0,
            frames=self.frames,
            missed=self.dropped + self.repeated + self.overdue,
            dropped=self.dropped,
            repeated=self.repeated,
            frame_latency_ms=self.latency.percentiles(),
            change_latency_ms=self.change.percentiles(),
            engine_ms=self.engine.percentiles(),
            host_ms=self.host.percentiles(),
            batches=self.engine.count,
            micro_batch=micro_batch,
        )

    def _count(self, now: int) -> None:
        self.first_ns = self.first_ns or now
        self.last_ns = now
        self.frames += 1
