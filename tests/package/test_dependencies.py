"""Every extra resolves to wheels for Python 3.10 (JetPack 6) and 3.11, on x86-64 and aarch64."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = (
    "cpu",
    "openvino",
    "gpu",
    "gpu-cuda12",
    "tensorrt",
    "rtx",
    "onnxruntime-rtx",
    "compile",
    "export",
    "study",
    "parquet",
    "remote",
    "ray",
    "serve",
    "avatars",
    "bench",
    "video",
    "docs",
    "dev",
)
JETSON, DESKTOP = ("3.10", "aarch64-manylinux_2_34"), ("3.11", "x86_64-manylinux_2_28")
# Extras that fit together fit alone, so one resolution stands for each of them.
WITH_TORCH = {"export", "avatars", "dev"}
UNREACHABLE = ("failed to fetch", "connect", "dns error", "timed out")  # in what uv says where it got no answer


def resolve(*arguments):
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "-q",
        "--only-binary",
        ":all:",
        # NVIDIA offers these two as sources: they only name the wheels that they need.
        "--no-binary",
        "tensorrt-rtx",
        "--no-binary",
        "tensorrt-rtx-cu13",
        *arguments,
        "pyproject.toml",
    ]
    try:
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index does not answer")
    if result.returncode and any(word in result.stderr.lower() for word in UNREACHABLE):
        pytest.skip("the package index cannot be reached")
    return result


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("torch", [False, True], ids=["without torch", "all"])
@pytest.mark.parametrize(("version", "platform"), [JETSON, DESKTOP], ids=["JetPack 6", "desktop"])
def test_the_extras_resolve(version, platform, torch):
    extras = [f"--extra={extra}" for extra in EXTRAS if torch or extra not in WITH_TORCH]
    result = resolve(*extras, "--python-version", version, "--python-platform", platform)
    assert result.returncode == 0, result.stderr
    assert ("torch==" in result.stdout) == torch


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("version", ["3.10", "3.11"])
def test_the_pinned_versions_fit_together(version):
    result = resolve("--extra", "dev", "--constraint", "constraints.txt", "--python-version", version)
    assert result.returncode == 0, result.stderr


def test_every_extra_is_covered():
    text = (ROOT / "pyproject.toml").read_text()
    section = text.split("[project.optional-dependencies]")[1].split("\n[")[0]
    declared = {line.split(" = ")[0] for line in section.splitlines() if " = [" in line}
    assert declared == set(EXTRAS)
