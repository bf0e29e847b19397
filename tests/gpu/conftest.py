"""What the tests on a real GPU share: engines compiled here, for the device at hand. They skip with the reason."""

import subprocess
import sys

import pytest

from ganrt.benchmarks.telemetry.jetson import jetson_model
from ganrt.engines.cuda.opening import probe_backend
from ganrt.engines.cuda.probe import find_device
from ganrt.errors import BackendUnavailable

BATCH = ("--batch", "1:8:32")


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


@pytest.fixture(scope="session")
def jetson():
    """The board's name; None on a desktop. There the GPU's memory is the system's, and TensorRT has fewer options."""
    return jetson_model()


@pytest.fixture(scope="session", params=["tensorrt", "tensorrt-rtx"])
def backend(request):
    try:
        probe_backend(request.param)
    except BackendUnavailable as error:
        pytest.skip(f"{request.param}: {str(error).splitlines()[0]}")
    return request.param


@pytest.fixture(scope="session")
def compiled(backend, device, tmp_path_factory):
    """Compiles the bundled avatars for this device, in a folder of its own: options -> path, and what was said."""

    def call(*options, precision="fp16", target=device.target):
        folder = tmp_path_factory.mktemp(backend)
        command = [sys.executable, "-m", "ganrt", "compile", "--backend", backend, "--precision", precision]
        command += ["--target", target, "-o", str(folder), *options]
        result = subprocess.run(command, capture_output=True, text=True, timeout=1800)
        return next(folder.glob("*.engine"), None), result.stdout + result.stderr

    return call


@pytest.fixture(scope="session")
def engine_path(compiled):
    """The bundled avatars in FP16, for this device."""
    path, said = compiled(*BATCH)
    assert path, said
    return path
