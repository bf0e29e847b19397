"""How streams end: closed, cancelled, broken, interrupted; and the asynchronous and push styles."""

import asyncio
import gc
import threading
import time
import tracemalloc

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec
from virtual_time import CostlyEngine

import ganrt
from ganrt.engines.protocol import BatchSizes, Ticket
from ganrt.runtime.generator import Generator
from ganrt.runtime.streaming.clock import SystemClock

WALK = ganrt.walk([1, 2], duration=1)
LONG = ganrt.walk([1, 2], duration=1000)
SELDOM = 0.005  # frames a second: the next one is due in 200 seconds


class Ticketing(CostlyEngine):
    """Draws when it is collected, and counts what was not."""

    open = 0

    def submit(self, inputs):
        self.open += 1
        return Ticket({name: array.copy() for name, array in inputs.items()})

    def collect(self, ticket, out=None):
        self.open -= 1
        return self.run(ticket.outputs, out)


class Held(CostlyEngine):
    """Draws when it is let."""

    def __init__(self, path):
        super().__init__(path)
        self.begun, self.let = threading.Event(), threading.Event()

    def _run(self, inputs):
        self.begun.set()
        assert self.let.wait(60)
        return super()._run(inputs)


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name in ("ganrt-stream", "ganrt-push")]


def frames_of(generator, walk=WALK, fps=40):
    return generator.synthesize(walk.latents(generator.spec.latent, range(walk.frame_count(fps)), fps))


@pytest.mark.parametrize("sizes", [BatchSizes(1, 16, 64), BatchSizes(8, 8, 8), BatchSizes(1, 3, 5)])
def test_unpaced_every_frame_comes_once_and_in_order(tiny, sizes):
    with Generator(CostlyEngine(tiny, sizes=sizes)) as generator:
        np.testing.assert_array_equal(list(generator.stream(WALK, 40, paced=False)), frames_of(generator))


def test_several_walks_are_one_frame_and_may_exceed_the_largest_batch(tiny):
    walks = [WALK, ganrt.walk([3], duration=0.5), ganrt.walk([4, 5], duration=2, loop=False)] * 3
    with Generator(CostlyEngine(tiny, sizes=BatchSizes(1, 4, 4))) as generator:
        frames = np.stack(list(generator.stream(walks, 40, paced=False)))
        assert frames.shape == (81, 9, 8, 8, 3)
        np.testing.assert_array_equal(frames[:40, 0], frames_of(generator))
        np.testing.assert_array_equal(frames[40:80, 3], frames_of(generator))
        np.testing.assert_array_equal(frames[:, 2], frames_of(generator, walks[2]))


def test_openvino_draws_ahead_and_gives_the_same(tiny):
    pytest.importorskip("openvino")
    with ganrt.load(tiny, backend="openvino") as generator:
        np.testing.assert_array_equal(list(generator.stream(WALK, 40, paced=False)), frames_of(generator))
        stream = generator.stream(WALK, 40, paced=False)
        next(stream)
        stream.close()


def test_a_broken_engine_ends_the_stream_after_the_frames_before(tiny):
    with Generator(CostlyEngine(tiny, fail_at=2)) as generator:
        stream = generator.stream(WALK, 40, paced=False)
        taken = []
        with pytest.raises(RuntimeError, match="the engine broke"):
            taken.extend(stream)
        assert stream.closed
        assert list(stream) == []
        assert stream.statistics().frames == 16


def test_a_batch_that_fails_half_way_leaves_nothing_in_the_engine(tiny):
    """A frame of three walks is two batches of this engine: both are collected, though the first fails."""
    with Generator(Ticketing(tiny, sizes=BatchSizes(1, 2, 2), fail_at=1)) as generator:
        with generator.stream([WALK] * 3, fps=10, paced=False) as stream, pytest.raises(RuntimeError, match="broke"):
            next(stream)
        assert generator._engine.open == 0


def test_closing_wakes_whoever_waits(tiny):
    with Generator(CostlyEngine(tiny)) as generator:
        stream = generator.stream(LONG, SELDOM)
        next(stream)
        threading.Timer(0.1, stream.close).start()
        begun = time.monotonic()
        assert next(stream, None) is None
        assert time.monotonic() - begun < 100


