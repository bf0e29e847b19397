"""The built-in drawer: programs of generators, their file, and the C code that runs it, compared with ONNX Runtime."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from layered_models import save_layered
from shared import built_once
from tiny_models import dcgan_state, save_checkpoint
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.engines.drawer.lower import lower
from ganrt.engines.drawer.lowering import NoDrawerError
from ganrt.engines.drawer.program import Program, checksum
from ganrt.engines.drawer.reference import read_machine
from ganrt.engines.onnx_file import read_onnx
from ganrt.errors import BadInputFile
from ganrt.graphs.reader import read_contents
from ganrt.runtime.known_pictures import make_drawer
from ganrt.runtime.models import resolve_model
from ganrt.spec import Latent

ROOT = Path(__file__).resolve().parents[2]
_STRICT = ["-Wall", "-Wextra", "-Wdouble-promotion", "-Werror", "-I", str(ROOT / "clients" / "c")]
_BUILDS = {
    "gcc": ["gcc", "-std=c99", "-O2"],
    # -O2 compiles many times as long.
    "gcc sanitized": ["gcc", "-std=c99", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "clang": ["clang", "-std=c99", "-O2"],
    "g++": ["g++", "-std=c++17", "-O0", "-x", "c++"],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Models by name, and their drawers' files."""
    folder = tmp_path_factory.mktemp("drawers")
    styled = Latent(dim=6, prior="normal", psi_mode="style")
    models = {
        "avatars-1": resolve_model("avatars-1"),
        "avatars-2": resolve_model("avatars-2"),
        "layered": save_layered(folder / "layered.onnx"),
        "tiny": save_tiny(folder / "tiny.onnx", tiny_spec(labels=3, latent=styled)),
    }
    return {name: (path, _file(path)) for name, path in models.items()}


def _file(path, **how):
    model = read_onnx(path)
    return lower(read_contents(model.data).graph, model.spec()).to_bytes(**how)


@pytest.fixture(scope="module", params=_BUILDS)
def draw(request, tmp_path_factory):
    return built(request.param, tmp_path_factory.mktemp("program"))


def built(name, folder):
    """A function that draws with a build of the C code."""
    command = _BUILDS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on the path")
    source = str(ROOT / "tests" / "clients" / "drawer.c")
    program = str(built_once(*command, *_STRICT, source))

    def run(data, z, batch, plain=False):
        (folder / "model").write_bytes(data)
        (folder / "z").write_bytes(np.asarray(z, "<f4").tobytes())
        words = [program, str(folder / "model"), str(folder / "z"), str(len(z)), str(batch)]
        done = subprocess.run(words, capture_output=True, timeout=300, env={"PLAIN": "1"} if plain else {})
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.mark.parametrize("name", ["avatars-1", "avatars-2"])
def test_the_bundled_models_in_c(files, name, tmp_path_factory):
    run = built("gcc", tmp_path_factory.mktemp("bundled"))
    agrees(run, *files[name], ((2, False), (1, True)), 2)


def test_every_kind_of_layer_in_c(draw, files):
    agrees(draw, *files["layered"], ((1, False), (4, False), (3, True)), 7)


@pytest.mark.slow
def test_an_exported_dcgan_in_c(tmp_path):
    ganrt.export(save_checkpoint(tmp_path / "netG.pth", dcgan_state()), tmp_path / "dcgan.onnx")
    run = built("gcc", tmp_path)
    agrees(run, tmp_path / "dcgan.onnx", _file(tmp_path / "dcgan.onnx"), ((2, False),), 3)


def test_labels_and_truncation_are_inputs(files):
    path, data = files["tiny"]
    with ganrt.load(path, backend="onnxruntime") as generator:
        z = ganrt.latents(2, 6, seed=1)
        labels = np.eye(3, dtype=np.float32)[[2, 0]]
        expected = generator.synthesize(z, labels=labels, truncation=0.5)
    machine = read_machine(data)
    found = [
        machine.draw({"z": a, "labels": b, "truncation": np.float32([0.5])}) for a, b in zip(z, labels, strict=True)
    ]
    close(expected, np.stack(found))


def agrees(draw, path, data, ways, count):
    with ganrt.load(path, backend="onnxruntime") as generator:
        z = ganrt.latents(count, generator.spec.latent.dim, seed=9)
        expected = generator.synthesize(z)
    for batch, plain in ways:
        found = np.frombuffer(draw(data, z, batch, plain), np.uint8).reshape(expected.shape)
        close(expected, found)


