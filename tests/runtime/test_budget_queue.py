"""The queue within a frame budget, in virtual time."""

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny
from virtual_time import MS, CostlyEngine, VirtualClock

import ganrt
from ganrt.runtime.generator import Generator


@pytest.fixture
def clock():
    return VirtualClock()


def costly(tmp_path, clock, cost=lambda size: (1 + size) * MS, **options):
    """A batch of n takes n + 1 ms."""
    return Generator(CostlyEngine(save_tiny(tmp_path / "tiny.onnx"), clock, cost, **options))


def test_a_step_does_as_much_as_fits_and_no_more(tmp_path, clock):
    with costly(tmp_path, clock) as generator:
        queue = generator.queue(clock=clock)
        tickets = [queue.request(seed=5, index=k) for k in range(30)]
        begun = clock.now()
        finished = queue.step(10)  # 8 take 9 ms; what is left is too short for one, which takes 2
        assert clock.now() - begun == 9 * MS
        assert finished == tickets[:8]
        assert len(queue.step(14)) == 8 + 4  # 9 ms and 5
        told = queue.statistics()
        assert (told.waiting, told.finished, told.overrun_ms.max) == (10, 20, 0)
        assert told.estimates_ms == {1: 2, 2: 3, 4: 5, 8: 9, 16: 17}
        assert queue.step(None) == tickets[20:]
        assert queue.step(100) == []
        expected = generator.sample(30, seed=5)
    np.testing.assert_array_equal([ticket.image for ticket in tickets], expected)


def test_priorities_cancellation_and_every_kind_of_request(tmp_path, clock):
    with costly(tmp_path, clock) as generator:
        queue = generator.queue(truncation=0.7, clock=clock)
        plain, dropped = queue.request(seed=3), queue.request(seed=4)
        player = queue.request(identity="ann", priority=5)
        own = queue.request(z=np.ones(DIM), priority=1)
        dropped.cancel()
        assert queue.step(2) == [player]
        assert queue.step(4) == [own, plain]
        assert not dropped.done
        np.testing.assert_array_equal(player.image, generator.avatar("ann", truncation=0.7))
        np.testing.assert_array_equal(own.image, generator.synthesize(np.ones((1, DIM)))[0])


def test_an_overrun_is_measured_and_an_outlier_forgotten(tmp_path, clock):
    costs = iter([2] * 4 + [3] * 4 + [5] * 4 + [9] * 4 + [17] * 4 + [50] + [2] * 99)
    with costly(tmp_path, clock, lambda size: next(costs) * MS) as generator:
        queue = generator.queue(clock=clock)
        queue.request(seed=1)
        queue.step(3)
        assert queue.statistics().overrun_ms.max == 47
        queue.request(seed=1)
        assert queue.step(3) == []  # the outlier is believed once
        assert len(queue.step(3)) == 1
        assert queue.statistics().starved == 1


def test_an_engine_that_breaks_loses_no_request(tmp_path, clock):
    with costly(tmp_path, clock, fail_at=21) as generator:
        queue = generator.queue(clock=clock)
        ticket = queue.request(seed=1)
        with pytest.raises(RuntimeError, match="broke"):
            queue.step(10)
        assert queue.step(10) == [ticket]


def test_what_was_drawn_before_the_engine_broke_is_returned_later(tmp_path, clock):
    with costly(tmp_path, clock, fail_at=22) as generator:
        queue = generator.queue(clock=clock)
        tickets = [queue.request(seed=1, index=k) for k in range(20)]
        with pytest.raises(RuntimeError, match="broke"):
            queue.step(None)
        assert [ticket.done for ticket in tickets] == [True] * 16 + [False] * 4
        assert queue.step(None) == tickets
        assert queue.statistics().finished == 20
        assert len({*tickets}) == 20  # a game keeps them in sets and dictionaries


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "exactly one"),
        ({"seed": 1, "identity": "ann"}, "exactly one"),
        ({"seed": -1}, "seed"),
        ({"z": [1.0]}, "z of shape"),
        ({"z": [np.nan] * DIM}, "finite"),
        ({"seed": 1, "priority": "high"}, "priority"),
    ],
)
def test_requests_that_make_no_sense(tmp_path, clock, asked, words):
    with costly(tmp_path, clock) as generator:
        queue = generator.queue(warm=False, clock=clock)
        with pytest.raises(ganrt.UsageError, match=words):
            queue.request(**asked)
        with pytest.raises(ganrt.UsageError, match="budget_ms"):
            queue.step(-1)
