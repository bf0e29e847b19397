"""The decisions of a stream, without threads and without a clock: what to draw next, and what to show when.

Frames of the stream are numbered from 0. Ticks are the moments at which the display wants a frame, on an absolute grid:
tick k is at start + k * period, so that nothing adds up. As long as all goes well, frame k is shown at tick k; frames
that are dropped or repeated, and pauses, move one against the other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganrt.runtime.streaming.source import Source
from ganrt.runtime.streaming.statistics import Counters


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


Images = NDArray[np.uint8]


class Block:
    """The pictures of one batch; it goes back to its ring when the last of its frames is released.

    Attributes:
        images: uint8 [frames * walks, h, w, c], for the engine to write.
        frames: the same memory for readers, who cannot write it: [frames, h, w, c] or [frames, walks, h, w, c].
    """

    def __init__(self, ring: Ring, images: Images, frames: Images) -> None:
        self._ring, self.images, self.frames = ring, images, frames
        self._held = 0

    def hold(self, frames: int) -> None:
        """As many releases will follow."""
        self._held = frames

    def release(self) -> None:
        self._held -= 1
        if not self._held:
            self._ring.give_back(self)


class Ring:
    """Blocks of `micro_batch` frames of the shape `frame`: [h, w, c], or [walks, h, w, c] for several walks.

    There are as many as can be in use: `ahead` frames that are ready, as many again that a change has made obsolete,
    all in blocks that may be partly used, two blocks being drawn, one being lent.
    """

    def __init__(self, micro_batch: int, ahead: int, frame: tuple[int, ...]) -> None:
        self.frame = frame
        self._free = deque(self._block(micro_batch, frame) for _ in range(2 * -(-ahead // micro_batch) + 5))

    def take(self) -> Block | None:
        return self._free.popleft() if self._free else None

    def give_back(self, block: Block) -> None:
        self._free.append(block)

    def _block(self, micro_batch: int, frame: tuple[int, ...]) -> Block:
        images = np.zeros((micro_batch * (frame[0] if len(frame) == 4 else 1), *frame[-3:]), np.uint8)
        frames = images.reshape(micro_batch, *frame)
        frames.flags.writeable = False
        return Block(self, images, frames)


SKIP, REPEAT = "skip", "repeat"


class Work(NamedTuple):
    """A batch to draw: numbers of the stream from `first` on, which show these frames of the walk."""

    plan: Plan
    first: int
    frames: list[int]


class Ready(NamedTuple):
    """A drawn frame: row `row` of a block."""

    block: Block
    row: int
    frame: int
    epoch: int


class Wait(NamedTuple):
    """Nothing to show yet; look again at the moment `until`, or when something was drawn."""

    until: int | None = None


@dataclass(frozen=True)
class Pace:
    """How frames are paced.

    Attributes:
        period: nanoseconds a frame, exactly; None: unpaced, every frame exactly once and in order.
        policy: what happens when a frame is not there in time: `skip` or `repeat`.
    """

    period: Fraction | None
    policy: str


class Schedule:
    """The state of a stream; whoever calls holds the stream's lock."""

    def __init__(self, plan: Plan, pace: Pace, micro_batch: int, ahead: int) -> None:
        self.counters = Counters()
        self.resize(micro_batch, ahead)
        self.paused = False
        self.shown: Ready | None = None  # lent to whoever took it last
        self._plan, self._pace = plan, pace
        self._number, self._tick = -1, -1  # of the frame shown last
        self._planned = -1
        self._fresh = 0  # the newest epoch that has been drawn
        self._ready: dict[int, Ready] = {}
        self._drawing: list[Work] = []
        self._start: int | None = None
        self._changes: list[tuple[int, int]] = []  # (epoch, moment) of changes that nobody has seen yet

    @property
    def source(self) -> Source:
        return self._plan.source

    @property
    def empty(self) -> bool:
        """Nothing that was drawn is left to show."""
        return not self._ready

    @property
    def ended(self) -> bool:
        """The last frame has been shown."""
        return not self.paused and self._plan.end is not None and self._number + 1 >= self._plan.end

    def resize(self, micro_batch: int, ahead: int) -> None:
        """From now on batches of `micro_batch` frames, and at most `ahead` of them ready before they are shown."""
        self.micro_batch, self.ahead = micro_batch, ahead

    def change(self, source: Source, now: int, frame: int | None = None) -> None:
        """From the next frame on `source` is drawn, from `frame` of its walk on where that is given."""
        advance = 0 if self.paused else 1
        self._plan = changed(self._plan, source, self._number, advance=advance, frame=frame)
        self._planned = self._number
        self._changes.append((self._plan.epoch, now))
        if self._pace.period is None:  # there is no late here: nothing out of date is ever shown
            self._release(list(self._ready))
            self._fresh = self._plan.epoch

    def work(self, now: int, cost: int) -> Work | None:
        """The next batch to draw, expected to take `cost` nanoseconds; None if there is nothing to do now."""
        if self.paused:
            return self._paused_work()
        if self._outstanding() + self.micro_batch > self.ahead:
            return None
        first, end = max(self._planned, self._number) + 1, self._plan.end
        if self._pace.policy == SKIP:
            first = max(first, self._reachable(now, cost))
        if end is not None:
            first = min(first, max(end - 1, self._planned + 1))  # the last frame is shown, however late
            if first >= end:
                return None
        last = first + self.micro_batch if end is None else min(first + self.micro_batch, end)
        return self._work(first, last)

    def publish(self, work: Work, block: Block) -> None:
        """A batch is drawn: what is still of use is ready to be shown, all else is released."""
        self._drawing.pop(0)  # they come back in order
        block.hold(len(work.frames))
        stale = work.plan.epoch < self._fresh
        if not stale:
            self._fresh = work.plan.epoch
            self._release([n for n, old in self._ready.items() if n >= work.first and old.epoch < self._fresh])
        for row, frame in enumerate(work.frames):
            number = work.first + row
            if stale or number <= self._number:
                block.release()
            else:
                self._ready[number] = Ready(block, row, frame, work.plan.epoch)

    def take(self, now: int) -> Ready | Wait:
        if self._pace.period is None:
            number = self._number + 1
            return self._show(number, number, now) if number in self._ready else Wait()
        if self._start is None:
            if not self._filled():
                return Wait()
            self._start = now
        tick = self._tick + 1
        if now < self._time(tick):
            return Wait(self._time(tick))
        due = max(tick, self._tick_at(now))
        if self.paused:
            return self._held(due, now)
        return self._latest(due, now) if self._pace.policy == SKIP else self._next_or_again(due, now)

    def release_all(self) -> None:
        """Gives all frames back to the ring, the one that is lent too."""
        self._release(list(self._ready))
        if self.shown is not None:
            self.shown.block.release()
            self.shown = None

    def _held(self, due: int, now: int) -> Ready | Wait:
        """While paused: the same frame at every tick, or its new version after a change."""
        changed_frame = self._ready.get(self._number + 1)
        if changed_frame is not None and changed_frame.epoch == self._plan.epoch != self._shown_epoch():
            return self._show(self._number + 1, due, now)
        return self._again(due, now, missed=False)

    def _latest(self, due: int, now: int) -> Ready | Wait:
        """The newest frame whose tick has come; those before it are dropped."""
        number = max((n for n in self._ready if self._tick_of(n) <= due), default=None)
        if number is not None:
            return self._show(number, self._tick_of(number), now)
        return Wait(self._time(self._tick_of(min(self._ready))) if self._ready else None)

    def _next_or_again(self, due: int, now: int) -> Ready | Wait:
        """The next frame, or else the last one again: the walk waits."""
        late = due - self._tick - 1  # ticks at which nobody asked
        if self._number + 1 in self._ready:
            self.counters.overdue += late
            return self._show(self._number + 1, due, now)
        if self.shown is not None:
            self.counters.overdue += late
        return self._again(due, now, missed=True)

    def _again(self, due: int, now: int, *, missed: bool) -> Ready | Wait:
        if self.shown is None:
            return Wait()
        self._tick = due
        self.counters.again(now, now - self._time(due), missed=missed)
        return self.shown

    def _show(self, number: int, tick: int, now: int) -> Ready:
        if self.shown is not None:
            self.shown.block.release()
        self.shown = self._ready.pop(number)
        self._release([n for n in self._ready if n < number])
        dropped = number - self._number - 1
        latency = 0 if self._pace.period is None else now - self._time(tick)
        overdue = self._pace.period is not None and latency >= self._pace.period
        self._number, self._tick = number, tick
        self.counters.delivered(now, latency, dropped, overdue)
        while self._changes and self._changes[0][0] <= self.shown.epoch:
            self.counters.change.add(now - self._changes.pop(0)[1])
        return self.shown

    def _paused_work(self) -> Work | None:
        number = self._number + 1
        if self._shown_epoch() == self._plan.epoch or self._planned >= number:
            return None
        return self._work(number, number + 1)

    def _work(self, first: int, last: int) -> Work:
        self._planned = last - 1
        work = Work(self._plan, first, [self._plan.frame_of(number) for number in range(first, last)])
        self._drawing.append(work)
        return work

    def _outstanding(self) -> int:
        """Frames of the newest plan that are ready or being drawn."""
        epoch = self._plan.epoch
        drawing = sum(len(work.frames) for work in self._drawing if work.plan.epoch == epoch)
        return drawing + sum(ready.epoch == epoch for ready in self._ready.values())

    def _reachable(self, now: int, cost: int) -> int:
        """The first frame that can be there before the tick after its own."""
        return 0 if self._start is None else self._number + self._tick_at(now + cost) - self._tick

    def _filled(self) -> bool:
        """Enough is ready to begin: as much as may be, or all that there is."""
        wanted = self.ahead if self._plan.end is None else min(self.ahead, self._plan.end)
        return bool(self._ready) and (self.paused or len(self._ready) > wanted - self.micro_batch)

    def _shown_epoch(self) -> int:
        return -1 if self.shown is None else self.shown.epoch

    def _tick_of(self, number: int) -> int:
        return self._tick + number - self._number

    def _time(self, tick: int) -> int:
        return (self._start or 0) + ceil(tick * (self._pace.period or 0))

    def _tick_at(self, moment: int) -> int:
        """The last tick that has come by then."""
        return int((moment - (self._start or 0)) // (self._pace.period or 1))

    def _release(self, numbers: list[int]) -> None:
        for number in numbers:
            self._ready.pop(number).block.release()
