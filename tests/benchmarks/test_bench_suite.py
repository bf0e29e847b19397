"""The suite: entry by entry, resumable, and never ended by one entry's failure."""

import json
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import suite_jobs
from bench_fakes import FakeClock, FakeRunner
from suite_jobs import measure
from suite_jobs.scope import Scope

from ganrt.benchmarks import suite
from ganrt.benchmarks.document import read_document, write_document
from ganrt.benchmarks.harness import Harness
from ganrt.benchmarks.models import RANDOM, ModelFile
from ganrt.benchmarks.options import INTERLEAVED, PROCESSES
from ganrt.benchmarks.runners import parse_names
from ganrt.benchmarks.suite_entries import ENTRIES, Entry
from ganrt.errors import BadInputFile, NegativeResult, OutputFailed
from ganrt.runtime.models import resolve_model

LIMITS = suite._limits
RUNNERS = "ganrt/onnxruntime,ganrt/openvino"
ONE = Entry("one", "first", scenarios=("single_stream",), runners=RUNNERS, duration_s=0.01, least_samples=1)
TWO = Entry("two", "second", scenarios=("offline",), runners=RUNNERS, duration_s=0.01, least_samples=1)
JOB = Entry("job", "a job", scenarios=("latents",), job=lambda model, quick: {"value": 1.0})


