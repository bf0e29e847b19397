"""OpenVINO: the same pictures as ONNX Runtime, whatever the batch; precision pinned; a cache that notices damage."""

import hashlib
import subprocess
import sys
import threading

import numpy as np
import pytest
from tiny_onnx import DIM, save_tiny, save_translator, tiny_spec, translator_spec

from ganrt.engines import openvino_cpu, openvino_graph
from ganrt.engines.backends import open_model
from ganrt.engines.onnx_file import derived, read_onnx
from ganrt.engines.protocol import EngineOptions
from ganrt.errors import BackendUnavailable, BadInputFile, UsageError
from ganrt.runtime.compare import psnr
from ganrt.runtime.latents import latents
from ganrt.runtime.models import resolve_model

openvino = pytest.importorskip("openvino")
LADDER = (1, 2, 4, 8)
AVATARS = resolve_model("avatars")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def z():
    return latents(11, 100, seed=5)


def draw(z, batches=None, precision="fp32"):
    with open_model(AVATARS, "openvino", EngineOptions(precision=precision, batches=batches)) as engine:
        assert (engine.backend, engine.device, engine.precision) == ("openvino", "cpu", precision)
        return engine.run({"z": z})["image"]


def test_it_draws_what_onnxruntime_draws(z):
    with open_model(AVATARS, "onnxruntime") as engine:
        expected = engine.run({"z": z})["image"]
    found = draw(z)
    print("worst difference in FP32:", int(np.abs(found.astype(int) - expected).max()))
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert np.count_nonzero(found != expected) <= 1e-3 * found.size


@pytest.mark.parametrize("batches", [None, (4,), LADDER])
def test_an_image_does_not_depend_on_its_neighbours(z, batches):
    whole = draw(z, batches)
    with open_model(AVATARS, "openvino", EngineOptions(batches=batches)) as engine:
        parts = [engine.run({"z": z[i : i + n]})["image"] for i, n in ((0, 1), (1, 7), (8, 3))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_ladder_gives_one_batchs_bytes(z):
    np.testing.assert_array_equal(draw(z, LADDER), draw(z, (1,)))


def test_submitted_batches_are_collected_in_any_order(z):
    with open_model(AVATARS, "openvino", EngineOptions(batches=LADDER)) as engine:
        tickets = [engine.submit({"z": z[i : i + 3]}) for i in (0, 3, 6)]
        found = [engine.collect(ticket)["image"] for ticket in reversed(tickets)]
        np.testing.assert_array_equal(np.concatenate(found[::-1]), engine.run({"z": z[:9]})["image"])


def test_several_threads_at_once(z):
    expected = draw(z, LADDER)
    with open_model(AVATARS, "openvino", EngineOptions(batches=LADDER)) as engine:
        found = {}

        def work(number):
            found[number] = engine.run({"z": z})["image"]

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for pictures in found.values():
        np.testing.assert_array_equal(pictures, expected)


def has_bf16():
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@pytest.mark.skipif(not has_bf16(), reason="this processor has no BF16")
def test_in_bf16_the_first_layer_stays_in_fp32(z, monkeypatch):
    """Without that, the worst of the bundled model's pictures falls below 40 dB."""
    forms = pytest.importorskip("ganrt.engines.forms")
    model = read_onnx(AVATARS)
    model = derived(model, forms.make_form(model.data, "phase-mixed").data, "phase-mixed")
    z = latents(256, 100, seed=2)
    with open_model(AVATARS, "onnxruntime") as engine:
        expected = np.concatenate([engine.run({"z": part})["image"] for part in np.split(z, 4)])

    def worst():
        with openvino_cpu.open_engine(model, EngineOptions(precision="bf16", batches=(64,))) as engine:
            found = np.concatenate([engine.run({"z": part})["image"] for part in np.split(z, 4)])
        return min(psnr(a, b) for a, b in zip(found, expected, strict=True))

    mixed = worst()
    monkeypatch.setattr(openvino_cpu, "split", lambda *_: None)
    pure = worst()
    print(f"worst of 256 in BF16: {pure:.1f} dB, with the first layer in FP32 {mixed:.1f} dB")
    assert pure < 40 < 50 < mixed


def test_a_precision_that_the_processor_lacks_is_an_error(z, monkeypatch):
    monkeypatch.setitem(openvino_cpu._HINTS, "bf16", "f32")  # as where a hint is not followed
    monkeypatch.setattr(openvino_cpu, "_FOUND", {"f32": "another"})
    with pytest.raises(BackendUnavailable, match="OpenVINO computes in f32"):
        draw(z, precision="bf16")


def test_unknown_precisions_and_missing_packages(z, monkeypatch):
    with pytest.raises(UsageError, match="'fp16': backend 'openvino' has fp32, bf16"):
        openvino_cpu.open_engine(read_onnx(AVATARS), EngineOptions(precision="fp16"))
    monkeypatch.setattr(openvino_graph, "import_whole", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(BackendUnavailable, match=r'pip install "ganrt\[openvino\]"'):
        draw(z)


def test_a_damaged_compiled_model_is_compiled_again(z, home):
    expected = draw(z, (4,))
    (blob,) = (home / "openvino").iterdir()
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 255
    blob.write_bytes(data)
    np.testing.assert_array_equal(draw(z, (4,)), expected)


def test_labels_and_truncation_reach_the_graph(tmp_path):
    path = save_tiny(tmp_path / "tiny.onnx", tiny_spec(labels=3, statistics=True))
    random = np.random.default_rng(1)
    inputs = {
        "z": random.normal(size=(5, DIM)).astype(np.float32),
        "labels": np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]],
        "truncation": np.linspace(0.1, 1, 5, dtype=np.float32),
    }
    with open_model(path, "onnxruntime") as reference, open_model(path, "openvino") as engine:
        found, expected = engine.run(inputs)["image"], reference.run(inputs)["image"]
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_a_graph_that_openvino_refuses_is_a_bad_file(tmp_path):
    path = tmp_path / "odd.onnx"
    path.write_bytes(save_tiny(path).read_bytes().replace(b"Tanh", b"Tanj"))
    with pytest.raises(BadInputFile, match="not a graph that OpenVINO can run"):
        open_model(path, "openvino")


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_threads_are_bounded_as_everywhere(threads):
    with pytest.raises(UsageError, match=f"threads {threads}: expected 1 to "):
        open_model(AVATARS, "openvino", EngineOptions(threads=threads))


