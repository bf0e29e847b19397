"""Every command: what it writes, says and exits with; the examples of every --help really run."""

import json
import os
import shlex
import subprocess
import sys

import cv2
import numpy as np
import pytest
from tiny_onnx import save_tiny, save_translator, tiny_spec, translator_spec

import ganrt
from ganrt.cli.app import app
from ganrt.cli.main import main
from ganrt.runtime.pictures import read_origin


@pytest.fixture
def tiny(tmp_path):
    return save_tiny(tmp_path / "tiny.onnx")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs the command line in an empty folder: exit code, standard output, standard error."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*arguments):
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return caught.value.code or 0, captured.out, captured.err

    return call


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    return cv2.imread(str(path))[..., ::-1]


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
    code, _, _ = run("generate", "-m", tiny, "--identities", tmp_path / "players.txt", "-o", "p")
    folder = tmp_path / "work" / "p"
    assert code == 0
    lines = (folder / "identities.csv").read_text().splitlines()
    assert lines[0] == "identity,index,file"
    assert [line.split(",")[0] for line in lines[1:]] == ["ann", "bob", "../../etc/passwd"]
    with ganrt.load(tiny) as generator:
        np.testing.assert_array_equal(read(folder / lines[2].split(",")[2]), generator.avatar("bob"))


def test_sweep_prints_its_measures(run, tiny, tmp_path):
    code, out, _ = run("sweep", "-m", tiny, "--factors", "0.2,1", "--latents", 3, "-o", "s.png", "--json")
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


def broken(kind, folder, tiny):
    """One bad model file of each kind."""
    path = folder / f"{kind}.onnx"
    if kind == "empty":
        path.touch()
    elif kind == "truncated":
        path.write_bytes(tiny.read_bytes()[:3000])
    elif kind == "text":
        path.write_text("no model" * 100)
    elif kind == "nan":
        save_tiny(path, nan=True)
    elif kind == "spec":
        save_tiny(path, metadata='{"spec_version":"1.0"}')
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "text", "nan", "spec", "folder"])
@pytest.mark.parametrize("command", ["generate", "inspect", "verify", "sweep", "interpolate"])
def test_bad_models_exit_with_4_and_leave_nothing(run, tiny, tmp_path, kind, command):
    path = broken(kind, tmp_path, tiny)
    code, out, err = run(command, *([path] if command == "inspect" else ["-m", path]))
    assert code == 4, err
    assert err.startswith("error: ")
    assert kind in err
    assert len(err.strip().splitlines()) <= 3
    assert out == ""
    assert [p for p in (tmp_path / "work").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--seeds -1", "-1"),
        ("--seeds 5-3", "5-3"),
        ("--seeds 18446744073709551616", "1844674407370955161"),
        ("--seeds 1,,2", "seed"),
        ("--seeds 0-99999999999", "seed"),
        ("--count 0", "--count 0"),
        ("--count 2 --seeds 1", "expected one of them"),
        ("--seeds 1 --seed 2", "belong to --count"),
        ("--seed -1", "--seed -1"),
        ("--seed 18446744073709551616", "2^64"),
        ("--start 18446744073709551615 --count 2", "passes 2^64"),
        ("--truncation -1", "psi"),
        ("--truncation nan", "psi"),
        ("--truncation 1e30", "psi"),
        ("--truncation-mode clamp", "scale or resample"),
        ("--threshold 0", "threshold"),
        ("--grid 4", "4x3"),
        ("--grid 0x3", "4x3"),
        ("--batch-size 0", "batch size"),
        ("--format bmp", "png"),
        ("--precision int3", "fp32"),
        ("--device tpu", "cuda"),
        ("--backend caffe", "onnxruntime"),
        ("--class cat", "no classes"),
        ("--count 2 -o a.png", "--grid"),
        ("-o a.jpg", ".png"),
        ("--statistics-truncation 0.5", "no batch-norm statistics"),
        ("--threads 0", "threads"),
        ("--frobnicate", "frobnicate"),
    ],
)
def test_options_that_make_no_sense_exit_with_2(run, tiny, tmp_path, arguments, words):
    code, _, err = run("generate", "-m", tiny, *shlex.split(arguments))
    assert code == 2, err
    assert words in err
    assert "Traceback" not in err
    assert [p for p in (tmp_path / "work").rglob("*") if p.is_file()] == []


