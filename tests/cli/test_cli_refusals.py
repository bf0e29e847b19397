"""What makes no sense, is damaged or fails: the exit code, a short message, nothing half-written."""

import os
import shlex
import subprocess
import sys
import types

import pytest
from cli_files import names, read
from full_disk import fill_disk
from tiny_onnx import save_tiny

import ganrt.__main__


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
        ("--format bmp", "webdataset"),
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
    fill_disk(monkeypatch)
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


def test_a_folder_of_frames_is_replaced_whole_or_not_at_all(run, tiny, tmp_path):
    walk = ["interpolate", "-m", tiny, "--fps", 5, "-o", "f"]
    assert run(*walk, "--duration", 2)[0] == 0
    assert run(*walk, "--duration", 1)[0] == 5
    assert len(names(tmp_path / "work" / "f")) == 11
    assert run(*walk, "--duration", 1, "--force")[0] == 0
    assert len(names(tmp_path / "work" / "f")) == 6


def test_ctrl_c_before_the_first_command_is_known(monkeypatch, capsys):
    class Importing(types.ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "ganrt.cli.main", Importing("ganrt.cli.main"))
    for name in ("interrupt_once", "ignore_interrupts"):  # of this process
        monkeypatch.setattr(ganrt.__main__, name, lambda: None)
    monkeypatch.setattr(ganrt.__main__.os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as caught:
        ganrt.__main__.main()
    assert (caught.value.code, capsys.readouterr().err) == (130, "error: interrupted\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("generate --size big", "--size big: expected a whole number\nganrt generate --help"),
        ("play --fps=fast", "--fps fast: expected a number\n"),
        ("generate --zoom 99", "--zoom 99: expected at most 64\n"),
        ("sweep --columns 0", "--columns 0: expected at least 1\n"),
        ("generate --nope", "no such option: --nope"),
        ("generat", "no such command 'generat'"),
        ("translate a.png", "missing option '-m' / '--model'\nganrt translate --help"),
    ],
)
def test_what_the_parser_refuses_is_said_as_every_other_refusal(run, line, words):
    code, out, err = run(*line.split())
    assert (code, out, err.count("\n")) == (2, "", 2)
    assert err.startswith(f"error: {words}")
