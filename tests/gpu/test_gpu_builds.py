"""Engines compiled on a real GPU in every way the builder has, each drawn from and compared with the CPU."""

import json
import time

import pytest
from sealed_engines import sealed

import ganrt
from ganrt.benchmarks.machine import describe_machine
from ganrt.cli.main import main
from ganrt.engines.backends import open_model
from ganrt.engines.cache import cache_folder
from ganrt.engines.tensorrt.sidecar import sidecar_path
from ganrt.errors import BackendUnavailable
from ganrt.runtime.compare import compare
from ganrt.tolerances import GATES


def draws_well(path, precision="fp16"):
    """Its canary passed, or it would not load; here more pictures, in batches of several sizes."""
    with ganrt.load(path) as gpu, ganrt.load("avatars", backend="onnxruntime") as cpu:
        assert gpu.precision == precision
        result = compare(gpu, cpu, samples=37)
        for count in (1, 3, 8):
            assert len(gpu.sample(count, batch_size=count)) == count
    print(path.name, result)
    assert result.worst_psnr is None or result.worst_psnr >= GATES[precision]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_other_precisions(compiled, device, backend, precision):
    if backend == "tensorrt-rtx" and device.target == "sm75":
        pytest.skip("TensorRT-RTX refuses products in FP32 on Turing: docs/engines.md")
    path, said = compiled(precision=precision)
    assert path, said
    draws_well(path, precision)


def test_a_ladder_of_static_batches(compiled):
    path, said = compiled("--ladder", "1,2,4,8")
    assert path, said
    with open_model(path) as engine:
        assert engine.batch_sizes.maximum == 8
    draws_well(path)


def test_several_profiles(compiled):
    path, said = compiled("--batch", "1:1:1", "--batch", "2:8:32")
    assert path, said
    draws_well(path)


@pytest.mark.parametrize("level", ["0", "5"])
def test_levels_and_a_small_workspace(compiled, level):
    path, said = compiled("--level", level, "--workspace", "256", "--batch", "1:4:8")
    assert path, said
    draws_well(path)


@pytest.mark.parametrize(
    "options",
    [["--version-compatible"], ["--hardware", "ampere-plus"], ["--hardware", "same-compute-capability"]],
    ids=lambda options: options[-1].strip("-"),
)
def test_wider_engines(compiled, backend, device, jetson, options):
    path, said = compiled(*options)
    if backend == "tensorrt-rtx":
        assert path is None
        assert "are for --backend tensorrt" in said
        return
    if path is None and ("does not have it" in said or jetson or device.target == "sm75"):
        pytest.skip(said.strip())
    assert path, said
    draws_well(path)


def test_what_was_measured_is_kept_for_the_next_build(compiled, backend):
    """TensorRT's timing cache; the times are for whoever reads the report."""
    if backend == "tensorrt-rtx":
        pytest.skip("TensorRT-RTX measures nothing while it compiles")
    for _ in range(2):
        began = time.perf_counter()
        path, said = compiled("--batch", "1:6:12")
        assert path, said
        print(f"compiled in {time.perf_counter() - began:.1f} s")
        assert list((cache_folder() / "timing").rglob("*.cache"))


def test_one_for_another_device_is_refused(compiled, backend, device):
    if backend == "tensorrt":
        path, said = compiled(target="sm120" if device.target != "sm120" else "sm89")
        assert path is None, said
        assert "--target" in said
        return
    path, said = compiled(target="sm120" if device.target != "sm120" else "sm89")
    assert path, said
    with pytest.raises(BackendUnavailable, match=device.target):
        ganrt.load(path)


def test_verify_compares_with_the_cpu(engine_path, backend, capsys):
    words = ["--backend", backend, "--against", "avatars", "--samples", "64", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(["verify", "-m", str(engine_path), *words])
    report = json.loads(capsys.readouterr().out)
    print(report)
    assert not ended.value.code
    assert (report["device"], report["passed"], report["samples"]) == ("cuda", True, 64)


def test_another_picture_than_the_canary_fails_the_load(engine_path, tmp_path):
    copy = tmp_path / engine_path.name
    copy.write_bytes(engine_path.read_bytes())
    sidecar = json.loads(sidecar_path(engine_path).read_text())
    canary = sidecar["spec"]["canary"]
    canary["index"] = type(canary["index"])(int(canary["index"]) + 1)
    sidecar_path(copy).write_text(sealed(sidecar))
    with pytest.raises(BackendUnavailable, match="draws another picture: PSNR"):
        ganrt.load(copy)


def test_a_jetson_tells_its_power_mode(jetson):
    if not jetson:
        pytest.skip("no Jetson: other machines have no power modes")
    state = describe_machine()["jetson"]
    print(state)
    assert state["power mode"] != "unknown"