def test_a_missing_device_exits_with_3(run, tiny):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has the CUDA provider")
    code, _, err = run("generate", "-m", tiny, "--device", "cuda")
    assert code == 3
    assert 'pip install "ganrt[gpu]"' in err


def test_existing_output_exits_with_5_and_is_kept(run, tiny, tmp_path):
    assert run("generate", "-m", tiny, "--count", 2, "-o", "a")[0] == 0
    target = tmp_path / "work" / "a" / "seed0-index00000001.png"
    target.write_bytes(b"mine")
    code, _, err = run("generate", "-m", tiny, "--count", 2, "-o", "a")
    assert code == 5
    assert "--force" in err
    assert target.read_bytes() == b"mine"
    assert run("generate", "-m", tiny, "--count", 2, "-o", "a", "--force")[0] == 0
    assert target.read_bytes() != b"mine"
    for command in (["sweep", "-o", target], ["interpolate", "-o", "a/w.gif"]):
        (tmp_path / "work" / "a" / "w.gif").write_bytes(b"mine")
        assert run(*command, "-m", tiny)[0] == 5


def test_an_output_that_cannot_be_written_exits_with_5(run, tiny, tmp_path):
    (tmp_path / "work" / "file").touch()
    code, _, err = run("generate", "-m", tiny, "-o", "file/deeper")
    assert code == 5
    assert "file" in err
    assert run("generate", "-m", tiny, "-o", "file")[0] == 5


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_exits_with_5_and_leaves_no_half_file(run, tiny, tmp_path, monkeypatch):
    """/dev/full takes no byte; the temporary files are sent there."""
    from pathlib import Path

    original = Path.write_bytes
    full = Path("/dev/full")
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: original(full, data))
    code, _, err = run("generate", "-m", tiny, "--count", 2, "-o", "a")
    assert code == 5
    assert "No space left" in err
    assert names(tmp_path / "work" / "a") == []


def test_an_interrupt_exits_with_130_and_leaves_whole_files(run, tiny, tmp_path, monkeypatch):
    from ganrt.runtime.generator import Generator

    original = Generator.sample_pairs

    def interrupted(self, pairs, *rest):
        batches = original(self, pairs, *rest)
        yield next(batches)
        raise KeyboardInterrupt

    monkeypatch.setattr(Generator, "sample_pairs", interrupted)
    code, _, err = run("generate", "-m", tiny, "--count", 40, "-b", 8, "-o", "a")
    assert code == 130
    assert "interrupted" in err
    folder = tmp_path / "work" / "a"
    assert len(names(folder)) == 8
    assert all(read(folder / name).shape == (8, 8, 3) for name in names(folder))


def test_internal_errors_exit_with_70_and_show_a_traceback_on_request(run, tiny, monkeypatch):
    from ganrt.runtime.generator import Generator

    monkeypatch.setattr(Generator, "sample_pairs", lambda *_: 1 / 0)
    code, _, err = run("generate", "-m", tiny)
    assert code == 70
    assert "--debug" in err
    assert "Traceback" not in err
    assert "Traceback" in run("generate", "-m", tiny, "--debug")[2]


def test_help_and_version(run):
    assert run("--version")[1] == f"ganrt {ganrt.__version__}\n"
    out = run("--help")[1]
    for command in app.registered_commands:
        assert command.name in out
    assert run()[0] in (0, 2)


def examples():
    for command in app.registered_commands:
        for line in command.epilog.split("\n\n")[1:]:
            yield pytest.param(line, id=line)


