"""The pace of streams in virtual time: the absolute grid, late frames, pauses, seeks and changes."""

import time

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec
from virtual_time import MS, CostlyEngine, VirtualClock

import ganrt
from ganrt.runtime.generator import Generator

WALK = ganrt.walk([1, 2, 3], duration=2, loop=True)
FPS = 50  # 20 ms a frame: 100 frames


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def costly(tmp_path, clock):
    """Makes a generator whose batches take virtual time."""
    made = []

    def make(cost=lambda size: MS * size, spec=None, **options):
        path = save_tiny(tmp_path / f"{len(made)}.onnx", spec)
        made.append(Generator(CostlyEngine(path, clock, cost, **options)))
        return made[-1]

    yield make
    for generator in made:
        generator.close()


def pictures(generator, walk=WALK, fps=FPS, **options):
    """All frames of one pass, by themselves and in no time."""
    timeless = Generator(generator._engine.inner)
    frames = range(walk.frame_count(fps))
    return timeless.synthesize(walk.latents(generator.spec.latent, frames, fps), **options)


def taken(stream, clock, count=None):
    """(moment, frame of the walk, picture) of the next frames."""
    seen = []
    for picture in stream:
        seen.append((clock.now(), stream.frame, picture))
        if len(seen) == count:
            break
    return seen


@pytest.mark.parametrize("latency", ["low", "smooth"])
@pytest.mark.parametrize("late", ["skip", "repeat"])
def test_a_quick_engine_keeps_every_tick_exactly(costly, clock, latency, late):
    generator = costly()
    with generator.stream(WALK, FPS, latency=latency, late=late, clock=clock) as stream:
        seen = taken(stream, clock)
    moments, frames, images = zip(*seen, strict=True)
    assert [moment - moments[0] for moment in moments] == [20 * MS * k for k in range(100)]
    assert frames == tuple(range(100))
    np.testing.assert_array_equal(images, pictures(generator))
    told = stream.statistics()
    assert (told.frames, told.missed, told.frame_latency_ms.max) == (100, 0, 0)
    assert told.fps == FPS
    assert told.micro_batch == (1 if latency == "low" else 5)


def test_the_grid_does_not_drift(costly, clock):
    walk = ganrt.walk([1, 2], duration=20)
    with costly().stream(walk, 59.94, micro_batch=64, clock=clock) as stream:
        moments = [moment for moment, _, _ in taken(stream, clock)]
    assert len(moments) == 1199
    for k, moment in enumerate(moments):
        assert 0 <= (moment - moments[0]) * 5994 - k * 10**11 < 5994  # rounded up to the nanosecond, never added up


def test_skipping_keeps_the_walk_in_time(costly, clock):
    generator = costly(lambda size: 50 * MS * size)  # two and a half periods
    with generator.stream(WALK, FPS, latency="low", clock=clock) as stream:
        seen = taken(stream, clock)
    begun = seen[0][0]
    for moment, frame, picture in seen:  # at first the cost is not known
        assert 0 <= moment - begun - 20 * MS * frame < 20 * MS or frame in (
            0,
            1,
            2,
            3,
            99,
        )
        np.testing.assert_array_equal(picture, pictures(generator)[frame])
    frames = [frame for _, frame, _ in seen]
    assert frames == sorted(set(frames))
    assert frames[-1] == 99  # the last frame is shown, however late
    assert 36 <= len(seen) <= 42  # what the engine can draw in two seconds
    told = stream.statistics()
    assert told.dropped == 100 - len(seen)
    assert told.missed >= told.dropped