def close(expected, found, share=0.001):
    """Prints the worst case."""
    apart = np.abs(expected.astype(int) - found)
    print(f"worst {apart.max()} of 255, {np.mean(apart > 0):.4%} differ")
    assert apart.max() <= 1
    assert np.mean(apart > 0) <= share


def test_half_precision_is_half_the_size_and_close(draw, files):
    path, data = files["layered"]
    half = _file(path, half=True)
    assert len(data) - len(half) == 2 * int.from_bytes(data[32:36], "little")  # of each weight two bytes
    with ganrt.load(path, backend="onnxruntime") as generator:
        z = ganrt.latents(4, generator.spec.latent.dim, seed=9)
        expected = generator.synthesize(z)
    found = np.frombuffer(draw(half, z, 2), np.uint8).reshape(expected.shape)
    machine = read_machine(half)
    close(np.stack([machine.draw({"z": row}) for row in z]), found)
    assert np.abs(expected.astype(int) - found).max() <= 4


def test_damaged_files_are_refused(draw, files):
    _, data = files["layered"]
    z = np.zeros((1, 6), np.float32)
    wrong = [b"", data[:50], data[:-1], data + b"\0", b"X" + data[1:], data[:8] + b"\2" + data[9:]]
    random = np.random.default_rng(1)
    for place in random.integers(12, len(data), 6):
        wrong.append(data[:place] + bytes([data[place] ^ 8]) + data[place + 1 :])
    for number, one in enumerate(wrong):
        told = draw(one, z, 1)
        assert told == (b"status 2\n" if number == 5 else b"status 1\n"), number
        with pytest.raises(BadInputFile):
            read_machine(one)


def test_a_program_that_leaves_its_memory_is_refused(draw, files):
    """Checksums that fit, and offsets that do not."""
    _, data = files["layered"]
    z = np.zeros((1, 6), np.float32)
    random = np.random.default_rng(2)
    count = int.from_bytes(data[24:28], "little")
    refused = 0
    for _ in range(24):
        at = 96 + 128 * int(random.integers(count)) + 4 * int(random.integers(1, 17))
        body = (
            data[96:at]
            + int(random.choice([-5, 2**31 - 1, 2**24, 0])).to_bytes(4, "little", signed=True)
            + data[at + 4 :]
        )
        low, high = checksum(body)
        changed = data[:16] + low.to_bytes(4, "little") + high.to_bytes(4, "little") + data[24:96] + body
        refused += draw(changed, z, 1).startswith(b"status")  # others are other programs; the sanitizer looks on
    assert refused > 8


def test_what_the_drawer_does_not_know_is_named(tmp_path):
    import onnx

    path = save_tiny(tmp_path / "m.onnx", tiny_spec())
    model = onnx.load(path)
    node = next(node for node in model.graph.node if node.op_type not in ("Cast", "Transpose"))
    node.op_type = "Erf"
    del node.input[1:]
    model.graph.initializer.sort(key=lambda tensor: tensor.name)
    graph = read_contents(model.SerializeToString()).graph
    with pytest.raises(NoDrawerError, match="Erf"):
        lower(graph, tiny_spec())


def test_buffers_that_live_at_once_do_not_meet(files):
    """Of the plan: while a buffer is alive, no other has its place."""
    model = read_onnx(resolve_model("avatars-2"))
    program: Program = lower(read_contents(model.data).graph, model.spec())
    program.to_bytes()
    last = {}
    for number, one in enumerate(program.instructions):
        last.update({id(buffer): number for buffer in (*one.reads, one.writes)})
    live = {}
    for number, one in enumerate(program.instructions):
        live = {key: buffer for key, buffer in live.items() if last[key] >= number}
        for key, buffer in live.items():
            if key != id(one.writes) and not (buffer is one.in_place and last[key] == number):
                apart = (
                    buffer.offset + buffer.size <= one.writes.offset
                    or one.writes.offset + one.writes.size <= buffer.offset
                )
                assert apart, number
        live[id(one.writes)] = one.writes
    assert len(last) > 100


def test_a_drawer_is_compared_before_it_is_written(files, monkeypatch):
    from ganrt.errors import NegativeResult

    path, data = files["layered"]
    with ganrt.load(path, backend="onnxruntime") as generator:
        assert make_drawer(read_onnx(path), generator) == data
        wrong = generator.sample
        monkeypatch.setattr(generator, "sample", lambda *args, **kwargs: 255 - wrong(*args, **kwargs))
        with pytest.raises(NegativeResult, match="off by"):
            make_drawer(read_onnx(path), generator)