def test_whoever_closes_waits_for_the_batch_that_is_drawn(tiny):
    """The second as well as the first: what follows a close may take the engine away."""
    with Generator(Held(tiny)) as generator:
        engine, stream = generator._engine, generator.stream(WALK, 40)
        taking, closing = threading.Thread(target=next, args=(stream, None)), threading.Thread(target=stream.close)
        taking.start()
        assert engine.begun.wait(60)
        closing.start()
        while not stream.closed:
            time.sleep(0.001)
        threading.Timer(0.2, engine.let.set).start()
        stream.close()
        assert not stream._pipeline._thread.is_alive()
        taking.join()
        closing.join()


def test_closing_the_generator_ends_its_streams(tiny):
    generator = Generator(CostlyEngine(tiny))
    stream = generator.stream(WALK, 1000, endless=True)
    next(stream)
    generator.close()
    assert list(stream) == []


def test_an_interrupt_leaves_nothing_running(tiny):
    with Generator(CostlyEngine(tiny)) as generator, pytest.raises(KeyboardInterrupt):
        for _ in generator.stream(WALK, 500):
            raise KeyboardInterrupt


def test_a_stream_that_is_forgotten_ends_itself(tiny):
    with Generator(CostlyEngine(tiny)) as generator:
        next(generator.stream(WALK, 100, endless=True))
        gc.collect()
        assert not [thread for thread in threading.enumerate() if thread.name == "ganrt-stream"]


def test_asynchronous_and_cancelled(tiny):
    async def whole(generator):
        return [frame async for frame in generator.stream(WALK, 1000, late="repeat")]

    async def cancelled(generator):
        async def forever():
            async with generator.stream(LONG, SELDOM) as stream:
                async for _ in stream:
                    pass

        task = asyncio.create_task(forever())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Generator(CostlyEngine(tiny)) as generator:
        assert len(asyncio.run(whole(generator))) >= 1000
        begun = time.monotonic()
        asyncio.run(cancelled(generator))
        assert time.monotonic() - begun < 100


def test_pushed_frames_and_a_callback_that_fails(tiny):
    seen = []
    with Generator(CostlyEngine(tiny)) as generator:
        assert generator.stream(WALK, 40, paced=False).push(seen.append).wait()
        np.testing.assert_array_equal(seen, frames_of(generator))
        pusher = generator.stream(WALK, 40, paced=False).push(lambda frame: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pusher.wait()


def test_borrowed_frames_allocate_no_picture(tmp_path):
    spec = tiny_spec(side=64)
    with Generator(CostlyEngine(save_tiny(tmp_path / "large.onnx", spec))) as generator:
        engine = generator._engine
        picture = np.zeros((16, 64, 64, 3), np.uint8)
        engine._run = lambda inputs: {"image": picture[: len(inputs["z"])]}
        with generator.stream(WALK, 1000, copy=False, latency="low", endless=True) as stream:
            for _ in range(50):
                frame = next(stream)
            assert not frame.flags.writeable
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(300):
                next(stream)
            after, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert peak - before < frame.nbytes * 4  # 12 KiB a picture, of 300 frames: latents and Python's own objects alone
    assert after - before < frame.nbytes * 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": 10**6}, "fps"),
        ({"latency": "none"}, "latency"),
        ({"late": "wait"}, "late"),
        ({"micro_batch": 0}, "micro_batch"),
        ({"speed": 0}, "speed"),
        ({"paced": False, "endless": True}, "endless"),
        ({"walk": []}, "expected a walk"),
    ],
)
def test_streams_that_make_no_sense(tiny, options, words):
    with Generator(CostlyEngine(tiny)) as generator, pytest.raises(ganrt.UsageError, match=words):
        generator.stream(**{"walk": WALK, **options})


def test_closing_wakes_whoever_waits_at_once(tiny):
    """By a clock whose waits end only when they are told to."""

    class Deaf(SystemClock):
        def wait(self, condition, until):
            condition.wait(30 if until is None else 0.001)

    with ganrt.load(tiny) as generator:
        stream = generator.stream(WALK, 60, clock=Deaf())
        next(stream)
        time.sleep(0.3)  # the drawing thread has filled the ring, and waits
        stream.close()
        assert not stream._pipeline._thread.is_alive()
        assert len(list(stream)) == 0