def test_repeating_shows_every_frame_and_takes_longer(costly, clock):
    generator = costly(lambda size: 50 * MS * size)
    walk = ganrt.walk([1, 2], duration=0.4, loop=True)
    with generator.stream(walk, FPS, latency="low", late="repeat", clock=clock) as stream:
        seen = taken(stream, clock)
    assert [moment - seen[0][0] for moment, _, _ in seen] == [20 * MS * k for k in range(len(seen))]
    frames = [frame for _, frame, _ in seen]
    assert sorted(set(frames)) == list(range(20))
    assert frames == sorted(frames)
    told = stream.statistics()
    assert told.dropped == 0
    assert told.missed == told.repeated == len(frames) - 20 > 20
    for _, frame, picture in seen:
        np.testing.assert_array_equal(picture, pictures(generator, walk)[frame])


def hiccup(at, cost=2 * MS, long=90 * MS):
    """Batch number `at` takes `long`."""
    seen = []

    def take(size):
        seen.append(size)
        return long if len(seen) == at else cost

    return take


def test_smooth_rides_out_what_low_latency_cannot(costly, clock):
    with costly(hiccup(8)).stream(WALK, FPS, latency="smooth", clock=clock) as smooth:
        assert len(taken(smooth, clock)) == 100
    assert smooth.statistics().missed == 0
    with costly(hiccup(8)).stream(WALK, FPS, latency="low", clock=clock) as low:
        seen = taken(low, clock)
    told = low.statistics()
    assert 1 <= told.dropped <= 4
    assert len(seen) == 100 - told.dropped
    late = [moment - seen[0][0] - 20 * MS * frame for moment, frame, _ in seen]
    assert late[-1] == 0  # back on the grid


def test_a_caller_who_is_late_finds_the_walk_in_time(costly, clock):
    with costly().stream(WALK, FPS, latency="low", clock=clock) as stream:
        begun = taken(stream, clock, 10)[0][0]
        clock.sleep(333 * MS)
        taken(stream, clock, 1)
        for moment, frame, _ in taken(stream, clock, 10):
            assert 0 <= moment - begun - 20 * MS * frame < 20 * MS


def test_a_caller_who_stays_away_makes_nobody_draw(costly, clock):
    generator = costly()
    with generator.stream(WALK, FPS, latency="smooth", endless=True, clock=clock) as stream:
        next(stream)
        clock.sleep(60_000 * MS)
        assert sum(generator._engine.batches) <= 1 + 2 * 5 + 5


@pytest.mark.parametrize("latency", ["low", "smooth"])
def test_a_change_shows_in_the_very_next_frame(costly, clock, latency):
    generator = costly()
    with generator.stream(WALK, FPS, latency=latency, clock=clock) as stream:
        taken(stream, clock, 30)
        stream.set(truncation=0.4)
        seen = taken(stream, clock, 20)
        other = ganrt.walk([1, 2, 3], duration=2, loop=True, truncation=0.4)
        for _, frame, picture in seen:
            np.testing.assert_array_equal(picture, pictures(generator, other)[frame])
        assert [frame for _, frame, _ in seen] == list(range(30, 50))
        stream.set(walk=ganrt.walk([8, 9], duration=2))
        seen = taken(stream, clock, 5)
        assert [frame for _, frame, _ in seen] == list(range(5))
        np.testing.assert_array_equal(seen[0][2], pictures(generator, ganrt.walk([8, 9], duration=2))[0])
    told = stream.statistics()
    assert told.missed == 0
    assert told.change_latency_ms.max == 20  # set right after a frame: the next one is a period away


def test_what_was_drawn_before_a_change_stands_in_for_what_is_late(costly, clock):
    generator = costly(lambda size: 6 * MS * size)  # a batch of five takes a period and a half
    with generator.stream(WALK, FPS, latency="smooth", clock=clock) as stream:
        taken(stream, clock, 30)
        stream.set(truncation=0.4)
        seen = taken(stream, clock, 10)
    other = pictures(generator, ganrt.walk([1, 2, 3], duration=2, loop=True, truncation=0.4))
    new = [np.array_equal(picture, other[frame]) for _, frame, picture in seen]
    assert new == [False] + [True] * 9 or new == [False, False] + [True] * 8  # and never back again
    assert stream.statistics().missed == 0


