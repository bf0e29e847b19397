"""--help, its examples, --version and shell completion."""

import functools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile

import cv2
import numpy as np
import pytest
from clips import save_clip
from documented import PARTS, commands_in_order
from tiny_onnx import save_embedded, save_translator, translator_spec

import ganrt
from ganrt.cli.main import app


def commands():
    yield from app.registered_commands
    for group in app.registered_groups:
        yield group
        yield from group.typer_instance.registered_commands


def test_help_and_version(run):
    assert run("--version")[1] == f"ganrt {ganrt.__version__}\n"
    out = run("--help")[1]
    for command in (*app.registered_commands, *app.registered_groups):
        assert command.name in out
    assert run()[0] in (0, 2)


@pytest.mark.parametrize("command", ["bundle", "compile", "export", "interpolate"])
def test_options_that_are_given_several_times_show_what_one_takes(run, command):
    out = run(command, "--help")[1]
    assert "<str>" in out
    assert "list[" not in out


def examples():
    """Each once, but those that test_documents.py runs, and what ends when it is told to: see test_serve.py."""
    lines = [line for command in commands() for line in command.epilog.split("\n\n")[1:]]
    elsewhere = {line for part in PARTS for line in commands_in_order(part)}
    for line in dict.fromkeys(lines):
        if line not in elsewhere and not line.startswith("ganrt serve"):
            yield pytest.param(line, id=line)


LONG = ("sweep", "interpolate", "bulk", "gallery", "bench", "tune", "compile", "verify", "bundle", "evaluate")
WITHOUT_MODEL = ("audit", "compare", "merge", "report", "suite", "layers")


