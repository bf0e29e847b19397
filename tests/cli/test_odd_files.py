"""Folders, pipes and devices where a file is expected: refused at once, by every command, with exit code 4."""

import os
from pathlib import Path

import pytest

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