@pytest.mark.slow
@pytest.mark.parametrize("line", list(examples()))
def test_the_examples_of_help_run(run, line):
    from pathlib import Path

    from tiny_models import dcgan_state, save_checkpoint

    Path("players.txt").write_text("ann\nbob\n")
    save_checkpoint(Path("netG_epoch_24.pth"), dcgan_state())
    save_checkpoint(Path("generator.safetensors"), dcgan_state())
    for name in ("horse2zebra", "zebra2horse"):
        save_translator(Path(f"{name}.onnx"), translator_spec(name=name))
    Path("photos").mkdir()
    for name in ("horse.jpg", "photos/one.jpg", "photos/two.jpg"):
        cv2.imwrite(name, np.full((20, 30, 3), 99, np.uint8))
    if "theirs" in line or "scripted" in line:
        from tiny_networks import net, save_onnx, save_torchscript

        save_onnx(Path("theirs.onnx"))
        save_torchscript(Path("scripted.pt"), net(latent=100))
    if "out/seed0" in line:
        run("generate")
    words = shlex.split(line)
    assert words[0] == "ganrt"
    code, _, err = run(*words[1:])
    assert code == 0, err


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_offers_the_commands(shell):
    environment = {**os.environ, "_GANRT_COMPLETE": f"complete_{shell}", "COMP_WORDS": "ganrt ge", "COMP_CWORD": "1"}
    environment |= {"_TYPER_COMPLETE_ARGS": "ganrt ge", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    program = "from ganrt.cli.main import main; main([])"
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
    )
    assert "generate" in result.stdout, result.stderr


def test_the_spec_of_the_tiny_model_is_what_the_tests_think():
    assert tiny_spec().task == "generate"


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
    for option, value in (("--method", "cubic"), ("--trunc", 0.1), ("--set-z", "0:6=1")):
        run("interpolate", "-m", tiny, "--seeds", "1-3", "--duration", 1, "--fps", 5, option, value, "-o", option[2:])
        frame = "frame000001.png"
        assert not np.array_equal(read(f"plain/{frame}"), read(f"{option[2:]}/{frame}")), option
    origin = read_origin(tmp_path / "work" / "method" / "frame000001.png")
    assert (origin["method"], origin["frame"], origin["seeds"]) == ("cubic", 1, "1-3")


def test_a_folder_of_frames_is_replaced_whole_or_not_at_all(run, tiny, tmp_path):
    walk = ["interpolate", "-m", tiny, "--fps", 5, "-o", "f"]
    assert run(*walk, "--duration", 2)[0] == 0
    assert run(*walk, "--duration", 1)[0] == 5
    assert len(names(tmp_path / "work" / "f")) == 11
    assert run(*walk, "--duration", 1, "--force")[0] == 0
    assert len(names(tmp_path / "work" / "f")) == 6


@pytest.mark.parametrize("arguments", ["--duration 1e308", "--duration 1e15", "--fps 0", "--seeds x", "-o a.avi"])
def test_walks_that_make_no_sense_exit_with_2(run, tiny, tmp_path, arguments):
    assert run("interpolate", "-m", tiny, *arguments.split())[0] == 2
    assert names(tmp_path / "work") == []


@pytest.mark.parametrize(("start", "kind"), [(b"GIF89a", "GIF"), (b"\xff\xd8\xff\xe0", "JPEG"), (b"RIFF0000", "WebP")])
def test_inspecting_another_picture_needs_no_torch(run, tmp_path, start, kind):
    (tmp_path / "work" / "a.bin").write_bytes(start + bytes(20))
    code, _, err = run("inspect", "a.bin")
    assert code == 4
    assert f"is a {kind} file" in err


def test_the_class_of_a_sweep_reaches_it(run, tmp_path):
    labelled = save_tiny(tmp_path / "labels.onnx", tiny_spec(labels=4))
    for kind in (0, 3):
        assert run("sweep", "-m", labelled, "--factors", "1", "--class", kind, "-o", f"{kind}.png")[0] == 0
    assert not np.array_equal(read("0.png"), read("3.png"))


def test_an_unforeseen_system_error_exits_with_5(run, tiny, monkeypatch):
    from ganrt.runtime.generator import Generator

    def broken(*_):
        raise OSError(5, "Input/output error", "somewhere")

    monkeypatch.setattr(Generator, "sample_pairs", broken)
    code, _, err = run("generate", "-m", tiny)
    assert code == 5
    assert "somewhere: Input/output error" in err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX limit on the size of files")
@pytest.mark.parametrize("name", ["w.mp4", "w.gif", "w.webp"])
def test_a_video_that_does_not_fit_on_the_disk_exits_with_5_and_leaves_nothing(tmp_path, tiny, name):
    """A limit on the size of files stops the encoders, which do not report it themselves, as a full disk does."""
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from ganrt.cli.main import main
main(["interpolate", "-m", {str(tiny)!r}, "--zoom", "8", "--duration", "1", "-o", {name!r}])
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.returncode == 5, result.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.onnx"]
