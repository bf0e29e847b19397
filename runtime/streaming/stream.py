"""A stream of frames: an iterator, a context manager, an asynchronous iterator, or a caller of callbacks."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from threading import Thread, current_thread

from ganrt.engines.protocol import Engine
from ganrt.errors import UsageError
from ganrt.runtime.arguments import integer_between, one_of
from ganrt.runtime.labels import LabelsLike
from ganrt.runtime.sampling import Truncation
from ganrt.runtime.settings import SettingsLike
from ganrt.runtime.streaming.clock import Clock, SystemClock
from ganrt.runtime.streaming.pipeline import Pipeline
from ganrt.runtime.streaming.schedule import REPEAT, SKIP, Images, Pace, Plan, Ready, Ring, Schedule
from ganrt.runtime.streaming.source import Source, WalkOrWalks, as_walks
from ganrt.runtime.streaming.statistics import StreamStatistics
from ganrt.runtime.walk import Walk


class AsyncFrames:
    """`async for frame in stream`; leaving `async with stream` ends it at once, also after a cancellation."""

    def __init__(self, stream: Iterator[Images]) -> None:
        self._stream = stream
        from concurrent.futures import ThreadPoolExecutor

        self._thread = ThreadPoolExecutor(1, "ganrt-async")

    def __aiter__(self) -> AsyncFrames:
        return self

    async def __anext__(self) -> Images:
        import asyncio  # which takes long to load

        frame = await asyncio.get_running_loop().run_in_executor(self._thread, self._next)
        if frame is None:
            self._thread.shutdown(wait=False)
            raise StopAsyncIteration
        return frame

    def _next(self) -> Images | None:
        return next(self._stream, None)  # StopIteration cannot pass through a future


class Pusher:
    """A thread that hands the frames of a stream to a callback until the stream ends or is closed; then it calls
    `close`."""

    def __init__(
        self, stream: Iterable[Images], callback: Callable[[Images], object], close: Callable[[], None]
    ) -> None:
        self._stream, self._callback, self._close = stream, callback, close
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="ganrt-push", daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Waits for the end, at most `timeout` seconds: whether it has come.

        Raises:
            what the callback or the stream raised.
        """
        if self._thread is not current_thread():
            self._thread.join(timeout)
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for frame in self._stream:
                self._callback(frame)
        except BaseException as error:  # it is raised where somebody waits
            self._error = error
        finally:
            self._close()


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


