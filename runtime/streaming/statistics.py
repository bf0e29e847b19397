"""What a stream has counted and timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganrt.runtime.streaming.samples import Percentiles, Samples


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
        """For JSON."""
        return {
            name: value.as_dict() if isinstance(value, Percentiles) else value for name, value in vars(self).items()
        }


class Counters:
    """The numbers behind `StreamStatistics`; whoever changes them holds the stream's lock."""

    def __init__(self) -> None:
        self.frames = self.dropped = self.repeated = self.overdue = 0
        self.first_ns = self.last_ns = 0
        self.latency, self.change = Samples(), Samples(4096)
        self.engine, self.host = Samples(), Samples()

    def delivered(self, now: int, latency: int, dropped: int, overdue: bool) -> None:
        """A frame was handed over."""
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
        """Everything so far."""
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
