"""Several fresh processes a run: what they hand over, what becomes of it, and what happens where one ends badly."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tiny_onnx import save_tiny

from ganrt.benchmarks import repeats
from ganrt.benchmarks.document import Model, read_document
from ganrt.benchmarks.inputs import Agreement
from ganrt.benchmarks.interrupts import HeldInterrupts
from ganrt.benchmarks.options import Cell, Timing
from ganrt.benchmarks.outcome import make_result
from ganrt.benchmarks.parts import Part, joined, part_from_json
from ganrt.benchmarks.report.ratios import costs_within_run
from ganrt.benchmarks.runner import Interrupted, Runner
from ganrt.benchmarks.scenarios import Slice
from ganrt.benchmarks.self_check import agree
from ganrt.benchmarks.statistics import intervals
from ganrt.benchmarks.telemetry.joined import join_telemetry
from ganrt.benchmarks.warmup import WarmUp
from ganrt.errors import BadInputFile

MS = 1_000_000
OPENED = {"device": "cpu", "precision": "fp32", "about": {"version": "fake 1"}}
TIMING = Timing(duration_s=0.2, warmup_s=0.0, repeats=2, least_samples=4)
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process")


def part(name="a", latency=2.0, first=0.0, **changed):
    made, noise = [Slice() for _ in range(10)], np.random.default_rng(0)
    for number, each in enumerate(made):
        for k in range(10):
            each.started.append(round((first + 100 * number + 10 * k) * MS))
            each.latencies.append(round((latency + 0.001 * noise.normal()) * MS))
    return Part(name, OPENED, slices=tuple(made), agreement=Agreement(4), **changed)


def result_of(tmp_path, *parts, interrupted=False):
    cell = Cell(tmp_path / "m.onnx", "single_stream", 2)
    return make_result(cell, Model("m"), Timing(), parts, interrupted)


def test_a_part_goes_through_a_file():
    whole = part(warm=WarmUp(3, 0.5, True), stopped=("interrupted", "gone"), faults=("x",), points=({"t_s": 1.0},))
    assert part_from_json(json.loads(json.dumps(whole.as_json()))) == whole


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
    assert joined([Agreement(4), Agreement(2, 50.0, 3), Agreement(1, 40.0, 2)]) == Agreement(7, 40.0, 3)


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
    said, told, cell = [], [], Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2, threads=1)
    runner = Runner(TIMING, say=said.append)
    ours, torch = repeats.measure(runner, [cell], ["ganrt/onnxruntime", "torch-eager"], told.append)
    assert (ours.processes, ours.outputs_checked > 0, ours.max_error) == (2, True, 0)
    assert ours.status in ("ok", "unstable")
    assert (torch.status, "--checkpoint" in torch.reason) == ("not_run", True)
    assert said.count("warming up torch-eager") == 1  # what cannot run is not tried again
    assert (told[-1], repeats.steps([cell], TIMING)) == (2, 2)


@pytest.mark.slow
def test_what_is_wrong_for_all_subjects_ends_the_run(tmp_path):
    cell = Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2)
    runner = Runner(TIMING)
    runner.describe(cell)
    cell.model.write_bytes(b"gone")
    with pytest.raises(BadInputFile, match="tiny.onnx"):
        repeats.measure(runner, [cell], ["ganrt/onnxruntime"], lambda _: None)


@needs_signals
def test_a_process_that_dies_is_a_result(tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Illegal instruction' >&2\nexit 132\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    cell = Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2)
    (found,) = repeats.measure(Runner(TIMING), [cell], ["ganrt/onnxruntime"], lambda _: None)
    assert found.status == "interrupted"
    assert "died: exit code 132: Illegal instruction" in found.reason


def test_ctrl_c_between_processes_keeps_what_there_is(tmp_path, monkeypatch):
    cells = [Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", size) for size in (1, 2)]

    def stopped(runner, work):
        yield work[0][0], [part("ganrt/onnxruntime")]
        raise KeyboardInterrupt

    monkeypatch.setattr(repeats, "run_parts", stopped)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Runner(TIMING), cells, ["ganrt/onnxruntime", "torch-eager"], lambda _: None)
    assert [(result.subject, result.status, result.batch_size) for result in caught.value.results] == [
        ("ganrt/onnxruntime", "interrupted", 1),
        ("torch-eager", "not_run", 1),
    ]


def test_ctrl_c_while_the_results_are_made_keeps_them(tmp_path, monkeypatch):
    cell, calls = Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2), []
    monkeypatch.setattr(repeats, "run_parts", lambda runner, work: iter([(work[0][0], [part("ganrt/onnxruntime")])]))

    def made(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return make_result(*arguments)

    monkeypatch.setattr("ganrt.benchmarks.runner.make_result", made)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Runner(TIMING), [cell], ["ganrt/onnxruntime"], lambda _: None)
    assert [(result.status, result.samples) for result in caught.value.results] == [("interrupted", 200)]


@pytest.mark.slow
@needs_signals
@pytest.mark.parametrize("where", ["told what is done", "between two cells"])
def test_ctrl_c_anywhere_in_the_parent_keeps_what_the_process_saw(tmp_path, where):
    """Not only while it waits for the next line."""
    cells = [Cell(save_tiny(tmp_path / "tiny.onnx"), "single_stream", size, threads=1) for size in (1, 2)]
    said = []

    def say(line):
        said.append(line.startswith("timing"))
        if where == "told what is done" and sum(said) == 2:
            signal.raise_signal(signal.SIGINT)

    def progress(done):
        if where == "between two cells" and done == 1:
            signal.raise_signal(signal.SIGINT)

    timing = replace(TIMING, duration_s=60.0 if where == "told what is done" else 0.5)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Runner(timing, say=say), cells, ["ganrt/onnxruntime"], progress)
    first = caught.value.results[0]
    assert (first.status, first.samples > 0, first.latency_ms is not None) == ("interrupted", True, True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_held_interrupts_are_heard_and_not_raised():
    heard = []
    with HeldInterrupts(lambda: heard.append(1)) as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.let_end(lambda: heard.append("never: it is over already"))
    assert (interrupts.told, heard) == (True, [1])
    with HeldInterrupts() as interrupts:
        interrupts.let_end(lambda: [signal.raise_signal(signal.SIGINT), heard.append("never")])
        assert interrupts.told
        signal.raise_signal(signal.SIGINT)
    assert heard == [1]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_where_nobody_hears_of_ctrl_c_nothing_changes():
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: HeldInterrupts().__enter__().told).result() is False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with HeldInterrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
        assert not interrupts.told
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@needs_signals
def test_ctrl_c_in_a_real_run(tmp_path):
    arguments = ["--duration", "60", "--warmup", "0", "--repeats", "2", "--subjects", "ganrt/onnxruntime,trtexec"]
    command = [sys.executable, "-m", "ganrt", "--debug", "bench", *arguments, "-o", str(tmp_path / "part.json")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        timed = 0
        for line in process.stderr:
            timed += line.startswith("timing")
            if timed == 2:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130, rest
    document = read_document(tmp_path / "part.json")
    ours, program = document.results
    assert (document.status, ours.status, program.status) == ("interrupted", "interrupted", "not_run")
    assert ours.samples > 0
    assert ours.latency_ms is not None
