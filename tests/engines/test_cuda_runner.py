"""The runner against doubles of the CUDA runtime and of the vendor's: what it draws, in which order, what it frees."""

import gc
from threading import Thread

import numpy as np
import pytest
from cuda.bindings import runtime as real
from cuda_double import CudaDouble, Faults, Misuse
from hypothesis import given
from hypothesis import strategies as st
from runnable_engines import save_engine, use_doubles
from tiny_onnx import DIM, save_tiny
from vendor_double import save_rounded

import ganrt
from ganrt.engines.backends import open_model
from ganrt.engines.cuda import opening
from ganrt.engines.cuda.opening import probe_backend
from ganrt.engines.cuda.probe import find_targets
from ganrt.engines.ladder import ladder, padded_pieces
from ganrt.engines.protocol import BatchSizes, EngineOptions
from ganrt.engines.tensorrt.vendor import ran_out_of_memory
from ganrt.errors import BackendUnavailable, BadInputFile, GanrtError, OutOfDeviceMemory, UsageError
from ganrt.runtime.compare import compare
from ganrt.tolerances import GATES

LADDER = tuple((size, size, size) for size in (1, 2, 4, 8))


@pytest.fixture
def path(tmp_path):
    return save_engine(tmp_path)


def latents(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)


def reference(path, z):
    with ganrt.load(path.with_suffix(".onnx"), backend="onnxruntime") as generator:
        return generator.synthesize(z)


def assert_all_released(vendor):
    gc.collect()
    assert not vendor.cuda.leaks()
    assert not list(vendor.alive)


def test_from_seed_to_picture_as_the_reference_draws_it(path, monkeypatch):
    vendor = use_doubles(monkeypatch)
    with ganrt.load(path) as generator:
        assert (generator.backend, generator.device, generator.precision) == ("tensorrt", "cuda", "fp16")
        images = generator.sample(37, seed=5)
        avatar = generator.avatar("player-8841")
    with ganrt.load(path.with_suffix(".onnx"), backend="onnxruntime") as generator:
        np.testing.assert_array_equal(images, generator.sample(37, seed=5))
        np.testing.assert_array_equal(avatar, generator.avatar("player-8841"))
    assert_all_released(vendor)


@pytest.mark.parametrize("rtx", [False, True])
@pytest.mark.parametrize("profiles", [((1, 4, 16),), LADDER, ((1, 1, 1), (2, 8, 16)), ((4, 4, 4),), ((3, 5, 11),)])
def test_any_batch_over_profiles_and_ladders(tmp_path, monkeypatch, profiles, rtx):
    name = {"backend": "tensorrt"} if not rtx else {"backend_version": "1.7.1.116"}
    path = save_engine(tmp_path, profiles, **name)
    vendor = use_doubles(monkeypatch, profiles, rtx=rtx)
    most = max(profile[2] for profile in profiles)
    z = latents(most)
    expected = reference(path, z)
    with open_model(path) as engine:
        for count in range(1, most + 1):
            np.testing.assert_array_equal(engine.run({"z": z[:count]})["image"], expected[:count])
    assert_all_released(vendor)


def test_the_command_line_writes_the_reference_pictures(path, monkeypatch, tmp_path, capsys):
    """From seeds to PNG files; the metadata differ, for they name the backend."""
    import cv2

    from ganrt.cli.main import main

    use_doubles(monkeypatch)
    for model, folder in ((path, "engine"), (path.with_suffix(".onnx"), "onnx")):
        with pytest.raises(SystemExit) as ended:
            main(["generate", "-m", str(model), "--count", "5", "--seed", "7", "-o", str(tmp_path / folder)])
        assert not ended.value.code, capsys.readouterr().err
    assert "backend tensorrt, device cuda, precision fp16" in capsys.readouterr().err
    made = sorted((tmp_path / "engine").glob("*.png"))
    assert len(made) == 5
    for picture in made:
        expected = cv2.imread(str(tmp_path / "onnx" / picture.name))
        np.testing.assert_array_equal(cv2.imread(str(picture)), expected)