def test_a_pause_holds_the_frame_and_shows_changes_in_it(costly, clock):
    generator = costly()
    with generator.stream(WALK, FPS, latency="low", clock=clock) as stream:
        held = taken(stream, clock, 10)[-1]
        stream.pause()
        for k, (moment, frame, picture) in enumerate(taken(stream, clock, 20), 1):
            assert (moment, frame) == (held[0] + 20 * MS * k, 9)
            np.testing.assert_array_equal(picture, held[2])
        stream.set(truncation=0.4)
        assert stream.paused
        changed = taken(stream, clock, 3)
        other = ganrt.walk([1, 2, 3], duration=2, loop=True, truncation=0.4)
        assert [frame for _, frame, _ in changed] == [9, 9, 9]
        np.testing.assert_array_equal(changed[-1][2], pictures(generator, other)[9])
        stream.seek(70)
        assert taken(stream, clock, 2)[-1][1] == 70
        stream.resume()
        assert [frame for _, frame, _ in taken(stream, clock, 3)] == [71, 72, 73]
    assert stream.statistics().missed == 0


def test_a_stream_may_be_paused_before_its_first_frame(costly, clock):
    with costly().stream(WALK, FPS, clock=clock) as stream:
        stream.pause()
        assert [frame for _, frame, _ in taken(stream, clock, 3)] == [0, 0, 0]


@pytest.mark.parametrize("paced", [True, False])
def test_a_seek_is_the_next_frame_and_the_rest_follows(costly, clock, paced):
    with costly().stream(WALK, FPS, paced=paced, clock=clock) as stream:
        taken(stream, clock, 7)
        stream.seek(90)
        assert [frame for _, frame, _ in taken(stream, clock)] == list(range(90, 100))


def test_speed_goes_on_from_where_the_walk_is(costly, clock):
    generator = costly()
    with generator.stream(WALK, FPS, latency="low", speed=0.5, clock=clock) as stream:
        assert taken(stream, clock, 40)[-1][1] == 39  # of 200 frames: 0.4 s of the walk
        stream.set(speed=2)
        seen = taken(stream, clock)
    assert [frame for _, frame, _ in seen] == list(range(11, 50))  # of 50 frames
    half = ganrt.walk([1, 2, 3], duration=2, loop=True)
    np.testing.assert_array_equal(seen[0][2], pictures(generator, half, FPS / 2)[11])


def test_an_endless_walk_begins_again(costly, clock):
    with costly().stream(WALK, FPS, endless=True, clock=clock) as stream:
        assert [frame for _, frame, _ in taken(stream, clock, 205)] == [k % 100 for k in range(205)]


def test_the_micro_batch_changes_while_it_runs(costly, clock):
    generator = costly()
    with generator.stream(WALK, FPS, latency="low", clock=clock) as stream:
        seen = taken(stream, clock, 10)
        stream.set(micro_batch=8)
        seen += taken(stream, clock, 40)
        stream.set(micro_batch=2)
        seen += taken(stream, clock)
        assert [frame for _, frame, _ in seen] == list(range(100))
    assert {1, 8, 2} <= set(generator._engine.batches)
    assert stream.statistics().missed == 0


def test_the_latency_changes_while_it_runs_and_a_given_micro_batch_stays(costly, clock):
    generator = costly()
    with generator.stream(WALK, FPS, latency="low", clock=clock) as stream:
        seen = taken(stream, clock, 10)
        stream.set(latency="smooth")
        seen += taken(stream, clock, 40)
        assert stream.statistics().micro_batch == 5
        stream.set(micro_batch=3)
        stream.set(latency="low", truncation=0.5)
        stream.set(latency="smooth")
        seen += taken(stream, clock)
        assert stream.statistics().micro_batch == 3
        with pytest.raises(ganrt.UsageError, match="latency"):
            stream.set(latency="none")
    assert [frame for _, frame, _ in seen] == list(range(100))
    batches = generator._engine.batches
    assert set(batches[:10]) == {1}
    assert 5 in batches
    assert 3 in batches[batches.index(5) :]


