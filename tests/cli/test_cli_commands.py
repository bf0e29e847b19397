"""Every command: what it writes and says."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
from cli_files import names, read
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.runtime.pictures import read_origin
from ganrt.spec import Canary


def test_generate_writes_the_images_of_the_api(run, tiny, tmp_path):
    code, out, err = run("generate", "-m", tiny, "--count", 3, "--seed", 5, "--start", 40, "-o", "a", "--json")
    assert code == 0
    assert "backend onnxruntime, device cpu, precision fp32" in err
    assert names(tmp_path / "work" / "a") == [f"seed5-index000000{i}.png" for i in (40, 41, 42)]
    with ganrt.load(tiny) as generator:
        expected = generator.sample(3, seed=5, start=40)
    result = json.loads(out)
    assert (result["images"], result["backend"]) == (3, "onnxruntime")
    for path, image in zip(result["files"], expected, strict=True):
        np.testing.assert_array_equal(read(path), image)


def test_the_bytes_of_a_file_do_not_depend_on_how_it_was_asked_for(run, tiny, tmp_path):
    run("generate", "-m", tiny, "--count", 20, "--seed", 5, "-o", "a")
    run("generate", "-m", tiny, "--count", 2, "--seed", 5, "--start", 18, "--batch-size", 1, "-o", "b")
    folder = tmp_path / "work"
    for name in names(folder / "b"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()
    assert len(names(folder / "b")) == 2


def test_seeds_a_grid_and_truncation(run, tiny, tmp_path):
    code, _, _ = run("generate", "-m", tiny, "--seeds", "0,3-4", "--trunc", 0.5, "--grid", "2x2", "-o", "a")
    folder = tmp_path / "work" / "a"
    assert code == 0
    assert names(folder) == ["grid-2x2.png", *(f"seed{s}-index00000000.png" for s in (0, 3, 4))]
    page = read(folder / "grid-2x2.png")
    np.testing.assert_array_equal(page[:8, 8:], read(folder / "seed3-index00000000.png"))
    assert (page[8:, 8:] == 255).all()
    origin = read_origin(folder / "seed3-index00000000.png")
    assert (origin["seed"], origin["index"], origin["psi"], origin["latent_spec"]) == ("3", "0", 0.5, 1)
    assert origin["law"] == {"prior": "truncated_normal", "threshold": 2.0, "psi": 0.5, "psi_mode": "resample"}
    z = ganrt.latents(1, 6, seed=3, **origin["law"])
    with ganrt.load(tiny) as generator:
        np.testing.assert_array_equal(read(folder / "seed3-index00000000.png"), generator.synthesize(z)[0])
    assert len(str(origin["model_sha256"])) == 64


def test_a_single_sheet(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--grid", "3x2", "-o", "one.png")[0] == 0
    assert names(tmp_path / "work") == ["one.png"]
    assert read(tmp_path / "work" / "one.png").shape == (16, 24, 3)


def test_identities(run, tiny, tmp_path):
    (tmp_path / "players.txt").write_text("ann\r\nbob\n\nann\n../../etc/passwd\n", "utf-8")
    code, _, err = run("generate", "-m", tiny, "--identities", tmp_path / "players.txt", "-o", "p")
    folder = tmp_path / "work" / "p"
    assert code == 0
    assert "4 lines name 3 identities: each is drawn once" in err
    lines = (folder / "identities.csv").read_text().splitlines()
    assert lines[0] == "identity,index,file"
    assert [line.split(",")[0] for line in lines[1:]] == ["ann", "bob", "../../etc/passwd"]
    with ganrt.load(tiny) as generator:
        np.testing.assert_array_equal(read(folder / lines[2].split(",")[2]), generator.avatar("bob"))


def test_sweep_prints_its_measures(run, tiny, tmp_path):
    code, out, _ = run("sweep", "-m", tiny, "--factors", "0.2,1", "--columns", 3, "-o", "s.png", "--json")
    assert code == 0
    rows = json.loads(out)["rows"]
    assert [row["psi"] for row in rows] == [0.2, 1.0]
    assert rows[0]["diversity"] < rows[1]["diversity"]
    assert read(tmp_path / "work" / "s.png").shape == (16, 44 + 24, 3)


def test_interpolate_writes_a_video_and_frames(run, tiny, tmp_path):
    code, out, _ = run(
        "interpolate", "-m", tiny, "--seeds", "1-3", "--duration", 1, "--fps", 10, "--zoom", 4, "-o", "w.gif", "--json"
    )
    assert code == 0
    assert json.loads(out)["frames"] == 11
    assert (tmp_path / "work" / "w.gif").read_bytes().startswith(b"GIF89a")
    code, _, _ = run("interpolate", "-m", tiny, "--loop", "--duration", 1, "--fps", 5, "--set-z", "0:2=1", "-o", "f")
    assert code == 0
    assert len(names(tmp_path / "work" / "f")) == 5


def test_verify_passes_on_itself_and_fails_on_another(run, tiny, tmp_path):
    code, out, _ = run("verify", "-m", tiny, "--json", "--samples", 4)
    assert code == 0
    assert json.loads(out)["passed"] is True
    import onnx
    from onnx import numpy_helper

    model = onnx.load(tiny)
    weight = next(t for t in model.graph.initializer if t.name == "weight")
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * 1.1, "weight"))
    onnx.save(model, tmp_path / "other.onnx")
    code, out, err = run("verify", "-m", tiny, "--against", tmp_path / "other.onnx", "--json", "--samples", 4)
    assert code == 1
    assert json.loads(out)["passed"] is False
    assert "out of tolerance" in err


def test_inspect_shortens_a_thousand_classes(run, tmp_path):
    weights = (0.0,) * 41 + (1.0,) + (0.0,) * 8
    canary = Canary(seed=1, index=0, labels=weights, sha256="0" * 64, png="")
    model = save_tiny(tmp_path / "c.onnx", replace(tiny_spec(labels=50), canary=canary))
    code, out, _ = run("inspect", model)
    assert (code, "labels: 50 weights: class 41\n" in out) == (0, True), out
    assert "names: 50 names (ganrt classes lists them)\n" in out
    assert json.loads(run("inspect", model, "--json")[1])["spec"]["canary"]["labels"] == list(weights)


def test_frozen_statistics_are_said_where_the_noise_does_not_follow(run, tmp_path):
    model = save_tiny(tmp_path / "f.onnx", tiny_spec(frozen=0.43))
    note = "note: statistics frozen at 0.43, noise not truncated by it: --truncation 0.43"
    for number, (extra, expected) in enumerate((((), True), (("--truncation", 0.43), False))):
        code, _, err = run("generate", "-m", model, "--count", 1, "-o", f"f{number}", *extra)
        assert (code, note in err) == (0, expected), err
    code, _, err = run("generate", "-m", model, "--statistics-truncation", 0.5, "-o", "g")
    assert (code, "those of 'tiny' are frozen at 0.43" in err) == (2, True), err


def test_a_wrong_truncation_is_said_before_the_statistics(run, tmp_path):
    model = save_tiny(tmp_path / "s.onnx", tiny_spec(statistics=True))
    for psi, hint in (("nan", False), ("-0.5", False), ("2", True)):
        code, _, err = run("generate", "-m", model, "--truncation", psi, "-o", "t")
        assert (code, f"truncation {psi}: expected 0.02 to 1" in err) == (2, True), err
        assert ("--statistics-truncation" in err) == hint
    assert "statistics truncation 2: this" in run("generate", "-m", model, "--statistics-truncation", 2, "-o", "t")[2]


def test_inspect_knows_pictures_graphs_and_checkpoints(run, tiny):
    from tiny_models import dcgan_state, save_checkpoint

    run("generate", "-m", tiny, "--count", 1, "-o", "a")
    code, out, _ = run("inspect", "a/seed0-index00000000.png", "--json")
    assert (code, json.loads(out)["model"]) == (0, "tiny")
    code, out, _ = run("inspect", tiny, "--json")
    report = json.loads(out)
    assert (code, report["opset"], report["spec"]["name"]) == (0, 18, "tiny")
    assert report["macs"] == 6 * 8 * 8 * 3
    from pathlib import Path

    save_checkpoint(Path("g.safetensors"), dcgan_state())
    code, out, _ = run("inspect", "g.safetensors", "--json")
    assert (code, json.loads(out)["family"]) == (0, "dcgan")


def test_export_then_generate(run, tmp_path):
    from pathlib import Path

    from tiny_models import dcgan_state, save_checkpoint

    save_checkpoint(Path("g.pth"), dcgan_state(prefix="module."))
    code, out, err = run("export", "g.pth", "-o", "g.onnx", "--licence", "CC0-1.0", "--json")
    assert code == 0, err
    assert json.loads(out)["verification"]["max_error_uint8"] <= 1
    assert f"if the {len(json.loads(out)['assumptions'])} assumptions above are wrong" in err
    assert run("generate", "-m", "g.onnx", "--count", 2, "-o", "a")[0] == 0
    assert read("a/seed0-index00000001.png").shape == (32, 32, 3)
    code, _, err = run("verify", "-m", "g.onnx", "--samples", 4)
    assert code == 0
    assert "canary error 0" in err
    assert run("export", "g.pth", "-o", "g.onnx")[0] == 5
    assert run("export", "g.pth", "-o", "h.onnx", "--set", "bn_epsilon=1")[0] == 2
    assert run("export", "g.pth", "-o", "h.onnx", "--set", "novalue")[0] == 2
    assert not Path("h.onnx").exists()


def test_doctor_names_backends_and_mends(run):
    code, out, _ = run("doctor")
    assert code == 0
    assert "backend onnxruntime on cpu: works" in out
    assert "canary error 0" in out
    report = json.loads(run("doctor", "--json")[1])
    assert report["backends"]["onnxruntime"]["works"]
    assert report["ganrt"] == ganrt.__version__


def with_wrong_canary(source, target):
    """A copy of a bundled model whose canary is another picture."""
    import base64
    import dataclasses

    import onnx

    from ganrt.runtime.pictures import encode_png
    from ganrt.spec import GeneratorSpec

    model = onnx.load(source)
    entry = next(e for e in model.metadata_props if e.key == "ganrt.spec")
    spec = GeneratorSpec.from_json(entry.value)
    png = base64.b64encode(encode_png(np.zeros((64, 64, 3), np.uint8))).decode()
    entry.value = dataclasses.replace(spec, canary=dataclasses.replace(spec.canary, png=png)).to_json()
    onnx.save(model, target)
    return target


def test_another_picture_than_the_canary_is_noticed(run, tmp_path, monkeypatch):
    from ganrt.runtime import models

    wrong = with_wrong_canary(models.resolve_model("avatars"), tmp_path / "wrong.onnx")
    code, _, err = run("verify", "-m", wrong, "--samples", 2)
    assert code == 1
    assert "canary error 2" in err  # two hundred and more
    monkeypatch.setattr("ganrt.runtime.generator.resolve_model", lambda _: wrong)
    code, out, _ = run("doctor")
    assert code == 1
    assert "draws another picture" in out


def test_identities_are_utf8_whatever_the_system_says(tmp_path, tiny):
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "ganrt", "generate", "-m", str(tiny), "--identities", "-", "-o", "p", "--json"]
    given = "\ufeffjosé\n".encode()
    result = subprocess.run(command, input=given, env=environment, cwd=tmp_path, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr
    expected = f"seed0-index{ganrt.identity_index('josé'):08d}.png"
    assert (tmp_path / "p" / expected).exists()
    result = subprocess.run(command, input=b"\xff\n", env=environment, cwd=tmp_path, capture_output=True, timeout=60)
    assert result.returncode == 4
    assert b"UTF-8" in result.stderr


def test_the_same_seed_twice_is_drawn_once(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--seeds", "1,1,0-1", "-o", "a")[0] == 0
    assert len(names(tmp_path / "work" / "a")) == 2


def test_a_sheet_of_identities_leaves_no_table_of_files_that_are_not_there(run, tiny, tmp_path):
    (tmp_path / "players.txt").write_text("ann\nbob\n")
    code, out, _ = run(
        "generate", "-m", tiny, "--identities", tmp_path / "players.txt", "--grid", "1x1", "-o", "s.png", "--json"
    )
    assert code == 0
    assert names(tmp_path / "work") == ["s.png"]
    assert json.loads(out)["images"] == 1


def test_options_of_a_walk_reach_it(run, tiny, tmp_path):
    run("interpolate", "-m", tiny, "--seeds", "1-3", "--duration", 1, "--fps", 5, "-o", "plain")
    for option, value in (("--method", "cubic"), ("--trunc", 0.1), ("--set-z", "0:6=1"), ("--threshold", 0.5)):
        run("interpolate", "-m", tiny, "--seeds", "1-3", "--duration", 1, "--fps", 5, option, value, "-o", option[2:])
        frame = "frame000001.png"
        assert not np.array_equal(read(f"plain/{frame}"), read(f"{option[2:]}/{frame}")), option
    origin = read_origin(tmp_path / "work" / "method" / "frame000001.png")
    assert (origin["method"], origin["frame"], origin["seeds"]) == ("cubic", 1, "1-3")
    origin = read_origin(tmp_path / "work" / "threshold" / "frame000001.png")
    assert (origin["psi"], origin["truncation_mode"], origin["threshold"]) == (None, None, 0.5)


def test_the_class_of_a_sweep_reaches_it(run, tmp_path):
    labelled = save_tiny(tmp_path / "labels.onnx", tiny_spec(labels=4))
    for kind in (0, 3):
        assert run("sweep", "-m", labelled, "--factors", "1", "--class", kind, "-o", f"{kind}.png")[0] == 0
    assert not np.array_equal(read("0.png"), read("3.png"))


def test_fastest_says_that_nothing_was_tuned(run, tiny):
    from ganrt.engines.choice import Choice, remember
    from ganrt.engines.onnx_file import read_onnx

    command = ["generate", "-m", tiny, "--precision", "fastest", "--force"]
    err = run(*command)[2]
    assert f"note: not tuned here, so --precision fastest is plain FP32; `ganrt tune -m {tiny}` finds" in err
    assert f"`ganrt tune -m {tiny} --threads 1`" in run(*command, "--threads", 1)[2]
    remember(read_onnx(tiny).sha256, "fastest", Choice("onnxruntime", "fp32"))
    assert "note" not in run(*command)[2]
    assert "note" not in run(*command, "--device", "cpu")[2]  # what won among all devices is this one's
    assert "holds for --backend auto alone" in run(*command, "--backend", "onnxruntime")[2]
    assert "note" not in run("generate", "-m", tiny, "--force")[2]
