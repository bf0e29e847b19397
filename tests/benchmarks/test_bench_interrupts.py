"""Ctrl-C during a benchmark: what was measured is kept and marked, wherever it falls."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from bench_fakes import SHORT_TIMING as TIMING
from bench_fakes import needs_signals, part
from tiny_onnx import save_tiny

from ganrt.benchmarks import repeats
from ganrt.benchmarks.document import read_document
from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.options import Case
from ganrt.benchmarks.outcome import make_result

SHORT = ("--duration", "0.3", "--warmup", "0", "--runners", "ganrt/onnxruntime", "-o", "part.json")


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_between_processes_keeps_what_there_is(tmp_path, monkeypatch):
    cases = [Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", size) for size in (1, 2)]

    def stopped(harness, work):
        yield work[0][0], [part("ganrt/onnxruntime")]
        ctrl_c()

    monkeypatch.setattr(repeats, "run_parts", stopped)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Harness(TIMING), cases, ["ganrt/onnxruntime", "torch-eager"], lambda _: None)
    assert [(result.subject, result.status, result.batch_size) for result in caught.value.results] == [
        ("ganrt/onnxruntime", "interrupted", 1),
        ("torch-eager", "not_run", 1),
    ]


def test_ctrl_c_while_the_results_are_made_keeps_them(tmp_path, monkeypatch):
    case, calls = Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", 2), []
    monkeypatch.setattr(repeats, "run_parts", lambda harness, work: iter([(work[0][0], [part("ganrt/onnxruntime")])]))

    def made(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            ctrl_c()
        return make_result(*arguments)

    monkeypatch.setattr("ganrt.benchmarks.harness.make_result", made)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Harness(TIMING), [case], ["ganrt/onnxruntime"], lambda _: None)
    assert [(result.status, result.samples) for result in caught.value.results] == [("ok", 200)]


@pytest.mark.slow
@needs_signals
@pytest.mark.parametrize("where", ["told what is done", "between two cases"])
def test_ctrl_c_anywhere_in_the_parent_keeps_what_the_process_saw(tmp_path, where):
    """Not only while it waits for the next line."""
    cases = [Case(save_tiny(tmp_path / "tiny.onnx"), "single_stream", size, threads=1) for size in (1, 2)]
    said = []

    def say(line):
        said.append(line.startswith("timing"))
        if where == "told what is done" and sum(said) == 2:
            ctrl_c()

    def progress(done):
        if where == "between two cases" and done == 1:
            ctrl_c()

    timing = replace(TIMING, duration_s=60.0 if where == "told what is done" else 0.5)
    with pytest.raises(Interrupted) as caught:
        repeats.measure(Harness(timing, say=say), cases, ["ganrt/onnxruntime"], progress)
    first = caught.value.results[0]
    assert (first.status, first.samples > 0, first.latency_ms is not None) == ("interrupted", True, True)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.slow
@needs_signals
def test_ctrl_c_in_a_real_run(tmp_path):
    arguments = ["--duration", "60", "--warmup", "0", "--repeats", "2", "--runners", "ganrt/onnxruntime,trtexec"]
    tiny = ["-m", str(save_tiny(tmp_path / "tiny.onnx"))]
    command = [sys.executable, "-m", "ganrt", "--debug", "bench", *tiny, *arguments, "-o", str(tmp_path / "part.json")]
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


@pytest.fixture
def interrupted(monkeypatch):
    """Ctrl-C at the first call of a function, before it does its work."""

    def install(target):
        owner, _, name = target.rpartition(".")
        module = __import__(owner, fromlist=["_"]) if owner.islower() else _class(owner)
        original, calls = getattr(module, name), []

        def wrapped(*arguments, **options):
            calls.append(1)
            if len(calls) == 1:
                ctrl_c()
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, wrapped)

    return install


def _class(path):
    module, _, name = path.rpartition(".")
    return getattr(__import__(module, fromlist=["_"]), name)


@needs_signals
@pytest.mark.parametrize(
    ("target", "more"),
    [
        ("ganrt.benchmarks.harness.make_result", ("--repeats", "1")),
        ("ganrt.benchmarks.harness.part_of", ("--repeats", "1")),
        ("ganrt.cli.app.Progress.__call__", ("--repeats", "1", "-b", "1,2")),
        ("ganrt.benchmarks.session.Session.document", ("--repeats", "1")),
        ("ganrt.benchmarks.document.write_document", ("--repeats", "1")),
        pytest.param(
            "ganrt.benchmarks.processes._result",
            ("--scenario", "cold_start", "--processes", "2"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_ctrl_c_at_the_worst_instant(run, interrupted, tmp_path, target, more):
    interrupted(target)
    code, _, err = run("bench", *SHORT, *more)
    document = read_document(tmp_path / "work" / "part.json")
    assert document.results[0].samples > 0
    assert document.results[0].latency_ms is not None
    assert (code, document.status) in ((130, "interrupted"), (0, "complete")), err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


class _Process:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def send_signal(self, number):
        assert number == signal.SIGINT
        self.told.append("ended")

    def kill(self):
        self.told.append("killed")


@needs_signals
def test_a_child_is_asked_once_and_killed_when_patience_ends(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(repeats.time, "monotonic", lambda: now[0])
    child, process = repeats._Child(), _Process()
    child.started(process)
    start = threading.Timer.start

    def start_and_hear_another(timer):
        child.end()
        start(timer)

    monkeypatch.setattr(threading.Timer, "start", start_and_hear_another)
    child.end()
    child.end()
    assert process.told == ["ended"]
    now[0] += 2
    child.end()
    child.late.cancel()
    assert process.told == ["ended", "killed"]


def test_a_child_that_was_not_there_yet_is_killed():
    child, process = repeats._Child(), _Process()
    child.end()
    child.started(process)
    assert process.told == ["killed"]


@pytest.mark.slow
@needs_signals
def test_where_ctrl_c_is_ignored_a_run_ends_as_it_would(tmp_path):
    """Of a shell's background jobs: a terminal sends it to them as well."""
    tiny = ["-m", str(save_tiny(tmp_path / "tiny.onnx"))]
    command = [sys.executable, "-m", "ganrt", "--debug", "bench", *tiny, *SHORT[:-1], str(tmp_path / "part.json")]
    ignored = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    with subprocess.Popen(
        [*command, "--repeats", "2"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        start_new_session=True, preexec_fn=ignored,
    ) as process:  # fmt: skip
        for line in process.stderr:
            if line.startswith("timing"):
                os.killpg(process.pid, signal.SIGINT)
        assert process.wait() == 0
    assert read_document(tmp_path / "part.json").status == "complete"
