"""`ganrt compile` for engines, and `ganrt inspect` of them: what is written, and exit codes 2, 3 and 4."""

import json
import sys
from pathlib import Path

import pytest
from sealed_engines import engine_bytes, save_engine


@pytest.fixture
def rtx():
    return pytest.importorskip("tensorrt_rtx", reason='tensorrt_rtx is not installed: pip install "ganrt[rtx]"')


def test_an_engine_is_compiled_listed_inspected_and_cleaned(run, tiny, rtx):
    words = ("compile", "-m", tiny, "--backend", "tensorrt-rtx", "--target", "sm86,rtx4090", "--batch", "1:2:4")
    code, out, err = run(*words, "--json")
    assert code == 0, err
    report = json.loads(out)
    path = Path(report["file"])
    assert path.name == "tiny.tensorrt-rtx.sm86+sm89.fp16.b1-2-4.engine"
    assert report["psnr_db"] >= 45
    assert (report["made"], report["bytes"]) == (True, path.stat().st_size)
    assert json.loads(run(*words, "--json")[1])["made"] is False
    code, out, _ = run("inspect", path, "--json")
    found = json.loads(out)
    assert (code, found["sound"], found["targets"]) == (0, True, ["sm86", "sm89"])
    assert found["gate"] == {"psnr": report["psnr_db"], "samples": 256, "ssim": report["ssim"]}
    assert 0.99 < report["ssim"] < 1
    assert found["islands"] == {layer["name"]: layer["why"] for layer in report["islands"]}
    assert found["tensors"] == {"input z": "float32 [-1, 6]", "output image": "uint8 [-1, 8, 8, 3]"}
    assert run("compile", "--list")[2].strip().endswith("sound")
    path.write_bytes(path.read_bytes()[:-1])
    assert "is truncated" in run("compile", "--list")[2]
    assert "removed" in run("compile", "--clean")[2]
    assert "no engines" in run("compile", "--list")[2]
    assert list(Path("compiled").iterdir()) == []


def test_a_second_engine_of_a_model_is_neither_lowered_nor_gated_again(run, tiny, rtx, monkeypatch):
    words = ("compile", "-m", tiny, "--backend", "tensorrt-rtx", "--json", "--target")
    first = json.loads(run(*words, "sm86")[1])
    with monkeypatch.context() as patch:
        patch.setattr("ganrt.engines.precisions.lower_precision", None)
        code, out, err = run(*words, "sm89")
        assert code == 0, err
        second = json.loads(out)
        assert run(*words, "sm86", "--min-psnr", "10")[0] == 70  # another gate is another request
    same = ("precision", "form", "psnr_db", "samples", "islands", "model_sha256")
    assert [second[name] for name in same] == [first[name] for name in same]


def test_fp32_and_a_file_in_fp16_are_compiled_as_they_are(run, tiny, rtx):
    words = ("--backend", "tensorrt-rtx", "--target", "sm86", "--json")
    code, out, err = run("compile", "-m", tiny, "--precision", "fp32", *words)
    assert code == 0, err
    assert json.loads(out)["precision"] == "fp32"
    half = json.loads(run("compile", "-m", tiny, "--json")[1])["file"]
    code, out, err = run("compile", "-m", half, *words)
    assert code == 0, err
    made = json.loads(out)
    assert (made["precision"], made["samples"]) == ("fp16", 256)  # of the gate that the file itself passed
    code, _, err = run("compile", "-m", half, "--precision", "fp32", *words)
    assert code == 2
    assert "is in fp16, and stays so" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--target", "sm87"), "compiles for sm75, sm80"),
        (("--target", ""), "--target '': TensorRT-RTX compiles for sm75, sm80"),
        (("--batch", "0:1:2"), "1 <= MIN"),
        (("--batch", "4:2:1"), "1 <= MIN <= OPT"),
        (("--batch", "1", "--ladder", "1,2"), "give one of them"),
        (("--ladder", "2,1"), "ascend"),
        (("--level", "6"), "--level 6: expected at most 5"),
        (("--hardware", "ampere-plus"), "for --backend tensorrt"),
        (("--precision", "fp4"), "expected fp32, fp16 or int8\n"),
        (("--precision", "bf16"), "expected fp32, fp16 or int8; bf16 is coarser"),
    ],
)
def test_what_makes_no_sense_is_refused(run, tiny, rtx, words, message):
    code, _, err = run("compile", "-m", tiny, "--backend", "tensorrt-rtx", *words)
    assert code == 2, err
    assert message in err
    assert not Path("compiled").exists()


def test_portable_files_have_no_targets(run, tiny):
    code, _, err = run("compile", "-m", tiny, "--target", "sm86")
    assert code == 2
    assert "--backend tensorrt-rtx or tensorrt" in err


@pytest.mark.parametrize(("backend", "module"), [("tensorrt-rtx", "tensorrt_rtx"), ("tensorrt", "tensorrt")])
def test_a_vendor_that_is_not_installed(run, tiny, monkeypatch, backend, module):
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = run("compile", "-m", tiny, "--backend", backend)
    assert code == 3
    assert f"{module} is not installed" in err


def test_listing_removes_nothing_and_needs_a_folder(run, tmp_path):
    path = save_engine(tmp_path)
    path.write_bytes(b"vtrt")
    code, _, err = run("compile", "--list", "--clean", "-o", tmp_path)
    assert code == 2
    assert "--list and --clean: give one of them" in err
    assert path.exists()
    assert run("compile", "--list", "-o", tmp_path)[0] == 0
    for option in ("--list", "--clean"):
        for folder, said in ((path, "is a file"), (tmp_path / "nothere", "does not exist")):
            code, _, err = run("compile", option, "-o", folder)
            assert code == 4
            assert f"{folder} {said}; expected a folder with engines" in err


def test_an_engine_is_no_graph(run, tmp_path):
    code, _, err = run("compile", "-m", save_engine(tmp_path))
    assert code == 4
    assert "is a compiled engine; expected the ONNX file that it was compiled from" in err


def test_a_sidecar_is_inspected_with_its_engine(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    path = save_engine(tmp_path)
    code, out, _ = run("inspect", path.with_suffix(".json"), "--json")
    assert (code, out) == run("inspect", path, "--json")[:2]
    path.unlink()
    code, _, err = run("inspect", path.with_suffix(".json"))
    assert code == 4
    assert f"{path.name} is not beside it" in err


def test_a_bundle_is_inspected(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert run("bundle", "-m", "avatars", "-o", "kit")[0] == 0
    Path("kit/mine.txt").touch()
    code, out, _ = run("inspect", "kit", "--json")
    found = json.loads(out)
    assert (code, found["kind"], found["foreign"]) == (0, "bundle", ["mine.txt"])
    assert found["spec"] == json.loads(run("inspect", "avatars", "--json")[1])["spec"]
    code, _, err = run("generate", "-m", "kit")
    assert code == 4
    assert f"in it are: {Path('kit/fp32/model.onnx')}" in err
    Path("kit/manifest.json").write_text("{}")
    assert run("inspect", "kit")[0] == 4


def test_damaged_engines_need_no_backend(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    path = save_engine(tmp_path)
    assert run("inspect", path)[0] == 0
    path.write_bytes(engine_bytes()[:-1] + b"\x00")
    for command in (("inspect", path), ("generate", "-m", path, "--count", "1")):
        code, _, err = run(*command)
        assert code == 4, err
        assert "the SHA-256 differs" in err
