"""How a stream behaves, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between, one_of
from ganrt.runtime.streaming.schedule import REPEAT, SKIP

LOW, SMOOTH = "low", "smooth"
_SMOOTH_S = 0.1  # of walk that one batch may hold
LARGEST = 64


@dataclass(frozen=True)
class StreamOptions:
    """How a stream behaves.

    Attributes:
        latency: `low` draws frame by frame, at most two ahead; `smooth` draws up to a tenth of a second at once and two
            such batches ahead, which costs less a frame and rides out longer disturbances.
        late: what happens when a frame is not there in time. `skip`: the walk keeps time, and frames are left out;
            `repeat`: the frame before is handed over again at the tick, and the walk takes longer.
        paced: False: as fast as frames are taken, every frame exactly once and in order.
        endless: begin again after the last frame.
        copy: False: frames are read-only views of the ring, valid until the next one is taken.
        micro_batch: frames a batch; None: what `latency` makes of it, or unpaced what the engine likes best.
    """

    latency: str = SMOOTH
    late: str = SKIP
    paced: bool = True
    endless: bool = False
    copy: bool = True
    micro_batch: int | None = None

    def __post_init__(self) -> None:
        one_of("latency", self.latency, (LOW, SMOOTH))
        one_of("late", self.late, (SKIP, REPEAT))
        if self.micro_batch is not None:
            integer_between("micro_batch", self.micro_batch, 1, LARGEST)
        if self.endless and not self.paced:
            raise UsageError("stream: endless needs paced=True; take an unpaced walk again instead")

    @property
    def deep(self) -> bool:
        """Whether the engine is given a second batch while it has one."""
        return self.latency == SMOOTH or not self.paced

    def batch(self, fps: float, best: int, walks: int) -> int:
        """Frames a batch, where the engine likes `best` pictures at once and a frame takes `walks`."""
        if self.micro_batch is not None:
            return self.micro_batch
        most = max(1, best // walks)
        if not self.paced:
            return most
        return 1 if self.latency == LOW else max(1, min(most, round(fps * _SMOOTH_S)))

    def ahead(self, micro_batch: int) -> int:
        """How many frames may be ready before they are shown."""
        if not self.paced:
            return 3 * micro_batch
        return (1 if self.latency == LOW else 1 + micro_batch) + micro_batch
