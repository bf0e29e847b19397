"""Links within an output or cache folder: nothing is written through one; what was named may be a link itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bulk_runs import contents
from tiny_onnx import save_translator

from ganrt.engines import cache
from ganrt.engines.cache import SealedFolder
from ganrt.errors import OutputFailed
from ganrt.files import Folder, write_file
from ganrt.runtime.pictures import encode_png

Run = Callable[..., Any]
KEEP = b"somebody's own"


@pytest.fixture(autouse=True)
def _can_link(tmp_path: Path) -> None:
    try:
        (tmp_path / "try").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("this system lets only administrators make links")
    (tmp_path / "try").unlink()


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file and a folder outside of every output."""
    (tmp_path / "victim" / "folder").mkdir(parents=True)
    (tmp_path / "victim" / "file").write_bytes(KEEP)
    return tmp_path / "victim"


def untouched(victim: Path) -> bool:
    found = [path for path in victim.rglob("*") if path.is_file()]
    return found == [victim / "file"] and found[0].read_bytes() == KEEP


BULK = "bulk run -m {tiny} --backend onnxruntime --count 6 --shard-size 3 -o out --format"
PICTURES = "generate -m {tiny} --backend onnxruntime --count 2 -o out"
COMMANDS = {
    f"{BULK} files": ("00000/", ".lock", "manifest.json", "manifest.plan.json"),
    f"{BULK} webdataset": ("00000.tar", "00001_stats.json"),
    f"{BULK} webdataset --part 1/2": (".lock-1-of-2",),
    PICTURES: ("seed0-index00000001.png",),
    f"{PICTURES} --grid 2x1": ("grid-2x1.png",),
    "interpolate -m {tiny} --backend onnxruntime --seeds 1,2 --duration 0.1 -o out": ("frame000000.png",),
    "translate -m {swap} --backend onnxruntime {picture} -o out": ("picture.png",),
}
CASES = [(command, name) for command, names in COMMANDS.items() for name in names]


