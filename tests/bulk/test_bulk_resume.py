"""A run that is killed, runs into a full disk or meets another run: nothing half written, nothing lost or repeated."""

import contextlib
import copy
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from bulk_runs import contents, make_drawer, make_plan, open_tiny, rewrite, start
from tiny_onnx import save_tiny, tiny_spec

from ganrt.errors import BadInputFile, OutputFailed
from ganrt.runtime.bulk import lock, storage
from ganrt.runtime.bulk.begin import Options, advice
from ganrt.runtime.bulk.describe import aligned
from ganrt.runtime.bulk.run import run


@pytest.fixture
def generator(tmp_path):
    with open_tiny(save_tiny(tmp_path / "tiny.onnx")) as opened:
        yield opened


@pytest.fixture
def draw(generator, tmp_path):
    """draw(folder, format) draws five shards; the same call goes on."""

    def call(folder="out", format="webdataset", count=50, options=None, **layout):
        plan = make_plan(generator, count, format, 12, **layout)
        return run(plan, tmp_path / folder, make_drawer(generator, batch_size=5, encoders=2), options or Options())

    return call


class Killed(BaseException):
    """Nothing runs after it, as after SIGKILL."""


@pytest.fixture
def kill_at(monkeypatch):
    """kill_at(n): the n-th call that reaches the disk never happens, and nothing is cleaned up; None: no more."""
    counter = {"left": None}
    for owner, name in ((storage._LocalFile, "write"), (storage._LocalFolder, "put")):
        _counted(monkeypatch, owner, name, counter)
    for name in ("fsync",):
        _counted(monkeypatch, storage.os, name, counter)
    for name in ("replace", "rename"):
        _counted(monkeypatch, storage.Path, name, counter)
    for owner in (storage._LocalFile, storage._LocalFolder):
        monkeypatch.setattr(owner, "abandon", _unless_killed(owner.abandon, counter))
    return lambda steps: counter.update(left=steps)


def _unless_killed(abandon, counter):
    def call(self):
        if counter["left"] != 0:
            abandon(self)
        elif hasattr(self, "_file"):
            self._file.close()  # as the system does

    return call


def _counted(monkeypatch, owner, name, counter):
    original = getattr(owner, name)

    def call(*arguments):
        if counter["left"] is not None:
            counter["left"] = max(0, counter["left"] - 1)
            if counter["left"] == 0:
                raise Killed
        return original(*arguments)

    monkeypatch.setattr(owner, name, call)


@pytest.mark.parametrize("format", ["webdataset", "files"])
def test_a_run_cut_off_at_any_step_is_resumed_to_the_same_bytes(draw, tmp_path, kill_at, format):
    kill_at(None)
    draw("whole", format)
    whole = contents(tmp_path / "whole")
    steps = cuts = 0
    while True:
        steps += 1 + steps // 5
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        kill_at(steps)
        try:
            draw("out", format)
        except Killed:
            cuts += 1
            kill_at(None)
            draw("out", format)
            assert contents(tmp_path / "out") == whole, steps
        else:
            break
    assert cuts >= 12


