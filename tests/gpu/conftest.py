"""What the tests on a real GPU share: an engine compiled here, for the device at hand. They skip with the reason."""

import subprocess
import sys

import pytest

from ganrt.engines.cuda.opening import probe_backend
from ganrt.engines.cuda.probe import find_device
from ganrt.errors import BackendUnavailable

BATCH = "1:8:32"


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/gpu" in item.path.as_posix():
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(scope="session")
def device():
    try:
        return find_device("tensorrt")
    except BackendUnavailable as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope="session", params=["tensorrt", "tensorrt-rtx"])
def backend(request):
    try:
        probe_backend(request.param)
    except BackendUnavailable as error:
        pytest.skip(f"{request.param}: {str(error).splitlines()[0]}")
    return request.param


@pytest.fixture(scope="session")
def engine_path(backend, device, tmp_path_factory):
    """The bundled avatars in FP16, for this device."""
    folder = tmp_path_factory.mktemp(backend)
    command = [sys.executable, "-m", "ganrt", "compile", "--backend", backend, "--target", device.target]
    command += ["--precision", "fp16", "--batch", BATCH, "-o", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert result.returncode == 0, result.stderr
    return next(folder.glob("*.engine"))
