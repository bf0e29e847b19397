"""clients/c/ganrt_avatars.c: from names to pictures, its caches, bad kits, lack of memory, and many threads at once."""

import json
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from avatar_programs import built
from game_kits import make_kit, near
from layered_models import SIDE

import ganrt

ROOT = Path(__file__).resolve().parents[2]
C = ROOT / "clients" / "c"
_STRICT = ["-Wall", "-Wextra", "-Wdouble-promotion", "-Werror", "-ffp-contract=off", "-pthread", "-I", str(C)]
OK, BAD_TEXT, BAD_LOOK, NEWER_LOOK, OTHER_MODEL, NO_KIT, BAD_KIT, NEWER_KIT = 0, 2, 3, 4, 5, 6, 7, 8
NO_MEMORY, BAD_CACHE, FULL, CANARY = 10, 12, 13, 14


@pytest.fixture
def kit(whole, tmp_path):
    """A kit, to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "kit"))


def picture(folder, number, width=SIDE, height=SIDE):
    return np.fromfile(folder / f"{number}.rgba", np.uint8).reshape(height, width, 4)


def test_names_looks_and_images(ask, whole, generator, tmp_path):
    look = generator.look(5, 8841, truncation=0.7)
    lines = [
        "name player-8841",
        "name Zoë",
        f"look {look.code}",
        "image 3 18446744073709551615 2",
        f"look {look.code[:-1]}x",
        "look ganrt:avatars-1:0:8841:JR",
        "look ganrt2:a:0:1",
        f"look {generator.look(5, 8841).code.rpartition(':')[0]}:hat=1",
        "wait",
        "name player-8841",
        "wait",
        "count",
    ]
    told = ask(whole, lines)
    assert told[0].startswith("open 0")
    assert [int(line) for line in told[1:9]] == [OK, OK, OK, OK, BAD_LOOK, OTHER_MODEL, NEWER_LOOK, BAD_LOOK]
    assert sorted(told[9:13]) == [f"{n} 0 {SIDE} {SIDE}" for n in (0, 1, 2, 3)]
    assert told[13:15] == ["0", f"9 0 {SIDE} {SIDE}"]
    assert told[15] == "requested=5 delivered=5 cancelled=0 drawn=4 memory=1 disk=0 failed=0"
    expected = [generator.avatar("player-8841"), generator.avatar("Zoë"), generator.draw(look)]
    expected += [generator.sample(1, seed=3, start=2**64 - 1)[0], generator.avatar("player-8841")]
    for number, one in zip((0, 1, 2, 3, 9), expected, strict=True):
        near(picture(tmp_path, number), one)


def test_what_the_model_does_not_have_is_told_with_the_picture(ask, whole, generator):
    from ganrt.runtime.looks import check_letters

    body = f"ganrt:{generator.look().model}:0:1:hat=1"
    assert ask(whole, [f"look {body}:{check_letters(body)}", "wait", "count"])[1:] == [
        "0",
        "0 3 48 48",
        "requested=1 delivered=1 cancelled=0 drawn=0 memory=0 disk=0 failed=1",
    ]


def test_higher_priority_is_drawn_first_and_cancelled_ones_never(ask, whole):
    lines = [f"image 0 {k} {k}" for k in range(12)] + ["cancel 11", "cancel 11", "wait", "count"]
    told = ask(whole, lines, batch=1, queue=12)
    assert told[13:15] == ["1", "0"]
    order = [int(line.split()[0]) for line in told[15:-1]]
    assert sorted(order) == list(range(11))
    assert sum(a > b for a, b in pairwise(order)) >= 8  # the first may have begun alone
    assert "cancelled=1" in told[-1]


def test_a_full_queue_and_few_pictures(ask, whole):
    told = ask(whole, [*(f"image 0 {k}" for k in range(9)), "wait"], queue=6, batch=2, pictures=2)
    answers = [int(line) for line in told[1:10]]
    assert answers[:6] == [OK] * 6
    assert FULL in answers
    assert len(told) - 10 == answers.count(OK)


def test_the_disk_cache(ask, whole, tmp_path):
    cache = tmp_path / "cache"
    assert ask(whole, cache=cache)[0].startswith(f"open {BAD_CACHE} ")
    cache.mkdir()
    lines = ["image 0 1", "image 0 2", "wait", "count"]
    assert "drawn=2 memory=0 disk=0" in ask(whole, lines, cache=cache)[-1]
    first = picture(tmp_path, 0).copy()
    assert "drawn=0 memory=0 disk=2" in ask(whole, lines, cache=cache)[-1]
    assert (picture(tmp_path, 0) == first).all()
    one, two = sorted(cache.iterdir())
    assert [path.suffix for path in (one, two)] == [".avatar"] * 2
    one.write_bytes(one.read_bytes()[:-1])  # torn
    two.write_bytes(two.read_bytes()[:-1] + b"\0\0"[:1])
    data = bytearray(two.read_bytes())
    data[100] ^= 1
    two.write_bytes(data)
    assert "drawn=2 memory=0 disk=0" in ask(whole, lines, cache=cache)[-1]
    assert (picture(tmp_path, 0) == first).all()
    many = [f"image 1 {k}" for k in range(9)] + ["wait", "count"]
    size = SIDE * SIDE * 3 + 64
    assert "drawn=9" in ask(whole, many, cache=cache, cache_bytes=4 * size + 5)[-1]
    assert sum(path.stat().st_size for path in cache.iterdir()) <= 4 * size + 5
    (cache / "other.txt").write_text("kept")
    assert "drawn=9" in ask(whole, many, cache=cache, cache_bytes=10)[-1]
    assert [path.name for path in cache.iterdir()] == ["other.txt"]


def test_another_model_has_another_cache(ask, whole, model, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    changed = onnx.load(model)
    bias = next(one for one in changed.graph.initializer if one.name == "gb")
    bias.raw_data = (np.frombuffer(bias.raw_data, np.float32) + 1).tobytes()
    onnx.save(changed, tmp_path / "other.onnx")
    with ganrt.load(tmp_path / "other.onnx", backend="onnxruntime") as other:
        make_kit(tmp_path / "other.onnx", other, tmp_path / "other")
    for folder in (whole, tmp_path / "other"):
        assert "drawn=1 memory=0 disk=0" in ask(folder, ["image 0 1", "wait", "count"], cache=cache)[-1]


def _spec(kit, **changed):
    path = kit / "spec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


BAD_KITS = {
    "no spec": (lambda kit: (kit / "spec.json").unlink(), NO_KIT),
    "no drawer": (lambda kit: (kit / "builtin" / "model.drawer").unlink(), NO_KIT),
    "no canary": (lambda kit: (kit / "builtin" / "canary.raw").unlink(), NO_KIT),
    "newer": (lambda kit: _spec(kit, spec_version="2.0"), NEWER_KIT),
    "another spec": (lambda kit: _spec(kit, output={"height": 8, "width": 8, "channels": 3}), BAD_KIT),
    "damaged spec": (lambda kit: (kit / "spec.json").write_bytes(b'{"'), BAD_KIT),
    "damaged controls": (lambda kit: (kit / "controls.json").write_bytes(b"[]"), BAD_KIT),
    "a short canary": (lambda kit: (kit / "builtin" / "canary.raw").write_bytes(b"x"), BAD_KIT),
    "a damaged drawer": (lambda kit: (kit / "builtin" / "model.drawer").write_bytes(b"GANRTDRW" * 40), NEWER_KIT),
}


@pytest.mark.parametrize("name", BAD_KITS)
def test_bad_kits(ask, kit, name):
    damage, status = BAD_KITS[name]
    damage(kit)
    assert ask(kit)[0].startswith(f"open {status} ")


def test_a_machine_that_draws_something_else_draws_nothing(ask, kit):
    canary = kit / "builtin" / "canary.raw"
    canary.write_bytes(bytes(255 - value for value in canary.read_bytes()))
    assert ask(kit, ["image 0 1", "wait"])[1:] == ["0", f"0 {CANARY} 48 48"]


def test_lack_of_memory_anywhere_is_told(ask, whole):
    """Every allocation fails once; the sanitizer sees that nothing is lost."""
    for number in range(40):
        told = ask(whole, ["image 0 1", "wait"], fail=number, width=20)
        if told[0].startswith("open 0"):
            break
        assert told == [
            f"open {NO_MEMORY} There is not enough memory: ask for a smaller queue, batch or number of pictures."
        ]
    assert 8 < number < 39
    assert told[-1] == "0 0 20 48"


def test_wrong_options(ask, whole):
    for name, value in (("batch", 0), ("batch", 65), ("queue", 0), ("pictures", 1), ("width", 5000)):
        assert ask(whole, **{name: value})[0].startswith("open 1 ")


def test_many_threads(whole):
    threads = built("avatars_threads.c", "threads")
    done = subprocess.run([threads, str(whole)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 0


@pytest.mark.slow
def test_csharp(whole, generator, tmp_path):
    for tool in ("gcc", "mcs", "mono"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on the path")
    shutil.copy(built("", "library"), tmp_path / "libganrt_avatars.so")
    sources = [ROOT / "clients" / "csharp" / "GanrtAvatars.cs", ROOT / "tests" / "clients" / "AvatarsTest.cs"]
    command = ["mcs", "-langversion:7.2", "-warnaserror", "-out:avatars.exe", *map(str, sources)]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    words = ["mono", "avatars.exe", str(whole), str(tmp_path)]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert [told[0], told[1][:2], *told[3:6], told[7][:2]] == ["True False", "5 ", "3", "mine 1", "refused 4", "6 "]
    assert re.fullmatch(r"builtin openvino: .*/nowhere.so.* builtin: draws", told[2])
    expected = [generator.avatar("player-8841"), generator.avatar(""), generator.sample(1, seed=3, start=2**64 - 1)[0]]
    for number, one in enumerate(expected):
        near(picture(tmp_path, number), one)
    assert told[6] == "0:0,0 0:49,0 18:0,0 True False 0:49,0"
    atlas = np.fromfile(tmp_path / "atlas.rgba", np.uint8).reshape(SIDE, 2 * SIDE + 1, 4)
    near(atlas[:, :SIDE], generator.avatar("first"))
    near(atlas[:, SIDE + 1 :], generator.avatar("player-8841"))


def test_it_is_cplusplus_too(tmp_path):
    if shutil.which("g++") is None:
        pytest.skip("g++ is not on the path")
    words = ["g++", "-std=c++17", "-fsyntax-only", *_STRICT, "-x", "c++", str(C / "ganrt_avatars.c")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_close_ends_what_waits(ask, whole):
    assert ask(whole, [f"image 0 {k}" for k in range(30)])[1:] == ["0"] * 30
