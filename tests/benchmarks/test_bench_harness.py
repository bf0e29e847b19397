"""The harness: interleaving, verification, failures, interruption, scenarios; on runners with chosen costs."""

from dataclasses import replace

import numpy as np
import pytest
from bench_fakes import FakeClock, FakeRunner
from tiny_onnx import save_tiny, save_translator, tiny_spec

from ganrt.benchmarks.harness import Harness, Interrupted
from ganrt.benchmarks.measurement import Unobserved
from ganrt.benchmarks.options import Case, Timing
from ganrt.errors import BackendUnavailable, UsageError
from ganrt.interrupts import HeldInterrupts

TIMING = Timing(duration_s=0.2, warmup_s=0.0, slices=10, least_samples=5)


@pytest.fixture
def bench(tmp_path):
    """Runs a case with fake runners: bench({"a": {...}}, ...) -> results by runner, the diary."""
    clock, diary, opened = FakeClock(), [], []

    def call(runners, scenario="single_stream", batch=2, timing=TIMING, spec=None, limits=None, observe=Unobserved):
        def opener(name, request):
            if isinstance(runners[name], Exception):
                raise runners[name]
            opened.append(FakeRunner(name, request, clock, diary, **runners[name]))
            call.alive.append(sum(not runner.closed for runner in opened))
            return opened[-1]

        def builds(case, runner, seed, clock):
            return {"build_ms": 9.0}

        save = save_translator if spec is not None and spec.task == "translate" else save_tiny
        path = save(tmp_path / "tiny.onnx", spec)
        harness = Harness(timing, clock=clock, observe=observe, opener=opener, limits=limits, builds=builds)
        with HeldInterrupts() as interrupts:
            results = harness.run(Case(path, scenario, batch), list(runners))
        if interrupts.told:
            raise Interrupted(results)
        return {result.subject: result for result in results}, diary

    call.clock, call.opened, call.alive = clock, opened, []
    return call


def test_runners_take_turns(bench):
    results, diary = bench({"a": {}, "b": {}, "c": {}})
    turns = [name for i, name in enumerate(diary) if i == 0 or diary[i - 1] != name]
    assert len(turns) > 20  # ten slices each; never one wholly before another
    first = {name: diary.index(name) for name in "abc"}
    last = {name: len(diary) - diary[::-1].index(name) for name in "abc"}
    assert max(first.values()) < min(last.values())
    orders = {tuple(turns[i : i + 3]) for i in range(6, len(turns) - 2, 3)}
    assert len(orders) > 1  # shuffled, not always in one order
    assert [result.status for result in results.values()] == ["ok"] * 3
    assert all(runner.closed for runner in bench.opened)


def test_the_share_of_the_roofline(bench, monkeypatch):
    from ganrt.benchmarks.limits import Limits, Rate

    rates = (Rate("macs", "fp32", "me", 1, 8, 1, 1e9, 1e9), Rate("bytes", None, "me", 1, 8, 1, 1e30, 1e30))
    result = bench({"a": {}}, limits=Limits(rates, ()))[0]["a"]
    assert result.roofline_share == pytest.approx(result.macs_per_second / 1e9, abs=1e-4)


def test_the_order_is_the_same_for_the_same_seed(bench):
    _, diary = bench({"a": {}, "b": {}})
    once = list(diary)
    diary.clear()
    bench({"a": {}, "b": {}})
    assert diary == once


def test_figures_of_a_known_cost(bench):
    result = bench({"a": {"cost_ms": lambda calls: 2.0 if calls % 2 else 4.0}})[0]["a"]
    assert (result.latency_ms.min, result.latency_ms.max) == (2, 4)
    assert result.images_per_second == pytest.approx(2 / 0.003, rel=0.02)
    assert result.macs_per_second == pytest.approx(result.images_per_second * result.model.macs, rel=1e-6)
    low, high = result.latency_intervals["mean"]
    assert low <= 3 <= high
    assert (result.psnr_db, result.max_error) == (None, 0)
    assert result.outputs_checked > 2
    assert len(result.timeline) == result.samples
    assert (result.precision, result.device, result.about) == ("fp32", "cpu", {"version": "fake 1"})


