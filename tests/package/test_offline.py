"""No network, no traces: nothing is looked up, nobody is connected to, and no file appears but what was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import onnx
import pytest
import tiny_models
from client_library import ask, need_node
from recorded_network import Recorded, can_record, need_namespaces, recorded
from tiny_onnx import save_tiny

import ganrt

ROOT = Path(__file__).parents[2]
_FREE = ("/dev/", "/proc/")  # devices, shared memory, what a process says of itself


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path: Ray's sockets lie below it."""
    with tempfile.TemporaryDirectory(prefix="g-") as folder:
        yield Path(folder).resolve()


def environment(place: Path) -> dict[str, str]:
    """Nothing of the caller's: an empty home, an empty cache, an empty temporary folder."""
    folders = {"HOME": "home", "XDG_CACHE_HOME": "cache", "TMPDIR": "tmp", "GANRT_HOME": "ganrt"}
    for name in folders.values():
        (place / name).mkdir(exist_ok=True)
    more = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    return more | {key: str(place / name) for key, name in folders.items()}


_IN_TURN = """
import json, sys
from ganrt.cli.main import main
for command in json.loads(sys.argv[1]):
    try:
        main(command)
    except SystemExit as ended:
        if ended.code:
            sys.exit(f"{command}: exit code {ended.code}")
"""


def program(*commands: Sequence[object]) -> list[str]:
    """What runs commands of ganrt's, one after the other, in one process."""
    return [sys.executable, "-c", _IN_TURN, json.dumps([[str(word) for word in command] for command in commands])]


def left(place: Path) -> list[str]:
    """What lies in the folders that are to stay empty."""
    return [str(path) for name in ("home", "cache", "tmp") for path in (place / name).rglob("*")]


def leaves_no_trace(place: Path, *commands: Sequence[object]) -> Recorded:
    """Runs commands of ganrt's whose output goes to `out`."""
    need_namespaces()
    made = environment(place)
    (place / "out").mkdir(exist_ok=True)
    done = recorded(program(*commands), place / "out", made)
    assert done.code == 0, done.output
    assert done.names == ()
    assert done.outside() == []
    assert left(place) == []
    allowed = (*_FREE, *(str(place / name) for name in ("out", "ganrt", "tmp")))
    assert [path for path in done.made if path.startswith("/") and not path.startswith(allowed)] == []
    return done


def test_generate(place: Path) -> None:
    leaves_no_trace(place, ("generate", "--count", 3, "-o", "pictures"))


@pytest.mark.slow
def test_bulk_on_ray(place: Path) -> None:
    pytest.importorskip("ray", reason='no Ray here: pip install "ganrt[ray]"')
    run = ["bulk", "run", "--count", 24, "--format", "webdataset", "--shard-size", 12, "-o", "run"]
    done = leaves_no_trace(place, [*run, "--executor", "ray"])
    assert any("127.0.0.1" in address for address in done.addresses)  # it did listen, and was seen to


@pytest.mark.slow
def test_tune_bench_and_export(place: Path) -> None:
    """And export writes what this process writes, whose hashes are others."""
    save_tiny(place / "tiny.onnx")
    checkpoint = tiny_models.save_dcgan(place / "dcgan.pth")
    export = ("export", checkpoint, "-o", "model.onnx")
    short = ["--duration", 0.05, "--warmup", 0.05, "--min-samples", 1, "--repeats", 1, "--scenario", "offline"]
    runners = ["--runners", "ganrt/onnxruntime,onnxruntime-plain,openvino-plain,torch-eager"]
    bench = ["bench", "-m", place / "tiny.onnx", *runners, *short, "-o", "bench.json", "--html", "bench.html"]
    if can_record():
        leaves_no_trace(place, ("tune", "-m", place / "tiny.onnx", "--budget", 1), bench, export)
    else:
        (place / "out").mkdir()
        subprocess.run(program(export), cwd=place / "out", env=environment(place), check=True)
    ganrt.export(checkpoint, place / "model.onnx")
    assert but_for_verification(place / "model.onnx") == but_for_verification(place / "out" / "model.onnx")
    need_namespaces()


def but_for_verification(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The graph's bytes, and the spec: a busy machine compares fewer pictures in the time that it has."""
    model = onnx.load(path)
    spec = json.loads(model.metadata_props[0].value)
    del spec["verification"], model.metadata_props[:]
    return cast(bytes, model.SerializeToString()), spec


def test_what_is_recorded(place: Path) -> None:
    """The recorder sees a name, an address and a file."""
    need_namespaces()
    wrong = (
        "import socket, pathlib, contextlib\n"
        "with contextlib.suppress(OSError): socket.getaddrinfo('example.org', 80)\n"
        "with contextlib.suppress(OSError): socket.create_connection(('192.0.2.9', 80), 1)\n"
        "with socket.socket() as s: s.bind(('0.0.0.0', 0))\n"
        "pathlib.Path.home().joinpath('trace').touch()\n"
    )
    (place / "out").mkdir()
    done = recorded([sys.executable, "-c", wrong], place / "out", environment(place))
    assert set(done.names) == {"example.org"}
    assert done.outside() == ["0.0.0.0", "192.0.2.9"]
    assert left(place) == [str(place / "home" / "trace")]
    assert str(place / "home" / "trace") in done.made


_SESSION = "import onnxruntime, sys; onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])"


@pytest.mark.skipif(sys.platform == "win32", reason="the telemetry of Windows writes no files")
def test_onnx_runtime_writes_nothing_once_ganrt_is_imported(place: Path, tiny: Path) -> None:
    subprocess.run([sys.executable, "-c", f"import ganrt, {_SESSION[7:]}", tiny], env=environment(place), check=True)
    assert left(place) == []


def test_the_javascript_client_writes_nothing(place: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_node("onnxruntime-node")
    for key, value in environment(place).items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    ask([(tiny, "avatar", ["ann"])])
    assert left(place) == []
