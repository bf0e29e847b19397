"""ganrt_avatars where things go wrong: memory, disks, names, calls in the wrong order; under valgrind; and its size."""

import shutil
import subprocess
from pathlib import Path

import pytest
from avatar_programs import ask_program, built, onnxruntime_library, picture
from layered_models import SIDE

OK, BAD_TEXT, BAD_LOOK = 0, 2, 3
NAMES = [
    "",
    "player-8841",
    "Zoë",  # composed, and decomposed: two players
    "Zoe\u0308",
    "名前",
    "مرحبا",
    "\U0001f469\u200d\U0001f680",
    "\u202eright to left",
    "\ufeffa mark",
    "\x01\x7f\t",
    "a\x00b",
    "\ufffe\uffff\U0010ffff",
    "x" * 2**20,
]
NOT_UTF_8 = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\x90", b"ok\x80", b"x" * (2**20 + 1)]


def test_names_of_every_kind(ask, whole, generator, tmp_path):
    lines = [f"bytes {name.encode().hex()}" for name in NAMES] + [f"bytes {name.hex()}" for name in NOT_UTF_8]
    told = ask(whole, [*lines, "wait"])
    count = len(NAMES)
    assert [int(line) for line in told[1 : len(lines) + 1]] == [OK] * count + [BAD_TEXT] * len(NOT_UTF_8)
    for number, name in enumerate(NAMES):
        apart = picture(tmp_path, number, SIDE, SIDE)[..., :3].astype(int) - generator.avatar(name)
        assert abs(apart).max() <= 1, name[:20]


@pytest.mark.parametrize("backends", ["builtin", "onnxruntime"])
def test_calls_in_the_wrong_order(ask, whole, backends):
    """avatars.c ends where an answer is not the expected one; the second time something waits meanwhile."""
    lines = ["misuse", "image 0 1", "misuse", "wait", "report"]
    told = ask(whole, lines, backends=backends, onnxruntime=onnxruntime_library(), batch=1)
    assert told[-1] == f"{backends}: draws"


def test_memory_that_runs_out_and_none_that_is_asked_for(whole, tmp_path):
    """Each allocation of the process fails once; once it draws, only the cache's files ask for memory."""
    done = subprocess.run(
        [built("avatars_memory.c", "plain"), str(whole), str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    without, with_cache, failures, lost = map(int, done.stdout.split())
    assert without == 0
    assert 0 < with_cache <= 9 * 4
    assert failures > 20
    assert lost == 0


def test_memory_that_runs_out_while_a_runtime_is_opened(ask, whole):
    """The worker's allocations, through the game's functions: the next backend goes on, or the pictures say so."""
    ends = set()
    options = {"backends": "onnxruntime,builtin", "onnxruntime": onnxruntime_library()}
    for number in range(8, 20):
        told = ask(whole, ["image 0 1", "wait", "report"], fail=number, **options)
        if not told[0].startswith("open 0"):
            assert told[0].startswith("open 10 ")
            continue
        ends.add(told[3])
        assert told[2].split()[1] in ("0", "10")
        if told[3] == "onnxruntime":
            break
    assert {"nothing", "onnxruntime"} <= ends


def test_a_full_disk(whole, tmp_path):
    """The kernel takes the first bytes of a file and no more."""
    cache = tmp_path / "cache"
    cache.mkdir()
    small = ["sh", "-c", 'trap "" XFSZ; ulimit -f 2; exec "$@"', "sh"]
    options = {"cache": cache, "width": 8, "height": 8}
    lines = ["image 0 1", "image 0 2", "wait", "count"]
    for _ in range(2):
        told = ask_program(built("avatars.c", "plain"), whole, tmp_path, lines, options, before=small)
        assert "delivered=2" in told[-1]
        assert "drawn=2 memory=0 disk=0 failed=0" in told[-1]
    assert list(cache.iterdir()) == []


def test_a_folder_that_takes_no_file(ask, whole):
    told = ask(whole, ["image 0 1", "wait", "count"], cache="/proc")
    assert "drawn=1 memory=0 disk=0 failed=0" in told[-1]


def test_a_cache_of_another_model_and_of_nobody(ask, whole, tmp_path):
    """Under the name of what is asked for lie a picture of another size, a folder, and a link to nowhere."""
    cache = tmp_path / "cache"
    cache.mkdir()
    lines = ["image 0 1", "image 0 2", "image 0 3", "wait", "count"]
    assert "drawn=3" in ask(whole, lines, cache=cache)[-1]
    for number, path in enumerate(sorted(cache.iterdir())):
        whole_entry = path.read_bytes()
        path.unlink()
        if number == 0:
            path.write_bytes(whole_entry + b"\0" * 48)
        elif number == 1:
            path.mkdir()
        else:
            path.symlink_to(tmp_path / "nowhere")
    assert "drawn=3 memory=0 disk=0 failed=0" in ask(whole, lines, cache=cache)[-1]


@pytest.mark.slow
def test_under_valgrind(whole, generator, tmp_path):
    """No value that nobody wrote decides anything, nothing is read beyond its end, nothing is lost."""
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not on the path")
    cache = tmp_path / "cache"
    cache.mkdir()
    command = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,possible"]
    look = generator.look(5, 8841, truncation=0.7).code
    lines = ["name Zoë", f"look {look}", "image 0 1 3", "cancel 0", "look x", "wait", "image 0 2", "count"]
    options = {"cache": cache, "width": 20, "round": 1, "premultiplied": 1, "atlas": "64x64", "batch": 2}
    told = ask_program(built("avatars.c", "plain"), whole, tmp_path, lines, options, before=command)
    assert told[0].startswith("open 0 ")
    assert told[1:4] == ["0", "0", "0"]


@pytest.mark.slow
def test_its_size():
    """Whoever adds to it knows what the game downloads."""
    size = Path(built("", "library")).stat().st_size
    print(f"{size} bytes")
    assert size <= 200 * 1024