class Late(Unobserved):
    """Began eighteen seconds before the first slice: the runners warmed up meanwhile."""

    def report(self, runner, images):  # noqa: ARG002
        return {}, [{"t_s": 18.0, "x.power_w": 5.0}, {"t_s": 18.05, "x.power_w": 6.0}]


def test_latencies_and_readings_have_one_time(bench):
    timeline = bench({"a": {}}, observe=Late)[0]["a"].timeline
    assert [point["t_s"] for point in timeline if "x.power_w" in point] == [0.0, 0.05]
    assert max(point["t_s"] for point in timeline) < 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda images: images[::-1].copy(), "dB from the FP32 reference"),
        (lambda images: np.zeros_like(images), "dB from the FP32 reference"),
        (lambda images: images[:, :4], "instead of uint8"),
        (lambda images: images.astype(np.float32), "float32"),
    ],
)
def test_a_fast_wrong_runner_gets_no_speed(bench, spoil, reason):
    results, _ = bench({"good": {}, "wrong": {"cost_ms": 0.01, "spoil": spoil}})
    wrong = results["wrong"]
    assert wrong.status == "wrong_output"
    assert reason in wrong.reason
    assert wrong.latency_ms is None
    assert wrong.images_per_second is None
    assert results["good"].status == "ok"


def test_a_runner_that_turns_wrong_later_is_caught(bench):
    def later(images, calls=[]):  # noqa: B006
        calls.append(1)
        return images if len(calls) < 50 else np.zeros_like(images)

    assert bench({"a": {"spoil": later}})[0]["a"].status == "wrong_output"


def test_small_errors_are_reported_and_pass(bench):
    result = bench({"a": {"spoil": lambda images: np.where(images < 255, images + 1, images).astype(np.uint8)}})[0]["a"]
    assert result.status == "ok"
    assert result.max_error == 1
    assert 48 <= result.psnr_db < 60
    gate = replace(TIMING, least_psnr=70.0)
    assert bench({"a": {"spoil": lambda images: images ^ 1}}, timing=gate)[0]["a"].status == "wrong_output"


def test_what_is_missing_or_fails_is_listed_with_the_reason(bench):
    results, _ = bench(
        {
            "a": {},
            "missing": BackendUnavailable("not here\ninstall it: pip install it"),
            "broken": ValueError("odd"),
            "lost": {"fail_at": 100},
        }
    )
    assert (results["missing"].status, results["missing"].reason) == ("not_run", "not here; install it: pip install it")
    assert results["broken"].reason == "ValueError: odd"
    assert results["lost"].status == "interrupted"
    assert "fell off the bus" in results["lost"].reason
    assert results["lost"].samples > 0
    assert results["a"].status == "ok"


def test_ctrl_c_keeps_what_was_measured(bench):
    with pytest.raises(Interrupted) as caught:
        bench({"a": {}, "b": {"interrupt_at": 60}})
    results = {result.subject: result for result in caught.value.results}
    assert {result.status for result in results.values()} == {"interrupted"}
    assert results["a"].samples > 0
    assert results["a"].latency_ms is not None
    assert all(runner.closed for runner in bench.opened)


def test_ctrl_c_while_warming_up_lists_the_others_as_not_run(bench):
    with pytest.raises(Interrupted) as caught:
        bench({"a": {}, "b": {"interrupt_at": 1}, "c": BackendUnavailable("not here"), "trtexec": {}})
    found = {result.subject: (result.status, result.reason) for result in caught.value.results}
    assert found["a"] == found["b"] == ("interrupted", "the run was stopped while it warmed up")
    assert found["c"] == found["trtexec"] == ("not_run", "the run was stopped before its turn")


