"""The leaderboard: rows, order, what is marked and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bench_documents import MACHINE, document, full_document, result

from ganrt.benchmarks.report.leaderboard import leaderboard, leaderboard_page
from ganrt.errors import BadInputFile

ORIN = {**MACHINE, "cpu": "Cortex", "jetson": {"model": "Jetson AGX Orin", "power mode": "MAXN"}}


def board(documents, scenario="single_stream"):
    found = leaderboard(documents, [f"{index}.json" for index in range(len(documents))])
    return next(one for one in found if one.scenario == scenario)


def test_one_row_a_machine_runner_and_precision_the_best_first():
    standings = board([full_document(), full_document(0.5, machine=ORIN)]).standings
    rows = [(one.place.machine, one.place.runner) for one in standings]
    assert len(rows) == len(set(rows)) == 6
    assert rows[0] == ("Jetson AGX Orin MAXN", "ganrt/onnxruntime")
    rates = [one.busiest.images_per_second for one in standings]
    assert rates == sorted(rates, reverse=True)
    assert all((one.quickest.batch_size, one.busiest.batch_size) == (1, 16) for one in standings)


def test_the_newest_of_one_machine_counts_and_batches_join():
    old = document([result(median_ms=5), result(batch_size=4)], created="2026-01-01T00:00:00+00:00")
    new = document([result(median_ms=8)], created="2026-02-01T00:00:00+00:00")
    for order in ([old, new], [new, old]):
        (row,) = board(order).standings
        assert row.quickest.latency_ms.p50 == pytest.approx(8, rel=0.01)
        assert row.busiest.batch_size == 4
        assert row.created == new.created
    later = replace(new, ganrt="0.2.0")
    assert len(board([old, later]).standings) == 2


def test_scenarios_without_a_rate_go_by_their_median():
    slow = result(scenario="frame", median_ms=9, deadline_ms=16.7)
    quick = replace(result("torch-eager", 3, scenario="frame"), deadline_ms=16.7)
    assert [one.place.runner for one in board([document([slow, quick])], "frame").standings] == [
        "torch-eager",
        "ganrt/onnxruntime",
    ]


def test_the_page_marks_what_is_unstable_and_sorts_by_values():
    unstable = replace(result("torch-eager"), status="unstable", reason="drift: it grew slower")
    page = leaderboard_page(leaderboard([document([result(), unstable])], ["a"]), 1)
    assert "unstable: drift: it grew slower" in page
    assert "(unstable)" in page
    assert page.count('<button type="button">') == 14
    assert f'data-value="{result().latency_ms.p50!r}"' in page
    assert 'data-value=""' in page


def test_ceilings_are_refused():
    ceiling = replace(result(), extra={"kind": "ceiling"})
    for made, where in (
        (document([result(), ceiling]), r"results\[1\]\.kind"),
        (replace(document([result()]), extra={"kind": "ceiling"}), "b.json: kind"),
    ):
        with pytest.raises(BadInputFile, match=where):
            leaderboard([document([result()]), made], ["a.json", "b.json"])


def test_nothing_to_rank():
    with pytest.raises(BadInputFile, match="none of the files"):
        leaderboard([document([])], ["a.json"])
