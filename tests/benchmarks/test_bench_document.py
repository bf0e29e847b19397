"""The document `ganrt.bench/1`: what is written is read back; what is not sound is refused, and the field named."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from ganrt.benchmarks.document import (
    MAX_BYTES,
    SCENARIOS,
    STATUSES,
    Document,
    Latency,
    Model,
    Result,
    from_json,
    read_document,
    to_json,
    write_document,
)
from ganrt.errors import BadInputFile, OutputFailed, SpecError

PAGE = (Path(__file__).parents[2] / "docs" / "bench-format.md").read_text("utf-8")
MODEL = Model("avatars-1", "a" * 64, 104628224, 3575750)
RESULT = Result(
    "single_stream",
    "ganrt/onnxruntime",
    MODEL,
    "ok",
    batch_size=16,
    threads=2,
    precision="fp32",
    device="cpu",
    samples=500,
    duration_s=5.0,
    latency_ms=Latency(p50=1.0, p90=1.5, p99=2.0, mean=1.1, min=0.9, max=3.0),
    latency_intervals={"p50": (0.95, 1.05)},
    images_per_second=15000.0,
    images_per_second_interval=(14900.0, 15100.0),
    outputs_checked=64,
    psnr_db=56.1,
    max_error=2,
    telemetry={"energy": {"cpu": {"joules": 3.0}}},
    latencies_us=(1000.0, 1001.5),
    timeline=({"t_s": 0.1, "latency_ms": 1.0},),
    figures={"peak_mb": 12.5, "how": "told"},
    notes=("steady",),
)
DOCUMENT = Document("0.1.0", {"cpu": "a"}, {"seed": 0}, (RESULT,), "2026-11-22T03:12:00+00:00")


def test_what_is_written_is_read_back(tmp_path):
    write_document(tmp_path / "a.json", DOCUMENT)
    assert read_document(tmp_path / "a.json") == DOCUMENT
    with pytest.raises(OutputFailed, match="--force"):
        write_document(tmp_path / "a.json", DOCUMENT)


def test_one_result_a_line():
    text = to_json(replace(DOCUMENT, results=(RESULT, RESULT)))
    assert sum('"scenario"' in line for line in text.splitlines()) == 2
    assert json.loads(text)["schema"] == "ganrt.bench/1"


def test_unknown_fields_pass_through():
    plain = json.loads(to_json(DOCUMENT))
    plain["later"], plain["results"][0]["hue"] = 1, {"x": 2}
    back = json.loads(to_json(from_json(json.dumps(plain))))
    assert (back["later"], back["results"][0]["hue"]) == (1, {"x": 2})


def change(path, value):
    plain = json.loads(to_json(DOCUMENT))
    place = plain
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("created",), "yesterday", "'created'"),
        (("created",), "2026-11-22T03:12:00", "'created'"),
        (("status",), "done", "'status'"),
        (("machine",), [], "'machine'"),
        (("machine", "x"), float("nan"), "'machine.x'"),
        (("results",), {}, "'results'"),
        (("results", 0, "scenario"), "server", r"'results\[0\].scenario'"),
        (("results", 0, "status"), "fine", r"'results\[0\].status'"),
        (("results", 0, "samples"), -1, r"'results\[0\].samples'"),
        (("results", 0, "samples"), True, r"'results\[0\].samples'"),
        (("results", 0, "psnr_db"), float("inf"), r"'results\[0\].psnr_db'"),
        (("results", 0, "max_error"), 256, r"'results\[0\].max_error'"),
        (("results", 0, "model", "sha256"), "short", r"'results\[0\].model.sha256'"),
        (("results", 0, "latency_ms", "p90"), "1", r"'results\[0\].latency_ms.p90'"),
        (("results", 0, "latency_ms", "p90"), 0.5, r"latency_ms'"),
        (("results", 0, "latency_intervals", "p50"), [2, 1], r"'results\[0\].latency_intervals.p50'"),
        (("results", 0, "images_per_second_interval"), [1], r"'results\[0\].images_per_second_interval'"),
        (("results", 0, "latencies_us"), [1.0] * 2001, r"'results\[0\].latencies_us'"),
        (("results", 0, "figures", "peak_mb"), None, r"'results\[0\].figures.peak_mb'"),
        (("results", 0, "timeline", 0), 5, r"'results\[0\].timeline\[0\]'"),
        (("schema",), "ganrt.bench/2", r"'ganrt.bench/2'; expected ganrt.bench/1"),
        (("schema",), None, "has no schema"),
    ],
)
def test_a_field_that_is_not_sound_is_named(path, value, named):
    with pytest.raises(BadInputFile, match=named) as caught:
        from_json(change(path, value), "a.json")
    assert "a.json" in str(caught.value)
    assert "spec" not in str(caught.value)


def test_a_missing_field_is_named():
    plain = json.loads(to_json(DOCUMENT))
    del plain["results"][0]["subject"]
    with pytest.raises(BadInputFile, match=r"'results\[0\].subject': missing"):
        from_json(json.dumps(plain))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'"x"', b"[" * 100_000])
def test_damaged_and_foreign_files_are_refused(tmp_path, data):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(BadInputFile, match="a.json"):
        read_document(tmp_path / "a.json")


def test_missing_and_huge_files_are_refused(tmp_path):
    with pytest.raises(BadInputFile, match="cannot be read"):
        read_document(tmp_path / "none.json")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(BadInputFile, match="64 MiB"):
        read_document(tmp_path / "huge.json")


def test_a_status_needs_its_reason_and_a_wrong_output_has_no_speed():
    with pytest.raises(SpecError, match="reason"):
        replace(RESULT, status="unstable")
    with pytest.raises(SpecError, match="wrong_output"):
        replace(RESULT, status="wrong_output", reason="wrong")


def test_the_page_has_every_field_scenario_and_status():
    told = set(re.findall(r"`([a-z0-9_]+)`", PAGE))
    names = {f.name for cls in (Document, Result, Latency, Model) for f in fields(cls)} - {"extra", "name"}
    assert names | set(SCENARIOS) | set(STATUSES) <= told
