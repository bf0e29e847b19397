"""The clients' test programs: those in C built once a run, and asked by lines."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from chromium import Chromium, served
from shared import built_once

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "clients"
_STRICT = ["-Wall", "-Wextra", "-Wdouble-promotion", "-Werror", "-I", str(ROOT / "clients" / "c")]
_SANITIZED = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

BUILDS = {
    "gcc -O0": ["gcc", "-std=c99", "-O0"],
    "gcc -O2": ["gcc", "-std=c99", "-O2"],
    "gcc -O3 -march=native": ["gcc", "-std=gnu99", "-O3", "-march=native", "-ffp-contract=off"],
    "gcc 32 bits": ["gcc", "-std=c99", "-O2", "-m32", "-msse2", "-mfpmath=sse"],
    "gcc sanitized": ["gcc", "-std=c99", "-O0", *_SANITIZED],  # -O1 compiles six times as long
    "g++": ["g++", "-std=c++17", "-O2", "-x", "c++"],
    "clang": ["clang", "-std=c99", "-O3", "-march=native"],
    "clang++": ["clang++", "-std=c++17", "-O2", "-x", "c++"],
    "mono": ["mono"],
    "node": ["node"],
    "chromium": [],
}


def slow_builds(name):
    """The sanitized build and the virtual machines take seconds."""
    return [pytest.mark.slow] if name in ("gcc sanitized", "clang++", "g++", "chromium") else []


def build(name, folder):
    """Builds the client, or skips with the reason; a function from requests to answers (the browser's has `close`)."""
    if name == "chromium":
        return _InChromium()
    for tool in {"mono": ["mono", "mcs"]}.get(name, BUILDS[name][:1]):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on the path")
    command = {"mono": _mono, "node": _node}.get(name, lambda folder: compile_c(BUILDS[name]))(folder)

    def ask(requests):
        done = subprocess.run(
            command, input="\n".join(requests) + "\n", capture_output=True, text=True, encoding="ascii", timeout=120
        )
        assert done.returncode == 0, done.stderr
        answers = done.stdout.splitlines()
        assert len(answers) == len(requests)
        return answers

    return ask


def compile_c(command):
    """Compiles client.c; skips where the toolchain lacks the libraries (32 bits)."""
    try:
        return [str(built_once(*command, *_STRICT, str(HERE / "client.c")))]
    except subprocess.CalledProcessError as error:
        if "-m32" in command and ("cannot find" in error.stderr or "No such file" in error.stderr):
            pytest.skip("the compiler has no 32-bit libraries")
        raise AssertionError(error.stderr) from error


def _mono(folder):
    program = folder / "client.exe"
    sources = [ROOT / "clients" / "csharp" / "Ganrt.cs", HERE / "Client.cs"]
    built = subprocess.run(
        ["mcs", "-langversion:7.2", "-warnaserror", f"-out:{program}", *map(str, sources)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return ["mono", str(program)]


def _node(folder):
    return ["node", str(HERE / "client.mjs")]


class _InChromium:
    """Asks a browser until it is closed."""

    def __init__(self):
        self._browser = Chromium()

    def __call__(self, requests):
        with served(ROOT) as url:
            self._browser.open(f"{url}/tests/clients/answers.mjs")
            lines = json.dumps(requests)
            return self._browser.evaluate(f"import('/tests/clients/answers.mjs').then((m) => {lines}.map(m.answer))")

    def close(self):
        self._browser.close()