class FrameStream:
    """The frames of a walk, uint8 [h, w, c], or [walks, h, w, c] of several walks; `Generator.stream` makes it.

    One thread takes frames; all other methods may be called from any thread. A stream that was taken to its end,
    failed or is collected as garbage closes itself; else call `close`, or use it in a `with` block.
    """

    def __init__(self, engine: Engine, source: Source, options: StreamOptions, clock: Clock | None = None) -> None:
        source.check()
        self._options = options
        self._clock: Clock = clock or SystemClock()
        walks, self._best = len(source.walks), engine.batch_sizes.optimum
        micro_batch = options.batch(source.fps, self._best, walks)
        period = 10**9 / Fraction(source.fps).limit_denominator(10**6) if options.paced else None
        plan = Plan(0, source, source.frame_count(), endless=options.endless)
        ahead = options.ahead(micro_batch)
        schedule = Schedule(plan, Pace(period, options.late if options.paced else ""), micro_batch, ahead)
        output = source.spec.output
        assert output is not None  # of a generator
        picture = (output.height, output.width, output.channels)
        frame = picture if walks == 1 else (walks, *picture)
        ring = Ring(micro_batch, ahead, frame)
        self._pipeline = Pipeline(engine, schedule, ring, self._clock, deep=options.deep)
        self._last: Ready | None = None
        self._finalizer = weakref.finalize(self, self._pipeline.stop)

    @property
    def frame(self) -> int:
        """Which frame of the walk was taken last; -1 before the first."""
        return -1 if self._last is None else self._last.frame

    @property
    def paused(self) -> bool:
        """Whether the walk stands still."""
        return self._pipeline.schedule.paused

    @property
    def closed(self) -> bool:
        """Whether the stream has ended."""
        return self._pipeline.stopped

    def statistics(self) -> StreamStatistics:
        """What was counted and timed so far; also after the end."""
        with self._pipeline.condition:
            schedule = self._pipeline.schedule
            return schedule.counters.snapshot(schedule.micro_batch)

    def pause(self) -> None:
        """The walk stands still: the same frame is handed over at every tick, and changes show in it.

        Raises:
            UsageError: the stream is unpaced, and stands still by itself while no frame is taken.
        """
        self._pause(True)

    def resume(self) -> None:
        """The walk goes on."""
        self._pause(False)

    def seek(self, frame: int) -> None:
        """The next frame handed over is `frame` of the walk, or where frames are late, one soon after it.

        Raises:
            UsageError: the walk has no such frame.
        """
        with self._pipeline.condition:
            source = self._pipeline.schedule.source
            self._change(source, integer_between("frame", frame, 0, source.frame_count() - 1))

    def set(
        self,
        *,
        walk: WalkOrWalks | None = None,
        truncation: float | Truncation | None = None,
        labels: LabelsLike | None = None,
        controls: SettingsLike = None,
        speed: float | None = None,
        latency: str | None = None,
        micro_batch: int | None = None,
    ) -> None:
        """Changes what is drawn, from the next frame on; what is None stays.

        What was drawn ahead is drawn anew. It is shown only if the new frame is not there in time.

        Args:
            walk: begins at its first frame; as many walks as before.
            truncation: of all walks.
            labels: instead of those of the walks, as for `sample`.
            controls: of all walks, in place of their own; {} sets none.
            speed: 2 walks twice as fast, from where it is.
            latency: `low` or `smooth`; the micro-batch follows it unless one was given.
            micro_batch: frames a batch, 1 to 64; whatever else changes, it stays.

        Raises:
            UsageError: nothing of it makes sense for this generator; the stream goes on as before.
        """
        with self._pipeline.condition:
            before = self._pipeline.schedule.source
            source = before if walk is None else replace(before, walks=_as_many(walk, before))
            source = source if truncation is None else source.truncated(truncation)
            source = source if labels is None else replace(source, labels=labels)
            source = source if controls is None else source.controlled(controls)
            source = source if speed is None else replace(source, speed=speed)
            options = self._options if latency is None else replace(self._options, latency=latency)
            options = options if micro_batch is None else replace(options, micro_batch=micro_batch)
            if source is not before:
                source.check()
                self._change(source, None if walk is None else 0)
            if options is not self._options:
                self._adapt(options, source)
            self._clock.notify(self._pipeline.condition)

    def push(self, callback: Callable[[Images], object]) -> Pusher:
        """Calls `callback(frame)` for every frame, from a thread of its own, at the stream's pace.

        Returns:
            what to wait for the end with; an error of the callback or the engine is raised there.
        """

        return Pusher(self, callback, self.close)

    def close(self) -> None:
        """Ends the stream at once and releases everything; whoever waits for a frame gets none.

        It waits for the batch that the engine is drawing, and for nothing else; so does a second call, from whichever
        thread it comes, for the engine may be closed after it.
        """
        self._pipeline.stop()
        self._finalizer.detach()

    def __iter__(self) -> FrameStream:
        return self

    def __next__(self) -> Images:
        ready = self._take()
        if ready is None:
            self.close()
            raise StopIteration
        frame: Images = ready.block.frames[ready.row]
        return frame.copy() if self._options.copy else frame

    def __enter__(self) -> FrameStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> AsyncFrames:

        return AsyncFrames(self)

    async def __aenter__(self) -> FrameStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> Ready | None:
        """The next frame when its time has come; None at the end. It stays as it is until the next one is taken."""
        pipeline = self._pipeline
        with pipeline.condition:
            pipeline.start()
            while not pipeline.stopped and not pipeline.schedule.ended:
                found = pipeline.schedule.take(self._clock.now())
                if isinstance(found, Ready):
                    self._last = found
                    self._clock.notify(pipeline.condition)  # there is room for another
                    return found
                if pipeline.error is not None and pipeline.schedule.empty:
                    break
                self._clock.wait(pipeline.condition, found.until)
            error = pipeline.error
        if error is not None and not pipeline.stopped:
            self.close()
            raise error
        return None

    def _adapt(self, options: StreamOptions, source: Source) -> None:
        self._options = options
        size = options.batch(source.fps, self._best, len(source.walks))
        self._pipeline.resize(size, options.ahead(size), deep=options.deep)

    def _pause(self, paused: bool) -> None:
        if not self._options.paced:
            raise UsageError("pause: an unpaced stream stands still while no frame is taken")
        with self._pipeline.condition:
            self._pipeline.schedule.paused = paused
            self._clock.notify(self._pipeline.condition)

    def _change(self, source: Source, frame: int | None) -> None:
        self._pipeline.schedule.change(source, self._clock.now(), frame)
        self._clock.notify(self._pipeline.condition)


def _as_many(walk: WalkOrWalks, before: Source) -> tuple[Walk, ...]:
    walks = as_walks(walk)
    if len(walks) != len(before.walks):
        raise UsageError(f"walk: {len(walks)} walks for a stream of {len(before.walks)}")
    return tuple(map(before.settle, walks))
