"""The sampler: whose readings are whose, bounded memory, exact statistics, and sources that fail in every way."""

import json
import sys
import threading
import time

import pytest

from ganrt.benchmarks.telemetry.cpu import CpuSource, readable_zones
from ganrt.benchmarks.telemetry.report import Series
from ganrt.benchmarks.telemetry.sampler import Sampler
from ganrt.benchmarks.telemetry.source import SOURCES, Energy, SourceAbsent, make_sources


class Meter:
    """A source whose power is what the test says."""

    name = "meter"
    energy = Energy("all")
    over_time = frozenset({"since_w"})

    def __init__(self, powers, *, counter=False, fail=None):
        self.powers, self.counter, self.fail, self.closed, self.total = iter(powers), counter, fail, 0, 100.0

    def open(self):
        if self.fail == "open":
            raise RuntimeError("the driver is broken")
        if self.fail == "absent":
            raise SourceAbsent("nothing here")

    def read(self):
        power = next(self.powers)
        self.total += power
        return {"power_w": power, "since_w": power, **({"energy_j": self.total} if self.counter else {})}

    def about(self):
        if self.fail == "about":
            raise RuntimeError("no words")
        return {"device": "meter"}

    def close(self):
        self.closed += 1


def seconds(*values):
    """A clock that tells these, then stands still."""
    left = list(values)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def two_runners(counter):
    # clock: entered 0; a: read at 1, began at 1, ended at 3, read at 3; b: 10, 10, 14, 14; a again: 20, 20, 22, 22
    clock = seconds(0, 1, 1, 3, 3, 10, 10, 14, 14, 20, 20, 22, 22)
    with Sampler([Meter([10, 30, 100, 100, 50, 70], counter=counter)], interval_s=60, clock=clock) as sampler:
        for runner in ("a", "b", "a"):
            sampler.begin(runner)
            sampler.end(runner)
    return sampler


def test_energy_is_of_a_runners_own_slices():
    sampler = two_runners(counter=False)
    a, b = sampler.telemetry("a"), sampler.telemetry("b")
    assert (a.seconds, b.seconds) == (4, 4)
    assert a.energy["meter"]["joules"] == 20 * 2 + 60 * 2
    assert b.energy["meter"]["joules"] == 400
    assert a.summary(images=16)["energy"]["meter"]["joules_per_image"] == 10
    assert a.statistics["meter.power_w"] == {"mean": 40, "min": 10, "max": 70, "samples": 4}
    assert a.statistics["meter.since_w"]["samples"] == 2  # what a slice's first reading tells is not the slice's
    assert [point["t_s"] for point in a.timeline] == [1, 3, 20, 22]


def test_a_counter_counts_only_within_slices():
    sampler = two_runners(counter=True)
    assert sampler.telemetry("a").energy["meter"] == {"joules": 100.0, "of": "all", "by": "counter", "seconds": 4.0}
    assert sampler.telemetry("b").energy["meter"]["joules"] == 100.0


def test_a_runner_that_never_ran_and_one_that_was_interrupted():
    with Sampler([Meter([1, 2])], interval_s=60, clock=seconds(0, 1, 1, 5)) as sampler:
        sampler.begin("a")
        summary, timeline = sampler.report("a", 2)
    assert summary["energy"]["meter"]["joules"] == 6
    assert len(timeline) == 2
    empty, points = sampler.report("never", 5)
    assert (empty["statistics"], empty["energy"], points) == ({}, {}, [])


@pytest.mark.parametrize(
    ("fail", "note"),
    [
        ("absent", "meter: not read: nothing here"),
        ("open", "meter: not read: RuntimeError: the driver is broken"),
        ("about", "meter: says nothing of itself: RuntimeError: no words"),
        ("read", "meter: lost after"),
    ],
)
def test_no_source_stops_a_run(fail, note):
    meter, sound = Meter([], fail=fail), Meter([5] * 9)
    sound.name = "sound"
    with Sampler([meter, sound], interval_s=60) as sampler:
        sampler.begin("a")
        sampler.end("a")
    seen = sampler.telemetry("a")
    assert any(line.startswith(note) for line in seen.notes)
    assert seen.statistics["sound.power_w"]["mean"] == 5
    assert meter.closed == sound.closed == 1


