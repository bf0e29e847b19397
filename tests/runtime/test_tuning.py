"""Tuning: who wins and why, what is refused, and that `load` takes the winner."""

import dataclasses
import time
from types import SimpleNamespace

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

from ganrt.engines import backends
from ganrt.engines.choice import remembered
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, NegativeResult, UsageError
from ganrt.runtime.tuning import field as fields
from ganrt.runtime.tuning import pinning
from ganrt.runtime.tuning import rounds as in_rounds
from ganrt.runtime.tuning import tune as tuning
from ganrt.runtime.tuning.candidates import SIZES, Candidate, backends_here, make_candidates
from ganrt.runtime.tuning.field import Budget, int8_candidates
from ganrt.runtime.tuning.rounds import is_proven, ranked, rounds_won, speedup, unless_hardly
from ganrt.runtime.tuning.samples import Samples, judge

pytest.importorskip("openvino")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(tmp_path):
    return read_onnx(save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True)))


@pytest.fixture
def samples(tiny):
    with Samples(tiny, None) as made:
        yield made


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def field(tiny, samples, clock):
    return fields.Field(tiny, samples, Budget(100.0, clock), None, None, lambda *_: None)


def tune_one(model, precision, **options):
    (found,) = tuning.tune(model, [precision], **options)
    return found


def candidates(tiny):
    plain = Candidate("onnxruntime", "fp32", tiny)
    other = Candidate("openvino", "fp32", tiny)
    form = Candidate("openvino", "fp32", derived(tiny, tiny.data, "phase"))
    fast = Candidate("openvino", "bf16", form.model)
    return plain, other, form, fast


def race_of(tiny, milliseconds):
    """Times by candidate and batch, as `run_rounds` gives them."""
    lanes = candidates(tiny)
    return lanes, {
        (lane, batch): time for lane, times in zip(lanes, milliseconds, strict=True) for batch, time in times.items()
    }


def test_the_fastest_that_is_nowhere_slower_wins(tiny):
    lanes, times = race_of(tiny, [{1: 2.0, 64: 9.0}, {1: 3.0, 64: 8.0}, {1: 1.9, 64: 7.9}, {1: 9.0, 64: 1.0}])
    assert (
        ranked(lanes, times, (1, 64))[0] is lanes[2]
    )  # the last one is the fastest on average, but not of single pictures
    assert speedup(lanes[2], times, (1, 64)) == pytest.approx((2 / 1.9 * 8 / 7.9) ** 0.5)


def test_where_everyone_is_slower_somewhere_the_least_bad_wins(tiny):
    lanes, times = race_of(tiny, [{1: 1.0, 64: 4.0}, {1: 3.0, 64: 2.0}, {1: 1.5, 64: 2.5}, {1: 9.0, 64: 9.0}])
    assert ranked(lanes, times, (1, 64))[0] is lanes[2]


def wrong(tiny, precision):
    """Another matrix in the same graph: as fast as it is, its pictures are others."""
    data = bytearray(tiny.data)
    weight = next(w for w in tiny.weights if w.name == "weight")
    start = tiny.data.index(weight.values.astype("<f4").tobytes())
    data[start : start + 400] = np.full(100, 0.25, "<f4").tobytes()
    return Candidate("openvino", precision, derived(tiny, bytes(data), "wrong"))


def test_a_winner_below_its_gate_gives_way_to_the_next(tiny, field):
    plain, fast = candidates(tiny)[0], wrong(tiny, "int8")  # in a precision that every processor has
    times = {(plain, 1): 4.0, (fast, 1): 1.0}
    winner, verdict, outcomes = tuning._first_that_passes(field, [fast, plain], times)
    assert winner is plain
    assert verdict.psnr is None
    assert verdict.samples == 256
    assert [outcome.verdict for outcome in outcomes] == [f"below {field.gate(fast):g} dB", "chosen"]
    lenient = fields.Field(tiny, field.samples, field.budget, None, 1.0, field.show)
    winner, _, outcomes = tuning._first_that_passes(lenient, [fast, plain], times)
    assert winner is fast  # a gate that was asked for is taken
    assert [outcome.verdict for outcome in outcomes] == ["chosen", "slower"]


def test_a_wrong_graph_never_wins(tiny, field):
    liar, plain = wrong(tiny, "fp32"), candidates(tiny)[0]
    assert judge(plain, field.samples, 60.0, None).psnr is None
    verdict = judge(liar, field.samples, 60.0, None)
    assert not verdict.passed
    assert verdict.samples == 2  # dropped at once
    assert tuning._first_that_passes(field, [liar], {(liar, 1): 1.0, (plain, 1): 1.0})[0] is None
    field.trials = {liar: {1: 1.0}, plain: {1: 2.0}}
    assert field.fastest(("fp32",)) == [plain]
    assert any("openvino fp32 wrong dropped" in note for note in field.notes)


