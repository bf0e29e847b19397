"""What draws behind ganrt_avatars: ONNX Runtime and OpenVINO, loaded at run time, in the game's order of preference."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from avatar_programs import ask_program, built, library, onnxruntime_library, openvino_library, picture
from game_kits import make_kit
from layered_models import SIDE
from tiny_onnx import save_tiny, tiny_spec

import ganrt
from ganrt.spec import Latent

NO_BACKEND, LOST, BAD_BACKEND = 16, 17, 15
WAIT = ["wait", "report"]


@pytest.fixture
def shimmed(whole, tmp_path):
    """The layered kit asked with the shim in ONNX Runtime's place; pictures are in tmp_path."""

    def asked(lines, backends, **environment):
        options = {"backends": backends, "onnxruntime": library("onnxruntime_shim.c")}
        given = {name: str(value) for name, value in environment.items()}
        return ask_program(built("avatars.c", "sanitized"), whole, tmp_path, lines, options, environment=given)

    return asked


def images(count):
    return [f"image 0 {k}" for k in range(count)]


def test_onnxruntime_draws_as_python_does_in_every_byte(ask, whole, generator, tmp_path):
    told = ask(whole, [*images(6), *WAIT], backends="onnxruntime", onnxruntime=onnxruntime_library())
    assert told[-2:] == ["onnxruntime", "onnxruntime: draws"]
    for number, one in enumerate(generator.sample(6)):
        assert (picture(tmp_path, number, SIDE, SIDE)[..., :3] == one).all()


def test_openvino_draws_as_python_does(ask, whole, generator, tmp_path):
    told = ask(whole, [*images(6), *WAIT], "plain", backends="openvino", openvino=openvino_library())
    assert told[-2:] == ["openvino", "openvino: draws"]
    for number, one in enumerate(generator.sample(6)):
        assert np.abs(picture(tmp_path, number, SIDE, SIDE)[..., :3].astype(int) - one).max() <= 1


def test_labels_truncation_and_a_model_that_the_drawer_does_not_know(ask, tmp_path):
    path = save_tiny(tmp_path / "m.onnx", tiny_spec(labels=3, latent=Latent(dim=6, prior="normal", psi_mode="style")))
    with ganrt.load(path, backend="onnxruntime") as generator:
        kit = make_kit(path, generator, tmp_path / "kit", storage="none")
        look = generator.look(0, 7, truncation=0.5)
        expected = [generator.sample(1, start=5)[0], generator.draw(look)]
    lines = ["image 0 5", f"look {look.code}", *WAIT]
    height, width, _ = expected[0].shape
    libraries = {"onnxruntime": onnxruntime_library(), "openvino": openvino_library()}
    assert ask(kit)[0].startswith("open 6 ")  # the built-in drawer alone: it is not in the kit
    told = ask(kit, lines, backends="builtin,onnxruntime", **libraries)
    assert told[-3:-1] == ["onnxruntime", "builtin: " + told[-2].removeprefix("builtin: ")]
    assert "builtin/model.drawer" in told[-2]
    for number, one in enumerate(expected):
        assert (picture(tmp_path, number, width, height)[..., :3] == one).all()
    assert ask(kit, lines, "plain", backends="openvino", **libraries)[-2] == "openvino"
    for number, one in enumerate(expected):
        assert np.abs(picture(tmp_path, number, width, height)[..., :3].astype(int) - one).max() <= 1


def test_a_provider_that_is_not_there_is_told_and_never_another_taken_silently(ask, whole):
    order = "onnxruntime-cuda, onnxruntime-tensorrt onnxruntime-directml"
    found = onnxruntime_library()
    told = ask(whole, ["image 0 1", *WAIT], backends=order, onnxruntime=found)
    assert told[1:4] == ["0", f"0 {NO_BACKEND} {SIDE} {SIDE}", "nothing"]
    for line, provider in zip(told[4:], ("CUDA", "Tensorrt", "Dml"), strict=True):
        assert f"this ONNX Runtime has no {provider}ExecutionProvider; it has" in line
    told = ask(whole, ["image 0 1", *WAIT], backends=order + ",builtin", onnxruntime=found)
    assert (told[2], told[3], told[-1]) == (f"0 0 {SIDE} {SIDE}", "builtin", "builtin: draws")
    for wrong in ("onnxruntime-webgpu", "", ",", "builtin," * 9):
        assert ask(whole, backends=wrong)[0].startswith(f"open {BAD_BACKEND} ")


