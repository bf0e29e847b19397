"""Comparing two documents: verdicts, intervals, what matches what, and what is warned of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bench_documents import MACHINE, document, full_document, result

from ganrt.benchmarks.report.compare import compare, comparison_lines, comparison_markdown, comparison_page, verdict
from ganrt.benchmarks.report.ratios import Cost, Ratio, costs, ratio
from ganrt.benchmarks.statistics import intervals
from ganrt.errors import UsageError


def verdicts(before, after, tolerance=0.05):
    found = compare(document([before]), document([after]), tolerance)
    return {change.quantity: change.verdict for change in found.changes}


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.06, 1.2, "regression"),
        (1.04, 1.2, "slower"),
        (0.99, 1.04, "same"),
        (0.99, 1.06, "unclear"),
        (0.90, 1.01, "unclear"),
        (0.8, 0.98, "faster"),
        (0.8, 0.94, "improvement"),
        (0.5, 2.0, "unclear"),
    ],
)
def test_the_words(low, high, word):
    assert verdict(Ratio((low + high) / 2, (low, high)), 0.05) == word


def test_a_regression_an_improvement_and_noise():
    assert verdicts(result(), result(median_ms=11.5, seed=1)) == {"p50": "regression", "p99": "regression"}
    assert verdicts(result(), result(median_ms=8, seed=1)) == {"p50": "improvement", "p99": "improvement"}
    assert verdicts(result(), result(seed=1)) == {"p50": "same", "p99": "same"}
    # Ten per cent slower, but of forty calls with a wide spread: not supported.
    noisy = [result(median_ms=m, seed=s, spread=0.4, count=40) for m, s in ((10, 0), (11, 1))]
    assert verdicts(*noisy)["p50"] == "unclear"
    assert verdicts(result(), result(median_ms=10.3, seed=1))["p50"] == "slower"
    assert verdicts(result(), result(median_ms=10.3, seed=1), tolerance=0.01)["p50"] == "regression"


def test_only_regressions_and_broken_pictures_fail():
    wrong = replace(result(), status="wrong_output", reason="12 dB", latency_ms=None, images_per_second=None)
    assert len(compare(document([result()]), document([wrong])).failing) == 1
    assert verdicts(result(), wrong) == {"pictures": "broken"}
    assert verdicts(wrong, wrong) == {}
    assert compare(document([result()]), document([result(median_ms=10.3, seed=1)])).failing == []


def test_intervals_of_one_process_are_warned_of():
    alone = replace(result(), processes=1)
    assert compare(document([alone]), document([result(seed=1)])).warnings == (
        "the first run: 1 results were measured in one process: their intervals hold within that run only",
    )
    assert compare(document([result()]), document([result(seed=1)])).warnings == ()
    assert compare(document([replace(alone, latency_intervals={})]), document([result()])).warnings == ()


def test_no_interval_no_verdict():
    bare = replace(result(median_ms=30), latency_intervals={})
    assert verdicts(result(), bare) == {"p50": "no interval"}
    touching = replace(result(), latency_intervals={"p50": (0.0, 12.0)})
    assert verdicts(touching, result())["p50"] == "no interval"


def test_processes_are_judged_by_order_statistics():
    def cold(median, count, seed):
        return result(scenario="cold_start", median_ms=median, count=count, seed=seed, latency_intervals={})

    assert verdicts(cold(400, 6, 0), cold(800, 6, 1)) == {"p50": "regression"}
    assert verdicts(cold(400, 5, 0), cold(800, 5, 1)) == {"p50": "no interval"}
    six = cold(400, 6, 0)
    assert costs(six)[0].interval == (min(six.latencies_us) / 1e3, max(six.latencies_us) / 1e3)
    assert verdicts(replace(six, scenario="single_stream"), six) == {}  # calls may hang together: no such interval


def test_offline_is_judged_by_its_rate():
    before, after = (result(scenario="offline", median_ms=m, batch_size=16, seed=m) for m in (100, 130))
    change = compare(document([before]), document([after])).changes
    assert [one.quantity for one in change] == ["time per image"]
    assert change[0].ratio.value == pytest.approx(1.3, rel=0.01)
    assert change[0].verdict == "regression"


@pytest.mark.slow
def test_the_interval_of_a_ratio_holds_the_truth():
    random, held = np.random.default_rng(5), 0
    for _ in range(300):
        pair = [factor * np.exp(0.2 * random.standard_normal(150)) for factor in (1.3, 1.0)]
        found = [Cost("p50", float(np.median(v)), intervals(v, [len(v)], 0)["p50"]) for v in pair]
        low, high = ratio(*found).interval
        held += low <= 1.3 <= high
    print(f"held the true ratio in {held} of 300")
    assert 276 <= held <= 300  # 95 % with its binomial error, and perhaps a little careful


def test_a_ratio_and_its_inverse():
    one, other = Cost("p50", 2.0, (1.8, 2.4)), Cost("p50", 1.0, (0.9, 1.1))
    found, back = ratio(one, other), ratio(other, one)
    assert found.value == 2
    assert found.inverse().interval == pytest.approx(back.interval)
    assert ratio(one, one).value == 1
    outside = Cost("p50", 2.0, (2.1, 2.4))  # an interval that its own estimate is not in
    assert ratio(outside, other).interval[0] <= 2 <= ratio(outside, other).interval[1]


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "torch-eager"},
        {"batch_size": 2},
        {"precision": "bf16"},
        {"threads": 1},
        {"scenario": "multi_stream"},
        {"model": replace(result().model, sha256="cd" * 32)},
    ],
)
def test_only_the_same_measurement_is_compared(change):
    found = compare(document([result()]), document([replace(result(), **change)]))
    assert found.changes == ()
    assert len(found.only_first) == len(found.only_second) == 1
    assert "the two have nothing in common" in found.warnings


def test_frames_of_another_rate_are_another_measurement():
    slow, fast = (result(scenario="frame", deadline_ms=deadline, missed_deadlines=0) for deadline in (33.3, 16.7))
    assert compare(document([slow]), document([fast])).changes == ()


def test_models_without_a_hash_go_by_their_names():
    nameless = replace(result(), model=replace(result().model, sha256=None))
    assert compare(document([nameless]), document([nameless])).changes


def test_equal_measurements_of_several_entries_find_their_own():
    first = [replace(result(median_ms=m), entry=entry) for entry, m in (("a", 10), ("b", 20))]
    found = compare(document(first), document(first[::-1]))
    assert [change.ratio.value for change in found.changes if change.quantity == "p50"] == [1, 1]
    assert (found.only_first, found.only_second) == ((), ())


def test_warnings():
    unstable = replace(result(), status="unstable", reason="drift")
    machine = {**MACHINE, "cpu": "Other", "packages": {"numpy": "2.1.0", "onnxruntime": "1.20.0"}}
    second = document([replace(unstable, device="cuda")], machine=machine, status="interrupted")
    found = compare(document([unstable]), replace(second, ganrt="9"))
    text = "\n".join(found.warnings)
    for words in (
        "the second run was interrupted",
        "cpu: Test CPU and Other",
        "numpy 2.0.0 and 2.1.0",
        "ganrt 0.1.0 and 9",
        "on cpu in the first run, on cuda in the second",
        "(first run): unstable: drift",
    ):
        assert words in text
    assert "onnxruntime 1.20.0" not in text
    assert all(change.unstable for change in found.changes)


def test_what_is_missing_and_figures_are_told():
    first, second = full_document(), full_document(1.2)
    second = replace(second, results=second.results[1:])
    found = compare(first, second)
    assert found.only_first == ("toy, single stream, batch 1, ganrt/onnxruntime fp32",)
    assert found.only_second == ()
    peak = next(change for change in found.figures if change.quantity == "peak_mb")
    assert (peak.verdict, peak.ratio.interval) == ("not judged", None)
    assert peak.ratio.value == pytest.approx(1.2)
    lines = comparison_lines(found)
    assert "only in the first: toy, single stream, batch 1, ganrt/onnxruntime fp32" in lines
    assert lines[-1].endswith("regression")
    names, documents = ("a.json", "b.json"), (first, second)
    markdown = comparison_markdown(found, names, documents)
    assert "## Only in the first" in markdown
    assert "| regression |" in markdown
    page = comparison_page(found, names, documents)
    assert 'class="regression"' in page
    assert "right of the line is slower" in page


@pytest.mark.parametrize("tolerance", [-0.1, 11, float("nan")])
def test_tolerances_that_make_no_sense(tolerance):
    with pytest.raises(UsageError, match="expected 0 to 10"):
        compare(document([]), document([]), tolerance)