def test_a_precision_whose_fastest_fail_is_not_looked_at_again(tiny, field, monkeypatch):
    liars = [wrong(tiny, "bf16") for _ in range(4)]
    plain = candidates(tiny)[0]
    field.trials = {liar: {1: 1.0 + i} for i, liar in enumerate(liars)} | {plain: {1: 9.0}}
    looked = []
    honest = fields.judge
    monkeypatch.setattr(fields, "judge", lambda c, *rest, **more: looked.append(c) or honest(c, *rest, **more))
    assert field.fastest(("fp32", "bf16")) == [plain]
    assert looked == [liars[0], liars[1], plain]


def test_judging_ends_with_the_time_but_not_before_eight(tiny, samples):
    plain = candidates(tiny)[0]
    assert judge(plain, samples, 60.0, None, enough=lambda: True).samples == 8
    asked = iter([False, True])
    assert 8 < judge(plain, samples, 60.0, None, enough=lambda: next(asked)).samples < 256
    assert judge(plain, samples, 60.0, None, most=2, enough=lambda: True).samples == 2


def test_not_a_number_is_no_pass(tiny, samples, monkeypatch):
    monkeypatch.setattr("ganrt.runtime.tuning.samples.psnr", lambda a, b: float("nan"))
    assert not judge(candidates(tiny)[0], samples, 1.0, None).passed


def test_plain_graphs_are_the_measure_at_their_own_sizes(tiny, field, monkeypatch):
    """Where one image at a time keeps the bytes, batches run so, against plain graphs that draw them at once."""
    monkeypatch.setattr(pinning, "draw_in", lambda engine, inputs, step: iter([np.full(3, step == 1)]))
    monkeypatch.setattr(pinning, "_usefulness", lambda sizes: 1 in sizes)
    monkeypatch.setattr(tuning, "int8_candidates", lambda *_, **__: None)
    plain = candidates(tiny)[1]

    def trials(device, precisions, share):
        field.batches = (1, 16, 64)
        field.trials, field.default = {plain: {1: 1.0, 64: 1.0}}, plain

    monkeypatch.setattr(field, "run_trials", trials)
    baseline, runs = tuning._finalists(field, ["fp32"], "auto")
    assert (baseline.batches, runs.batches) == (SIZES, (1,))
    rounds = {(baseline, 1): [1.0], (baseline, 16): [1.0], (baseline, 64): [1.0]}
    rounds |= {(runs, 1): [1.0], (runs, 16): [16.0], (runs, 64): [64.0]}
    found = tuning._choose(field, [baseline, runs], rounds, "fp32", "auto")
    assert found.choice.batches == (1,)  # alone in the field; what it costs is said
    assert found.choice.why.startswith("0.18 times the best plain graph")


def test_a_candidate_that_does_not_run_is_left_out(tiny, monkeypatch):
    honest = fields.trial

    def failing(candidate, *rest):
        if candidate.backend == "openvino":
            raise RuntimeError("unsupported")
        return honest(candidate, *rest)

    monkeypatch.setattr(fields, "trial", failing)
    found = tune_one(tiny, "fp32", budget_s=3.0)
    assert found.choice.backend == "onnxruntime"
    assert any(note == "openvino fp32 plain left out: unsupported" for note in found.notes)


