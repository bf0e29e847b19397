"""The wheel: what is in it, what is not, and that it runs without the checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("exporter", "engines", "runtime", "benchmarks", "cli")
CLIENTS = (
    "LICENSE",
    "c/*.[ch]",
    "c/CMakeLists.txt",
    "csharp/*.cs",
    "js/*.js",
    "js/*.d.ts",
    "js/package.json",
    "js/README.md",
    "godot/*.h",
    "godot3/**/*",
    "godot4/**/*",
    "unity/**/*",
    "unreal/**/*",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


def build(folder):
    """As pip does it, but from a copy of the checkout, so that no leftover of an earlier build gets in."""
    leave = shutil.ignore_patterns(
        ".git", ".venv", "out", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "node_modules"
    )
    shutil.copytree(ROOT, folder / "source", symlinks=True, ignore=leave)
    command = [
        sys.executable,
        "-c",
        "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])",
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run([*command, str(folder)], check=True, capture_output=True, env=environment, cwd=folder / "source")
    return next(folder.glob("ganrt-*.whl"))


def test_it_holds_every_module_and_the_model(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"ganrt/{path.name}" for path in (ROOT / "src" / "ganrt").glob("*.py")} | {"ganrt/py.typed"}
    expected |= {f"ganrt/graphs/{path.name}" for path in (ROOT / "src" / "ganrt" / "graphs").glob("*.py")}
    for folder in FOLDERS:
        sources = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py")}
        assert sources, f"{folder} is empty"
        expected |= {f"ganrt/{path.as_posix()}" for path in sources}
    for data in ("runtime/data", "exporter/families/data", "benchmarks/data"):
        expected |= {f"ganrt/{data}/{path.name}" for path in (ROOT / data).iterdir()}
    found = [path for pattern in CLIENTS for path in (ROOT / "clients").glob(pattern) if path.is_file()]
    sources = {path.relative_to(ROOT).as_posix() for path in found}
    assert {"clients/c/ganrt.h", "clients/csharp/Ganrt.cs", "clients/js/latents.js"} <= sources
    expected |= {f"ganrt/{name}" for name in sources}
    models = {f"ganrt/runtime/data/avatars-{version}.onnx" for version in (1, 2)}
    assert models | {"ganrt/exporter/families/data/imagenet_classes.txt"} <= expected
    assert {name for name in names if name.startswith("ganrt/")} == expected


def test_it_holds_nothing_else(wheel):
    entries = zipfile.ZipFile(wheel).infolist()
    names = [entry.filename for entry in entries]
    tops = {name.split("/")[0] for name in names}
    assert tops == {"ganrt", next(top for top in tops if top.endswith(".dist-info"))}
    assert not [name for name in names if "results" in name or "__pycache__" in name]
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names}
    models = sum(entry.compress_size for entry in entries if entry.filename.endswith(".onnx"))
    assert wheel.stat().st_size - models < 2 * 2**20
    assert models < 22 * 2**20


def test_two_builds_give_the_same_bytes(wheel, tmp_path):
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_it_runs_without_the_checkout(wheel, tmp_path):
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile", "-q"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    where = [sys.executable, "-c", "import ganrt.runtime.generator as g; print(g.__file__)"]
    result = subprocess.run(where, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert Path(result.stdout.strip()).is_relative_to(target)
    draw = [sys.executable, "-m", "ganrt", "generate", "--count", "2", "-o", "drawn"]
    subprocess.run(draw, env=environment, cwd=tmp_path, check=True, capture_output=True)
    assert len(list((tmp_path / "drawn").iterdir())) == 2