def test_libraries_that_are_none(ask, whole, tmp_path):
    """Missing, a text, of another architecture, another library, and too old: each a sentence, and the next goes on."""
    (tmp_path / "text.so").write_text("no library")
    foreign = bytearray(Path(library("onnxruntime_shim.c")).read_bytes())
    foreign[18:20] = (183 if foreign[18] != 183 else 62).to_bytes(2, "little")  # e_machine: ARM64, or x86-64
    (tmp_path / "foreign.so").write_bytes(foreign)
    expected = {
        tmp_path / "missing.so": "No such file",
        tmp_path / "text.so": "text.so",
        tmp_path / "foreign.so": "foreign.so",
    }
    for path, words in expected.items():
        for name in ("onnxruntime", "openvino"):
            told = ask(whole, ["image 0 1", *WAIT], backends=f"{name},builtin", **{name: path})
            assert told[-1] == "builtin: draws"
            assert words in told[-2]
    both = {"onnxruntime": library("openvino_shim.c"), "openvino": library("onnxruntime_shim.c")}
    told = ask(whole, ["image 0 1", *WAIT], backends="onnxruntime openvino builtin", **both)
    assert "is no ONNX Runtime" in told[-3]
    assert "has no ov_get_openvino_version" in told[-2]
    old = {"onnxruntime": both["openvino"], "openvino": both["onnxruntime"]}
    told = ask(whole, ["image 0 1", *WAIT], backends="onnxruntime openvino builtin", **old)
    assert "is ONNX Runtime 1.8.1: expected 1.12 or newer" in told[-3]
    assert "is OpenVINO 2023.0.1-11005: expected 2024 or newer" in told[-2]


def test_a_device_lost_in_the_middle(shimmed, generator, tmp_path):
    """The canary and two batches are drawn, then every run fails: the next in the order goes on, or it is told."""
    real = onnxruntime_library()
    lines = [*images(12), *WAIT, "count"]
    told = shimmed(lines, "onnxruntime,builtin", SHIM_REAL=real, SHIM_FAIL=4)
    assert sorted(told[13:25]) == sorted(f"{k} 0 {SIDE} {SIDE}" for k in range(12))
    assert told[25:27] == ["builtin", "onnxruntime: draws"]
    assert "it failed while it drew: CUDA error: device lost" in told[27]
    assert told[28] == "builtin: draws"
    for number, one in enumerate(generator.sample(12)):
        assert np.abs(picture(tmp_path, number, SIDE, SIDE)[..., :3].astype(int) - one).max() <= 1
    told = shimmed(lines, "onnxruntime", SHIM_REAL=real, SHIM_FAIL=4)
    statuses = [int(line.split()[1]) for line in told[13:25]]
    assert statuses == [0] * statuses.count(0) + [LOST] * statuses.count(LOST)
    assert 1 <= statuses.count(0) <= 8
    assert told[25] == "nothing"


def test_each_is_checked_against_the_canary(shimmed):
    told = shimmed(["image 0 1", *WAIT], "onnxruntime,builtin", SHIM_REAL=onnxruntime_library(), SHIM_WRONG=1)
    assert told[-3:] == ["builtin", "onnxruntime: it draws another picture than the kit's canary", "builtin: draws"]


def test_a_cache_is_of_what_drew(ask, whole, tmp_path):
    """Pictures of ONNX Runtime and of the built-in drawer differ by a level: they are not mixed."""
    cache = tmp_path / "cache"
    cache.mkdir()
    lines = ["image 0 1", "wait", "count"]
    for backend in ("builtin", "onnxruntime"):
        options = {"cache": cache, "backends": backend, "onnxruntime": onnxruntime_library()}
        assert "drawn=1 memory=0 disk=0" in ask(whole, lines, **options)[-1]
        assert "drawn=0 memory=0 disk=1" in ask(whole, lines, **options)[-1]


def test_a_damaged_model_is_told(ask, whole, tmp_path):
    kit = Path(shutil.copytree(whole, tmp_path / "kit"))
    model = kit / "fp32" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-100])
    told = ask(kit, ["image 0 1", *WAIT], backends="onnxruntime", onnxruntime=onnxruntime_library())
    assert told[2:4] == [f"0 {NO_BACKEND} {SIDE} {SIDE}", "nothing"]
    model.unlink()
    told = ask(kit, ["image 0 1", *WAIT], backends="onnxruntime", onnxruntime=onnxruntime_library())
    assert told[2:] == [f"0 6 {SIDE} {SIDE}", "nothing", "onnxruntime: fp32/model.onnx of the kit cannot be read"]
