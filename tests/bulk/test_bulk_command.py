"""`ganrt bulk run`: options that go together, the model of the run, command lines of 0.1.0."""

import json
import shlex
import sys

import cv2
import numpy as np
import pytest
from bulk_runs import contents, rewrite


def test_a_handful_of_pictures_has_no_manifest(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--count", 3, "-o", "a")[0] == 0
    assert sorted(contents(tmp_path / "work" / "a")) == [f"seed0-index{k:08d}.png" for k in range(3)]


def test_the_same_command_goes_on_and_then_has_nothing_to_do(run, tiny, tmp_path):
    command = [
        "bulk",
        "run",
        "-m",
        tiny,
        "--count",
        30,
        "--format",
        "webdataset",
        "--shard-size",
        10,
        "-o",
        "a",
        "--json",
    ]
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
    assert (
        run("bulk", "run", "-m", tiny, "--seeds", "0,4-6,9", "--format", "files", "--shard-size", 2, "-o", "a")[0] == 0
    )
    names = sorted(p.name for p in (tmp_path / "work" / "a").glob("*/*.png"))
    assert names == [f"seed{seed}-index00000000.png" for seed in (0, 4, 5, 6, 9)]
    assert run("bulk", "audit", "a", "-m", tiny, "--all")[0] == 0


def test_edits_of_latents_are_kept_for_the_audit(run, tiny, tmp_path):
    command = ["bulk", "run", "-m", tiny, "--count", 4, "--format", "files", "--shard-size", 2, "-o", "a"]
    assert run(*command, "--set-z", "0:2=-1", "--set-z", "3=0.5")[0] == 0
    assert run("bulk", "audit", "a", "--all")[0] == 0
    code, _, err = run(*command)
    assert code == 5
    assert "to go on with that run: --set-z 0:2=-1,3=0.5" in err
    assert run("generate", "-m", tiny, "--count", 4, "--set-z", "0:2=-1,3=0.5", "-o", "loose")[0] == 0
    for path in (tmp_path / "work" / "a").glob("*/*.png"):
        theirs = cv2.imread(str(tmp_path / "work" / "loose" / path.name))
        np.testing.assert_array_equal(cv2.imread(str(path)), theirs)


def test_truncation_and_class_are_kept_for_the_audit(run, tmp_path):
    from tiny_onnx import save_tiny, tiny_spec

    model = save_tiny(tmp_path / "kinds.onnx", tiny_spec(labels=3, statistics=True))
    code, _, err = run(
        "bulk", "run", "-m", model, "--count", 8, "--format", "npy", "--trunc", 0.5, "--class", 2, "-o", "a"
    )
    assert code == 0, err
    code, _, err = run("bulk", "audit", "a", "-m", model, "--all")
    assert code == 0, err


@pytest.mark.parametrize("prior", ["uniform", "uniform:2,normal:4", "onehot:2,truncated_normal:4"])
def test_every_prior_is_kept_for_the_audit(run, tmp_path, prior):
    from tiny_onnx import DIM, save_tiny, tiny_spec

    from ganrt.spec import Latent

    model = save_tiny(tmp_path / "priors.onnx", tiny_spec(latent=Latent(dim=DIM, prior=prior)))
    for output, more in (("a", []), ("b", ["--truncation", 0.5])):
        code, _, err = run("bulk", "run", "-m", model, "--count", 4, "--shard-size", 2, "-o", output, *more)
        assert code == 0, err
        code, _, err = run("bulk", "audit", output, "--all")
        assert code == 0, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--format npy --shard-size 0", "--shard-size 0"),
        ("--format zip", "webdataset"),
        ("--format npy -o a.png", "folder"),
        ("--count 1000000000000 --shard-size 1", "at most 1000000: give a larger one"),
        ("--encode bmp", "--encode bmp: expected png, webp, jpeg"),
        ("--format npy --encode png", "--encode and --quality do not apply"),
        ("--format npy --identity-column x", "--identities"),
        ("--identity-column x", "--identity-column x: it belongs to --identities"),
        ("--format npy --identities a --count 2", "one of them"),
        ("--format npy --class cat", "no classes"),
        ("--format npy --count 2 --start 18446744073709551615", "2^64"),
        ("--format webdataset --batch-size 0 --count 5", "batch size"),
    ],
)
def test_options_that_make_no_sense(run, tiny, tmp_path, arguments, words):
    code, _, err = run("bulk", "run", "-m", tiny, *shlex.split(arguments))
    assert code == 2, err
    assert words in err


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_is_looked_at_before_the_model_is_opened(run, count):
    code, _, err = run("bulk", "run", "-m", "missing.onnx", "--count", count, "--format", "npy", "-o", "a")
    assert code == 2
    assert f"--count {count}" in err


def test_loose_pictures_stay_out_of_a_run(run, tiny, tmp_path):
    assert run("bulk", "run", "-m", tiny, "--count", 5, "--format", "npy", "-o", "a")[0] == 0
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
    code, _, err = run("bulk", "run", "-m", tiny, "--count", 2, "--format", "parquet", "-o", "a")
    assert code == 3
    assert 'pip install "ganrt[parquet]"' in err


