"""Folders, pipes and devices where a file is expected: refused at once, by every command, with exit code 4."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_onnx import save_tiny, save_translator

from ganrt import files
from ganrt.errors import BadInputFile
from ganrt.files import read_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes of this kind")
COMMANDS = [
    ("generate", "-m", "odd.onnx", "-o", "out"),
    ("generate", "--latents", "odd.npy", "-o", "out"),
    ("sweep", "--latents", "odd.csv", "-o", "s.png"),
    ("inspect", "odd.png"),
    ("inspect", "odd.gif"),
    ("inspect", "odd.onnx"),
    ("inspect", "odd.engine"),
    ("inspect", "odd.json"),
    ("inspect", "odd.pth"),
    ("export", "odd.pth", "-o", "m.onnx"),
    ("export", "odd.onnx", "-o", "m.onnx"),
    ("export", "model.pth", "--class-names", "odd.txt", "-o", "m.onnx"),
]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:3]))
def test_what_is_no_file_is_refused(run, command, kind):
    odd = {part for part in command if part.startswith("odd.")}
    for name in odd:
        if kind == "pipe":
            os.mkfifo(name)
        elif kind == "device":
            Path(name).symlink_to("/dev/zero")
        else:
            Path(name).mkdir()
    there = sorted(Path().iterdir())
    code, _, err = run(*command)
    assert code == 4, err
    assert any(name in err for name in odd)
    assert len(err.splitlines()) <= 4
    assert sorted(Path().iterdir()) == there


def test_messages_say_what_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").write_bytes(bytes(11))
    for name, words in (
        ("pipe", "is a pipe"),
        ("", "is a folder"),
        ("none", "does not exist"),
        ("long", "has 11 bytes"),
    ):
        with pytest.raises(BadInputFile, match=words):
            read_file(tmp_path / name, 10, "a picture")
    with pytest.raises(BadInputFile, match="cannot be read"):
        read_file(Path("a\0b"), 10, "a picture")


@pytest.mark.parametrize(
    "command",
    [
        ("generate", "-m", "tiny.onnx", "--count", 40, "--batch-size", 4, "-o", "out"),
        ("translate", "in", "-m", "tiny.onnx", "-o", "out"),
        ("interpolate", "-m", "tiny.onnx", "--seeds", "1,2", "--duration", 1, "--fps", 8, "-o", "out"),
    ],
    ids=lambda command: command[0],
)
def test_a_folder_that_is_removed_in_mid_run(run, command, monkeypatch):
    """It comes back with the next file: what was there is missing, and the run says so."""
    if command[0] == "translate":
        save_translator(Path("tiny.onnx"))
        Path("in").mkdir()
        for k in range(6):
            cv2.imwrite(f"in/{k}.png", np.full((32, 32, 3), k, np.uint8))
    else:
        save_tiny(Path("tiny.onnx"))
    real, written = files.write_file, []

    def write_file(path, data, **how):
        written.append(path)
        if len(written) == 5:
            shutil.rmtree(path.parent)
        real(path, data, **how)

    for module in ("ganrt.files", "ganrt.runtime.film.folder"):
        monkeypatch.setattr(f"{module}.write_file", write_file)
    code, _, said = run(*command)
    assert code == 5, said
    assert "4 of" in said
    assert "are gone, such as" in said