def test_one_graph_a_size_and_slot_captured_once(path, monkeypatch):
    vendor = use_doubles(monkeypatch)
    with open_model(path) as engine:
        assert vendor.contexts == 1  # asks for the memory of all sizes: each context takes time and memory
        for _ in range(6):
            engine.run({"z": latents(4)})
            engine.run({"z": latents(16)})
        assert vendor.cuda.log.count("cudaStreamBeginCapture") == 2  # each size met the same slot each time
        assert vendor.cuda.log.count("cudaGraphLaunch") == 12
        before = len(vendor.cuda.log)
        engine.run({"z": latents(4)})
        assert len(vendor.cuda.log) - before == 15
        assert engine.times.compute == 0.25


def test_two_batches_are_in_flight_and_any_number_may_be_submitted(path, monkeypatch):
    vendor = use_doubles(monkeypatch)
    batches = [latents(3, seed) for seed in range(5)]
    with open_model(path) as engine:
        first, second = (engine.submit({"z": z}) for z in batches[:2])
        assert "cudaEventSynchronize" not in vendor.cuda.log
        tickets = [first, second, *(engine.submit({"z": z}) for z in batches[2:])]
        out = {"image": np.empty((3, 8, 8, 3), np.uint8)}
        for ticket, z in reversed(list(zip(tickets, batches, strict=True))):
            assert engine.collect(ticket, out)["image"] is out["image"]
            np.testing.assert_array_equal(out["image"], reference(path, z))
        for ticket in tickets:
            with pytest.raises(UsageError, match="collected before"):
                engine.collect(ticket)


def test_inputs_may_be_overwritten_after_submit(path, monkeypatch):
    use_doubles(monkeypatch)
    z = latents(4)
    expected = reference(path, z)
    with open_model(path) as engine:
        ticket = engine.submit({"z": z})
        z[:] = 0
        np.testing.assert_array_equal(engine.collect(ticket)["image"], expected)


def work(path, **options):
    """Everything that the runner does once: load, canary, run, two batches in flight, close."""
    with ganrt.load(path, **options) as generator:
        engine = generator._engine
        tickets = [engine.submit({"z": latents(count)}) for count in (1, 4, 4)]
        for ticket in tickets:
            engine.collect(ticket)
        engine.run({"z": latents(16)})


def of_each_kind(names):
    """The first and the last call of each name, and the first of each name behind each other one."""
    last = {name: number for number, name in enumerate(names)}
    pairs = {}
    for number, pair in enumerate(zip(["", *names], names, strict=False)):
        pairs.setdefault(pair, number)
    return sorted({*last.values(), *pairs.values()})


def forget(error):
    """The frames of an error, which hold what the vendor gave."""
    while error is not None:
        error.__traceback__, error = None, error.__cause__ or error.__context__


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "lost"),
    [("cudaErrorLaunchFailure", False), ("cudaErrorLaunchFailure", True), ("cudaErrorMemoryAllocation", False)],
)
@pytest.mark.filterwarnings("ignore:.*GPU memory ran out:RuntimeWarning", "ignore:no CUDA graph:RuntimeWarning")
def test_whatever_call_fails_everything_is_released(path, monkeypatch, lost, code):
    clean = use_doubles(monkeypatch)
    work(path)
    names = clean.cuda.faults.names
    assert len(names) > 150
    outcomes = set()
    for number in range(len(names)) if code == "cudaErrorLaunchFailure" and not lost else of_each_kind(names):
        faults = Faults(number, lost, getattr(real.cudaError_t, code))
        vendor = use_doubles(monkeypatch, cuda=CudaDouble(faults=faults))
        try:
            work(path)
            outcomes.add("went on")
        except GanrtError as error:
            assert 1 <= len(str(error).splitlines()) <= 4, f"{faults.hit}: {error}"
            outcomes.add(type(error).__name__)
            forget(error)
        assert faults.hit
        if list(vendor.alive):  # dear, and there is hardly ever anything to collect
            gc.collect()
        assert not vendor.cuda.leaks(), f"call {number}, {faults.hit}"
        assert not list(vendor.alive), f"call {number}, {faults.hit}"
    assert outcomes >= ({"BackendUnavailable"} if code == "cudaErrorLaunchFailure" else {"OutOfDeviceMemory"})


