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
    "tensorrt",
    "rtx",
    "onnxruntime-rtx",
    "compile",
    "export",
    "study",
    "parquet",
    "remote",
    "ray",
    "avatars",
    "bench",
    "video",
    "dev",
)
JETSON, DESKTOP = ("3.10", "aarch64-manylinux_2_34"), ("3.11", "x86_64-manylinux_2_28")
# Where wheels are scarcest: `dev`, which contains most extras, and each that it does not. A case takes seconds.
WITHIN_DEV = {"openvino", "rtx", "compile", "export", "study", "parquet", "ray", "remote", "bench", "video"}
CASES = [(extra, *JETSON) for extra in EXTRAS if extra not in WITHIN_DEV]
CASES += [(extra, *DESKTOP) for extra in ("gpu", "onnxruntime-rtx", "avatars", "dev")]
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
@pytest.mark.parametrize(("extra", "version", "platform"), CASES)
def test_an_extra_resolves(extra, version, platform):
    result = resolve("--extra", extra, "--python-version", version, "--python-platform", platform)
    assert result.returncode == 0, result.stderr
    assert ("torch==" in result.stdout) == (extra in ("export", "avatars", "dev"))


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