def test_a_resumed_run_draws_only_what_is_missing(draw, tmp_path):
    assert draw().drawn_shards == 5
    whole = contents(tmp_path / "out")
    (tmp_path / "out" / "00003_stats.json").unlink()
    assert draw().drawn_shards == 1
    (tmp_path / "out" / "00001.tar").write_bytes(whole["00001.tar"][:-1])
    assert draw().drawn_images == 12
    assert draw().drawn_images == 0
    assert contents(tmp_path / "out") == whole


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_killed_at_many_instants(tmp_path):
    """Of children of one process that has imported everything."""
    save_tiny(tmp_path / "tiny.onnx", tiny_spec(side=32))
    program = (
        "import os, sys, ganrt.runtime.generator, ganrt.runtime.bulk.run, onnxruntime, ganrt.cli.main\n"
        "for folder in sys.stdin:\n"
        "    if not (child := os.fork()):\n"
        "        os.dup2(2, 1)\n"
        "        ganrt.cli.main.main([*sys.argv[1:], '-o', folder.strip()])\n"
        "    print(child, flush=True)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\n"
    )
    command = "bulk run -m tiny.onnx --backend onnxruntime --count 1200 --format webdataset --shard-size 90 --threads 1"
    parent = start(*command.split(), cwd=tmp_path, program=program, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def begin(folder):
        print(folder, file=parent.stdin, flush=True)
        return int(parent.stdout.readline())

    def ended():
        return int(parent.stdout.readline())

    with parent:
        begin("whole")
        first = time.monotonic()
        assert ended() == 0
        latest = 0.6 * (time.monotonic() - first)
        whole, random_instants = contents(tmp_path / "whole"), random.Random(9)
        in_the_middle = finished = 0
        while in_the_middle < 20:
            child = begin("out")
            time.sleep(random_instants.uniform(0, latest))
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            code = ended()
            in_the_middle += code != 0
            if code == 0:
                finished += 1
                latest *= 0.9  # the machine may have become faster since
                assert contents(tmp_path / "out") == whole
                shutil.rmtree(tmp_path / "out")
        begin("out")
        assert ended() == 0
    assert contents(tmp_path / "out") == whole
    print(f"{in_the_middle} killed in the middle, {finished} were finished before")


def full_after(monkeypatch, limit):
    """A disk with room for `limit` bytes more."""
    original, written = storage._LocalFile.write, [0]

    def write(self, data):
        written[0] += len(data)
        if written[0] > limit:
            with storage._explained(self._path):
                original(self, data[: len(data) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(self, data)

    monkeypatch.setattr(storage._LocalFile, "write", write)


@pytest.mark.parametrize("limit", [0, 10_000, 40_000, 60_000])
def test_a_full_disk_leaves_whole_shards(draw, tmp_path, monkeypatch, limit):
    draw("whole")
    with monkeypatch.context() as patch:
        full_after(patch, limit)
        with pytest.raises(OutputFailed, match=r"(?s)No space left.*goes on from there"):
            draw()
    left = contents(tmp_path / "out")
    whole = contents(tmp_path / "whole")
    assert {name: data for name, data in left.items() if name != "manifest.json"}.items() <= whole.items()
    draw()
    assert contents(tmp_path / "out") == whole


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX's")
def test_the_system_refuses_a_long_file(tmp_path, draw):
    save_tiny(tmp_path / "tiny.onnx")
    limited = (
        "import sys, resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (15_000, resource.RLIM_INFINITY))\n"
        "from ganrt.cli.main import main\nmain(sys.argv[1:])"
    )
    command = [
        "bulk",
        "run",
        "-m",
        "tiny.onnx",
        "--count",
        "40",
        "--format",
        "webdataset",
        "--shard-size",
        "20",
        "-o",
        "o",
    ]
    process = start(*command, cwd=tmp_path, program=limited)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 5, err
    assert "00000.tar cannot be written" in err
    assert list(contents(tmp_path / "o")) == ["manifest.json", "manifest.plan.json"]
    process = start(*command, cwd=tmp_path)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err


def test_a_folder_that_cannot_be_written(draw, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(lock.os, "open", refuse)
    with pytest.raises(OutputFailed, match="Read-only file system"):
        draw()


@pytest.mark.parametrize("format", ["webdataset", "files"])
def test_an_output_that_vanishes_is_not_made_anew(generator, tmp_path, format):
    drawer = make_drawer(generator, batch_size=5)

    def vanish(done):
        if done >= 25 and not (tmp_path / "gone").exists():
            (tmp_path / "out").rename(tmp_path / "gone")

    with pytest.raises(OutputFailed, match="cannot be written"):
        run(make_plan(generator, 500, format, 12), tmp_path / "out", drawer, Options(), progress=vanish)
    assert not (tmp_path / "out").exists()
    run(make_plan(generator, 50, format, 12), tmp_path / "out", drawer, Options())


def test_two_runs_at_once(draw, tmp_path):
    (tmp_path / "out").mkdir()
    with lock.locked(tmp_path / "out"), pytest.raises(OutputFailed, match=rf"another run \(process {os.getpid()}\)"):
        draw()
    draw()
    assert not (tmp_path / "out" / ".lock").exists()


def test_the_lock_of_a_killed_run_stands_in_nobodys_way(draw, tmp_path):
    (tmp_path / "out").mkdir()
    program = (
        "import time\nfrom pathlib import Path\nfrom ganrt.runtime.bulk.lock import locked\n"
        "with locked(Path('out')):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    process = start(cwd=tmp_path, program=program)
    assert process.stdout.readline() == "held\n"
    with pytest.raises(OutputFailed, match=f"process {process.pid}"):
        draw()
    process.kill()
    process.communicate()
    assert (tmp_path / "out" / ".lock").exists()
    draw()


def test_another_plan_is_refused_with_the_difference(draw, tmp_path):
    draw(count=20)
    before = contents(tmp_path / "out")
    with pytest.raises(OutputFailed, match='(?s)count: there "20", now "21".*to go on with that run: --count 20\n'):
        draw(count=21)
    with pytest.raises(OutputFailed, match='(?s)format: there "webdataset", now "npy".*: --format webdataset\n'):
        draw(format="npy", count=20)
    with pytest.raises(OutputFailed, match="--force as well"):
        draw(count=21, options=Options(resume=False))
    assert contents(tmp_path / "out") == before


def test_a_run_can_be_replaced_on_request(draw, tmp_path):
    draw("whole", "npy")
    draw(count=20, signatures=True)
    draw(format="npy", options=Options(resume=False, force=True))
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_model_that_changed_under_way_is_refused(draw, tmp_path):
    draw()
    (tmp_path / "out" / "00000_stats.json").unlink()
    other = save_tiny(tmp_path / "other.onnx", tiny_spec(name="tiny", frozen=0.5))
    with open_tiny(other) as changed, pytest.raises(OutputFailed, match="generator.model_sha256"):
        run(make_plan(changed, 50, "webdataset", 12), tmp_path / "out", make_drawer(changed), Options())


def test_a_folder_of_other_files_is_left_alone(draw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    for options in (Options(), Options(resume=False, force=True)):
        with pytest.raises(OutputFailed, match=r"not empty \(thesis.txt\)"):
            draw(options=options)
    assert contents(tmp_path / "out") == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("damage", [None, "", "{", '{"format_version": "1.0"}'])
@pytest.mark.parametrize("format", ["webdataset", "files"])
def test_a_lost_manifest_is_written_anew_beside_its_shards(draw, tmp_path, format, damage):
    draw(format=format)
    folder = tmp_path / "out"
    whole = contents(folder)
    (folder / "00003_stats.json").unlink()
    spoil(folder, damage)
    with pytest.raises(OutputFailed, match='another run: pictures.count: there "50", now "49"'):
        draw(format=format, count=49)  # its copy says what was drawn
    (folder / "manifest.plan.json").unlink()
    with pytest.raises(OutputFailed, match=r"(?s)another run, whose manifest.json is (lost|damaged).*--force"):
        draw(format=format, count=49)
    with pytest.raises(OutputFailed, match="--force as well"):
        draw(format=format, options=Options(resume=False))
    assert draw(format=format).drawn_shards == 1
    assert contents(folder) == whole


def spoil(folder, text):
    """None: the manifest is lost; its copy stays."""
    if text is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text(text)


@pytest.mark.parametrize("damage", [None, "{", '{"format_version": "1.0", "plan": {}}'])
@pytest.mark.parametrize("format", ["npy", "files"])
def test_a_run_without_its_manifest_can_be_replaced(draw, tmp_path, format, damage):
    """Another plan: what the old one was is not known any more, only what a run's files are called."""
    draw("whole", count=20)
    draw(format=format, signatures=True)
    folder = tmp_path / "out"
    mine = {"notes.txt": b"mine", "12345.txt": b"mine", "identities/players.csv": b"mine"}
    mine |= {"00000/thesis.txt": b"mine"} if format == "files" else {}
    (folder / "identities").mkdir()
    for name, data in mine.items():
        (folder / name).write_bytes(data)
    (folder / "identities" / "00000.csv").write_bytes(b"a run's")
    spoil(folder, damage)
    (folder / "manifest.plan.json").unlink()
    if damage and "plan" in damage:
        (folder / "identities" / "00000.csv").unlink()
    draw(count=20, options=Options(resume=False, force=True))
    assert contents(folder) == {**contents(tmp_path / "whole"), **mine}


def test_a_damaged_manifest_alone(draw, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(BadInputFile, match=r"(?s)no JSON.*--no-resume --force"):
        draw()
    assert draw(options=Options(resume=False, force=True)).complete


@pytest.mark.parametrize(
    ("text", "words"), [("[]", "object"), ('{"format_version": "2.0"}', "version"), ('{"name": "a game"}', "version")]
)
def test_a_manifest_of_somebody_else_is_left_alone(draw, tmp_path, text, words):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(text)
    for options in (Options(), Options(resume=False, force=True)):
        with pytest.raises(BadInputFile, match=words):
            draw(options=options)
    assert contents(tmp_path / "out") == {"manifest.json": text.encode()}


def test_a_file_that_is_called_like_a_runs_stops_the_removal(draw, tmp_path):
    draw(count=20)
    (tmp_path / "out" / "00000.npy").write_bytes(b"mine")
    before = contents(tmp_path / "out")
    with pytest.raises(OutputFailed, match=r"00000\.npy, which is called like"):
        draw(count=21, options=Options(resume=False, force=True))
    assert contents(tmp_path / "out") == before


def changed(there, **values):
    """A plan as JSON with other values; `generator__backend` stands for `generator.backend`."""
    plan = copy.deepcopy(there)
    for name, value in values.items():
        place, _, key = name.partition("__")
        plan[place][key] = value
    return plan


def test_the_usual_batch_size_of_onnx_runtime_decides_no_byte(generator):
    here = make_plan(generator).document()["generator"]
    there = {**here, "batch_sizes": [1, 99, 64]}
    assert aligned(there, here) == there
    tuned = {"backend": "openvino"}  # whose bytes do depend on it
    assert aligned({**there, **tuned}, {**here, **tuned}) == {**here, **tuned}


def test_the_options_that_go_on_are_named(generator):
    plan = make_plan(generator).document()
    tuned = {
        "generator__backend": "openvino",
        "generator__batch_sizes": [1, 64, 4096],
        "generator__form": "phase",
        "generator__versions": {**plan["generator"]["versions"], "openvino": "1"},
    }
    cases = {
        "--backend onnxruntime": (plan, changed(plan, **tuned)),
        "--device cpu": (plan, changed(plan, generator__device="cuda:0")),
        "--backend onnxruntime --precision fp32": (plan, changed(plan, **tuned, generator__precision="bf16")),
        "without --class": (plan, changed(plan, drawing__class="cat")),
        "--class 'tabby cat'": (changed(plan, drawing__class="tabby cat"), plan),
        "--unique": (changed(plan, layout__signatures=True), plan),
        "--truncation 0.5": (changed(plan, drawing__psi=0.5, drawing__law=["x"]), plan),
        "--format atlas --sheet 16": (changed(plan, layout__format="atlas", layout__sheet=16), plan),
        "without --seeds --count 50": (
            plan,
            changed(plan, pictures__seeds="0-4", pictures__count="5"),
        ),
        "--seeds 0-4": (changed(plan, pictures__seeds="0-4", pictures__seed="0", pictures__count="5"), plan),
    }
    for options, (there, wanted) in cases.items():
        assert advice(there, wanted) == f"to go on with that run: {options}\n"
    assert "tune" in advice(changed(plan, **tuned), plan)
    assert "tune" in advice(plan, changed(plan, generator__batch_sizes=[1, 2, 3]))
    newer = {**plan["generator"]["versions"], "ganrt": "9"}
    for other in (changed(plan, generator__model_sha256="0"), changed(plan, **{**tuned, "generator__versions": newer})):
        assert advice(plan, other) == ""


@pytest.mark.parametrize("name", ["../x.tar", "/x.tar", "00000/../../x.tar", "00001.tar", "00000\\x.tar", "C:x.tar"])
def test_stats_that_name_files_of_other_places_are_damaged(draw, generator, tmp_path, name):
    from ganrt.runtime.bulk.manifest import read_stats

    draw()
    plan, folder = make_plan(generator, 50, "webdataset", 12), storage.LocalStorage(tmp_path / "out")
    shard = plan.shard(0)
    for given, fits in (("00000.tar", True), (name, False)):
        rewrite(
            tmp_path / "out" / shard.stats,
            lambda stats, given=given: stats.update(files={given: stats["files"].pop("00000.tar")}),
        )
        assert (read_stats(folder, plan, shard) is not None) == fits