def test_a_stream_made_smooth_rides_out_what_low_latency_cannot(costly, clock):
    with costly(hiccup(18)).stream(WALK, FPS, latency="low", clock=clock) as stream:
        taken(stream, clock, 10)
        stream.set(latency="smooth")
        taken(stream, clock)
    assert stream.statistics().missed == 0


def test_statistics_follow_the_truncation_along_the_path(costly, clock):
    generator = costly(spec=tiny_spec(statistics=True))
    path = ganrt.walk([1], 1.0, loop=False, truncation=[0.1, 1.0])
    with generator.stream(path, 10, latency="low", clock=clock) as stream:
        seen = taken(stream, clock)
    timeless = Generator(generator._engine.inner)
    z = path.latents(generator.spec.latent, range(11), 10)
    psis = path.truncations(generator.spec, range(11), 10)
    assert psis[0] < psis[5] < psis[10]
    for _, frame, picture in seen:
        expected = timeless.synthesize(z[frame : frame + 1], truncation=psis[frame : frame + 1])[0]
        np.testing.assert_array_equal(picture, expected)
        if frame > 0:
            assert (picture != timeless.synthesize(z[frame : frame + 1], truncation=float(psis[0]))[0]).any()
    for truncation in ([0.5, 1.5], [0.5, ganrt.Truncation(statistics=2.0)]):
        with pytest.raises(ganrt.UsageError, match="0.02 to 1"):
            generator.stream(ganrt.walk([1, 2], truncation=truncation), 10)
    with pytest.raises(ganrt.UsageError, match="no batch-norm statistics"):
        costly().stream(ganrt.walk([1, 2], truncation=[None, ganrt.Truncation(statistics=0.5)]), 10)


def test_labels_and_statistics_change_too(costly, clock):
    generator = costly(spec=tiny_spec(labels=5, statistics=True))
    with generator.stream(WALK, FPS, latency="low", labels="kind 3", clock=clock) as stream:
        first = taken(stream, clock, 1)[0][2]
        stream.set(labels=4, truncation=0.5)
        second = taken(stream, clock, 1)[0][2]
        with pytest.raises(ganrt.UsageError, match="expected 0 to 4"):
            stream.set(labels=5)
        taken(stream, clock, 1)
    z = WALK.latents(generator.spec.latent, [0], FPS)
    timeless = Generator(generator._engine.inner)
    np.testing.assert_array_equal(first, timeless.synthesize(z, labels=3)[0])
    half = ganrt.walk([1, 2, 3], duration=2, truncation=0.5).latents(generator.spec.latent, [1], FPS)
    np.testing.assert_array_equal(second, timeless.synthesize(half, labels=4, truncation=0.5)[0])


def test_an_overloaded_smooth_stream_never_queues_without_bound(costly, clock):
    generator = costly(lambda size: 30 * MS * size)
    with generator.stream(WALK, FPS, latency="smooth", clock=clock) as stream:
        seen = taken(stream, clock)
    assert sum(generator._engine.batches) <= len(seen) + 20  # hardly anything is drawn in vain
    assert seen[-1][1] == 99
    assert seen[-1][0] - seen[0][0] < 2600 * MS  # the walk of two seconds, and at most a few batches


def test_real_time_is_no_part_of_it(costly, clock):
    """The tests' clock itself: whoever computes for long in between, while a batch is drawn, moves no tick."""
    runs = []
    for pause_s in (0.0, 0.4):
        with costly(lambda size: 50 * MS * size).stream(WALK, FPS, latency="low", clock=clock) as stream:
            seen = []
            for _ in range(5):
                seen += taken(stream, clock, 3)
                time.sleep(pause_s)
        runs.append([(moment - seen[0][0], frame) for moment, frame, _ in seen])
    assert runs[0] == runs[1]
