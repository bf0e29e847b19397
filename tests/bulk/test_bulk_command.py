"""`ganrt generate --format ...`: options that go together, and the simple case that stays simple."""

import json
import shlex
import sys

import pytest
from bulk_runs import contents


def test_a_handful_of_pictures_has_no_manifest(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--count", 3, "-o", "a")[0] == 0
    assert sorted(contents(tmp_path / "work" / "a")) == [f"seed0-index{k:08d}.png" for k in range(3)]


def test_the_same_command_goes_on_and_then_has_nothing_to_do(run, tiny, tmp_path):
    command = ["generate", "-m", tiny, "--count", 30, "--format", "webdataset", "--shard-size", 10, "-o", "a", "--json"]
    code, out, err = run(*command)
    assert (code, json.loads(out)["drawn_shards"]) == (0, 3)
    assert "30 images, 3 shards" in err
    code, out, err = run(*command)
    assert (code, json.loads(out)["drawn_shards"]) == (0, 0)
    assert "nothing was drawn" in err
    assert run(*command, "--no-resume")[0] == 5
    code, out, _ = run(*command, "--no-resume", "--force")
    assert (code, json.loads(out)["drawn_shards"]) == (0, 3)


def test_seeds_in_shards(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--seeds", "0,4-6,9", "--format", "files", "--shard-size", 2, "-o", "a")[0] == 0
    names = sorted(p.name for p in (tmp_path / "work" / "a").glob("*/*.png"))
    assert names == [f"seed{seed}-index00000000.png" for seed in (0, 4, 5, 6, 9)]
    assert run("audit", "a", "-m", tiny, "--all")[0] == 0


def test_truncation_and_class_are_kept_for_the_audit(run, tmp_path):
    from tiny_onnx import save_tiny, tiny_spec

    model = save_tiny(tmp_path / "kinds.onnx", tiny_spec(labels=3, statistics=True))
    code, _, err = run(
        "generate", "-m", model, "--count", 8, "--format", "npy", "--trunc", 0.5, "--class", 2, "-o", "a"
    )
    assert code == 0, err
    code, _, err = run("audit", "a", "-m", model, "--all")
    assert code == 0, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--format npy --shard-size 0", "--shard-size 0"),
        ("--format zip", "webdataset"),
        ("--format npy --grid 2x2", "contact sheet"),
        ("--format npy -o a.png", "folder"),
        ("--shard-size 5", "--format files"),
        ("--unique", "--format files"),
        ("--no-resume", "--format files"),
        ("--format npy --identity-column x", "--identities"),
        ("--identity-column x", "--identity-column x: it belongs to --identities"),
        ("--quality 50 --unique", "error: --quality, --unique: only for shards"),
        ("--format npy --identities a --count 2", "one of them"),
        ("--format npy --class cat", "no classes"),
        ("--format npy --count 2 --start 18446744073709551615", "2^64"),
        ("--format webdataset --batch-size 0 --count 5", "batch size"),
    ],
)
def test_options_that_make_no_sense(run, tiny, tmp_path, arguments, words):
    code, _, err = run("generate", "-m", tiny, *shlex.split(arguments))
    assert code == 2, err
    assert words in err


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_is_looked_at_before_the_model_is_opened(run, count):
    code, _, err = run("generate", "-m", "missing.onnx", "--count", count, "--format", "npy", "-o", "a")
    assert code == 2
    assert f"--count {count}" in err


def test_loose_pictures_stay_out_of_a_run(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--count", 5, "--format", "npy", "-o", "a")[0] == 0
    folder = tmp_path / "work" / "a"
    whole = contents(folder)
    for output in ("a", "a/one.png"):
        code, _, err = run("generate", "-m", tiny, "-o", output, "--force")
        assert code == 5
        assert "a holds a run in shards" in err
    assert contents(folder) == whole
    (tmp_path / "work" / "web").mkdir()
    (tmp_path / "work" / "web" / "manifest.json").write_text("{}")
    assert run("generate", "-m", tiny, "-o", "web")[0] == 0


def test_parquet_without_its_package(run, tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, err = run("generate", "-m", tiny, "--count", 2, "--format", "parquet", "-o", "a")
    assert code == 3
    assert 'pip install "ganrt[parquet]"' in err


def test_jpeg_of_transparent_pictures(run, tmp_path):
    from tiny_onnx import save_tiny, tiny_spec

    model = save_tiny(tmp_path / "rgba.onnx", tiny_spec(channels=4))
    code, _, err = run("generate", "-m", model, "--format", "files", "--picture", "jpeg", "-o", "a")
    assert code == 2
    assert "transparency" in err


def test_a_log_gets_a_line_now_and_then(run, tiny, monkeypatch):
    command = ["generate", "-m", tiny, "--count", 30, "--format", "npy", "--shard-size", 10, "--batch-size", 5]
    assert "/30 images" not in run(*command, "-o", "a")[2]
    monkeypatch.setattr("ganrt.cli.generate_shards.LINE_EVERY_S", 0)
    code, _, err = run(*command, "-o", "b")
    assert code == 0, err
    assert [line.split(",")[0] for line in err.splitlines() if "/30 images" in line] == [
        f"{done}/30 images" for done in range(5, 31, 5)
    ]
