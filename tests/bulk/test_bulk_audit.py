"""`ganrt bulk audit`: every kind of damage is found, and mended without touching anything else."""

import json
import os
import shutil
import tracemalloc
from hashlib import sha256

import pytest
from bulk_runs import as_0_1_0, contents, rewrite
from tiny_onnx import save_tiny, tiny_spec

from ganrt.runtime.bulk.audit import check_files, read_run
from ganrt.runtime.bulk.storage import LocalStorage


@pytest.fixture
def drawn(run, tiny, tmp_path):
    """A finished run of each format; drawn(format) -> its folder."""

    def call(format="webdataset", *more):
        code, _, err = run(
            "bulk", "run", "-m", tiny, "--count", 50, "--format", format, "--shard-size", 12, "-o", "o", *more
        )
        assert code == 0, err
        return tmp_path / "work" / "o"

    return call


def findings(run, *arguments, model="tiny.onnx"):
    code, out, err = run("bulk", "audit", "o", "-m", f"../{model}", "--json", *arguments)
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
    code, found, report = findings(run)
    assert code == 1
    assert found == {
        ("damaged", first),
        ("missing", second),
        ("damaged", "00001_stats.json"),
        ("surplus", "00009_stats.json"),
    }
    assert report["foreign"] == ["notes.txt", "identities/players.csv"]
    code, _, report = findings(run, "--repair")
    assert code == 0  # what is not ours stays, and is nobody's fault
    assert report["repaired"] == sorted(name for _, name in found)
    assert contents(folder) == {**whole, "notes.txt": b"mine", "identities/players.csv": b"mine"}
    assert {name: (folder / name).stat().st_mtime_ns for name in untouched} == untouched
    (folder / "notes.txt").unlink()
    shutil.rmtree(folder / "identities")
    assert findings(run, "--all")[:2] == (0, set())


def test_pictures_that_are_not_the_runs_are_found_by_drawing(run, drawn, tmp_path):
    """Files and hashes agree, but the pictures were drawn from something else."""
    folder = drawn("npy")
    run("bulk", "run", "-m", tmp_path / "tiny.onnx", "--count", 50, "--seed", 1, "--format", "npy", "-o", "p",
        "--shard-size", 12)  # fmt: skip
    other = folder.parent / "p"
    plan_sha256 = json.loads((folder / "00001_stats.json").read_text())["plan_sha256"]
    for name in ("00001.npy", "00001_stats.json"):
        shutil.copy(other / name, folder / name)
    assert findings(run)[1] == {("damaged", "00001_stats.json")}  # the stats of another plan
    rewrite(folder / "00001_stats.json", lambda stats: stats.update(plan_sha256=plan_sha256))
    entry = json.loads((other / "manifest.json").read_text())["shards"][1]
    entry["stats_sha256"] = sha256((folder / "00001_stats.json").read_bytes()).hexdigest()
    rewrite(folder / "manifest.json", lambda manifest: manifest["shards"].__setitem__(1, entry))
    code, found, _ = findings(run, "--all")
    assert (code, found) == (1, {("another picture", "00001.npy")})
    assert findings(run, "--all", "--repair")[0] == 0
    assert findings(run, "--all")[:2] == (0, set())


def unfinish(manifest):
    manifest["complete"] = False
    del manifest["shards"], manifest["images"]


def test_an_unfinished_run_is_finished_by_repair(run, drawn):
    folder = drawn()
    whole = contents(folder)
    rewrite(folder / "manifest.json", unfinish)
    for name in ("00004.tar", "00004_stats.json"):
        (folder / name).unlink()
    (folder / ".part-0123456789ab").write_bytes(b"under way")
    left = {("unfinished", "manifest.json"), ("unfinished", "00004_stats.json"), ("unfinished", ".part-0123456789ab")}
    assert findings(run)[1] == left
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert code == 1
    assert "4 of 5 shards are there; the run is in progress, or was interrupted" in err
    assert "00004" not in err
    assert "what is there is well" in err
    flip(folder / "00001.tar")
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert (code, "not as they should be" in err, "what is there is well" in err) == (1, True, False)
    assert findings(run, "--repair")[0] == 0
    assert contents(folder) == whole


def test_undrawn_shards_take_no_memory_each(run, drawn):
    folder = drawn()
    for path in folder.glob("0*"):
        path.unlink()

    def enlarge(shards):
        def change(document):
            document["plan"]["pictures"]["count"] = str(12 * shards)
            if "shards" in document:
                unfinish(document)

        for name in ("manifest.json", "manifest.plan.json"):
            rewrite(folder / name, change)

    enlarge(10**6)
    tracemalloc.start()
    try:
        found = check_files(LocalStorage(folder), read_run(LocalStorage(folder)), lambda _: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(found.undrawn), len(found.found), peak < 2**21) == (10**6, 1, True), peak
    assert next(found.to_draw()).name == "000000"
    assert found.count == 1 + 10**6
    enlarge(2000)
    code, out, err = run("bulk", "audit", "o", "-m", "../tiny.onnx", "--json")
    report = json.loads(out)
    assert (code, report["undrawn_shards"], len(report["findings"])) == (1, 2000, 1000), err
    assert "0 of 2000 shards are there" in err
    assert "2001 of its files are not there yet; what is there is well\nto go on: the same ganrt bulk run" in err


def test_foreign_files_are_a_note(run, drawn):
    folder = drawn("files")
    (folder / "00001" / ".DS_Store").write_bytes(b"mine")
    (folder / "README.txt").write_text("mine")
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert code == 0, err
    assert "note: 2 not of the run, left alone: README.txt, 00001/.DS_Store" in err
    assert "all is well" in err
    whole = contents(folder)
    flip(folder / "00001" / "seed0-index00000012.png")
    (folder / "00001" / "seed5-index00000012.png").write_text("of another run")
    assert findings(run, "--repair")[0] == 0  # the folder is not replaced as a whole
    assert contents(folder) == whole