def finished(*arguments, **options):
    try:
        return suite.run_suite(*arguments, **options)
    except suite.SuiteStopped as stopped:
        return stopped.document


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs entries with fake runners: run([entries]) -> document; `run.opened` lists (entry's scenario, batch)."""
    monkeypatch.setattr(suite, "_limits", lambda entries, known, say: None)

    def call(entries, interrupt=False, budget_s=1000.0, force=False, quick=False, only=None):
        clock, diary = FakeClock(), []

        def opener(name, request):
            call.opened += 1
            return FakeRunner(
                name,
                request,
                clock,
                diary,
                interrupt_at=5 if interrupt and call.opened > len(parse_names(RUNNERS)) else None,
            )

        return finished(
            tmp_path / "suite.json",
            [entry.name for entry in entries] if only is None else only,
            lambda timing: Harness(replace(timing, warmup_s=0.0, repeats=1), clock=clock, opener=opener),
            quick=quick,
            budget_s=budget_s,
            work=tmp_path / "work",
            force=force,
            say=call.said.append,
            entries=entries,
        )

    call.opened, call.said, call.path = 0, [], tmp_path / "suite.json"
    return call


def test_every_entry_gives_results_in_one_document(run):
    document = run([ONE, TWO, JOB])
    assert document.status == "complete"
    assert {result.entry for result in document.results} == {"one", "two", "job"}
    assert read_document(run.path) == document
    job = next(result for result in document.results if result.entry == "job")
    assert (job.scenario, job.figures) == ("latents", {"value": 1.0})
    with pytest.raises(OutputFailed, match="--force"):
        run([ONE, TWO, JOB])
    assert run([ONE], force=True).results[0].entry == "one"


def test_an_interrupted_suite_goes_on_where_it_stopped(run):
    first = run([ONE, TWO], interrupt=True)
    assert first.status == "interrupted"
    kept = [result for result in first.results if result.entry == "one"]
    assert next(result.status for result in first.results if result.entry == "two") == "interrupted"
    run.opened = 0
    second = run([ONE, TWO])
    assert second.status == "complete"
    assert run.opened == len(parse_names(RUNNERS))
    assert [result for result in second.results if result.entry == "one"] == kept
    assert next(result.status for result in second.results if result.entry == "two") in ("ok", "unstable")
    assert any(line.endswith("one: kept") for line in run.said)


def test_ctrl_c_while_an_entry_is_written_keeps_it(run, monkeypatch):
    def write(*arguments, **options):
        if not run.path.exists():
            signal.raise_signal(signal.SIGINT)
        write_document(*arguments, **options)

    monkeypatch.setattr(suite, "write_document", write)
    first = run([ONE, TWO])
    assert read_document(run.path) == first
    assert {result.entry for result in first.results} == {"one"}
    run.opened = 0
    assert run([ONE, TWO]).status == "complete"
    assert run.opened == len(parse_names(RUNNERS))


def test_a_later_only_does_not_complete_what_was_interrupted(run):
    run([ONE, TWO, JOB], interrupt=True)
    document = run([ONE, TWO, JOB], only=["job"])
    assert document.status == "interrupted"
    assert suite.missing(document) == ["two"]
    assert {result.entry for result in document.results} == {"one", "two", "job"}
    assert run([ONE, TWO, JOB], only=["two"]).status == "complete"


def test_only_what_was_asked_for_need_be_there(run):
    assert run([ONE, TWO], only=["one"]).status == "complete"
    assert run([ONE, TWO], budget_s=0.0).status == "interrupted"  # asked for, and not done


def test_an_entry_of_another_program_stays_asked_for(run):
    """`ganrt bench suite` knows no jobs: a document that lacks one is not complete."""
    assert suite.missing(run([ONE, JOB], budget_s=0.0)) == ["one", "job"]
    document = run([ONE])
    assert (document.status, suite.missing(document)) == ("interrupted", ["job"])
    assert run([ONE, JOB]).status == "complete"


def test_jobs_need_no_limits_of_the_machine(run):
    assert LIMITS([JOB], None, print) is None


def test_the_tool_has_the_entries_of_the_command_and_the_jobs(monkeypatch, capsys):
    import runpy
    import sys

    monkeypatch.setattr(suite, "ENTRIES", suite.ENTRIES)
    monkeypatch.setattr(sys, "argv", ["bench_suite.py", "--list"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(Path(suite_jobs.__file__).parents[1] / "bench_suite.py"), run_name="__main__")
    listed = [line.split(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert (ended.value.code or 0, listed) == (0, [entry.name for entry in (*ENTRIES, *suite_jobs.ENTRIES)])


def test_runners_that_were_never_tried_are_not_called_interrupted(run):
    document = run([ONE, TWO], interrupt=True)
    two = [result for result in document.results if result.entry == "two"]
    assert [result.status for result in two] == ["interrupted"] + ["not_run"] * (len(two) - 1)
    assert "before its turn" in two[1].reason


def test_limits_that_are_recorded_are_not_measured_again(run, monkeypatch):
    from ganrt.benchmarks.limits import Limits, Rate

    measured = []

    def measure(precisions):
        measured.append(precisions)
        rates = [Rate("macs", each, "me", 1, 8, 1, 1e9, 1e9) for each in precisions]
        return Limits((*rates, Rate("bytes", None, "me", 1, 8, 1, 1e30, 1e30)), ("fp16 with me: absent",))

    monkeypatch.setattr(suite, "measure_limits", measure)
    monkeypatch.setattr(suite, "_limits", LIMITS)
    first = run([ONE, TWO], interrupt=True)
    second = run([ONE, TWO])
    assert (measured, second.limits) == ([["fp32"]], first.limits)
    run([replace(ONE, precisions=("bf16", "fp16"))])  # of FP16 it is known that it cannot be
    assert measured[1:] == [["bf16"]]
    assert {rate["precision"] for rate in read_document(run.path).limits["rates"]} == {"fp32", "bf16", None}
    document = read_document(run.path)
    write_document(run.path, replace(document, limits={"rates": [{"median": "x"}]}), force=True)
    run([ONE, TWO], force=False, only=["one"])
    assert len(measured) == 3  # what is damaged is measured anew


def test_an_entry_with_other_options_is_measured_again(run):
    run([ONE, TWO])
    run.opened = 0
    document = run([ONE, replace(TWO, batch_sizes=(2,))])
    assert run.opened == len(parse_names(RUNNERS))
    assert {result.batch_size for result in document.results if result.entry == "two"} == {2}
    assert len([result for result in document.results if result.entry == "one"]) == len(parse_names(RUNNERS))


def test_a_document_of_another_machine_or_kind_is_not_continued(run):
    document = run([ONE])
    write_document(run.path, replace(document, machine={**document.machine, "cpu": "other"}), force=True)
    with pytest.raises(OutputFailed, match="another machine"):
        run([ONE, TWO])
    write_document(run.path, replace(document, options={}), force=True)
    with pytest.raises(OutputFailed, match="no document of the suite"):
        run([ONE, TWO])
    run.path.write_text("{")
    with pytest.raises(BadInputFile, match="not JSON"):
        run([ONE, TWO])


def test_quick_figures_do_not_mix_with_others(run):
    run([ONE])
    with pytest.raises(OutputFailed, match="must not mix"):
        run([ONE, TWO], quick=True)
    assert run([ONE], quick=True, force=True).options["quick"] is True
    with pytest.raises(OutputFailed, match="must not mix"):
        run([ONE])


def test_what_does_not_fit_the_budget_is_marked_and_measured_next_time(run):
    document = run([ONE, TWO], budget_s=0.0)
    assert {result.status for result in document.results} == {"not_run"}
    assert "minutes were over" in document.results[0].reason
    assert run([ONE, TWO]).results[0].status in ("ok", "unstable")


def test_a_failed_job_is_a_result(run):
    def fails(model, quick):
        raise NegativeResult("the bytes differ")

    result = run([replace(JOB, job=fails)]).results[0]
    assert (result.status, result.reason) == ("wrong_output", "the bytes differ")


def test_a_model_that_cannot_be_made_is_a_result(run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    result = run([replace(ONE, model="cyclegan-256")]).results[0]
    assert result.status == "not_run"
    assert "torch is missing" in result.reason


def test_the_entries_are_sound():
    entries = (*ENTRIES, *suite_jobs.ENTRIES)
    assert len({entry.name for entry in entries}) == len(entries)
    assert all(entry.job is None for entry in ENTRIES)
    for entry in entries:
        assert entry.model in ("avatars", "avatars-2", *RANDOM)
        assert entry.scenarios
        assert entry.job or set(entry.scenarios) <= set(INTERLEAVED + PROCESSES)
    jobs = {entry.job.args[0] for entry in suite_jobs.ENTRIES}
    files = {path.stem for path in Path(suite_jobs.__file__).parent.glob("*.py")} - {"__init__", "scope"}
    assert jobs == files


@pytest.fixture
def same_process(monkeypatch):
    """Jobs of whole processes, in this one: a process of its own is started for `translate` and for `command_line`."""
    from suite_jobs import scope

    from ganrt.benchmarks.processes import Ran
    from ganrt.cli.main import main

    def run_here(request, clock):
        started = clock.now()
        with pytest.raises(SystemExit) as ended:
            main(request["ganrt"])
        report = {"exit_code": ended.value.code or 0, "peak_bytes": 2**20}
        return Ran(1, clock.now() - started, report)

    monkeypatch.setattr(scope, "run_child", run_here)


@pytest.mark.slow
@pytest.mark.parametrize("job", ["identical_bytes", "command_line", "batch_memory", "latents", "interpolate", "bulk"])
def test_a_job_on_the_bundled_model(job, tmp_path, request):
    from ganrt.benchmarks.clock import SystemClock

    if job != "batch_memory":  # which is about processes
        request.getfixturevalue("same_process")
    figures = measure(job, Scope(ModelFile(resolve_model("avatars")), tmp_path, SystemClock(), quick=True))
    assert figures
    assert all(isinstance(value, str) or value > 0 for value in figures.values())
    assert json.dumps(figures)


@pytest.mark.parametrize("entry", suite_jobs.ENTRIES, ids=lambda entry: entry.name)
def test_the_figures_of_every_job_fit_into_a_document(entry, run, tmp_path):
    """Under a scenario that the format knows."""
    run([replace(entry, model="avatars", job=JOB.job)])
    (result,) = read_document(tmp_path / "suite.json").results
    assert result.figures == {"value": 1.0}


@pytest.mark.slow
def test_the_job_of_streams(tiny, tmp_path):
    from ganrt.benchmarks.clock import SystemClock

    figures = measure("stream", Scope(ModelFile(tiny), tmp_path, SystemClock(), quick=True))
    for ending in ("", "_at_low_latency", "_with_one_core_taken", "_of_16_walks"):
        assert figures[f"frames{ending}"] > 0
        assert figures[f"frames{ending}"] + figures[f"missed{ending}"] >= 60
    assert figures["unpaced_share"] > 0
    assert figures["change_to_frame_p50_ms"] > 0
    assert json.dumps(figures)


def test_times_in_turn_count_every_job_once_a_round_after_a_first_one(tmp_path):
    from suite_jobs.avatars_2 import _in_turn, _told

    class Ticks:
        passed = 0

        def now(self):
            return self.passed

    done, clock = [], Ticks()

    def job(name, seconds):
        done.append(name)
        clock.passed += seconds * 10**9

    scope = Scope(ModelFile(tmp_path), tmp_path, clock)
    times = _in_turn(scope, [partial(job, "a", 2), partial(job, "b", 6)], 3)
    assert times == [[2, 2, 2], [6, 6, 6]]
    assert "".join(done) == "baabbaab"
    assert _told(times, "", 1, "s", "times") == {"avatars_1_s": 2, "avatars_2_s": 6, "times": 3}


@pytest.mark.slow
@pytest.mark.parametrize("job", ["translate", "export"])
def test_a_job_on_a_made_model(job, tmp_path, request):
    if job == "export":
        request.getfixturevalue("same_process")
    from tiny_models import save_dcgan
    from tiny_onnx import save_translator

    from ganrt.benchmarks.clock import SystemClock

    checkpoint = save_dcgan(tmp_path / "g.safetensors", side=16)
    model = ModelFile(save_translator(tmp_path / "g.onnx"), checkpoint)
    folder = tmp_path / job
    folder.mkdir()
    figures = measure(job, Scope(model, folder, SystemClock(), quick=True))
    assert figures["peak_mb"] > 0
    assert figures.get("pictures_a_second", figures.get("export_s")) > 0


def test_random_models_have_the_published_sizes():
    from ganrt.exporter.families.cyclegan import Generator, Shape

    state = RANDOM["cyclegan-256"]()
    Generator(Shape(3, 3, 64, 9, False, False), 1e-5).load_state_dict(state)
    assert sum(tensor.numel() for tensor in state.values()) == 11_378_179
    again = RANDOM["cyclegan-256"]()
    assert all((state[key] == again[key]).all() for key in state)
