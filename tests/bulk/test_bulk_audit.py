"""`ganrt audit`: every kind of damage is found, and mended without touching anything else."""

import json
import shutil

import pytest
from bulk_runs import contents
from tiny_onnx import save_tiny, tiny_spec


@pytest.fixture
def drawn(run, tiny, tmp_path):
    """A finished run of each format; drawn(format) -> its folder."""

    def call(format="webdataset", *more):
        code, _, err = run(
            "generate", "-m", tiny, "--count", 50, "--format", format, "--shard-size", 12, "-o", "o", *more
        )
        assert code == 0, err
        return tmp_path / "work" / "o"

    return call


def findings(run, *arguments, model="tiny.onnx"):
    code, out, err = run("audit", "o", "-m", f"../{model}", "--json", *arguments)
    report = json.loads(out)
    assert code in (0, 1), err
    return code, {(finding["kind"], finding["name"]) for finding in report["findings"]}, report


@pytest.mark.parametrize("format", ["webdataset", "files", "parquet", "npy"])
def test_a_sound_output_passes(run, drawn, format):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    drawn(format, "--unique")
    code, found, report = findings(run, "--all")
    assert (code, found, report["drawn_again"]) == (0, set(), 50)
    code, found, report = findings(run)
    assert (code, found) == (0, set())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("format", ["webdataset", "files"])
def test_every_damage_is_found_and_mended(run, drawn, format):
    folder = drawn(format)
    whole = contents(folder)
    first, second = (
        ("00000.tar", "00002.tar")
        if format == "webdataset"
        else (
            "00000/seed0-index00000003.png",
            "00002/seed0-index00000030.png",
        )
    )
    flip(folder / first)
    (folder / second).unlink()
    (folder / "00001_stats.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    (folder / "identities").mkdir()
    (folder / "identities" / "players.csv").write_text("mine")
    (folder / "00009_stats.json").write_text("{}")
    untouched = {name: (folder / name).stat().st_mtime_ns for name in whole if name.startswith("00003")}
    code, found, _ = findings(run)
    assert code == 1
    assert found == {
        ("damaged", first),
        ("missing", second),
        ("damaged", "00001_stats.json"),
        ("foreign", "notes.txt"),
        ("foreign", "identities/players.csv"),
        ("surplus", "00009_stats.json"),
    }
    code, _, report = findings(run, "--repair")
    assert code == 1  # what is not ours stays
    assert "notes.txt" not in report["repaired"]
    assert contents(folder) == {**whole, "notes.txt": b"mine", "identities/players.csv": b"mine"}
    assert {name: (folder / name).stat().st_mtime_ns for name in untouched} == untouched
    (folder / "notes.txt").unlink()
    shutil.rmtree(folder / "identities")
    assert findings(run, "--all")[:2] == (0, set())


def test_pictures_that_are_not_the_runs_are_found_by_drawing(run, drawn, tmp_path):
    """Files and hashes agree, but the pictures were drawn from something else."""
    folder = drawn("npy")
    run("generate", "-m", tmp_path / "tiny.onnx", "--count", 50, "--seed", 1, "--format", "npy", "-o", "p",
        "--shard-size", 12)  # fmt: skip
    other = folder.parent / "p"
    for name in ("00001.npy", "00001_stats.json"):
        shutil.copy(other / name, folder / name)
    manifest, theirs = (json.loads((place / "manifest.json").read_text()) for place in (folder, other))
    manifest["shards"][1] = theirs["shards"][1]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, found, _ = findings(run, "--all")
    assert (code, found) == (1, {("another picture", "00001.npy")})
    assert findings(run, "--all", "--repair")[0] == 0
    assert findings(run, "--all")[:2] == (0, set())


def test_an_unfinished_run_is_finished_by_repair(run, drawn):
    folder = drawn()
    whole = contents(folder)
    document = json.loads(whole["manifest.json"])
    (folder / "manifest.json").write_text(
        json.dumps({"format_version": "1.0", "complete": False, "plan": document["plan"]})
    )
    for name in ("00004.tar", "00004_stats.json"):
        (folder / name).unlink()
    assert findings(run)[1] == {
        ("missing", "manifest.json: the run is not finished"),
        ("missing", "00004_stats.json"),
    }
    assert findings(run, "--repair")[0] == 0
    assert contents(folder) == whole


def test_another_model_is_refused(run, drawn, tmp_path):
    drawn()
    save_tiny(tmp_path / "other.onnx", tiny_spec(name="other"))
    code, _, err = run("audit", "o", "-m", "../other.onnx")
    assert code == 4
    assert "another model" in err


def test_on_another_machine_hashes_alone_are_compared(run, drawn, monkeypatch):
    drawn()
    monkeypatch.setattr("ganrt.runtime.bulk.describe.processor", lambda: {"name": "another", "features": []})
    code, _, err = run("audit", "o", "-m", "../tiny.onnx")
    assert code == 0, err
    assert "hashes alone" in err
    code, _, err = run("audit", "o", "-m", "../tiny.onnx", "--all")
    assert code == 3
    assert "machine" in err


def test_a_folder_without_a_run(run, tmp_path):
    (tmp_path / "work" / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        code, _, err = run("audit", folder)
        assert code == 4
        assert "manifest.json" in err


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("plan", "generator"), {}),
        (("plan", "drawing"), []),
        (("plan", "pictures", "count"), "-3"),
        (("plan", "pictures", "seeds"), "1-x"),
        (("plan", "layout", "format"), "zip"),
        (("shards",), 5),
    ],
)
def test_a_damaged_manifest_is_a_bad_file(run, drawn, place, value):
    path = drawn("npy") / "manifest.json"
    manifest = inner = json.loads(path.read_text("utf-8"))
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    path.write_text(json.dumps(manifest), "utf-8")
    code, _, err = run("audit", "o", "-m", "../tiny.onnx")
    assert code == 4, err
    assert "manifest.json" in err
