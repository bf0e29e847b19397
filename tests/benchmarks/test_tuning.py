"""Tuning: who wins and why, what is refused, and that `load` takes the winner."""

import dataclasses

import numpy as np
import pytest
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.benchmarks.tuning import tune as tuning
from ganrt.benchmarks.tuning.candidates import Candidate, make_candidates
from ganrt.benchmarks.tuning.samples import judge, make_samples
from ganrt.engines import backends, cache
from ganrt.engines.choice import Choice, forget, remember, remembered
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, NegativeResult, UsageError

pytest.importorskip("openvino")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def tiny(tmp_path):
    return read_onnx(save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True)))


def candidates(tiny):
    plain = Candidate("onnxruntime", "fp32", tiny)
    other = Candidate("openvino", "fp32", tiny)
    form = Candidate("openvino", "fp32", derived(tiny, tiny.data, "phase"))
    fast = Candidate("openvino", "bf16", form.model)
    return plain, other, form, fast


def race_of(tiny, milliseconds):
    """Times by candidate and batch, as `race` gives them."""
    lanes = candidates(tiny)
    return lanes, {
        (lane, batch): time for lane, times in zip(lanes, milliseconds, strict=True) for batch, time in times.items()
    }


def test_the_fastest_that_is_nowhere_slower_wins(tiny):
    lanes, times = race_of(tiny, [{1: 2.0, 64: 9.0}, {1: 3.0, 64: 8.0}, {1: 1.9, 64: 7.9}, {1: 9.0, 64: 1.0}])
    ranked = tuning._ranked(lanes, times, (1, 64))
    assert ranked[0] is lanes[2]  # the last one is the fastest on average, but not of single pictures
    assert tuning._speedup(lanes[2], times, (1, 64)) == pytest.approx((2 / 1.9 * 8 / 7.9) ** 0.5)


def test_where_everyone_is_slower_somewhere_the_least_bad_wins(tiny):
    lanes, times = race_of(tiny, [{1: 1.0, 64: 4.0}, {1: 3.0, 64: 2.0}, {1: 1.5, 64: 2.5}, {1: 9.0, 64: 9.0}])
    assert tuning._ranked(lanes, times, (1, 64))[0] is lanes[2]


def wrong(tiny, precision):
    """Another matrix in the same graph: as fast as it is, its pictures are others."""
    data = bytearray(tiny.data)
    weight = next(w for w in tiny.weights if w.name == "weight")
    start = tiny.data.index(weight.values.astype("<f4").tobytes())
    data[start : start + 400] = np.full(100, 0.25, "<f4").tobytes()
    return Candidate("openvino", precision, derived(tiny, bytes(data), "wrong"))


def test_a_winner_below_its_gate_gives_way_to_the_next(tiny):
    plain, fast = candidates(tiny)[0], wrong(tiny, "bf16")
    times = {(plain, 1): 4.0, (fast, 1): 1.0}
    samples = make_samples(tiny, 1.0, None)
    assert tuning._ranked([plain, fast], times, (1,))[0] is fast
    winner, verdict, laps = tuning._first_that_passes([fast, plain], samples, None, None, times, (1,))
    assert winner is plain
    assert verdict.psnr is None
    assert [lap.verdict for lap in laps] == ["below 40 dB", "chosen"]
    winner, _, _ = tuning._first_that_passes([fast, plain], samples, 1.0, None, times, (1,))
    assert winner is fast  # a gate that was asked for is taken


def test_a_wrong_graph_never_wins(tiny):
    liar, plain = wrong(tiny, "fp32"), candidates(tiny)[0]
    samples = make_samples(tiny, 1.0, None)
    assert judge(plain, samples, 60.0, None).psnr is None
    assert not judge(liar, samples, 60.0, None).passed
    with pytest.raises(NegativeResult, match="nothing was remembered"):
        tuning._first_that_passes([liar], samples, None, None, {(liar, 1): 1.0, (plain, 1): 1.0}, (1,))


def test_load_takes_what_was_chosen_and_draws_the_same(tiny):
    plain = ganrt.load(tiny.path, backend="onnxruntime").sample(5, seed=1)
    found = tuning.tune(tiny, "fp32", budget_s=0.2)
    print(found.choice)
    assert remembered(tiny.sha256, "fp32") == found.choice
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == (found.choice.backend, found.choice.form)
        assert generator.model_sha256 == tiny.sha256
        assert np.abs(generator.sample(5, seed=1).astype(int) - plain).max() <= 1
    with ganrt.load(tiny.path, backend="onnxruntime") as generator:
        assert (generator.backend, generator.form) == ("onnxruntime", "plain")


def test_fastest_is_plain_until_somebody_tunes(tiny):
    with ganrt.load(tiny.path, precision="fastest") as generator:
        assert (generator.backend, generator.precision) == ("onnxruntime", "fp32")


