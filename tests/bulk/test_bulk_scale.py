"""Parts of one run, and outputs that are no folder: the same bytes as a run in one go."""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from bulk_runs import contents, make_drawer, make_plan, open_tiny, without_place
from tiny_onnx import save_tiny, tiny_spec

from ganrt.errors import OutputFailed, UsageError
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.begin import Options, Part
from ganrt.runtime.bulk.run import run

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def generator(tmp_path):
    with open_tiny(save_tiny(tmp_path / "tiny.onnx")) as opened:
        yield opened


@pytest.fixture
def draw(generator, tmp_path):
    def call(output="out", part=None, format="webdataset", count=50, **more):
        plan = make_plan(generator, count, format, 12)
        place = output if "://" in output else tmp_path / output
        return run(plan, place, make_drawer(generator, batch_size=5, encoders=1), Options(), part=part, **more)

    return call


@pytest.fixture
def memory():
    """fsspec's store in memory, empty; memory() -> what is in it below `run`."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield lambda: {name.removeprefix("/run/"): system.cat_file(name) for name in system.find("/run")}
    system.store.clear()


def test_parts_in_any_order_make_the_whole(draw, tmp_path):
    draw("whole")
    whole = contents(tmp_path / "whole")
    first, second, third = (draw(part=Part(number, 3)) for number in (2, 3, 1))
    assert [outcome.complete for outcome in (first, second, third)] == [False, False, True]
    assert [outcome.drawn_shards for outcome in (first, second, third)] == [2, 1, 2]
    assert contents(tmp_path / "out") == whole
    (tmp_path / "out" / "00001.tar").unlink()
    assert (draw(part=Part(1, 3)).drawn_shards, draw(part=Part(2, 3)).drawn_shards) == (0, 1)
    assert contents(tmp_path / "out") == whole


def test_parts_at_the_same_time(draw, tmp_path):
    draw("whole", count=200)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda number: draw(part=Part(number, 4), count=200), (1, 2, 3, 4)))
    assert any(outcome.complete for outcome in outcomes)
    assert sum(outcome.drawn_images for outcome in outcomes) == 200
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_part_is_drawn_once_and_keeps_whole_runs_out(draw, tmp_path):
    part = Part(2, 3)
    draw(part=Part(1, 3))
    with lock.locked(tmp_path / "out", part.lock):
        with pytest.raises(OutputFailed, match="another run"):
            draw(part=part)
        with pytest.raises(OutputFailed, match=r"parts of a run are being drawn here \(\.lock-2-of-3\)"):
            draw()
        assert not draw(part=Part(3, 3)).complete
    assert draw().complete


def test_parts_are_counted_alike(draw, tmp_path):
    draw(part=Part(1, 3))
    with (
        lock.locked(tmp_path / "out", Part(2, 3).lock),
        pytest.raises(OutputFailed, match=r"(?s)--part 2/4.*\.lock-2-of-3.*the same n"),
    ):
        draw(part=Part(2, 4))
    assert draw(part=Part(2, 4)).left == 2  # shards 0 and 3, then 1: whoever counts otherwise sees what is missing


@pytest.mark.parametrize("format", ["webdataset", "files", "parquet"])
def test_an_object_store_gets_the_same_bytes(draw, tmp_path, memory, format):
    if format == "parquet":
        pytest.importorskip("pyarrow")
    draw("whole", format=format)
    assert draw("memory://run", format=format).drawn_shards == 5
    assert without_place(memory()) == without_place(contents(tmp_path / "whole"))
    system = fsspec.filesystem("memory")
    system.rm("/run/00003_stats.json")
    assert draw("memory://run", format=format).drawn_shards == 1
    assert draw("memory://run", format=format).drawn_shards == 0
    assert without_place(memory()) == without_place(contents(tmp_path / "whole"))


def test_a_store_that_refuses_keeps_whole_shards(draw, tmp_path, memory, monkeypatch):
    from fsspec.implementations.memory import MemoryFileSystem

    put, calls = MemoryFileSystem.put_file, []

    def refuse(self, *given, **more):
        calls.append(given)
        if len(calls) > 5:
            raise PermissionError("AccessDenied")
        return put(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "put_file", refuse)
        with pytest.raises(OutputFailed, match=r"(?s)AccessDenied.*goes on from there"):
            draw("memory://run")
    assert [name for name in memory() if name.endswith("_stats.json")] == ["00000_stats.json"]
    draw("memory://run")
    draw("whole")
    assert without_place(memory()) == without_place(contents(tmp_path / "whole"))


def test_a_store_on_the_command_line_and_its_audit(run, tiny, tmp_path, memory):
    command = [
        "bulk",
        "run",
        "-m",
        tiny,
        "--count",
        30,
        "--format",
        "webdataset",
        "--shard-size",
        10,
        "-o",
        "memory://run",
    ]
    code, out, err = run(*command, "--json", "--unique")
    assert (code, json.loads(out)["complete"]) == (0, True), err
    assert "memory://run lies in this process's memory, and is gone when this command ends" in err
    code, _, err = run("bulk", "audit", "memory://run", "-m", tiny, "--all")
    assert code == 0, err
    fsspec.filesystem("memory").pipe_file("/run/00001.tar", b"damaged")
    fsspec.filesystem("memory").pipe_file("/run/mine.txt", b"mine")
    code, out, _ = run("bulk", "audit", "memory://run", "-m", tiny, "--json")
    report = json.loads(out)
    found = {(finding["kind"], finding["name"]) for finding in report["findings"]}
    assert (code, found, report["foreign"]) == (1, {("damaged", "00001.tar")}, ["mine.txt"])
    assert run("bulk", "audit", "memory://run", "-m", tiny, "--repair")[0] == 0
    assert run("bulk", "audit", "memory://run", "-m", tiny, "--all")[0] == 0
    code, _, err = run(*command[:-1], "memory://run", "--no-resume", "--force", "--count", 10)
    assert code == 0, err
    assert sorted(memory()) == ["00000.tar", "00000_stats.json", "manifest.json", "manifest.plan.json", "mine.txt"]


def test_identities_in_parts(run, tiny, tmp_path):
    (tmp_path / "players.txt").write_text("".join(f"player {k}\n" for k in range(30)))
    command = [
        "bulk",
        "run",
        "-m",
        tiny,
        "--identities",
        tmp_path / "players.txt",
        "--format",
        "npy",
        "--shard-size",
        7,
    ]
    assert run(*command, "-o", "whole")[0] == 0
    for number, words in ((1, "still missing"), (2, "the run is finished")):
        code, _, err = run(*command, "-o", "parts", "--part", f"{number}/2")
        assert code == 0, err
        assert words in err
    assert contents(tmp_path / "work" / "parts") == contents(tmp_path / "work" / "whole")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--format npy --part 0/3", 2, "1/3 to 3/3"),
        ("--format npy --part 4/3", 2, "1/3 to 3/3"),
        ("--format npy --part three", 2, "such as 3/8"),
        ("--format npy --part 1/2 --no-resume --force", 2, "empty the output"),
        ("--format npy --part 1/2 --executor ray", 2, "one of them"),
        ("--format npy --executor slurm", 2, "local or ray"),
        ("--format npy --address auto", 2, "--executor ray"),
        ("--format npy -o file:///tmp/x", 2, "the path itself"),
        ("--format npy -o nowhere://x", 2, "nowhere"),
    ],
)
def test_options_of_scale_that_make_no_sense(run, tiny, arguments, code, words):
    found, _, err = run("bulk", "run", "-m", tiny, *arguments.split())
    assert found == code, err
    assert words in err


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [("fsspec.core", "-o s3://bucket/run", "remote"), ("ray", "--executor ray -o out", "ray")],
)
def test_missing_packages_are_named(run, tiny, monkeypatch, package, arguments, extra):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = run("bulk", "run", "-m", tiny, "--count", 2, "--format", "npy", *arguments.split())
    assert code == 3
    assert f'pip install "ganrt[{extra}]"' in err


@pytest.mark.parametrize("given", ["--address", "RAY_ADDRESS"])
def test_an_address_at_which_no_cluster_answers(run, tiny, tmp_path, monkeypatch, given):
    """Told at once: Ray itself would try for a quarter of an hour."""
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    if given == "RAY_ADDRESS":
        monkeypatch.setenv(given, address)
    more = ["--address", address] if given == "--address" else []
    command = ["bulk", "run", "-m", tiny, "--count", 2, "--format", "npy", "-o", "a", "--executor", "ray", *more]
    code, _, err = run(*command)
    assert code == 3
    assert given in err
    assert f"{address}: no Ray cluster answers there" in err
    assert not (tmp_path / "work" / "a").exists()


def test_a_part_out_of_range():
    with pytest.raises(UsageError, match="expected 1/2 to 2/2"):
        Part(3, 2)


def test_a_model_that_changed_between_parts_is_refused(draw, generator, tmp_path):
    draw(part=Part(1, 2))
    other = save_tiny(tmp_path / "other.onnx", tiny_spec(name="tiny", frozen=0.5))
    with open_tiny(other) as changed, pytest.raises(OutputFailed, match="generator.model_sha256"):
        run_part = make_plan(changed, 50, "webdataset", 12)
        run(run_part, tmp_path / "out", make_drawer(changed), Options(), part=Part(2, 2))
