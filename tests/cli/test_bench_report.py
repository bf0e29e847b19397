"""`ganrt bench report`, `compare` and `merge` from the command line."""

import json
from pathlib import Path

import pytest
from bench_documents import full_document, save


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A file's text."""
    return save(tmp_path_factory.mktemp("sound") / "a.json", full_document()).read_text()


@pytest.fixture
def runs(run, sound):
    Path("a.json").write_text(sound)
    save(Path("b.json"), full_document(1.2, seed=5))
    return run


def test_reports_of_one_and_of_several(runs):
    code, out, _ = runs("bench", "report", "a.json", "--html", "a.html", "--markdown", "a.md")
    assert code == 0
    assert "fastest peer" in out
    assert Path("a.html").read_text("utf-8").startswith("<!doctype html>")
    assert Path("a.md").read_text("utf-8").startswith("# Benchmark: Test CPU")
    assert runs("bench", "report", "a.json", "--html", "a.html")[0] == 5
    assert runs("bench", "report", "a.json", "b.json", "--html", "a.html", "--force")[0] == 0
    assert "Across files" in Path("a.html").read_text("utf-8")


def test_compare_fails_on_a_regression_only(runs):
    code, out, err = runs("bench", "compare", "a.json", "b.json", "--html", "c.html", "--markdown", "c.md")
    assert code == 1
    assert "1.2×" in out
    assert "b.json: regression: toy, single stream, batch 1, ganrt/onnxruntime fp32, p50 and" in err
    assert Path("c.html").exists()
    assert Path("c.md").exists()
    assert runs("bench", "compare", "b.json", "a.json")[0] == 0
    assert runs("bench", "compare", "a.json", "b.json", "--tolerance", "0.5")[0] == 0
    code, out, _ = runs("bench", "compare", "a.json", "b.json", "--json")
    found = json.loads(out)
    assert (code, found["tolerance"]) == (1, 0.05)
    assert found["regressions"] == sum(change["verdict"] == "regression" for change in found["changes"]) > 5
    low, high = found["changes"][0]["interval"]
    assert low < found["changes"][0]["ratio"] < high


def test_merge(runs):
    code, out, err = runs("bench", "merge", "a.json", "b.json", "-o", "board.html", "--json")
    assert (code, "leaderboard: board.html" in err) == (0, True)
    assert [one["scenario"] for one in json.loads(out)] == ["single_stream", "offline", "frame", "cold_start"]
    assert "Leaderboard" in Path("board.html").read_text("utf-8")
    assert runs("bench", "merge", "a.json", "-o", "board.html")[0] == 5
    code, _, err = runs("bench", "merge", "a.json", "a.json", "-o", "c.html")
    assert (code, "named twice" in err) == (2, True)


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (lambda sound: "", "bad.json is not JSON"),
        (lambda sound: "{", "bad.json is not JSON"),
        (lambda sound: "[]", "bad.json has no schema; expected ganrt.bench/1"),
        (lambda sound: '{"schema": "ganrt.bench/2"}', "has the schema 'ganrt.bench/2'; expected ganrt.bench/1"),
        (lambda sound: '{"kind": "ceiling", "ceilings": []}', "has no schema"),
        (lambda sound: '[{"startComputeMs": 0.1, "computeMs": 1.0}]', "has no schema"),
        (lambda sound: sound.replace('{"p50": ', '{"p50": -', 1), "results[0].latency_ms.p50"),
        (lambda sound: sound.replace('"status": "ok"', '"status": "fine"', 1), "results[0].status"),
        (lambda sound: sound[:-400], "bad.json is not JSON, or it is damaged"),
    ],
)
@pytest.mark.parametrize("command", ["report", "compare", "merge"])
def test_bad_files_are_refused_and_named(run, command, damaged, words, sound):
    Path("a.json").write_text(sound)
    Path("bad.json").write_text(damaged(sound))
    more = ["-o", "board.html"] if command == "merge" else ["--html", "page.html"]
    code, out, err = run("bench", command, "a.json", "bad.json", *more)
    assert (code, out) == (4, "")
    assert "bad.json" in err
    assert words in err
    assert len(err.splitlines()) <= 3
    assert not list(Path().glob("*.html"))


def test_a_missing_file_and_a_bad_tolerance(runs):
    for command in ("report", "compare"):
        code, _, err = runs("bench", command, "a.json", "none.json")
        assert (code, "none.json cannot be read" in err) == (4, True)
    code, _, err = runs("bench", "compare", "a.json", "b.json", "--tolerance", "-1")
    assert (code, "tolerance -1" in err) == (2, True)
    code, _, err = runs("bench", "report", "a.json", "--json")
    assert code == 2


def test_bench_itself_writes_pages(run, tiny):
    fast = ("--duration", "0.02", "--warmup", "0", "--min-samples", "1", "--runners", "ours", "--repeats", "1")
    code, _, err = run("bench", "-m", tiny, *fast, "--html", "p.html", "--markdown", "p.md")
    assert code == 0, err
    assert "ganrt/onnxruntime" in Path("p.html").read_text("utf-8")
    assert "ganrt/onnxruntime" in Path("p.md").read_text("utf-8")
    assert run("bench", "-m", tiny, *fast, "--html", "p.html")[0] == 5
    code, _, err = run("bench", "suite", "--quick", "--only", "avatars-frames", "-o", "s.json", "--html", "s.html")
    assert code == 0, err
    assert "avatars-frames" in Path("s.html").read_text("utf-8")