def test_a_log_gets_a_line_now_and_then(run, tiny, monkeypatch):
    command = ["bulk", "run", "-m", tiny, "--count", 30, "--format", "npy", "--shard-size", 10, "--batch-size", 5]
    assert "/30 images" not in run(*command, "-o", "a")[2]
    monkeypatch.setattr("ganrt.cli.bulk.LINE_EVERY_S", 0)
    code, _, err = run(*command, "-o", "b")
    assert code == 0, err
    assert [line.split(",")[0] for line in err.splitlines() if "/30 images" in line] == [
        f"{done}/30 images" for done in range(5, 31, 5)
    ]


def test_a_run_goes_on_with_its_own_model(run, tiny, tmp_path, monkeypatch):
    """Whatever the default is by now; and an audit asks for no model."""
    command = ["bulk", "run", "--count", 6, "--format", "npy", "--shard-size", 3, "-o"]
    assert run(*command, "a", "-m", tiny)[0] == 0
    assert run(*command, "b")[0] == 0
    monkeypatch.setattr("ganrt.cli.bulk.DEFAULT_MODEL", "another")
    for output, model in (("a", "tiny"), ("b", "avatars-2")):
        folder = tmp_path / "work" / output
        whole = contents(folder)
        (folder / "00001_stats.json").unlink()
        code, _, err = run(*command, output)
        assert code == 0, err
        assert err.startswith(f"{model}: backend")
        assert contents(folder) == whole
        code, _, err = run("bulk", "audit", output, "--all")
        assert code == 0, err
    assert run(*command, "c")[0] == 4  # a new run has the default, which is nothing here


def test_a_model_that_is_not_where_it_was(run, tiny, tmp_path):
    from tiny_onnx import save_tiny, tiny_spec

    assert run("bulk", "run", "-m", tiny, "--count", 6, "--format", "npy", "--shard-size", 3, "-o", "a")[0] == 0
    (tmp_path / "work").rename(tmp_path / "moved")
    (tmp_path / "moved").rename(tmp_path / "work")  # both together
    assert run("bulk", "audit", "a")[0] == 0
    moved = tiny.rename(tmp_path / "moved.onnx")
    for words in (["audit", "a"], ["run", "--count", 6, "--format", "npy", "--shard-size", 3, "-o", "a"]):
        code, _, err = run("bulk", *words)
        assert code == 4
        assert "tiny.onnx any more\ngive its file: -m FILE" in err
        assert run("bulk", *words, "-m", moved)[0] == 0
    save_tiny(tiny, tiny_spec(name="other"))
    code, _, err = run("bulk", "audit", "a")
    assert code == 4
    assert "another model" in err


def test_an_engine_is_not_loaded_because_a_manifest_names_it(run, tiny, tmp_path):
    run("bulk", "run", "-m", tiny, "--count", 3, "--format", "npy", "-o", "a")
    (tmp_path / "evil.engine").write_bytes(b"native code")
    for name in ("manifest.json", "manifest.plan.json"):
        rewrite(tmp_path / "work" / "a" / name, lambda document: document.update(model_file="../../evil.engine"))
    code, _, err = run("bulk", "audit", "a")
    assert code == 4
    assert "evil.engine\ngive its file: -m FILE" in err
    assert run("bulk", "audit", "a", "-m", tiny)[0] == 0


@pytest.mark.parametrize("spelled", [["--format", "files", "--picture", "webp"], ["--format=files", "--picture=webp"]])
def test_command_lines_of_0_1_0(run, tiny, tmp_path, spelled):
    code, _, err = run("generate", "-m", tiny, "--count", 6, *spelled, "--shard-size", 3, "-o", "a")
    assert code == 0, err
    assert err.count("now drawn by ganrt bulk run, and --picture is --encode there") == 1
    assert len(list((tmp_path / "work" / "a").glob("*/*.webp"))) == 6
    code, _, err = run("audit", "a", "-m", tiny, "--all")
    assert code == 0, err
    assert err.count("note: ganrt audit is now ganrt bulk audit") == 1
    code, _, err = run("generate", "-m", tiny, "--format", "png", "--count", 2, "-o", "b")
    assert code == 0, err
    assert "--format png" in err
    assert len(list((tmp_path / "work" / "b").glob("*.png"))) == 2


def test_shards_are_no_matter_of_generate(run, tiny):
    code, _, err = run("generate", "-m", tiny, "--shard-size", 50, "--unique")
    assert code == 2
    assert "error: --shard-size, --unique: only for shards, which ganrt bulk run draws" in err
    code, _, err = run("generate", "-m", tiny, "-o", "s3://bucket/name")
    assert code == 2
    assert "ganrt bulk run" in err


def test_the_group_alone_says_what_it_has(run):
    code, out, _ = run("bulk")
    assert code == 0
    assert "audit" in out
