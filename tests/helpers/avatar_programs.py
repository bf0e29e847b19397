"""Test programs over clients/c/ganrt_avatars.c: each build once a run for all workers; and the libraries they load."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from shared import FOLDER, made_once

ROOT = Path(__file__).resolve().parents[2]
C = ROOT / "clients" / "c"
HERE = ROOT / "tests" / "clients"
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Werror", "-ffp-contract=off", "-pthread")
_SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
BUILDS = {
    "sanitized": ("gcc", "-std=c99", "-O0", *_SANITIZED),  # -O1 compiles six times as long
    "plain": ("gcc", "-std=c99", "-O0", "-g"),  # for valgrind, and libraries that sanitizers do not bear
    "linked": ("gcc", "-std=c99", "-O0"),  # to the library, which is the fast one
    "threads": ("clang", "-std=c99", "-O0", "-g", "-fsanitize=thread"),
    "library": ("gcc", "-std=c99", "-O2", "-fPIC", "-shared", "-DGANRT_AVATARS_SHARED", "-fvisibility=hidden", "-s"),
}


def built(source: str, build: str) -> str:
    """A program of tests/clients with ganrt_avatars.c (of none: that alone); skips where the compiler is missing."""
    command = BUILDS[build]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not on the path")
    name = f"{Path(source).stem or 'ganrt_avatars'}-{build}"
    files = [str(HERE / source)] if source else []
    files.append(built("", "library") if build == "linked" else str(C / "ganrt_avatars.c"))
    made_once(name, lambda: _compiled([*command, *STRICT, "-I", str(C), *files]))
    path = Path(os.environ[FOLDER]) / name
    path.chmod(0o755)
    return str(path)


def library(source: str) -> str:
    """A shared library of one file of tests/clients."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not on the path")
    name = f"{Path(source).stem}.so"
    made_once(name, lambda: _compiled(["gcc", "-std=c99", "-Wall", "-Werror", "-fPIC", "-shared", str(HERE / source)]))
    return str(Path(os.environ[FOLDER]) / name)


def _compiled(command: Sequence[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made"
        done = subprocess.run([*command, "-o", str(made), "-lm", "-ldl"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return made.read_bytes()


def ask_program(
    program: str,
    kit: Path,
    folder: Path,
    lines: Sequence[str],
    options: Mapping[str, object],
    before: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """The lines that avatars.c tells; `before`: a command that it runs under."""
    words = [f"{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [*before, program, str(kit), str(folder), *words],
        input="".join(line + "\n" for line in lines).encode(),
        capture_output=True,
        timeout=300,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode().splitlines()


def picture(folder: Path, number: int, width: int, height: int) -> NDArray[np.uint8]:
    """RGBA8 [height, width, 4] of a line."""
    return np.fromfile(folder / f"{number}.rgba", np.uint8).reshape(height, width, 4)


def onnxruntime_library() -> str:
    """ONNX Runtime's own library, of its wheel."""
    return _of_wheel("onnxruntime", "capi", "libonnxruntime.so.*")


def openvino_library() -> str:
    """OpenVINO's library for C, of its wheel."""
    return _of_wheel("openvino", "libs", "libopenvino_c.so*")


def _of_wheel(package: str, folder: str, pattern: str) -> str:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    return str(next((Path(found.origin).parent / folder).glob(pattern)))
