"""`ganrt bench` from the command line, with durations that show that it works and measure nothing."""

import json

import pytest

from ganrt.benchmarks.document import read_document
from ganrt.errors import GanrtError

FAST = ("--duration", "0.02", "--warmup", "0", "--min-samples", "1", "--repeats", "1")


def test_a_run_on_the_bundled_model(run, tmp_path):
    code, out, err = run(
        "bench", *FAST, "--batch-size", "1,3", "--runners", "ours,onnxruntime-plain", "-o", "bench.json"
    )
    assert code == 0, err
    assert "onnxruntime-plain" in out
    assert "not run: ganrt/onnxruntime-cuda" in out
    document = read_document(tmp_path / "work" / "bench.json")
    assert document.status == "complete"
    assert {result.batch_size for result in document.results} == {1, 3}
    ran = [result for result in document.results if result.status in ("ok", "unstable")]
    same = {"ganrt/tuned", "ganrt/onnxruntime", "onnxruntime-plain"}  # until it is tuned, the plain graph
    assert {result.subject for result in ran} - {"ganrt/openvino"} == same
    assert all(result.outputs_checked for result in ran)
    assert all(result.psnr_db is None for result in ran if result.subject in same)
    assert document.machine["cpu"]
    assert run("bench", *FAST, "--runners", "ours", "-o", "bench.json")[0] == 5
    assert run("bench", *FAST, "--runners", "ours", "-o", "bench.json", "--force")[0] == 0


def test_layers_land_in_the_same_report(run, tmp_path, monkeypatch):
    written = ("-o", "bench.json", "--html", "bench.html", "--force")
    pytest.importorskip("openvino")
    both = ("--runners", "ganrt/onnxruntime,onnxruntime-plain,openvino-plain")
    assert run("bench", *FAST, *both, "-b", "1,2", "--layers", *written)[0] == 0
    document = read_document(tmp_path / "work" / "bench.json")
    found = [(profile["engine"], profile["precision"], profile["batch_size"]) for profile in document.profiles]
    assert found == [(engine, "fp32", size) for size in (1, 2) for engine in ("onnxruntime", "openvino")]
    assert "Layers: onnxruntime fp32, batch 2" in (tmp_path / "work" / "bench.html").read_text("utf-8")

    def broken(*_):
        raise GanrtError("the profiler is gone")

    monkeypatch.setattr("ganrt.benchmarks.profiles.run.profile_model", broken)
    code, _, err = run("bench", *FAST, "--runners", "ganrt/onnxruntime", "--layers", *written)
    assert (code, "no layers of onnxruntime in fp32: the profiler is gone" in err) == (0, True)
    assert read_document(tmp_path / "work" / "bench.json").results


def test_json_on_standard_output(run):
    code, out, _ = run("bench", *FAST, "--runners", "ours", "--scenario", "frame,end_to_end", "--json")
    assert code == 0
    found = [result["scenario"] for result in json.loads(out)["results"]]
    assert found == ["frame"] * (len(found) // 2) + ["end_to_end"] * (len(found) // 2)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-m", "nope"], 4, "neither a file nor a bundled model"),
        (["--backend", "nope"], 2, "backend 'nope'"),
        (["--runners", "nope"], 2, "runner 'nope'"),
        (["--scenario", "nope"], 2, "scenario 'nope'"),
        (["--scenario", "offline,"], 2, "--scenario 'offline,'"),
        (["--precision", "fp8"], 2, "precision 'fp8'"),
        (["--batch-size", "x"], 2, "--batch-size 'x'"),
        (["--batch-size", "0"], 2, "batch size 0"),
        (["--duration", "0"], 2, "duration_s 0"),
        (["--runners", "ours", "--backend", "onnxruntime-cuda"], 3, "nothing ran"),
        (["suite", "--only", "nope"], 2, "--only 'nope'"),
        (["import-trtexec", "none.json", "-o", "x.json"], 4, "none.json cannot be read"),
    ],
)
def test_refusals(run, arguments, code, words):
    found, _, err = run("bench", *arguments)
    assert found == code, err
    assert words in err


def test_an_interrupted_run_is_written_and_marked(run, tmp_path, monkeypatch):
    from ganrt.benchmarks import measurement

    original = measurement.Measurement._call

    def interrupted(self, number):
        if len(self.slices) == 3:
            raise KeyboardInterrupt
        original(self, number)

    monkeypatch.setattr(measurement.Measurement, "_call", interrupted)
    arguments = (
        "--duration",
        "0.5",
        "--warmup",
        "0",
        "--repeats",
        "1",
        "--backend",
        "onnxruntime",
        "--runners",
        "ours",
    )
    code, _, err = run("bench", *arguments, "-o", "part.json")
    assert code == 130
    assert "kept and marked" in err
    document = read_document(tmp_path / "work" / "part.json")
    assert document.status == "interrupted"
    assert document.results[0].status == "interrupted"
    assert document.results[0].samples > 0


def test_a_wrong_picture_of_ours_is_exit_code_1(run, monkeypatch):
    from ganrt.benchmarks.runners import ours

    original = ours._Ours.run
    monkeypatch.setattr(ours._Ours, "run", lambda self, inputs: 255 - original(self, inputs))
    code, out, err = run("bench", *FAST, "--runners", "ours", "--backend", "onnxruntime")
    assert code == 1
    assert "wrong pictures, and no speed" in err
    assert "wrong output: single_stream, ganrt/onnxruntime" in out


def test_the_suites_entries_are_listed(run):
    code, out, _ = run("bench", "suite", "--list")
    assert code == 0
    assert "avatars:" in out


@pytest.mark.slow
def test_the_harness_measures_itself(run, monkeypatch):
    from ganrt.benchmarks import self_check

    monkeypatch.setattr(self_check.coverage, "__defaults__", (0, 20))
    code, out, _ = run("bench", "--self-check")
    assert code == 0
    assert "% of a call of 1 ms" in out
    assert out.count("the 95 % interval held") == 3
