"""ONNX Runtime's GPU backends on a real GPU; each skips with the reason where it is not installed."""

import json
import time

import numpy as np
import pytest

import ganrt
from ganrt.cli.main import main
from ganrt.engines.backends import BACKENDS
from ganrt.errors import BackendUnavailable
from ganrt.runtime.compare import compare, psnr
from ganrt.tolerances import GATES

BACKEND_NAMES = ("onnxruntime-cuda", "onnxruntime-tensorrt", "onnxruntime-rtx")


@pytest.fixture(params=BACKEND_NAMES)
def name(request):
    try:
        BACKENDS[request.param].probe()
    except BackendUnavailable as error:
        pytest.skip(f"{request.param}: {str(error).splitlines()[0]}")
    return request.param


def test_it_draws_what_the_cpu_draws(name):
    with ganrt.load("avatars", backend=name) as gpu, ganrt.load("avatars", backend="onnxruntime") as cpu:
        result = compare(gpu, cpu, samples=64)
        print(result, "pinned", gpu._engine._binding.pinned)
        few, many = (gpu.sample(32, seed=1, batch_size=size) for size in (3, 32))
        print(f"{np.mean(few != many):.6f} of all values differ between batches of 3 and 32")
    assert result.worst_psnr is None or result.worst_psnr >= 48


@pytest.fixture(scope="module")
def fp16_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fp16")
    with pytest.raises(SystemExit) as ended:
        main(["compile", "-m", "avatars", "--precision", "fp16", "-o", str(folder)])
    assert not ended.value.code
    return next(folder.glob("*.onnx"))


def test_in_fp16(name, fp16_path):
    with ganrt.load(fp16_path, backend=name) as gpu, ganrt.load("avatars", backend="onnxruntime") as cpu:
        assert gpu.precision == "fp16"
        result = compare(gpu, cpu, samples=64)
    print(result)
    assert result.worst_psnr is None or result.worst_psnr >= GATES["fp16"]


def test_what_it_compiled_serves_the_next_start_unless_it_was_damaged(name, tmp_path, monkeypatch):
    """The times are for whoever reads the report: the second start is the quick one."""
    monkeypatch.setenv("GANRT_HOME", str(tmp_path))
    pictures = []
    for damaged in (False, False, True):
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file() and path.name != "seal.json"]
        for path in files if damaged else ():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
        began = time.perf_counter()
        with ganrt.load("avatars", backend=name) as generator:
            pictures.append(generator.sample(8, seed=2))
        print(f"{len(files)} files kept{', all damaged' if damaged else ''}: {time.perf_counter() - began:.2f} s")
    least = min(psnr(pictures[0], other) for other in pictures[1:])
    assert least >= 48


def test_two_side_by_side(name):
    first, second = (ganrt.load("avatars", backend=name) for _ in range(2))
    with first, second:
        np.testing.assert_array_equal(first.sample(8, seed=2), second.sample(8, seed=2))


def test_the_self_test_passes(device, tmp_path, capsys):
    path = tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--self-test", "-o", str(path)])
    print(capsys.readouterr().out)
    assert not ended.value.code, path.read_text()
    assert json.loads(path.read_text())["passed"]
