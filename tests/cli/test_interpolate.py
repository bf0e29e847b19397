"""`ganrt interpolate`: every output and every kind of keyframe."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from cli_files import names, read
from tiny_onnx import save_embedded, save_tiny, tiny_spec

import ganrt
from ganrt.runtime.film.origin import read_film_origin


@pytest.mark.parametrize("name", ["w.mp4", "w.gif", "w.webp", "w.apng", "w.json"])
def test_every_output_says_what_drew_it_and_which_encoder(run, tiny, tmp_path, name):
    code, out, err = run(
        "interpolate", "-m", tiny, "--seeds", "1-3", "--loop", "--duration", 1, "--fps", 10, "-o", name, "--json"
    )
    assert code == 0, err
    result = json.loads(out)
    assert (result["frames"], result["fps"]) == (10, 10)
    assert f"10 frames at 10 a second, {result['encoder']}: {name}" in err
    folder = tmp_path / "work"
    assert sorted(result["files"]) == names(folder)
    origin = read_film_origin(folder / ("w.png" if name == "w.json" else name))
    assert (origin["seeds"], origin["method"], origin["fps"]) == ("1-3", "slerp", 10)
    assert len(str(origin["model_sha256"])) == 64
    if name != "w.json":
        code, out, _ = run("inspect", name, "--json")
        assert (code, json.loads(out)) == (0, {"file": name, "kind": "film", **origin})


def frames_of(run, tmp_path, model, *arguments):
    code, _, err = run("interpolate", "-m", model, "--fps", 5, "--duration", 1, *arguments, "--force", "-o", "f")
    assert code == 0, err
    return np.stack([read(path) for path in sorted((tmp_path / "work" / "f").iterdir())])


def test_keyframes_from_identities_and_latents(run, tiny, tmp_path):
    (tmp_path / "players.txt").write_text("ann\nbob\n", "utf-8")
    frames = frames_of(run, tmp_path, tiny, "--identities", tmp_path / "players.txt")
    z = ganrt.latents(2, 6, seed=9)
    np.save(tmp_path / "z.npy", z)
    by_latents = frames_of(run, tmp_path, tiny, "--latents", tmp_path / "z.npy")
    with ganrt.load(tiny) as generator:
        for frame, name in ((frames[0], "ann"), (frames[-1], "bob")):
            assert np.abs(frame.astype(int) - generator.avatar(name)).max() <= 1
        np.testing.assert_array_equal(by_latents[[0, -1]], generator.synthesize(z))


def test_keyframes_from_names(run, tiny, tmp_path):
    frames = frames_of(run, tmp_path, tiny, "--name", "Ann", "--name", "Bob")
    with ganrt.load(tiny) as generator:
        for frame, name in ((frames[0], "Ann"), (frames[-1], "Bob")):
            assert np.abs(frame.astype(int) - generator.avatar(name)).max() <= 1
    assert run("interpolate", "-m", tiny, "--name", "Ann", "--seeds", "1", "-o", "none")[0] == 2


def test_keyframes_from_pictures_through_the_encoder(run, tmp_path):
    from tiny_encoder import save_encoder, save_generator

    generator = save_generator(tmp_path / "digits.onnx", labels=10)
    encoder = save_encoder(tmp_path / "encoder.onnx")
    for name, level in (("a.png", 40), ("b.png", 200)):
        cv2.imwrite(name, np.full((20, 30, 3), level, np.uint8))
    pictures = ["--encoder", encoder, "--picture", "a.png", "--picture", "b.png"]
    frames = frames_of(run, tmp_path, generator, *pictures, "--class", 7)
    run("reconstruct", "a.png", "b.png", "-m", generator, "--encoder", encoder, "--class", 7, "-o", "again")
    for frame, path in zip(frames[[0, -1]], sorted((tmp_path / "work" / "again").glob("*.png")), strict=True):
        assert np.abs(frame.astype(int) - read(path)).max() <= 1
    code, _, err = run("interpolate", "-m", generator, *pictures, "-o", "g")
    assert (code, "--class" in err) == (2, True), err


def test_beats_ease_drift_and_pace(run, tiny, tmp_path):
    code, out, _ = run(
        "interpolate", "-m", tiny, "--bpm", 120, "--beats", 2, "--loop", "--ease", "hold", "-o", "b", "--json"
    )
    assert (code, json.loads(out)["frames"]) == (0, 120)
    drift = frames_of(run, tmp_path, tiny, "--method", "drift", "--seeds", 3)
    assert len(np.unique(drift, axis=0)) == 6
    even = frames_of(run, tmp_path, tiny, "--pace", "pictures")
    plain = frames_of(run, tmp_path, tiny)
    assert not np.array_equal(even, plain)
    np.testing.assert_array_equal(even[[0, -1]], plain[[0, -1]])


def test_truncation_along_the_path_reaches_the_statistics(run, tmp_path):
    model = save_tiny(tmp_path / "s.onnx", tiny_spec(statistics=True))
    frames = frames_of(run, tmp_path, model, "--seeds", "1,2", "--truncations", "0.3,1")
    with ganrt.load(model) as generator:
        for index, (seed, psi) in enumerate(((1, 0.3), (2, 1.0))):
            expected = generator.sample(1, seed=seed, truncation=psi)[0]
            assert np.abs(frames[-index].astype(int) - expected).max() <= 1


def test_one_keyframe_is_noted(run, tiny):
    code, _, err = run("interpolate", "-m", tiny, "--seeds", 5, "--duration", 1, "-o", "f")
    assert (code, "one keyframe: the picture stands still" in err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--fps 0", "fps 0"),
        ("--fps 1e9", "at most 1000"),
        ("--duration 0", "duration 0"),
        ("-o a.avi", "expected .mp4"),
        ("--codec divx", "codec 'divx'"),
        ("-o a.gif --fps 60", "at most 50"),
        ("--ease bounce", "ease 'bounce'"),
        ("--pace slow", "--pace slow"),
        ("--seeds 1 --latents z.npy", "exclude each other"),
        ("--picture a.png", "expected both"),
        ("--encoder e.onnx", "expected both"),
        ("--truncation 0.5 --truncations 0.4,1", "expected one of them"),
        ("--truncations low", "expected numbers"),
        ("--method drift --seeds 1,2", "one seed"),
        ("--bpm 60 --duration 3", "expected one of them"),
        ("--zoom-filter soft", "zoom filter 'soft'"),
    ],
)
def test_what_makes_no_sense_exits_with_2_and_writes_nothing(run, tiny, tmp_path, arguments, words):
    code, _, err = run("interpolate", "-m", tiny, *arguments.split())
    assert (code, words in err) == (2, True), err
    assert names(tmp_path / "work") == []


def test_latents_that_are_not_there_exit_with_4(run, tiny):
    code, _, err = run("interpolate", "-m", tiny, "--latents", "missing.npy")
    assert (code, "missing.npy" in err) == (4, True)


@pytest.mark.parametrize("name", ["w.mp4", "w.gif", "f"])
def test_an_interrupt_in_mid_way_exits_with_130_and_leaves_nothing(tmp_path, tiny, name):
    program = f"""
from ganrt.runtime.walk_path import Walk
latents, calls = Walk.latents, []
def interrupted(self, *arguments):
    calls.append(1)
    if len(calls) > 3:
        raise KeyboardInterrupt
    return latents(self, *arguments)
Walk.latents = interrupted
from ganrt.cli.main import main
main(["interpolate", "-m", {str(tiny)!r}, "--duration", "60", "-o", {name!r}])
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 130, result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.onnx"]


def test_classes_go_along_with_every_output(run, tmp_path):
    model = save_embedded(tmp_path / "flowers.onnx")
    code, _, err = run(
        "interpolate", "-m", model, "--classes", "daisy,rose", "--duration", 1, "--fps", 5, "-o", "s.json"
    )
    assert code == 0, err
    assert read_film_origin(tmp_path / "work" / "s.png")["classes"] == ["daisy", "rose"]