def test_a_derived_graph_that_is_gone_is_no_choice(tiny, home):
    choice = Choice("openvino", "fp32", "phase", graph="0" * 64, batches=(1,))
    remember(tiny.sha256, "fp32", choice, tiny.data)
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == ("openvino", "phase")
    for entry in (home / "graphs").iterdir():
        entry.write_bytes(b"damaged")
    with ganrt.load(tiny.path) as generator:
        assert (generator.backend, generator.form) == ("onnxruntime", "plain")


def test_a_choice_whose_backend_left_is_no_choice(tiny, monkeypatch):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    monkeypatch.setattr("ganrt.engines.openvino_cpu.probe", lambda: (_ for _ in ()).throw(BackendUnavailable("gone")))
    with ganrt.load(tiny.path) as generator:
        assert generator.backend == "onnxruntime"


def test_what_was_tuned_for_one_device_decides_for_that_one_alone(tiny):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)), device="cpu")
    assert ganrt.load(tiny.path, device="cpu").backend == "openvino"
    assert ganrt.load(tiny.path).backend == "onnxruntime"  # a GPU might be faster, and was not asked
    forget(tiny.sha256, "fp32", "cpu")
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    assert ganrt.load(tiny.path, device="cpu").backend == "openvino"


@pytest.mark.parametrize("change", ["processor", "versions"])
def test_a_choice_holds_for_this_processor_and_these_versions(tiny, monkeypatch, change):
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    if change == "processor":
        monkeypatch.setattr("ganrt.engines.choice.processor", lambda: {"name": "another"})
    else:
        monkeypatch.setattr("ganrt.engines.choice.version", lambda package: "0.0")
    assert remembered(tiny.sha256, "fp32") is None


def test_a_choice_of_another_ganrt_is_none(tiny):
    from ganrt.engines import choice

    cache.store("choices", choice._key(tiny.sha256, "fp32"), ".json", b'{"batches": null, "another": 1}')
    assert remembered(tiny.sha256, "fp32") is None


def test_forgetting(tiny):
    assert not forget(tiny.sha256, "fp32")
    remember(tiny.sha256, "fp32", Choice("openvino", "fp32", batches=(1,)))
    assert forget(tiny.sha256, "fp32")
    assert remembered(tiny.sha256, "fp32") is None


def test_sizes_that_give_other_bytes_are_not_kept(tiny, monkeypatch):
    """A backend whose pictures depend on the size 4 runs at all others."""
    samples = make_samples(tiny, 1.0, None)
    honest = tuning.draw_in

    def odd(engine, inputs, step):
        for pictures in honest(engine, inputs, step):
            yield pictures ^ 1 if step == 4 else pictures

    monkeypatch.setattr(tuning, "draw_in", odd)
    assert tuning._same_bytes(candidates(tiny)[1], (1, 16, 64), samples, None) == (1, 2, 8, 16, 32, 64)
    assert tuning._same_bytes(candidates(tiny)[0], (1, 16, 64), samples, None) is None
    assert tuning._same_bytes(candidates(tiny)[1], (1,), samples, None) == (1,)


def test_a_candidate_that_does_not_run_is_left_out(tiny, monkeypatch):
    honest = tuning.heat

    def failing(candidate, *rest):
        if candidate.backend == "openvino":
            raise RuntimeError("unsupported")
        return honest(candidate, *rest)

    monkeypatch.setattr(tuning, "heat", failing)
    found = tuning.tune(tiny, "fp32", budget_s=0.1)
    assert found.choice.backend == "onnxruntime"
    assert any(note == "openvino fp32 plain left out: unsupported" for note in found.notes)


def test_what_makes_no_sense(tiny, monkeypatch):
    with pytest.raises(UsageError, match="'fp64': expected one of fp32"):
        tuning.tune(tiny, "fp64")
    monkeypatch.setattr(backends.Backend, "probe", lambda self: (_ for _ in ()).throw(BackendUnavailable("none")))
    with pytest.raises(BackendUnavailable, match="ganrt doctor"):
        make_candidates(tiny, ("fp32",), "auto", lambda note: None)


def test_plain_graphs_come_first_and_are_of_every_backend(tiny):
    made = make_candidates(tiny, ("fp32", "bf16"), "cpu", lambda note: None)
    assert {c.backend for c in made if c.is_plain} == {"onnxruntime", "openvino"}
    assert [c.is_plain for c in made] == sorted((c.is_plain for c in made), reverse=True)
    assert all(c.precision == "fp32" for c in made if c.backend == "onnxruntime")
    assert dataclasses.asdict(made[0].choice(None, None, 8, "why"))["graph"] == ""


def test_batches_reach_the_engine(tiny):
    with candidates(tiny)[1].open(None, (2, 4)) as engine:
        assert engine.batch_sizes.optimum == 4
    assert EngineOptions().batches is None
