"""Settings of all tests."""

import gc
import os
import signal

import pytest
import skips
import thrift
from hypothesis import settings
from shared import FOLDER

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # some tests import ONNX Runtime before ganrt

# The same examples in every run, and no time limits: a busy machine must not fail a test.
settings.register_profile("ganrt", derandomize=True, deadline=None)
settings.load_profile("ganrt")


def pytest_configure(config):
    skips.pytest_configure(config)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported stays: while the modules of all tests are, there is nothing to collect."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _shared_by_all_workers(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "shared"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(folder))
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """What somebody tuned on this machine must not decide what the tests run, nor the tests what he runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANRT_HOME", str(tmp_path_factory.mktemp("ganrt-home")))
        yield


@pytest.fixture(autouse=True, scope="session")
def is_trusted_for_users():
    """Tests trust what they make: else every file would be tried in a process of its own. tests/test_trial.py does."""
    from ganrt import trial

    real = trial.is_trusted
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "is_trusted", lambda path, sha256: True)
        yield real


@pytest.fixture(autouse=True)
def _hears_ctrl_c():
    """A shell's background jobs ignore it, or a library blocked it, and so would the programs that tests start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def tiny(tmp_path):
    from tiny_onnx import save_tiny

    return save_tiny(tmp_path / "tiny.onnx")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Runs the command line in an empty folder: exit code, standard output, standard error."""
    from ganrt.cli.main import main

    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("GANRT_HOME", str(tmp_path / "home"))  # what one test tunes must not decide in another

    def call(*arguments):
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return caught.value.code or 0, captured.out, captured.err

    return call


def pytest_runtest_setup(item):
    thrift.spare(item.path)


def pytest_collection_modifyitems(config, items):
    """Soaks and published sizes run only where they are asked for by name."""
    for marker in ("soak", "full_size"):
        if marker not in (config.option.markexpr or ""):
            items[:] = [item for item in items if marker not in item.keywords]