def test_ctrl_c_in_a_program_keeps_what_was_measured(bench, monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ganrt.benchmarks.trtexec.run_trtexec", stopped)
    with pytest.raises(Interrupted) as caught:
        bench({"a": {}, "trtexec": {}})
    assert [result.status for result in caught.value.results] == ["ok", "not_run"]


def test_noise_marks_a_result_unstable(bench):
    result = bench({"a": {"cost_ms": lambda calls: 1 + 0.02 * calls}})[0]["a"]
    assert result.status == "unstable"
    assert "drift" in result.reason
    assert result.latency_ms is not None


def test_a_clock_that_jumps_marks_a_result_unstable(bench):
    def jump(calls):
        bench.clock.offset += 10**9 if calls == 100 else 0
        return 1.0

    result = bench({"a": {"cost_ms": jump}})[0]["a"]
    assert result.status == "unstable"
    assert "the clock jumped" in result.reason


@pytest.mark.parametrize(("scenario", "calls"), [("multi_stream", 8), ("offline", 4), ("end_to_end", 1)])
def test_batches_behind_one_latency(bench, scenario, calls):
    result = bench({"a": {}}, scenario=scenario)[0]["a"]
    assert result.latency_ms.p50 == pytest.approx(calls)
    assert result.images_per_second == pytest.approx(2000, rel=0.01)
    assert result.outputs_checked > 0


@pytest.mark.parametrize("scenario", ["multi_stream", "offline"])
def test_every_picture_of_a_query_is_checked(bench, scenario):
    class FirstIsWrong:
        """Only the first batch of each query: as where a buffer is used again too early."""

        calls = 0

        def __call__(self, images):
            self.calls += 1
            return 255 - images if self.calls % 4 == 1 else images

    result = bench({"a": {"spoil": FirstIsWrong()}}, scenario)[0]["a"]
    assert (result.status, result.images_per_second) == ("wrong_output", None)


def test_a_short_run_of_frames_keeps_the_rate(bench):
    timing = replace(TIMING, fps=30, duration_s=0.3)  # a tenth of it would be less than one frame
    result = bench({"a": {}}, "frame", timing=timing)[0]["a"]
    assert result.samples % 9 == 0
    assert [point["t_s"] for point in result.timeline[:9]] == pytest.approx([i / 30 for i in range(9)], abs=1e-3)
    assert result.missed_deadlines == 0
    assert (result.status, "too few samples" in result.reason) == ("unstable", True)


def test_frames_count_from_the_scheduled_time(bench):
    timing = replace(TIMING, fps=100, duration_s=1.0)
    result = bench({"a": {"cost_ms": lambda calls: 35 if calls % 10 == 0 else 1}}, "frame", timing=timing)[0]["a"]
    assert result.deadline_ms == 10
    assert result.missed_deadlines >= 20  # one slow frame makes those behind it late
    assert result.images_per_second is None
    assert result.status == "ok"


def test_loading_opens_again_and_closes(bench):
    result = bench({"a": {}}, "load", timing=replace(TIMING, least_samples=3))[0]["a"]
    assert len(bench.opened) > 3
    assert all(runner.closed for runner in bench.opened)
    assert max(bench.alive) <= 2  # the one that is measured, and the one that is opened beside it
    assert result.latency_ms.p50 == 5
    assert result.figures == {"build_ms": 9.0}
    assert result.outputs_checked > 0


def test_slow_runners_stop_at_three_times_the_duration(bench):
    result = bench({"a": {"cost_ms": 150}})[0]["a"]
    assert result.samples == 4
    assert "4 samples, expected 5" in result.reason


def test_generators_with_classes_and_translators(bench):
    from tiny_onnx import translator_spec

    labelled = tiny_spec(labels=3, statistics=True)
    assert bench({"a": {}}, spec=labelled)[0]["a"].status == "ok"
    assert bench({"a": {}}, spec=translator_spec())[0]["a"].status == "ok"


def test_options_that_make_no_sense():
    with pytest.raises(UsageError, match="scenario 'server'"):
        Case("m", "server", 1)
    with pytest.raises(UsageError, match="precision 'fp8'"):
        Case("m", "offline", 1, "fp8")
    with pytest.raises(UsageError, match="batch size 0"):
        Case("m", "offline", 0)
    with pytest.raises(UsageError, match="duration_s 0"):
        Timing(duration_s=0)