def test_pictures_of_any_size_are_translated_and_leave_nothing_in_the_cache(tmp_path, home):
    path = save_translator(tmp_path / "swap.onnx", translator_spec(dynamic=True))
    random = np.random.default_rng(2)
    with open_model(path, "openvino") as engine:
        for shape in ((1, 8, 12, 3), (3, 20, 16, 3), (2, 8, 12, 3)):
            pictures = random.integers(0, 256, shape, np.uint8)
            np.testing.assert_array_equal(engine.run({"source": pictures})["image"], 255 - pictures)
    assert not (home / "openvino").exists()  # a blob for every size of photo would fill the disk


def test_a_batch_is_collected_once(z):
    with open_model(AVATARS, "openvino", EngineOptions(batches=LADDER)) as engine:
        ticket = engine.submit({"z": z})
        engine.collect(ticket)
        with pytest.raises(UsageError, match="collected already"):
            engine.collect(ticket)


@pytest.mark.parametrize("where", ["start", "wait"])
def test_a_piece_that_fails_leaves_nothing_running(z, monkeypatch, where):
    """11 images are pieces of 8, 2 and 1: the second fails, the others are waited for, and the engine goes on."""
    ended = []
    with open_model(AVATARS, "openvino", EngineOptions(batches=LADDER)) as engine:
        expected = engine.run({"z": z})["image"]
        with monkeypatch.context() as patch:
            honest, wait = engine._start, openvino_cpu._Running.wait

            def start(piece, arrays):
                if where == "start" and piece.start == 8:
                    raise RuntimeError("broken")
                return honest(piece, arrays)

            def end(running):
                ended.append(running.piece.start)
                if where == "wait" and running.piece.start == 8:
                    raise RuntimeError("broken")
                return wait(running)

            patch.setattr(engine, "_start", start)
            patch.setattr(openvino_cpu._Running, "wait", end)
            with pytest.raises(BackendUnavailable, match="broken"):
                engine.run({"z": z})
        assert ended == ([0] if where == "start" else [0, 8, 10])
        np.testing.assert_array_equal(engine.run({"z": z})["image"], expected)


def test_a_graph_that_does_not_compile_names_another_backend(z):
    with open_model(AVATARS, "openvino") as engine, pytest.raises(BackendUnavailable, match="--backend onnxruntime"):
        engine.run({"z": z[:, :50]})


def test_a_compiled_model_of_another_build_is_compiled_again(z, home):
    expected = draw(z, (4,))
    (blob,) = (home / "openvino").iterdir()
    digest = entry_name(blob.name, b"whole, but of another build")
    blob.with_name(digest).write_bytes(b"whole, but of another build")
    blob.unlink()
    np.testing.assert_array_equal(draw(z, (4,)), expected)


def entry_name(name, data):
    """An entry's name where it holds `data` for the same key."""
    return f"{name.partition('-')[0]}-{hashlib.sha256(data).hexdigest()[:32]}.blob"


def test_its_import_tells_nobody():
    """By itself it sends an event over the network, from a process that it forks."""
    program = (
        "import sys; from ganrt.engines.openvino_graph import import_openvino\n"
        "import_openvino().Core()\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]\n"
        "import openvino_telemetry"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
