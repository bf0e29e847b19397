"""Files that were not made here meet native libraries in a child first: what crashes, hangs or fills the memory there
is exit code 4 here, and what stood the trial is not tried again.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import ganrt
from ganrt import trial
from ganrt.errors import BadInputFile
from ganrt.runtime.models import resolve_model

HOSTILE = Path(__file__).parent / "fixtures" / "hostile"
_WORK = """
import ctypes, os, sys, time
from ganrt.errors import UsageError

def stands(file, path, memory):
    assert file.read() == b"abc" and path.name == "f" and "" not in sys.path
    os.write(1, b"noise" * 100_000)
def crashes(file, path, memory): ctypes.string_at(0)
def hangs(file, path, memory): time.sleep(60)
def waits(file, path, memory): time.sleep(2.5)
def fills(file, path, memory): return [bytearray(2**24) for _ in range(2**10)]
def fails(file, path, memory): raise RuntimeError("no\\nsense")
def is_spared(file, path, memory):
    assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
def refuses(file, path, memory): raise UsageError("in words")
"""


@pytest.fixture(autouse=True)
def children(monkeypatch, tmp_path, is_trusted_for_users) -> list[Any]:
    """As users have it; gives what was started."""
    started: list[Any] = []
    real = subprocess.run
    monkeypatch.setattr(trial, "is_trusted", is_trusted_for_users)
    monkeypatch.setattr(trial.subprocess, "run", lambda *a, **k: started.append(a) or real(*a, **k))
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "work_of_tests.py").write_text(_WORK)
    return started


def attempt(work: str, memory: int | None = None) -> None:
    sha256 = hashlib.sha256(b"abc").hexdigest()
    trial.try_first(b"abc", Path("f"), sha256, trial.Trial("lib 1.0", f"work_of_tests:{work}", memory))


def test_what_stands_is_tried_once_for_a_version(children):
    attempt("stands")
    attempt("crashes")  # would, if it were tried again
    assert len(children) == 1


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ("crashes", r"f is damaged, hostile or too much here: lib 1.0 crashed \(exit status -?\d+\)"),
        ("fails", r"lib 1.0 failed \(RuntimeError: no sense\)"),
        ("fills", r"asks lib 1.0 for more than 1024 MiB of memory; its file has 3 bytes"),
    ],
)
def test_what_does_not_is_a_bad_file(work, words):
    with pytest.raises(BadInputFile, match=words) as caught:
        attempt(work)
    assert len(str(caught.value).splitlines()) == 2


def test_what_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(trial, "_SECONDS", 2)
    monkeypatch.setattr(trial, "_PATIENCE", 1)
    with pytest.raises(BadInputFile, match=r"lib 1.0 took more than 2 s"):
        attempt("hangs")


def test_a_child_that_waits_for_a_busy_machine_stands(monkeypatch):
    pytest.importorskip("resource")  # else no limit of processor time holds it
    monkeypatch.setattr(trial, "_SECONDS", 2)
    attempt("waits")


def test_what_is_refused_in_words_is_left_to_the_parent(children):
    attempt("refuses")
    attempt("refuses")
    assert len(children) == 2  # and is not kept in mind


def test_where_no_child_starts_and_where_none_is_wanted_nothing_is_tried(monkeypatch, children):
    """What a process that never came to the file says is no word about the file."""
    with monkeypatch.context() as patch:
        patch.setattr(trial, "_MAIN", "import sys; sys.exit(1)")
        attempt("crashes")
    assert len(children) == 1
    with monkeypatch.context() as patch:
        patch.setattr(trial.sys, "executable", "/opt/game/bin/editor")
        attempt("crashes")
    monkeypatch.setenv("GANRT_TRIAL", "off")
    attempt("crashes")
    assert len(children) == 1


def test_the_childs_libraries_have_one_thread():
    attempt("is_spared")


def test_bundled_files_and_their_copies_are_trusted_and_a_changed_one_is_not(tmp_path, children):
    copy = Path(shutil.copy(resolve_model("avatars-2"), tmp_path / "copy.onnx"))
    for model in ("avatars-2", copy):
        ganrt.load(model, threads=1).close()
    assert not children
    changed = onnx.load(copy)
    changed.producer_name += "!"
    onnx.save(changed, copy)
    for _ in range(2):
        ganrt.load(copy, threads=1).close()
    assert len(children) == 1


def test_what_was_made_here_is_trusted(tiny, children):
    """That exports and compilations are kept in mind is tested where they are made."""
    trial.remember_made(tiny.read_bytes())
    ganrt.load(tiny).close()
    assert not children


@pytest.mark.parametrize("name", ["segfault.h5", "hang.h5"])
def test_hdf5(run, name, monkeypatch):
    """The library itself crashes and hangs on these: one byte of a sound file was changed."""
    monkeypatch.setattr(trial, "_SECONDS", 6)
    code, _, said = run("inspect", HOSTILE / name)
    assert code == 4, said
    assert f"{name} is damaged, hostile or too much here: h5py" in said


def _with_node(path: Path, node: onnx.NodeProto, *weights: onnx.TensorProto) -> Path:
    """A tiny generator whose picture is shifted by what the node gives, reduced to one number."""
    from tiny_onnx import tiny_model, tiny_spec

    model = tiny_model(tiny_spec())
    reduced = helper.make_node("ReduceMax", [node.output[0]], ["shift"], keepdims=0)
    first = helper.make_node("ReduceMax", ["z"], ["number"], keepdims=0)
    model.graph.initializer.extend(weights)
    for place, made in enumerate((first, node, reduced)):
        model.graph.node.insert(place, made)
    next(node for node in model.graph.node if node.op_type == "Add").input[1] = "shift"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(("backend", "many"), [("onnxruntime", 2**31), ("onnxruntime", 2**25), ("openvino", 2**31)])
def test_a_graph_that_asks_for_gigabytes(run, tmp_path, backend, many):
    """In one tensor, or in a batch of pictures with 128 MiB each; not where its size is asked for at once."""
    if backend == "openvino":
        pytest.importorskip("openvino")
    shape = numpy_helper.from_array(np.array([many // 2**10, 2**10], np.int64), "large")
    node = helper.make_node("Expand", ["number", "large"], ["huge"])
    path = _with_node(tmp_path / "large.onnx", node, shape)
    code, _, said = run("generate", "-m", path, "--backend", backend, "-o", "out")
    assert code == 4, said
    assert f"large.onnx asks {backend}" in said
    assert "for more than 1024 MiB of memory" in said
    assert "--memory MIB" in said
    assert not Path("out").exists()
    if many == 2**25:
        code, _, said = run("generate", "-m", path, "--backend", backend, "--memory", 8192, "-o", "out")
        assert code == 0, said


def test_an_opset_that_nobody_knows(run, tiny):
    model = onnx.load(tiny)
    model.opset_import[0].version = 99
    onnx.save(model, tiny)
    code, _, said = run("generate", "-m", tiny, "-o", "out")
    assert code == 4
    assert "is of opset 99; expected at most" in said


def test_a_foreign_graph_is_tried_before_it_is_exported(tmp_path, monkeypatch):
    """A loop without end, which the runtime would run in the parent."""
    from ganrt.exporter.foreign.onnx_model import read
    from ganrt.exporter.options import NO_SETTINGS

    monkeypatch.setattr(trial, "_SECONDS", 4)
    value, yes = (helper.make_tensor_value_info("v", TensorProto.FLOAT, []), TensorProto.BOOL)
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Mul", ["v", "v"], ["w"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", yes, []),
            value,
        ],
        [helper.make_tensor_value_info("d", yes, []), helper.make_tensor_value_info("w", TensorProto.FLOAT, [])],
    )
    node = helper.make_node("Loop", ["trips", "yes", "number"], ["looped"], body=body)
    trips = numpy_helper.from_array(np.array(2**60, np.int64), "trips")
    path = _with_node(tmp_path / "loop.onnx", node, trips, numpy_helper.from_array(np.array(True), "yes"))
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(BadInputFile, match="took more than"):
        read(path.read_bytes(), path, NO_SETTINGS)
