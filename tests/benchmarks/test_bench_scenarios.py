"""Clocks, warming up and the scenarios' schedules, on a clock that only moves when told."""

import pytest
from bench_fakes import MS, FakeClock

from ganrt.benchmarks.clock import Reading, SystemClock, clock_fault, read_both
from ganrt.benchmarks.measurement import warm_up
from ganrt.benchmarks.scenarios import Load, run_slice
from ganrt.benchmarks.self_check import overhead_ns


def milliseconds(done):
    return [value / MS for value in done.latencies]


def test_calls_follow_each_other_until_the_time_is_over():
    clock = FakeClock()
    done = run_slice(Load("single_stream"), lambda number: clock.pass_ms(3), clock, 10 * MS, first=5)
    assert milliseconds(done) == [3, 3, 3, 3]


def test_a_slow_call_is_still_one_sample():
    clock = FakeClock()
    assert milliseconds(run_slice(Load("offline"), lambda number: clock.pass_ms(500), clock, MS)) == [500]


def test_a_late_frame_makes_those_behind_it_late():
    """Counted from the scheduled time; from the start of the call every frame but one would take 1 ms."""
    clock = FakeClock()
    costs = [1, 25, 1, 1, 1]
    done = run_slice(Load("frame", 10 * MS), lambda number: clock.pass_ms(costs[number]), clock, 50 * MS)
    assert milliseconds(done) == [1, 25, 16, 7, 1]
    assert done.missed == 2
    assert [(start - done.started[0]) / MS for start in done.started] == [0, 10, 20, 30, 40]


def test_frames_in_time_miss_nothing():
    clock = FakeClock()
    done = run_slice(Load("frame", 10 * MS), lambda number: clock.pass_ms(10), clock, 100 * MS)
    assert (done.missed, len(done.latencies)) == (0, 10)


def test_a_clock_that_goes_back_ends_the_slice_and_is_named():
    clock = FakeClock()
    before = read_both(clock)

    def call(number):
        clock.time -= 50 * MS

    assert len(run_slice(Load("single_stream"), call, clock, 10 * MS).latencies) == 1
    assert "went back by 0.05 s" in clock_fault(before, read_both(clock))


@pytest.mark.parametrize(("wall", "fault"), [(1000, None), (1015, None), (3000, "jumped"), (-500, "jumped")])
def test_two_clocks_that_disagree_are_named(wall, fault):
    found = clock_fault(Reading(0, 0), Reading(1000 * MS, wall * MS))
    assert fault in found if fault else found is None


def test_warming_up_ends_when_the_times_have_settled():
    clock = FakeClock()
    found = warm_up(lambda number: clock.pass_ms(100 if number < 4 else 20), clock, most_s=60)
    assert found.stable
    assert found.calls == 4 * 3  # a slow window, then three that agree: the first of them has one slow call


def test_warming_up_is_bounded():
    clock = FakeClock()
    found = warm_up(lambda number: clock.pass_ms(100 * 1.5**number), clock, most_s=2)
    assert not found.stable
    assert 2 <= found.seconds < 10


def test_the_system_clock_waits_until_the_moment():
    clock = SystemClock()
    moment = clock.now() + 3 * MS
    clock.sleep_until(moment)
    assert clock.now() >= moment
    clock.sleep_until(moment)


def test_the_overhead_is_all_that_a_slice_of_empty_calls_takes():
    class Ticking(FakeClock):
        """Each reading takes 100 ns."""

        def now(self):
            self.time += 100
            return self.time

    assert overhead_ns(Ticking()) == pytest.approx(200, rel=0.01)