def test_what_a_killed_run_left_is_the_runs(run, drawn):
    folder = drawn("npy")
    whole = contents(folder)
    (folder / ".part-0123456789ab").write_bytes(b"half a shard")
    (folder / ".part-abcdef012345").mkdir()
    (folder / ".part-abcdef012345" / "any.png").write_bytes(b"half a folder")
    (folder / ".part-mine").write_bytes(b"mine")
    code, found, report = findings(run)
    assert (code, report["foreign"]) == (1, [".part-mine"])
    assert found == {("surplus", ".part-0123456789ab"), ("surplus", ".part-abcdef012345/any.png")}
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx", "--repair")
    assert code == 0, err
    assert "mended: surplus: .part-0123456789ab" in err
    assert contents(folder) == {**whole, ".part-mine": b"mine"}
    assert not (folder / ".part-abcdef012345").exists()


def test_what_to_do_about_a_manifest_that_is_damaged_or_lost(run, drawn):
    folder = drawn("npy")
    whole = contents(folder)
    for kind, spoil in (("damaged", lambda path: path.write_text("{")), ("missing", lambda path: path.unlink())):
        for name in ("manifest.json", "manifest.plan.json"):
            spoil(folder / name)
            assert findings(run)[1] == {(kind, name)}
            assert findings(run, "--repair")[0] == 0
            assert contents(folder) == whole
    (folder / "manifest.json").write_text("{")
    (folder / "manifest.plan.json").write_text("{")
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx", "--repair")
    assert code == 4
    assert "the ganrt bulk run command that drew the run writes it anew" in err
    (folder / "manifest.json").unlink()
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert code == 4
    assert "the command that drew the run writes it anew" in err


def test_another_model_is_refused(run, drawn, tmp_path):
    drawn()
    save_tiny(tmp_path / "other.onnx", tiny_spec(name="other"))
    code, _, err = run("bulk", "audit", "o", "-m", "../other.onnx")
    assert code == 4
    assert "another model" in err


def test_on_another_machine_hashes_alone_are_compared(run, drawn, monkeypatch):
    drawn()
    monkeypatch.setattr("ganrt.runtime.bulk.describe.processor", lambda: {"name": "another", "features": []})
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert code == 0, err
    assert "hashes alone" in err
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx", "--all")
    assert code == 3
    assert "machine" in err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes of this kind")
@pytest.mark.parametrize("name", ["manifest.json", "manifest.plan.json", "00001_stats.json", "00001.npy"])
def test_a_pipe_in_the_place_of_a_file(run, drawn, name):
    folder = drawn("npy")
    whole = contents(folder)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    code, found, _ = findings(run)
    assert (code, found) == (1, {("missing", name)})
    assert findings(run, "--repair")[0] == 0
    assert contents(folder) == whole


def test_a_folder_without_a_run(run, tmp_path):
    (tmp_path / "work" / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        code, _, err = run("bulk", "audit", folder)
        assert code == 4
        assert "manifest.json" in err


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan["drawing"].update({"class": "cat"}),
        lambda plan: plan["drawing"].update(psi=1e30, law={"prior": "uniform"}),
        lambda plan: plan["drawing"].update(psi=0.5),
        lambda plan: plan["layout"].update(format="files", picture="bmp"),
    ],
)
def test_a_plan_that_nothing_draws(run, drawn, change):
    """With a seal of its own: somebody made it up."""
    folder = drawn("npy")
    for name in ("manifest.json", "manifest.plan.json"):
        rewrite(folder / name, lambda document: change(document["plan"]))
    code, _, err = run("bulk", "audit", "o")
    assert code == 4, err
    assert "manifest.json" in err


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("plan", "pictures", "count"), str(2**63)),
        (("plan", "pictures", "count"), "1000000000000"),
        (("plan", "pictures", "start"), str(2**64 - 1)),
        (("plan", "pictures", "seeds"), "0-18446744073709551615"),
        (("plan", "layout", "shard_size"), 1.5),
        (("plan", "layout", "shard_size"), 0),
        (("plan", "layout", "signatures"), 1),
        (("plan", "generator", "batch_sizes"), ["1"]),
        (("plan", "generator", "versions"), {"ganrt": 1}),
        (("plan", "generator", "spec", "output"), None),
        (("plan", "drawing", "psi"), float("nan")),
        (("plan", "drawing", "more"), 1),
        (("more",), 1),
        (("images",), "49"),
        (("complete",), False),
        (("shards",), []),
        (("plan", "generator"), {}),
        (("plan", "drawing"), []),
        (("plan", "pictures", "count"), "-3"),
        (("plan", "pictures", "seeds"), "1-x"),
        (("plan", "layout", "format"), "zip"),
        (("shards",), 5),
    ],
)
def test_a_damaged_manifest_is_a_bad_file(run, drawn, place, value):
    """Of a run of 0.1.0: it has no seal, and no copy."""
    folder = drawn("npy")
    as_0_1_0(folder)

    def damage(document):
        for name in place[:-1]:
            document = document[name]
        document[place[-1]] = value

    rewrite(folder / "manifest.json", damage, seal=False)
    code, _, err = run("bulk", "audit", "o", "-m", "../tiny.onnx")
    assert code == 4, err
    assert "manifest.json is damaged" in err or "name different plans" in err
    assert len(err.splitlines()) <= 3
