"""Several fresh processes a run: what they hand over, what becomes of it, and what happens where one ends badly."""

import pickle
import sys

import numpy as np
import pytest
from bench_fakes import OPENED, needs_signals, part
from bench_fakes import SHORT_TIMING as TIMING
from tiny_onnx import save_tiny

from ganrt.benchmarks import repeats
from ganrt.benchmarks.document import Model
from ganrt.benchmarks.harness import Harness
from ganrt.benchmarks.inputs import Agreement, joined
from ganrt.benchmarks.measurement import Part, WarmUp
from ganrt.benchmarks.options import Case, Timing
from ganrt.benchmarks.outcome import make_result
from ganrt.benchmarks.report.ratios import costs_within_run
from ganrt.benchmarks.self_check import agree
from ganrt.benchmarks.statistics import intervals
from ganrt.benchmarks.telemetry.report import join_telemetry
from ganrt.errors import BadInputFile


def result_of(tmp_path, *parts, interrupted=False):
    case = Case(tmp_path / "m.onnx", "single_stream", 2)
    return make_result(case, Model("m"), Timing(), parts, interrupted)


def test_a_part_goes_through_a_file():
    whole = part(warm=WarmUp(3, 0.5, True), stopped=("interrupted", "gone"), faults=("x",), points=({"t_s": 1.0},))
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_the_parts_of_several_processes_become_one_result(tmp_path):
    found = result_of(tmp_path, part(points=({"t_s": 7.0, "x": 1},)), part(first=5000, points=({"t_s": 3.0, "x": 2},)))
    assert (found.status, found.samples, found.processes, found.outputs_checked) == ("ok", 200, 2, 8)
    assert found.notes == ()
    assert [point["t_s"] for point in found.timeline if "x" in point] == [0.0, 5.0]
    alone = result_of(tmp_path, part())
    assert (alone.processes, alone.between_runs) == (1, 0.0)
    assert "hold within this run only" in alone.notes[0]


def test_intervals_hold_what_differs_between_processes(tmp_path):
    found = result_of(tmp_path, part(), part(latency=2.2), part(latency=2.1))
    low, high = found.latency_intervals["p50"]
    half = 4.303 * np.std(np.log([2.0, 2.2, 2.1]), ddof=1) / 3**0.5  # Student's t of two degrees of freedom
    told = np.hypot(half, np.log(1.03))
    assert (low, high) == pytest.approx((2.1 * np.exp(-told), 2.1 * np.exp(told)), rel=1e-3)
    assert (found.status, found.between_runs) == ("unstable", 0.03)
    (cost, *_) = costs_within_run(found)
    assert cost.interval == pytest.approx((2.1 * np.exp(-half), 2.1 * np.exp(half)), rel=1e-3)


def test_runs_whose_processes_differ_agree_19_times_in_20():
    """And do not where the intervals know of the time within a run only."""
    random = np.random.default_rng(0)
    runs = [[10 * (1 + 0.01 * random.normal()) + 0.01 * random.normal(size=200) for _ in range(5)] for _ in range(40)]
    lengths = [20] * 50
    wide = [intervals(np.concatenate(run), lengths, 0, [200] * 5)["p50"] for run in runs]
    inside = [intervals(run[0], [20] * 10)["p50"] for run in runs]

    def share(found):
        return np.mean([agree(found[i], found[k]) for i in range(40) for k in range(i)])

    assert share(wide) >= 0.95
    assert share(inside) < 0.5


@pytest.mark.parametrize(
    ("parts", "status", "reason"),
    [
        ([Part("a", stopped=("not_run", "not here"))], "not_run", "not here"),
        ([part(), Part("a", stopped=("not_run", "not here"))], "interrupted", "could not open it: not here"),
        ([part(), part(stopped=("interrupted", "fell off"))], "interrupted", "fell off"),
        ([part(), Part("a", OPENED, stopped=("wrong_output", "7 dB"))], "wrong_output", "7 dB"),
        ([part(), part(faults=("the clock jumped",))], "unstable", "the clock jumped"),
        ([Part("a", OPENED)], "interrupted", "while it warmed up"),
        ([Part("a")], "not_run", "before its turn"),
    ],
)
def test_what_stopped_one_process_is_said_of_all(tmp_path, parts, status, reason):
    found = result_of(tmp_path, *parts)
    assert found.status == status
    assert reason in found.reason
    assert (found.latency_ms is None) == (status in ("not_run", "wrong_output") or len(parts) == 1)


def test_the_worst_picture_of_all_processes_counts():
    several = [Agreement(4), Agreement(2, 50.0, 3, 0.99), Agreement(1, 40.0, 2, 0.95)]
    assert joined(several) == Agreement(7, 40.0, 3, 0.95)


def test_telemetry_of_several_processes_is_one():
    def summary(seconds, watts, **energy):
        return {
            "seconds": seconds,
            "statistics": {"cpu.power_w": {"mean": watts, "min": watts - 1, "max": watts + 1, "samples": 10}},
            "throttled": {"nvidia.heat": 0.5} if watts > 20 else {},
            "energy": {"cpu": {"joules": seconds * watts, "of": "package", "by": "counter", "seconds": seconds}},
            "about": {"cpu": {"name": "x"}},
            "notes": ["jetson: not read"],
        }

    found = join_telemetry([summary(1.0, 10.0), {}, summary(3.0, 30.0)], images=50)
    assert found["statistics"]["cpu.power_w"] == {"mean": 25.0, "min": 9.0, "max": 31.0, "samples": 20}
    assert found["throttled"] == {"nvidia.heat": 0.375}
    assert (found["energy"]["cpu"]["joules"], found["energy"]["cpu"]["joules_per_image"]) == (100.0, 2.0)
    assert found["notes"] == ["jetson: not read"]
    assert join_telemetry([{}], 5) == {}


@pytest.mark.slow
def test_real_processes_share_the_duration(tmp_path):
    said, told, case = [], [], Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2, threads=1)
    harness = Harness(TIMING, say=said.append)
    ours, torch = repeats.measure(harness, [case], ["ganrt/onnxruntime", "torch-eager"], told.append)
    assert (ours.processes, ours.outputs_checked > 0, ours.max_error) == (2, True, 0)
    assert ours.status in ("ok", "unstable")
    assert (torch.status, "--checkpoint" in torch.reason) == ("not_run", True)
    assert said.count("warming up torch-eager") == 1  # what cannot run is not tried again
    assert (told[-1], repeats.steps([case], TIMING)) == (2, 2)


@pytest.mark.slow
def test_what_is_wrong_for_all_runners_ends_the_run(tmp_path):
    case = Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2)
    harness = Harness(TIMING)
    harness.describe(case)
    case.model.write_bytes(b"gone")
    with pytest.raises(BadInputFile, match="tiny.onnx"):
        repeats.measure(harness, [case], ["ganrt/onnxruntime"], lambda _: None)


@needs_signals
def test_a_process_that_dies_is_a_result(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Illegal instruction' >&2\nexit 132\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    case = Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2)
    (found,) = repeats.measure(Harness(TIMING), [case], ["ganrt/onnxruntime"], lambda _: None)
    assert found.status == "interrupted"
    assert "died: exit code 132: Illegal instruction" in found.reason
