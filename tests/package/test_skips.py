"""A skip that nobody listed fails a run in CI, and is told elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from skips import Allowed

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
MODULES = {
    "test_listed.py": "import pytest\ndef test_gpu(): pytest.skip('no NVIDIA driver is installed')\n"
    "def test_it(): pass\n",
    "test_runs.py": "import pytest\n@pytest.mark.skip(reason='it rains')\ndef test_marked(): pass\n"
    "@pytest.mark.xfail(reason='too hard')\ndef test_expected(): assert False\n"
    "@pytest.fixture\ndef wet():\n    pytest.skip('wet\\nfeet')\ndef test_fixture(wet): pass\n",
    "test_module.py": "import pytest\npytest.importorskip('no_such_module_here')\n",
}
UNLISTED = (
    "FAILED test_runs.py::test_marked: it rains",
    "FAILED test_runs.py::test_expected: expected to fail: too hard",
    "FAILED test_runs.py::test_fixture: wet feet",
    "FAILED test_module.py: could not import 'no_such_module_here'",
)


@pytest.fixture
def run(tmp_path):
    """Runs pytest on some of MODULES: exit code, output."""

    def call(*names, ci="", workers=0):
        for name in names:
            (tmp_path / name).write_text(MODULES[name])
        plugins = ["-p", "xdist", "-p", "skips", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", *plugins, "-n", str(workers), *names]
        environment = {**os.environ, "CI": ci, "PYTHONPATH": str(HELPERS), "COLUMNS": "200"}
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # others, which take seconds to load
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout

    return call


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_in_ci_an_unlisted_skip_fails_the_run(run, workers):
    code, said = run(*MODULES, ci="true", workers=workers)
    assert code == 1, said
    for line in UNLISTED:
        assert said.count(line) == 1, said
    assert said.count("FAILED") == len(UNLISTED)
    assert "lists a reason that no test gave: no Jetson" in said
    assert "no test gave: (tensorrt(-rtx)?: )?no NVIDIA" not in said


def test_in_ci_a_listed_one_does_not(run):
    code, said = run("test_listed.py", ci="true")
    assert (code, "FAILED" in said) == (0, False), said


@pytest.mark.slow
def test_elsewhere_the_last_line_tells_all(run):
    code, said = run(*MODULES)
    last = said.splitlines()[-1]
    assert code == 0, said
    assert last.startswith("5 tests were skipped, 4 of them for want of packages: ")
    assert "it rains (1)" in last
    assert last.endswith("Debian's: sudo tools/debian_packages.sh")


def test_a_reason_holds_only_while_its_check_fails():
    entry = Allowed("the index .*", "the index", unless=lambda: True)
    assert not entry.covers("the index does not answer")
    assert Allowed("the index .*", "the index").covers("the index does not answer")
    assert not Allowed("the index", "the index").covers("the index does not answer")
