"""Compiled engines on a real GPU: load, canary, run, graphs, overlap, memory, errors."""

import shutil
import time

import numpy as np
import pytest

import ganrt
from ganrt.engines.backends import open_model
from ganrt.engines.cuda.probe import find_device
from ganrt.errors import BackendUnavailable, BadInputFile, OutOfDeviceMemory
from ganrt.runtime.compare import compare, psnr

FP16_GATE = 45.0  # dB


@pytest.fixture
def engine(engine_path):
    with open_model(engine_path) as opened:
        yield opened


def latents(count, seed=0):
    with ganrt.load("avatars") as generator:
        return ganrt.latents(count, generator.spec.latent.dim, seed=seed)


def test_the_device_is_described(device):
    print(device)
    assert device.target.startswith("sm")
    assert 0 < device.free <= device.total


def test_it_loads_passes_its_canary_and_draws_what_the_cpu_draws(engine_path, backend):
    with ganrt.load(engine_path) as gpu, ganrt.load("avatars", backend="onnxruntime") as cpu:
        assert (gpu.backend, gpu.device, gpu.precision) == (backend, "cuda", "fp16")
        result = compare(gpu, cpu, samples=64)
    print(result)
    assert result.worst_psnr is None or result.worst_psnr >= FP16_GATE


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 31, 32])
def test_every_batch_size_draws_the_same_pictures(engine, count):
    z = latents(32)
    whole = engine.run({"z": z})["image"]
    part = engine.run({"z": z[:count]})["image"]
    differing = float(np.mean(part != whole[:count]))
    print(f"batch {count}: {differing:.6f} of all values differ from those of batch 32")
    assert min(psnr(a, b) for a, b in zip(part, whole, strict=False)) >= FP16_GATE


def test_graphs_are_captured_and_replay_new_inputs(engine):
    first, second = latents(8, 1), latents(8, 2)
    expected = [engine.run({"z": z})["image"].copy() for z in (first, second)]
    for _ in range(3):
        for z, images in zip((first, second), expected, strict=True):
            np.testing.assert_array_equal(engine.run({"z": z})["image"], images)
    launches = [launch for slot in engine._workspace.slots for launch in slot.launches.values()]
    assert launches
    assert all(launch.is_graph for launch in launches)


def test_batches_in_flight_come_back_whole_and_in_order(engine):
    batches = [latents(16, seed) for seed in range(20)]
    expected = [engine.run({"z": z})["image"].copy() for z in batches]
    tickets = [engine.submit({"z": z}) for z in batches]
    for ticket, images in zip(tickets, expected, strict=True):
        np.testing.assert_array_equal(engine.collect(ticket)["image"], images)


def test_events_measure_and_two_in_flight_overlap(engine):
    """No timing is asserted; the figures are for whoever reads the report."""
    z, rounds = latents(32), 50
    out = {"image": np.empty_like(engine.run({"z": z})["image"])}
    started = time.perf_counter()
    for _ in range(rounds):
        engine.run({"z": z}, out)
    alone = time.perf_counter() - started
    times = engine.times
    assert times.upload > 0
    assert times.compute > 0
    assert times.download > 0
    started = time.perf_counter()
    before = engine.submit({"z": z})
    for _ in range(rounds - 1):
        ticket = engine.submit({"z": z})
        engine.collect(before, out)
        before = ticket
    engine.collect(before, out)
    print(f"{times}; a batch of 32 alone {alone / rounds * 1e3:.3f} ms, ", end="")
    print(f"two in flight {(time.perf_counter() - started) / rounds * 1e3:.3f} ms")


def test_a_budget_is_kept_and_too_small_a_one_refused(engine_path):
    needed = engine_path.stat().st_size
    with pytest.warns(RuntimeWarning), pytest.raises(OutOfDeviceMemory, match="are allowed"):
        ganrt.load(engine_path, memory=needed + 1000)
    with ganrt.load(engine_path, memory=needed + 2**30) as generator:
        assert len(generator.sample(40)) == 40


def test_a_full_device_halves_the_micro_batch_or_says_so(engine_path, device):
    """Takes nearly all memory away first. Shared memory on Jetson would starve the system: not there."""
    from ganrt.engines.cuda.calls import Calls, import_cudart

    if device.target in ("sm87", "sm110"):
        pytest.skip("on Jetson the GPU's memory is the system's")
    calls = Calls(import_cudart("tensorrt"))
    taken = calls("cudaMalloc", calls("cudaMemGetInfo")[0] - 24 * 2**20)
    try:
        with pytest.warns(RuntimeWarning):
            generator = ganrt.load(engine_path)
        with generator:
            print("micro-batch", generator._engine.micro_batch)
            assert generator.sample(40).shape[0] == 40
    except BackendUnavailable as error:
        assert "memory" in str(error).lower()
    finally:
        calls("cudaFree", taken)
    with ganrt.load(engine_path) as generator:
        assert generator.sample(40).shape[0] == 40


def test_opening_and_closing_gives_all_memory_back(engine_path):
    for _ in range(2):
        ganrt.load(engine_path).close()
    before = find_device("tensorrt").free
    for _ in range(5):
        with ganrt.load(engine_path) as generator:
            generator.sample(32)
    lost = before - find_device("tensorrt").free
    print(f"{lost} bytes of GPU memory less after five rounds")
    assert lost < 16 * 2**20


def test_several_engines_and_a_yielding_one_side_by_side(engine_path):
    with ganrt.load(engine_path) as first, ganrt.load(engine_path, low_priority=True) as second:
        np.testing.assert_array_equal(first.sample(20, seed=3), second.sample(20, seed=3))


def test_a_flipped_byte_never_reaches_the_vendor(engine_path, tmp_path):
    copy = tmp_path / engine_path.name
    shutil.copy(engine_path.with_suffix(".json"), copy.with_suffix(".json"))
    data = bytearray(engine_path.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    with pytest.raises(BadInputFile, match="SHA-256"):
        ganrt.load(copy)
