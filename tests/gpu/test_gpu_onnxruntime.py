"""ONNX Runtime's GPU backends on a real GPU; each skips with the reason where it is not installed."""

import json

import numpy as np
import pytest

import ganrt
from ganrt.cli.main import main
from ganrt.engines.backends import BACKENDS
from ganrt.errors import BackendUnavailable
from ganrt.runtime.compare import compare

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


def test_what_it_compiled_serves_the_next_start(name):
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
