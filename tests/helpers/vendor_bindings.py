"""The names of a real TensorRT binding wheel, imported against empty libraries: no TensorRT, no GPU."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")
_SYMBOLS = (
    "createInferBuilder_INTERNAL", "createInferRefitter_INTERNAL", "createInferRuntime_INTERNAL",
    "createNvOnnxParserRefitter_INTERNAL", "createNvOnnxParser_INTERNAL", "getBuilderPluginRegistry",
    "getNvOnnxParserVersion", "getPluginRegistry", "initLibNvInferPlugins",
)  # fmt: skip
_DUMP = """
import inspect, json, sys
sys.path.insert(0, sys.argv[1])
from importlib import import_module
module = import_module(sys.argv[2])
print(json.dumps({
    name: {key: getattr(value, key).__doc__ or "" for key in dir(value)} if inspect.isclass(value) else {}
    for name, value in vars(module).items()
}))
"""


def download(package: str, version: str, folder: Path) -> Path:
    """A wheel, unpacked; skips where the index does not answer."""
    unpacked = folder / "unpacked"
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:"]
    command += ["--target", str(unpacked), f"{package}=={version}"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index does not answer")
    if result.returncode:
        pytest.skip(f"{package} {version} cannot be had: {result.stderr.strip().splitlines()[-1]}")
    return unpacked


def names_of(unpacked: Path, module: str, major: int, folder: Path) -> dict[str, dict[str, str]]:
    """Class -> member -> its docstring, read in a process of its own."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(_empty_libraries(major, folder))}
    command = [sys.executable, "-c", _DUMP, unpacked, module]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def _empty_libraries(major: int, folder: Path) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("empty libraries need a C compiler on Linux")
    source = folder / "empty.c"
    source.write_text("\n".join(f"void *{name}(void) {{ return 0; }}" for name in _SYMBOLS))
    for library in _LIBRARIES:
        name = f"lib{library}.so.{major}"
        command = [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", folder / name, source]
        subprocess.run(command, check=True, timeout=60)
    return folder
