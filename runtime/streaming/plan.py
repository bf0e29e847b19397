"""Which frame of the walk each frame of a stream shows, from one change to the next."""

from __future__ import annotations

from dataclasses import dataclass

from ganrt.runtime.streaming.source import Source


@dataclass(frozen=True)
class Plan:
    """Frame number `first` of the stream shows frame `frame` of the walk, and so on.

    Attributes:
        epoch: grows with every change; what was drawn by an older plan is out of date.
        count: frames of one pass through the walk.
        endless: after the last frame comes the first.
    """

    epoch: int
    source: Source
    count: int
    first: int = 0
    frame: int = 0
    endless: bool = False

    @property
    def end(self) -> int | None:
        """The stream's number after the last frame; None if there is no last one."""
        return None if self.endless else self.first + max(1, self.count - self.frame)

    def frame_of(self, number: int) -> int:
        """Which frame of the walk number `number` of the stream is."""
        frame = self.frame + number - self.first
        return frame % self.count if self.endless else min(frame, self.count - 1)


def changed(plan: Plan, source: Source, shown: int, *, advance: int, frame: int | None = None) -> Plan:
    """The plan from the frame after `shown` on.

    Args:
        advance: 1 to go on with the next frame of the walk, 0 to show the same one again, differently.
        frame: where in the walk to go on instead.
    """
    count = source.frame_count()
    if frame is None:
        rate = source.walk_fps / plan.source.walk_fps
        frame = 0 if shown < 0 else round(plan.frame_of(shown) * rate) + advance
        frame = frame % count if plan.endless else frame
    return Plan(plan.epoch + 1, source, count, shown + 1, min(frame, count - 1), plan.endless)