class Failing:
    """An engine that fails at the `allowed + 1`st batch."""

    def __init__(self, engine, allowed, error):
        self.engine, self.allowed, self.error = engine, allowed, error

    def run(self, inputs):
        if self.allowed == 0:
            raise self.error
        self.allowed -= 1
        return self.engine.run(inputs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.engine.close()


def failing_after(monkeypatch, backend, allowed, error):
    honest = Candidate.open

    def opened(self, threads):
        engine = honest(self, threads)
        return Failing(engine, allowed, error) if self.backend == backend else engine

    monkeypatch.setattr(Candidate, "open", opened)


@pytest.mark.parametrize("allowed", [0, 1, 5])
def test_whoever_fails_in_the_race_is_out_and_the_others_go_on(tiny, samples, monkeypatch, allowed):
    good, bad = candidates(tiny)[:2]
    failing_after(monkeypatch, "openvino", allowed, MemoryError())
    monkeypatch.setattr(in_rounds, "_SLICE_S", 0.0)  # all rounds, whatever else the machine does
    notes = []
    times = in_rounds.run_rounds([bad, good], (1, 16), samples, None, 600.0, notes.append)
    assert set(times) == {(good, 1), (good, 16)}
    assert notes == ["openvino fp32 plain left out: MemoryError"]


def test_whoever_fails_before_the_judge_gives_way(tiny, field, monkeypatch):
    good, bad = candidates(tiny)[:2]
    failing_after(monkeypatch, "openvino", 1, RuntimeError("out of memory\nmore"))
    winner, _, outcomes = tuning._first_that_passes(field, [bad, good], {(bad, 1): 1.0, (good, 1): 2.0})
    assert winner is good
    assert [outcome.name for outcome in outcomes] == ["onnxruntime fp32 plain"]
    assert field.notes == ["openvino fp32 plain left out: out of memory"]


def test_when_the_time_ends_what_was_proven_is_remembered(tiny, clock, monkeypatch):
    honest = fields.trial

    def slow(candidate, *rest):
        clock.seconds += 3.0
        return honest(candidate, *rest)

    monkeypatch.setattr(fields, "trial", slow)
    found = tune_one(tiny, "fastest", budget_s=10.0, clock=clock)
    assert not found.complete
    assert "the time ended before all was tried" in found.choice.why
    assert any(note.startswith("the time ended before ") for note in found.notes)
    assert remembered(tiny.sha256, "fastest") == found.choice


def test_heats_leave_time_to_prove_what_they_found(tiny, samples, clock, monkeypatch):
    def slow(candidate, *rest):
        clock.seconds += 4.0
        return {1: 1.0}

    monkeypatch.setattr(fields, "trial", slow)
    field = fields.Field(tiny, samples, Budget(50.0, clock), None, None, lambda *_: None)
    field.run_trials("cpu", ("fp32", "bf16"), 1.0)
    assert field.batches == (1,)
    assert 50.0 - 30 * 1.0 <= clock.seconds <= 50.0 - 30 * 1.0 + 4.0  # thirty pictures of a second each
    assert not field.complete


def test_one_call_that_was_interrupted_makes_no_model_slow(tiny, field, monkeypatch):
    """The batch sizes of a whole run hang on it."""
    honest, calls = fields.trial, []

    def interrupted(*given):
        calls.append(given)
        return {1: 0.5} if len(calls) == 1 else dict.fromkeys(given[1], 0.001) if len(calls) == 2 else honest(*given)

    monkeypatch.setattr(fields, "trial", interrupted)
    field.run_trials("cpu", ("fp32",), 1.0)
    assert field.batches == (1, 16, 64)


def test_slow_models_are_not_tried_with_backends_far_behind(tiny, samples, monkeypatch):
    seconds = {"onnxruntime": 1.6, "openvino": 1.0}
    tried = []

    def timed(candidate, batches, *rest):
        tried.append(candidate)
        return dict.fromkeys(batches, seconds[candidate.backend])

    monkeypatch.setattr(fields, "trial", timed)
    monkeypatch.setattr(fields, "make_candidates", lambda *_: iter([*candidates(tiny)[:2], slow, form, fast]))
    form, fast = candidates(tiny)[2:]
    slow = Candidate("onnxruntime", "fp32", form.model)
    field = fields.Field(tiny, samples, Budget(200.0), None, None, lambda *_: None)
    field.run_trials("cpu", ("fp32", "bf16"), 1.0)
    assert slow not in tried
    assert {form, fast} <= set(tried)
    assert field.notes == ["onnxruntime fp32 tried with the plain graph only: 1.6 times as long as the best"]
    seconds["onnxruntime"] = 1.4  # close enough
    field.trials.clear()
    field.run_trials("cpu", ("fp32", "bf16"), 1.0)
    assert slow in tried


def test_of_large_models_few_race(tiny, field, monkeypatch):
    """All finalists are open at once."""
    twins = candidates(tiny)[:3]
    field.trials = {twin: {1: 1.0} for twin in twins}
    field.batches = (1, 16, 64)
    assert len(field.fastest(("fp32",))) == 3
    monkeypatch.setattr(fields, "_LARGE", len(tiny.data))
    assert len(field.fastest(("fp32",))) == 2
    monkeypatch.setattr(fields, "_LARGE", 2**30)
    assert len(field.fastest(("fp32",))) == 3
    field.batches = (1,)
    assert len(field.fastest(("fp32",))) == 2


def test_opening_the_finalists_is_part_of_the_race_s_time(tiny, samples, monkeypatch):
    given = []
    monkeypatch.setattr(in_rounds, "_warm_lanes", lambda *_: time.sleep(0.05) or [])
    monkeypatch.setattr(in_rounds, "_rounds", lambda lanes, budget_s, *_: given.append(budget_s) or set())
    in_rounds.run_rounds(candidates(tiny)[:2], (1,), samples, None, 1.0, print)
    assert given[0] <= 0.9


def test_nothing_is_chosen_that_was_not_raced_against_what_runs_untuned(tiny, monkeypatch):
    honest = tuning.run_rounds

    def without(candidates, *rest):
        return {lane: time for lane, time in honest(candidates, *rest).items() if lane[0].backend == "openvino"}

    monkeypatch.setattr(tuning, "run_rounds", without)
    for precision in ("fp32", "bf16"):
        with pytest.raises(NegativeResult, match="onnxruntime fp32 plain, which runs .*measured: ") as caught:
            tune_one(tiny, precision, budget_s=1.0)
        assert "nothing was remembered; give it more time: --budget 60" in str(caught.value)
        assert remembered(tiny.sha256, precision) is None


def test_however_little_time_there_is_what_runs_untuned_is_raced(tiny, clock, monkeypatch):
    """Far behind in a trial is not yet slower: one call may have been interrupted."""

    def trial(candidate, batches, *rest):
        clock.seconds += 10.0
        return dict.fromkeys(batches, 0.009 if candidate.backend == "onnxruntime" else 0.001)

    monkeypatch.setattr(fields, "trial", trial)
    found = tune_one(tiny, "fp32", budget_s=0.1, clock=clock)
    assert {outcome.name for outcome in found.outcomes} == {"onnxruntime fp32 plain", "openvino fp32 plain"}
    assert not found.complete


def test_a_race_has_three_rounds_whatever_the_time(tiny, samples, monkeypatch):
    rounds = []
    monkeypatch.setattr(in_rounds._Lane, "slice", lambda lane: rounds.append(lane) or lane.call())
    in_rounds.run_rounds(candidates(tiny)[:1], (1,), samples, None, 0.0, print)
    assert len(rounds) == 3


def test_who_is_far_behind_in_every_early_round_is_raced_no_further(tiny, samples, monkeypatch):
    plain, other, form, fast = candidates(tiny)
    seconds = {(plain, 1): 9.0, (other, 1): 1.0, (form, 1): 1.2, (fast, 1): 1.2}

    def slice_of(lane):
        near = lane.candidate is fast and len(lane.rounds) == 2  # in one round of five
        lane.rounds.append(1.05 if near else seconds[lane.candidate, lane.batch])

    monkeypatch.setattr(in_rounds._Lane, "slice", slice_of)
    measured = in_rounds.run_rounds([plain, other, form], (1,), samples, None, 600.0, print)
    assert [lane[0] for lane in measured] == [plain, other]  # a plain graph is what the others must beat
    lower = SimpleNamespace(candidate=fast, batch=1, rounds=[0.5] * 5)
    lanes = [SimpleNamespace(candidate=one, batch=1, rounds=[seconds[one, 1]] * 5) for one in (plain, form)]
    assert in_rounds._hopeless([lower, *lanes]) == set()  # FP32 is chosen among FP32, however fast BF16 is
    assert in_rounds._hopeless([SimpleNamespace(candidate=fast, batch=1, rounds=[99.0] * 5), *lanes]) == set()
    assert len(measured[other, 1]) == 30
    monkeypatch.setattr(Candidate, "open", lambda self, threads: backends.open_model(tiny.path, "onnxruntime"))
    assert (fast, 1) in in_rounds.run_rounds([plain, other, fast], (1,), samples, None, 600.0, print)


def test_a_single_picture_counts_as_much_as_all_batches(tiny):
    lanes, times = race_of(tiny, [{1: 1.0, 16: 8.0, 64: 8.0}] * 2 + [{1: 0.5, 16: 8.0, 64: 8.0}] * 2)
    assert speedup(lanes[2], times, (1, 16, 64)) == pytest.approx(2**0.5)


@pytest.mark.parametrize("won", [20, 24])
def test_a_restless_machine_keeps_what_runs_untuned(tiny, field, monkeypatch, won):
    """Of 30 rounds 20 are no proof, whatever the medians say."""
    plain, _, form, _ = candidates(tiny)
    field.default, other = plain, form.at((1,))
    rounds = {(plain, 1): [1.0] * 30, (other, 1): [0.8] * won + [1.5] * (30 - won)}
    assert rounds_won(other, plain, rounds, (1,)) == (won, 30)
    assert is_proven(won, 30) == (won == 24)
    found = tuning._choose(field, [plain, other], rounds, "fp32", "cpu")
    assert found.choice.backend == ("openvino" if won == 24 else "onnxruntime")
    assert any("too restless to decide" in note and "20 of 30" in note for note in found.notes) == (won == 20)


def test_of_several_that_look_faster_the_proven_ones_stay_ahead(tiny, field):
    plain, _, form, _ = candidates(tiny)
    field.default, doubtful, proven = plain, form.at((1,)), form.at((1, 2))
    rounds = {(plain, 1): [1.0] * 30, (doubtful, 1): [0.2] * 20 + [1.5] * 10, (proven, 1): [0.9] * 30}
    order = tuning._unless_restless(field, [doubtful, proven, plain], rounds)
    assert order == [proven, plain, doubtful]
    assert len(field.notes) == 1


def test_nobody_changes_places_for_what_measurements_scatter(tiny):
    lanes, times = race_of(tiny, [{1: 2.00, 64: 8.0}, {1: 1.99, 64: 7.9}, {1: 1.98, 64: 7.8}, {1: 9.0, 64: 9.0}])
    plain, other, form, fast = lanes
    order = ranked(lanes, times, (1, 64))
    assert order[0] is form
    assert unless_hardly(order, plain, times, (1, 64)) == [plain, form, other, fast]
    assert unless_hardly(order, other, times, (1, 64)) == [other, form, plain, fast]
    faster = {**times, (form, 1): 1.5}
    assert unless_hardly(ranked(lanes, faster, (1, 64)), plain, faster, (1, 64))[0] is form
    assert unless_hardly([fast], plain, times, (1, 64)) == [fast]  # of BF16 none runs untuned


def test_the_budget_suits_the_model_unless_somebody_gave_one(clock):
    small, large, given = Budget(None, clock), Budget(None, clock), Budget(5.0, clock)
    small.suit(0.05)
    large.suit(30.0)
    given.suit(30.0)
    assert (small.seconds, large.seconds, given.seconds) == (60.0, 120.0, 5.0)
    clock.seconds = 4.0
    assert (given.left(), given.left(0.5), given.over(0.5), given.over()) == (1.0, 0.0, True, False)
    assert given.advised() == 60
    clock.seconds = 37.0
    assert given.advised() == 80


def test_int8_is_searched_for_only_where_it_could_win(tiny, field, monkeypatch):
    plain = candidates(tiny)[0]
    searched = []
    monkeypatch.setattr("ganrt.runtime.tuning.field._searched", lambda field: searched.append(1) or tiny)
    monkeypatch.setattr(field, "try_one", lambda candidate: field.trials.update({candidate: {1: 2.0}}) is None)
    field.trials = {plain: {1: 1.0}}
    field.batches = (1, 16, 64)
    int8_candidates(field, demanded=False)
    assert not searched
    assert any("2.00 times as long as onnxruntime fp32 plain" in note for note in field.notes)
    assert list(field.trials) == [plain]
    field.trials = {plain: {1: 3.0}}
    int8_candidates(field, demanded=False)
    assert searched
    field.batches, field.trials, searched[:] = (1,), {plain: {1: 3.0}}, []
    int8_candidates(field, demanded=False)  # of large models not at all
    assert not searched
    assert any("takes too long for a model of this size" in note for note in field.notes)
    int8_candidates(field, demanded=True)
    assert searched


def test_what_makes_no_sense(tiny, monkeypatch):
    with pytest.raises(UsageError, match="'fp64': expected one of fp32"):
        tune_one(tiny, "fp64")
    monkeypatch.setattr(backends.Backend, "probe", lambda self: (_ for _ in ()).throw(BackendUnavailable("none")))
    with pytest.raises(BackendUnavailable, match="ganrt doctor"):
        backends_here(tiny, "auto", lambda note: None)


def test_plain_graphs_come_first_and_are_of_every_backend(tiny):
    made = list(make_candidates(tiny, ("onnxruntime", "openvino"), ("fp32", "bf16"), lambda note: None))
    assert {c.backend for c in made if c.is_plain} == {"onnxruntime", "openvino"}
    assert [c.is_plain for c in made] == sorted((c.is_plain for c in made), reverse=True)
    assert len({c.name for c in made}) == len(made)
    assert all(c.precision == "fp32" for c in made if c.backend == "onnxruntime")
    assert dataclasses.asdict(made[0].choice(None, 8, "why"))["graph"] == ""
    assert {c.model.form for c in made} == {"plain", "phase-mixed"}  # `winograd`, tried before, has nothing to do here


def test_batches_reach_the_engine(tiny):
    with candidates(tiny)[1].at((2, 4)).open(None) as engine:
        assert engine.batch_sizes.optimum == 4
    assert EngineOptions().batches is None