def lighter(line):
    """The example's words: what draws hundreds of pictures, or measures for seconds, does so of a small model."""
    program, command, *words = shlex.split(line)
    assert program == "ganrt"
    # An interval over two repeats of microseconds may be too wide to be written down.
    small = "avatars" if "--set" in words or line.endswith("--repeats 2") else "tiny.onnx"
    if "-m" in words and command in LONG:
        words = [small if word == "avatars" else word for word in words]
    elif "--self-test" in words or (
        command in LONG and "ganrt:" not in line and not {"-m", "--fake"} & set(words) and words[0] not in WITHOUT_MODEL
    ):
        words += ["-m", small]
    if "--budget" in words:
        words[words.index("--budget") + 1] = "0.5"
    if command == "compile" and "int8" in words:
        words += ["--min-psnr", "20"]  # of 35: its one layer is all there is
    if command == "portrait":
        words += ["-m", "dolls.onnx"]  # drawn hundreds of times
        words = ["hair=afro" if word == "glasses=round" else word for word in words]
    if "--forms" in words:
        words += ["-m", small]
    if command == "bench" and words[0].startswith("-"):
        words += ["--warmup", "0.1"]
    return [command, *words]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What most examples name."""
    from controlled_models import save_controlled
    from tiny_encoder import save_encoder, save_generator
    from tiny_models import dcgan_state, save_checkpoint
    from tiny_onnx import save_tiny, tiny_spec

    from ganrt.spec import Latent

    folder = tmp_path_factory.mktemp("files")
    save_tiny(folder / "tiny.onnx", tiny_spec(side=16, latent=Latent(dim=100, prior="normal", psi_mode="resample")))
    (folder / "players.txt").write_text("ann\nbob\n")
    (folder / "looks.txt").write_text("ganrt:avatars-2:0:1\nganrt:avatars-2:0:2\n")
    save_checkpoint(folder / "netG_epoch_24.pth", dcgan_state())
    save_checkpoint(folder / "generator.safetensors", dcgan_state())
    for name in ("horse2zebra", "zebra2horse"):
        save_translator(folder / f"{name}.onnx", translator_spec(name=name))
    save_generator(folder / "digits.onnx", labels=10)
    save_encoder(folder / "digits-encoder.onnx")
    for name in ("photos", "sevens", "engines"):
        (folder / name).mkdir()
    for name in ("horse.jpg", "photos/one.jpg", "photos/two.jpg", "seven.png", "sevens/one.png"):
        cv2.imwrite(str(folder / name), np.full((20, 30, 3), 99, np.uint8))
    save_embedded(folder / "flowers.onnx")
    save_controlled(folder / "dolls.onnx")
    cv2.imwrite(str(folder / "me.jpg"), np.full((400, 400, 3), 99, np.uint8))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("line", list(examples()))
def test_the_examples_of_help_run(run, line, files, monkeypatch):
    from pathlib import Path

    from tiny_onnx import save_tiny, tiny_spec

    if "zebras.mp4" in line and "-o zebras.mp4" not in line:
        save_clip(Path("zebras.mp4"), 10)

    shutil.copytree(files, Path.cwd(), dirs_exist_ok=True)
    of_default = line.startswith(("ganrt generate", "ganrt play"))  # see below: the others draw with avatars-1
    np.save("latents.npy", ganrt.latents(4, 19 if of_default else 100, seed=3))
    if "--code" in line:
        import owners_models
        import torch
        from one_process import run_code_here

        run_code_here(monkeypatch)

        source = re.sub(r"\bVector\b", "Generator", Path(owners_models.__file__).read_text("utf-8"))
        Path("models.py").write_text(source, "utf-8")
        torch.save(owners_models.Vector(ngf=64).state_dict(), "weights.pth")
    if "network-snapshot" in line:
        import nvidia_pickles
        from stylegan2_reference import Net, random_state

        module = nvidia_pickles.persistent(random_state(Net(side=8)), nvidia_pickles.describe_stylegan2("skip", 256.0))
        nvidia_pickles.save(Path("network-snapshot.pkl"), {"G_ema": module})
    if "theirs" in line or "scripted" in line:
        from tiny_networks import net, save_onnx, save_torchscript

        save_onnx(Path("theirs.onnx"))
        save_torchscript(Path("scripted.pt"), net(latent=100))
    if "biggan-deep" in line:
        from biggan_models import LEAST, library_config, library_model, save_folder

        save_folder(Path("biggan-deep-128"), library_model(library_config({**LEAST, "num_classes": 1000})))
    if " evaluate " in line:
        from labelled_pictures import draw_labelled
        from tiny_extractors import save_classifier

        draw_labelled(Path("digits"))
        save_classifier(Path("classifier.onnx"))
        save_tiny(Path("codes.onnx"), tiny_spec(labels=3))
        run("generate", "--count", 16, "-m", "tiny.onnx", "-o", "photos", "--force")
        run("generate", "--count", 16, "-m", "tiny.onnx", "--start", 16, "-o", "avatars")
    if "times.json" in line:
        times = {"startComputeMs": 0.1, "computeMs": 1.0, "latencyMs": 1.2}
        Path("times.json").write_text(json.dumps([times, {**times, "startComputeMs": 1.4}]))
    if "run-a.json" in line:
        from bench_documents import full_document, save

        save(Path("run-a.json"), full_document())
        save(Path("run-b.json"), full_document(seed=7))
    if "gpu-report.tar.gz" in line:
        from bench_documents import full_document, save

        save(Path("bench-fp16.json"), full_document())
        with tarfile.open("gpu-report.tar.gz", "w:gz") as archive:
            archive.add("bench-fp16.json", "gpu-report/bench-fp16.json")
    if "out/seed0" in line:
        run("generate")
    if "bulk audit" in line:
        run("bulk", "run", "--count", 40, "--shard-size", 20, "-m", "tiny.onnx", "-o", "shards")
    if "inspect walk.mp4" in line:
        run("interpolate", "--duration", 0.2, "-o", "walk.mp4")
    if "bundle --check" in line:
        run("bundle", "-o", "kit")
    if "tensorrt-rtx" in line:
        pytest.importorskip("tensorrt_rtx", reason='tensorrt_rtx is not installed: pip install "ganrt[rtx]"')
    if "--repeats 2" in line:  # real processes share a duration in tests/benchmarks/test_bench_repeats.py
        monkeypatch.setattr(
            "ganrt.benchmarks.repeats.run_parts",
            lambda harness, work: ((one, harness.parts(one, of)) for one, of in work),
        )
    if "--roofline" in line:
        from ganrt.benchmarks import limits

        small = functools.partial(limits.measure_limits, size=64, repeats=2, copy_bytes=2**20)
        monkeypatch.setattr("ganrt.benchmarks.profiles.run.measure_limits", small)
    code, _, err = run(*lighter(line))
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