def test_energy_of_half_a_run_is_not_divided_by_its_images():
    with Sampler([Meter([5, 5])], interval_s=60, clock=seconds(0, 1, 1, 2, 2, 3, 3, 3, 9)) as sampler:
        for _ in range(2):  # in the second slice the meter is lost
            sampler.begin("a")
            sampler.end("a")
    energy = sampler.telemetry("a").summary(images=3)["energy"]["meter"]
    assert energy["joules"] == 5
    assert "joules_per_image" not in energy


def test_the_timeline_is_bounded_and_the_statistics_exact():
    series = Series(100)
    for second in range(100_000):
        series.add(second, {"x": second})
    assert 50 <= len(series.points) <= 100
    gaps = {b["t_s"] - a["t_s"] for a, b in zip(series.points, series.points[1:], strict=False)}
    assert len(gaps) == 1
    assert series.points[0]["t_s"] == 0
    x = series.statistics["x"]
    assert (x.low, x.high, x.samples, x.mean) == (0, 99_999, 100_000, 99_999 / 2)


def test_the_mean_is_weighted_by_time():
    series = Series(10)
    for time_s, value in ((0, 0), (9, 0), (10, 100)):
        series.add(time_s, {"x": value})
    assert series.statistics["x"].mean == 5


def test_the_thread_reads_between_and_ends():
    with Sampler([Meter(range(10**9))], interval_s=0.001) as sampler:
        sampler.begin("a")
        deadline = time.monotonic() + 120
        while len(sampler._series["a"].points) < 5 and time.monotonic() < deadline:
            time.sleep(0.001)
        sampler.end("a")
    assert sampler.telemetry("a").statistics["meter.power_w"]["samples"] >= 5
    assert "telemetry" not in [thread.name for thread in threading.enumerate()]


def test_this_machines_own_sources():
    with Sampler() as sampler:
        sampler.begin("a")
        sampler.end("a")
    summary, timeline = sampler.report("a", 1)
    json.dumps([summary, timeline], allow_nan=False)
    assert summary["statistics"]["cpu.rss_peak_bytes"]["max"] >= summary["statistics"]["cpu.rss_bytes"]["max"] > 2**20
    read = {name.split(".")[0] for name in summary["statistics"]}
    told = {note.split(":")[0] for note in summary["notes"]}
    assert read | told == set(SOURCES)
    assert [source.name for source in make_sources(("cpu",))] == ["cpu"]


def test_psutil_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(SourceAbsent, match=r'pip install "ganrt\[bench\]"'):
        CpuSource().open()


def rapl(folder, name, microjoules, most=1_000_000):
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    (folder / "max_energy_range_uj").write_text(f"{most}\n")
    return folder


def test_rapl_adds_packages_and_survives_the_wrap(tmp_path):
    first = rapl(tmp_path / "intel-rapl:0", "package-0", 900_000)
    second = rapl(tmp_path / "intel-rapl:1", "package-1", 0)
    rapl(tmp_path / "intel-rapl:0:0", "core", 5)
    (rapl(tmp_path / "intel-rapl:2", "package-2", 7) / "max_energy_range_uj").unlink()
    source = CpuSource(tmp_path)
    source.open()
    assert source.energy.of == "processor packages (RAPL)"
    assert source.read()["energy_j"] == 0
    (first / "energy_uj").write_text("100000")
    (second / "energy_uj").write_text("300000")
    assert source.read()["energy_j"] == pytest.approx(0.2 + 0.3)
    assert source.about()["rapl zones"] == "2"
    source.close()
    assert readable_zones(tmp_path / "none") == []
    assert CpuSource(tmp_path / "none").energy is None