@pytest.mark.parametrize(("command", "name"), CASES)
def test_a_link_in_the_output(run: Run, tmp_path: Path, tiny: Path, victim: Path, command: str, name: str) -> None:
    """Where an output was before: a link to a folder, to nothing, to a file."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(encode_png(np.zeros((8, 12, 3), np.uint8)))
    words = command.format(tiny=tiny, swap=save_translator(tmp_path / "swap.onnx"), picture=picture).split()
    again = [] if "--shard-size" in words else ["--force"]
    assert run(*words)[0] == 0
    link = Path("out") / name.rstrip("/")
    for target in ["folder"] if name.endswith("/") else ["new"] if name == "manifest.json" else ["new", "file"]:
        _remove(link)
        _remove(link.with_name(f"{link.stem}_stats.json"))  # so that the shard is drawn again
        link.symlink_to(victim / target)
        code, _, errors = run(*words, *again)
        assert code == 5, errors
        assert f"{link} is a link" in errors
        assert untouched(victim)
        assert link.is_symlink()
        link.unlink()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def test_the_message_names_the_link_and_the_way_out(run: Run, tiny: Path, victim: Path) -> None:
    Path("out").mkdir()
    Path("out/.lock").symlink_to(victim / "file")
    code, _, errors = run(*f"{BULK} files".format(tiny=tiny).split())
    assert code == 5
    assert "out/.lock is a link" in errors.replace(os.sep, "/")
    assert "remove the link" in errors


def test_an_output_that_is_a_link_is_what_was_named(run: Run, tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name, command in {"a": f"{BULK} files", "b": PICTURES}.items():
        (tmp_path / "elsewhere" / name).mkdir()
        Path("out").symlink_to(tmp_path / "elsewhere" / name)
        assert run(*command.format(tiny=tiny).split())[0] == 0
        assert contents(tmp_path / "elsewhere" / name)
        Path("out").unlink()


def test_a_repair_removes_nothing_through_a_link(run: Run, tmp_path: Path, tiny: Path, victim: Path) -> None:
    assert run(*f"{BULK} files".format(tiny=tiny).split())[0] == 0
    Path("out/00000").rename(tmp_path / "moved")
    Path("out/00000").symlink_to(tmp_path / "moved")
    (tmp_path / "moved" / "notes.txt").write_text("his own")  # beside others' files a shard's are replaced one by one
    before = contents(tmp_path / "moved")
    picture = next((tmp_path / "moved").glob("*.png"))
    picture.write_bytes(b"damaged")
    before[picture.name] = b"damaged"
    code, _, errors = run("bulk", "audit", "out", "--repair")
    assert code == 5, errors
    assert {path.name: path.read_bytes() for path in (tmp_path / "moved").iterdir()} == before


def test_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, victim: Path) -> None:
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    for kind in ("forms", "sealed"):
        (tmp_path / "home" / kind).symlink_to(victim / "folder")
    with pytest.raises(OutputFailed, match="forms is a link"):
        cache.store("forms", {"a": 1}, ".onnx", b"made")
    assert cache.find_or_make("forms", {"a": 1}, ".onnx", lambda: b"made") == b"made"
    with pytest.raises(OutputFailed, match="sealed is a link"):
        SealedFolder("sealed", {"a": 1}).open()
    assert untouched(victim)
    assert not list((victim / "folder").iterdir())


def test_a_link_that_comes_while_the_folder_is_open(tmp_path: Path, victim: Path) -> None:
    """The folder is held, not its name: who puts a link in its place changes nothing."""
    if os.name == "nt":
        pytest.skip("Windows has no directory descriptors")
    (tmp_path / "out" / "a").mkdir(parents=True)
    with Folder(tmp_path / "out", "a") as folder:
        (tmp_path / "out" / "a").rename(tmp_path / "out" / "b")
        (tmp_path / "out" / "a").symlink_to(victim / "folder")
        os.close(folder.open("file", os.O_WRONLY | os.O_CREAT))
    assert (tmp_path / "out" / "b" / "file").exists()
    assert untouched(victim)


def test_names_with_dots_are_names(tmp_path: Path) -> None:
    write_file(tmp_path / ".a" / "..b" / "c", b"1", within=tmp_path)
    assert (tmp_path / ".a" / "..b" / "c").read_bytes() == b"1"
    assert [path.name for path in (tmp_path / ".a" / "..b").iterdir()] == ["c"]


def test_what_a_compiler_writes(run: Run, tiny: Path, victim: Path) -> None:
    asked = f"compile -m {tiny} --precision fp16 --min-psnr 1 --budget 0 -o out".split()
    assert run(*asked)[0] == 0
    (made,) = Path("out").glob("*.fp16.onnx")
    for target in ("new", "file"):
        made.unlink()
        made.symlink_to(victim / target)
        code, _, errors = run(*asked, "--force")
        assert code == 5, errors
        assert f"{made} is a link" in errors
        assert untouched(victim)


@pytest.mark.parametrize("name", ["spec.json", "fp32/model.onnx", "fp32/"])
def test_what_a_bundle_writes(run: Run, tiny: Path, victim: Path, name: str) -> None:
    """A bundle's files are made elsewhere and moved in: a link to a file is replaced, one to a folder is refused."""
    asked = f"bundle -m {tiny} -o kit".split()
    assert run(*asked)[0] == 0
    place, folder = Path("kit") / name.rstrip("/"), name.endswith("/")
    _remove(place)
    place.symlink_to(victim / ("folder" if folder else "file"))
    code, _, errors = run(*asked, "--force")
    assert (code, place.is_symlink()) == ((5, True) if folder else (0, False)), errors
    assert untouched(victim)
    assert not list((victim / "folder").iterdir())


def test_what_reconstruct_writes(run: Run, tmp_path: Path, victim: Path) -> None:
    import cv2
    import numpy as np
    from tiny_encoder import save_encoder, save_generator

    save_generator(tmp_path / "digits.onnx", labels=10)
    save_encoder(tmp_path / "encoder.onnx")
    cv2.imwrite("seven.png", np.full((20, 30, 3), 99, np.uint8))
    models = ["-m", str(tmp_path / "digits.onnx"), "--encoder", str(tmp_path / "encoder.onnx"), "--class", "7"]
    asked = ["reconstruct", "seven.png", *models, "-o", "out"]
    code, _, errors = run(*asked)
    assert code == 0, errors
    for made in sorted(Path("out").iterdir()):
        made.unlink()
        made.symlink_to(victim / "file")
        code, _, errors = run(*asked, "--force")
        assert code == 5, errors
        assert f"{made} is a link" in errors
        assert untouched(victim)
        made.unlink()
