"""Compiled engines on a real GPU: load, canary, run, graphs, overlap, memory, errors."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

import ganrt
from ganrt.engines.backends import OWN, open_model
from ganrt.engines.cuda.probe import find_device
from ganrt.engines.protocol import EngineOptions
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


def draws_40(path):
    with ganrt.load(path) as generator:
        assert len(generator.sample(40)) == 40
        print("micro-batch", generator._engine.micro_batch)


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
    assert engine.facts["cuda_graphs"]


def test_mapped_memory_draws_what_copies_draw(engine_path):
    """No timing is asserted; on a device with memory of its own each value crosses the bus within the work."""
    z, rounds, drawn = latents(32), 50, []
    for mapped in (False, True):
        with open_model(engine_path, options=EngineOptions(precision=OWN, mapped=mapped)) as engine:
            drawn.append(engine.run({"z": z})["image"])
            began = time.perf_counter()
            for _ in range(rounds):
                engine.run({"z": z}, {"image": drawn[-1]})
            print(f"mapped {mapped}: a batch of 32 in {(time.perf_counter() - began) / rounds * 1e3:.3f} ms")
            assert engine.facts["mapped_memory"] is mapped
    np.testing.assert_array_equal(*drawn)


def test_graphs_of_several_sizes_do_not_disturb_each_other(engine):
    """A graph for each size and slot, all on one block of activations; sizes in no order, twice."""
    counts = [1, 32, 2, 8, 3, 16, 1, 5, 32]
    batches = [latents(count, seed) for seed, count in enumerate(counts)]
    expected = [engine.run({"z": z})["image"].copy() for z in batches]
    for z, images in [*zip(batches, expected, strict=True)] * 2:
        np.testing.assert_array_equal(engine.run({"z": z})["image"], images)


def test_a_stream_of_batches_is_what_was_drawn_at_once(engine_path):
    with ganrt.load(engine_path) as generator:
        whole = generator.sample(96, seed=4, batch_size=32)
        np.testing.assert_array_equal(whole[:32], generator.sample(32, seed=4, batch_size=32))
        np.testing.assert_array_equal(whole[64:], generator.sample(32, seed=4, start=64, batch_size=32))


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


def test_a_full_device_halves_the_micro_batch_or_says_so(engine_path, jetson):
    """Leaves three quarters of what the engine takes. Shared memory on Jetson would starve the system: not there."""
    from ganrt.engines.cuda.calls import Calls, import_cudart

    if jetson:
        pytest.skip("on Jetson the GPU's memory is the system's")
    ganrt.load(engine_path).close()  # what stays loaded after the first time is not counted
    free = find_device("tensorrt").free
    with ganrt.load(engine_path) as generator:
        generator.sample(32)
        needed = free - find_device("tensorrt").free
    calls = Calls(import_cudart("tensorrt"))
    taken = calls("cudaMalloc", calls("cudaMemGetInfo")[0] - 3 * needed // 4)
    try:
        with pytest.warns(RuntimeWarning, match="GPU memory ran out"):
            draws_40(engine_path)
    except BackendUnavailable as error:
        assert "memory" in str(error).lower()
    finally:
        calls("cudaFree", taken)
    draws_40(engine_path)


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


def test_a_yielding_engine_beside_a_busy_one(engine_path):
    """No timing is asserted; the figures are for whoever wants to know what a game's frame would lose."""
    z, rounds = latents(32), 40
    with open_model(engine_path) as first, ganrt.load(engine_path, low_priority=True) as second:
        wanted = first.run({"z": z})["image"].copy()
        yielding = second._engine
        yielding.run({"z": z})
        for beside in (False, True):
            began, tickets = time.perf_counter(), []
            for _ in range(rounds):
                if beside:
                    tickets = [*tickets[-1:], yielding.submit({"z": z})]
                np.testing.assert_array_equal(first.run({"z": z})["image"], wanted)
            milliseconds = (time.perf_counter() - began) / rounds * 1e3
            print(f"a batch of 32 {'beside a yielding one' if beside else 'alone'}: {milliseconds:.3f} ms")
            for ticket in tickets:
                np.testing.assert_array_equal(yielding.collect(ticket)["image"], wanted)


# A kernel that traps, as PTX that the driver itself compiles. After it no call of the process reaches the device.
LOSS = """
import sys
from cuda.bindings import driver
from ganrt.engines.backends import open_model
from ganrt.errors import BackendUnavailable, UsageError
import numpy as np
from pathlib import Path

def call(name, *arguments):
    error, *results = getattr(driver, name)(*arguments)
    assert not int(error), (name, error)
    return results[0] if results else None

PTX = b".version 6.3 .target sm_75 .address_size 64 .visible .entry fault() { trap; }" + bytes(1)
engine = open_model(Path(sys.argv[1]))
z = np.zeros((2, engine.spec.latent.dim), np.float32)
engine.run({"z": z})
call("cuLaunchKernel", call("cuModuleGetFunction", call("cuModuleLoadData", PTX), b"fault"), *[1] * 6, 0, 0, 0, 0)
for _ in range(2):
    try:
        engine.run({"z": z})
    except (BackendUnavailable, UsageError) as error:
        print(type(error).__name__, error)
engine.close()
"""


def test_a_lost_device_ends_in_a_clear_error(engine_path):
    """In a process of its own, for its CUDA is dead from there on; the next process works."""
    command = [sys.executable, "-c", LOSS, str(engine_path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    print(result.stdout)
    assert result.returncode == 0, result.stderr
    first, *_ = result.stdout.splitlines()
    assert first.startswith("BackendUnavailable")
    assert "cuda" in first
    assert "the device may be lost" in result.stdout
    with ganrt.load(engine_path) as generator:
        assert len(generator.sample(2)) == 2


def test_loading_again(engine_path):
    """The times are for whoever reads the report: what was compiled for the device may be kept beside the engine."""
    pictures = []
    for _ in range(2):
        began = time.perf_counter()
        with ganrt.load(engine_path) as generator:
            pictures.append(generator.sample(8, seed=1))
        print(f"loaded and drawn in {time.perf_counter() - began:.3f} s")
    np.testing.assert_array_equal(*pictures)


def test_a_flipped_byte_never_reaches_the_vendor(engine_path, tmp_path):
    copy = tmp_path / engine_path.name
    shutil.copy(engine_path.with_suffix(".json"), copy.with_suffix(".json"))
    data = bytearray(engine_path.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    with pytest.raises(BadInputFile, match="SHA-256"):
        ganrt.load(copy)