def test_after_an_error_on_the_device_the_engine_is_closed(path, monkeypatch):
    vendor = use_doubles(monkeypatch)
    engine = open_model(path)
    for _ in range(2):
        engine.run({"z": latents(4)})
    vendor.cuda.faults.at, vendor.cuda.faults.lost = vendor.cuda.faults.count, True
    with pytest.raises(BackendUnavailable, match="cudaErrorLaunchFailure(.|\n)*start again"):
        engine.run({"z": latents(4)})
    assert not vendor.cuda.leaks()
    with pytest.raises(UsageError, match="closed"):
        engine.run({"z": latents(4)})


def test_too_little_memory_halves_the_micro_batch_and_says_so(path, monkeypatch):
    use_doubles(monkeypatch)
    roomy = use_doubles(monkeypatch, cuda=CudaDouble(memory=2**28))
    with open_model(path):
        needed = roomy.cuda.in_use
    vendor = use_doubles(monkeypatch, cuda=CudaDouble(memory=needed // 3))
    z = latents(16)
    with pytest.warns(RuntimeWarning) as said:
        engine = open_model(path)
    assert str(said[-1].message) == "tiny: GPU memory ran out at batches of 8; it goes on with at most 4"
    with engine:
        assert engine.micro_batch == 4
        np.testing.assert_array_equal(engine.run({"z": z})["image"], reference(path, z))
        np.testing.assert_array_equal(engine.collect(engine.submit({"z": z}))["image"], reference(path, z))
    assert_all_released(vendor)
    use_doubles(monkeypatch, cuda=CudaDouble(memory=100))
    with pytest.warns(RuntimeWarning), pytest.raises(OutOfDeviceMemory, match="cudaMalloc: cudaErrorMemoryAllocation"):
        open_model(path)


def test_memory_that_runs_out_in_the_middle_loses_no_batch(path, monkeypatch):
    vendor = use_doubles(monkeypatch, room=4)
    z, other = latents(16), latents(3, 9)
    with open_model(path) as engine:
        ticket = engine.submit({"z": other})
        with pytest.warns(RuntimeWarning, match="at most [84]$"):
            images = engine.run({"z": z})["image"]
        np.testing.assert_array_equal(images, reference(path, z))
        np.testing.assert_array_equal(engine.collect(ticket)["image"], reference(path, other))
        assert max(vendor.executed) <= 4
    assert_all_released(vendor)


def test_other_threads_open_run_and_close_engines_while_one_captures(path, monkeypatch):
    """Captures are those of a thread: elsewhere memory is asked for and events are waited for meanwhile."""
    vendor = use_doubles(monkeypatch)
    z = latents(4)
    expected, seen = reference(path, z), []

    def elsewhere(other):
        vendor.during = None

        def work():
            with open_model(path) as third:
                seen.extend(engine.run({"z": z})["image"] for engine in (other, third))

        thread = Thread(target=work)
        thread.start()
        thread.join()

    with open_model(path) as engine, open_model(path) as other:
        vendor.during = lambda: elsewhere(other)
        seen.append(engine.run({"z": z})["image"])
        assert engine.facts["cuda_graphs"]
    assert len(seen) == 3
    assert all(np.array_equal(image, expected) for image in seen)
    assert vendor.cuda.log.count("cudaStreamBeginCapture") == 3
    assert_all_released(vendor)


def test_an_engine_without_activations_runs(path, monkeypatch):
    vendor = use_doubles(monkeypatch, activations=False)
    z = latents(16)
    with open_model(path) as engine:
        np.testing.assert_array_equal(engine.run({"z": z})["image"], reference(path, z))
    assert_all_released(vendor)


def test_two_engines_that_do_not_fit_together(path, monkeypatch):
    z = latents(16)
    roomy = use_doubles(monkeypatch)
    with open_model(path):
        needed = roomy.cuda.in_use
    vendor = use_doubles(monkeypatch, cuda=CudaDouble(memory=needed * 5 // 3))
    with open_model(path) as first:
        with pytest.warns(RuntimeWarning, match="GPU memory ran out at batches of 16; it goes on with at most 8"):
            second = open_model(path)
        with second:
            for engine in (first, second):
                np.testing.assert_array_equal(engine.run({"z": z})["image"], reference(path, z))
    vendor.cuda.memory = needed + 100
    with open_model(path) as first:
        with pytest.warns(RuntimeWarning), pytest.raises(OutOfDeviceMemory, match="close other GPU programs, or use a"):
            open_model(path)
        np.testing.assert_array_equal(first.run({"z": z})["image"], reference(path, z))
    open_model(path).close()
    assert_all_released(vendor)


@pytest.mark.parametrize("code", ["cudaErrorUnknown", "cudaErrorNoDevice"])
def test_a_driver_that_disappears_in_the_middle_ends_the_command_in_words(path, monkeypatch, tmp_path, capsys, code):
    from ganrt.cli.main import main

    def run(folder, **faults):
        vendor = use_doubles(monkeypatch, cuda=CudaDouble(faults=Faults(**faults)))
        with pytest.raises(SystemExit) as ended:
            main(["generate", "-m", str(path), "--count", "64", "--seed", "7", "-o", str(tmp_path / folder)])
        assert not vendor.cuda.leaks()
        return ended.value.code, vendor.cuda.faults

    assert not run("whole")[0]
    calls = run("whole-again")[1].count
    capsys.readouterr()
    ended, faults = run("cut", at=calls * 3 // 4, lost=True, code=getattr(real.cudaError_t, code))
    err = capsys.readouterr().err
    assert (ended, bool(faults.hit)) == (3, True)
    assert f"failed, {code}" in err
    assert "the device may be lost: close other GPU programs, look at nvidia-smi, and start again" in err
    for picture in (tmp_path / "cut").glob("*"):  # what was drawn before is whole
        assert picture.read_bytes() == (tmp_path / "whole" / picture.name).read_bytes()


@pytest.mark.parametrize(("kind", "precision"), [("fp16", "fp16"), ("tf32", "fp32")])
def test_a_gpus_arithmetic_passes_its_gates_and_is_seen(tmp_path, monkeypatch, kind, precision):
    """TF32 is what an FP32 engine would compute in if nobody switched it off."""
    onnx_path = save_tiny(tmp_path / "exact.onnx")
    holds = save_rounded(onnx_path, tmp_path / "rounded.onnx", kind)
    path = save_engine(tmp_path, precision=precision, holds=holds)
    use_doubles(monkeypatch)
    with ganrt.load(path, precision="auto") as gpu, ganrt.load(onnx_path, backend="onnxruntime") as cpu:
        found = compare(gpu, cpu, samples=64)
    assert found.max_error == 1
    assert found.worst_psnr >= GATES[precision]
    assert 0.99 < found.worst_ssim < 1


@pytest.mark.parametrize(("capture", "reason"), [("no", "the vendor says so"), ("fails", "stream is capturing")])
def test_work_that_no_graph_can_hold_is_enqueued_and_said(tmp_path, monkeypatch, capture, reason):
    path = save_engine(tmp_path, backend="tensorrt-rtx", backend_version="1.7.1.116")
    vendor = use_doubles(monkeypatch, rtx=True, capture=capture)
    z = latents(16)
    engine = open_model(path)
    with pytest.warns(RuntimeWarning, match=f"no CUDA graph can hold this engine's work .*{reason}"):
        first = engine.run({"z": z})["image"]
    np.testing.assert_array_equal(first, reference(path, z))
    np.testing.assert_array_equal(engine.run({"z": z[:16]})["image"], first)
    assert "cudaGraphLaunch" not in vendor.cuda.log
    engine.close()
    assert_all_released(vendor)


def test_a_runtime_or_an_engine_that_does_not_start_says_the_vendors_last_words(path, monkeypatch):
    for name in ("Runtime", "deserialize_cuda_engine", "infer_shapes", "update_device_memory_size_for_shapes"):
        vendor = use_doubles(monkeypatch)
        monkeypatch.setattr(vendor.cuda.faults, "fails", lambda call, name=name: call == name)
        with pytest.raises(BackendUnavailable, match=f"Error Code 1: Cuda Runtime .In {name}") as caught:
            open_model(path)
        assert len(str(caught.value).splitlines()) <= 2
        del caught
        assert_all_released(vendor)


def test_full_memory_is_read_from_the_vendors_words_and_nothing_else_is():
    full = ("Error Code 1: Cuda Runtime (out of memory)", "OutOfMemory (Requested size was 5)", "CUDA error 2")
    assert all(ran_out_of_memory(words) for words in full)
    others = ("Error Code 2: Internal Error (Assertion failed)", "CUDA error 209: no kernel image", "")
    assert not any(ran_out_of_memory(words) for words in others)


def test_a_device_or_a_driver_that_tensorrt_rtx_is_not_for(path, monkeypatch):
    use_doubles(monkeypatch, rtx=True, cuda=CudaDouble(target=(9, 0)))
    for question in (lambda: probe_backend("tensorrt-rtx"), lambda: find_targets("tensorrt-rtx", "here")):
        with pytest.raises(BackendUnavailable, match="sm90, is not a target of TensorRT-RTX(.|\n)*--backend tensorrt"):
            question()
    assert "sm90" in probe_backend("tensorrt")
    use_doubles(monkeypatch, rtx=True, cuda=CudaDouble(driver=12060))
    monkeypatch.setattr(opening, "package_version", lambda package: "1.7.1.116")
    with pytest.raises(BackendUnavailable, match=r"driver r580 or newer; this one is for CUDA 12\.6(.|\n)*rtx-cu12"):
        probe_backend("tensorrt-rtx")
    monkeypatch.setattr(opening, "package_version", lambda package: None)
    assert "sm86" in probe_backend("tensorrt-rtx")


def test_the_memory_budget_is_kept(path, monkeypatch):
    vendor = use_doubles(monkeypatch)
    budget = path.stat().st_size + 10_000
    with pytest.warns(RuntimeWarning, match="GPU memory ran out"):
        generator = ganrt.load(path, memory=budget)
    with generator:
        assert vendor.cuda.in_use + path.stat().st_size <= budget
        assert generator.sample(20).shape == (20, 8, 8, 3)
    with pytest.warns(RuntimeWarning), pytest.raises(OutOfDeviceMemory, match="1000 are allowed"):
        ganrt.load(path, memory=1000)


def test_low_priority_asks_for_the_least(path, monkeypatch):
    asked = []
    cuda = CudaDouble()
    make = cuda._cudaStreamCreateWithPriority
    cuda._cudaStreamCreateWithPriority = lambda flags, priority: asked.append(priority) or make(flags, priority)
    use_doubles(monkeypatch, cuda=cuda)
    for low in (False, True):
        ganrt.load(path, low_priority=low).close()
    assert asked == [-5] * 3 + [0] * 3


@pytest.mark.parametrize(
    ("integrated", "asked", "mapped"), [(True, None, True), (True, False, False), (False, True, True)]
)
def test_a_device_that_shares_the_hosts_memory_copies_nothing(path, monkeypatch, integrated, asked, mapped):
    vendor = use_doubles(monkeypatch, cuda=CudaDouble(integrated=integrated))
    z = latents(37)[:16]
    with open_model(path, options=EngineOptions(precision="fp16", mapped=asked)) as engine:
        assert engine.facts == {"cuda_graphs": True, "mapped_memory": mapped, "micro_batch": 16}
        tickets = [engine.submit({"z": z[:count]}) for count in (16, 3, 5)]
        for ticket, count in zip(tickets, (16, 3, 5), strict=True):
            np.testing.assert_array_equal(engine.collect(ticket)["image"], reference(path, z[:count]))
        assert ("cudaMemcpyAsync" in vendor.cuda.log) == (not mapped)
        whole = vendor.cuda.in_use
    assert_all_released(vendor)
    if mapped:
        assert whole == 8 * 1024  # the activations alone
        budget = path.stat().st_size + 6 * 1024  # buffers count: they are the device's memory, too
        with pytest.warns(RuntimeWarning, match="GPU memory ran out"):
            open_model(path, options=EngineOptions(precision="fp16", mapped=asked, memory=budget)).close()


def test_mapped_memory_has_two_addresses_and_must_be_asked_for():
    cuda = CudaDouble()
    up, (_, plain) = real.cudaMemcpyKind.cudaMemcpyHostToDevice, cuda.cudaHostAlloc(64, real.cudaHostAllocDefault)
    assert cuda.cudaHostGetDevicePointer(plain, 0)[0] == real.cudaError_t.cudaErrorInvalidValue
    _, mapped = cuda.cudaHostAlloc(64, real.cudaHostAllocMapped)
    _, device = cuda.cudaHostGetDevicePointer(mapped, 0)
    cuda.find(device, 64, "device")[:] = 7
    assert (cuda.find(mapped, 64, "pinned") == 7).all()
    with pytest.raises(Misuse, match="is pinned memory, expected device"):
        cuda.find(mapped, 64, "device")
    cuda.cudaFreeHost(mapped)
    with pytest.raises(Misuse, match="was freed"):
        cuda.cudaMemcpyAsync(device, plain, 64, up, cuda.cudaStreamCreateWithPriority(1, 0)[1])


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros_like, "a picture of one value, as from zeros or NaN: PSNR"),
        (lambda image: 255 - image, "another picture: PSNR"),
    ],
)
def test_a_wrong_canary_fails_the_load_and_frees_all(path, monkeypatch, picture, words):
    vendor = use_doubles(monkeypatch, picture=picture)
    with pytest.raises(BackendUnavailable, match=words):
        ganrt.load(path)
    assert_all_released(vendor)


def test_a_rounding_difference_passes_the_canary(path, monkeypatch):
    use_doubles(monkeypatch, picture=lambda image: image ^ (np.arange(image.size).reshape(image.shape) % 8 == 0))
    ganrt.load(path).close()


def test_what_the_engine_is_not_for_is_refused_before_the_vendor_sees_it(tmp_path, monkeypatch):
    path = save_engine(tmp_path)
    vendor = use_doubles(monkeypatch, cuda=CudaDouble(target=(8, 9)))
    with pytest.raises(BackendUnavailable, match="compiled for sm86; the device here is sm89"):
        open_model(path)
    vendor.__version__ = "10.3.0"
    with pytest.raises(BackendUnavailable, match=r"10\.16\.1\.11; installed is 10\.3\.0"):
        open_model(path)
    assert "deserialize_cuda_engine" not in vendor.cuda.log
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(BadInputFile, match="SHA-256"):
        open_model(path)


def test_requests_that_do_not_fit_the_file(path, monkeypatch):
    use_doubles(monkeypatch)
    with pytest.raises(UsageError, match="compiled for tensorrt and runs with nothing else"):
        open_model(path, "onnxruntime")
    with pytest.raises(UsageError, match="backend 'tensorrt' runs on cuda"):
        open_model(path, "tensorrt", EngineOptions(device="cpu"))
    for precision in ("fp32", "int8"):
        with pytest.raises(UsageError, match="was compiled in fp16 and has no other"):
            open_model(path, options=EngineOptions(precision=precision))
    with pytest.raises(UsageError, match="runs compiled engines(.|\n)*ganrt compile"):
        open_model(path.with_suffix(".onnx"), "tensorrt")


def test_arrays_of_a_wrong_shape_or_type_are_refused(path, monkeypatch):
    use_doubles(monkeypatch)
    with open_model(path) as engine:
        for z in (latents(3)[:, :1], latents(3).astype(np.float64)):
            with pytest.raises(UsageError, match="expected float32"):
                engine.run({"z": z})
            with pytest.raises(UsageError, match="expected float32"):
                engine.submit({"z": z})
        with pytest.raises(UsageError, match="out 'image'"):
            engine.run({"z": latents(3)}, {"image": np.empty((2, 8, 8, 3), np.uint8)})


def test_tensors_other_than_the_sidecars_are_refused_and_freed(tmp_path, monkeypatch):
    from ganrt.engines.tensorrt.sidecar import Tensor

    path = save_engine(tmp_path, tensors=(Tensor(name="z", dtype="float32", shape=(-1, 9), mode="input"),))
    vendor = use_doubles(monkeypatch)
    with pytest.raises(BadInputFile, match="its sidecar says"):
        open_model(path)
    assert_all_released(vendor)


@pytest.mark.parametrize(
    ("double", "words"),
    [
        (CudaDouble(driver=0), "no NVIDIA driver is installed"),
        (CudaDouble(devices=0), "no NVIDIA GPU is visible"),
        (CudaDouble(faults=Faults(0)), "cudaGetDeviceCount failed, cudaErrorLaunchFailure"),
    ],
)
def test_the_probe_says_why_there_is_no_device(path, monkeypatch, double, words):
    use_doubles(monkeypatch, cuda=double)
    with pytest.raises(BackendUnavailable, match=words):
        open_model(path)


batch_sizes = st.tuples(*[st.integers(1, 40)] * 3).map(sorted).map(lambda sizes: BatchSizes(*sizes))


@given(st.lists(batch_sizes, min_size=1, max_size=4), st.integers(1, 200), st.integers(1, 40))
def test_every_image_is_made_once_in_order_by_sizes_that_a_profile_takes(profiles, count, limit):
    limit = max(limit, min(profile.minimum for profile in profiles))
    sizes = ladder(profiles, limit)
    assert sizes
    assert list(sizes) == sorted(sizes)
    assert max(sizes) <= limit
    for size, profile in sizes.items():
        assert profiles[profile].minimum <= size <= profiles[profile].maximum
    made = padded_pieces(count, list(sizes))
    assert [piece.start for piece in made] == [sum(p.count for p in made[:i]) for i in range(len(made))]
    assert sum(piece.count for piece in made) == count
    assert all(1 <= piece.count <= piece.size and piece.size in sizes for piece in made)
    assert all(piece.count == piece.size for piece in made[:-1])


def test_the_double_notices_misuse():
    cuda = CudaDouble()
    _, stream = cuda.cudaStreamCreateWithPriority(real.cudaStreamNonBlocking, 0)
    _, device = cuda.cudaMalloc(64)
    _, pinned = cuda.cudaHostAlloc(64, 0)
    up = real.cudaMemcpyKind.cudaMemcpyHostToDevice
    for arguments in ((device, pinned, 65), (pinned, device, 64), (device, device, 1), (device, 12345, 1)):
        with pytest.raises(Misuse):
            cuda.cudaMemcpyAsync(*arguments, up, stream)
    cuda.cudaMemcpyAsync(device, pinned, 64, up, stream)
    with pytest.raises(Misuse, match="while work is queued"):
        cuda.cudaFree(device)
    cuda.cudaStreamBeginCapture(stream, real.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal)
    assert cuda.cudaMalloc(1)[0] == real.cudaError_t.cudaErrorStreamCaptureUnsupported
    assert cuda.cudaStreamEndCapture(stream)[0] == real.cudaError_t.cudaErrorStreamCaptureInvalidated
    cuda.cudaStreamSynchronize(stream)
    cuda.cudaFree(device)
    with pytest.raises(Misuse):
        cuda.cudaFree(device)
    with pytest.raises(AttributeError):
        _ = cuda.cudaMallocate
    with pytest.raises(TypeError):
        cuda.cudaMalloc(1, 2)
    assert len(cuda.leaks()) == 2
