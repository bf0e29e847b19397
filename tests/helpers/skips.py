"""What was skipped, and why: one line at the end; under CI=true only the reasons below are allowed.

A test that no machine at hand can run is skipped everywhere, and nobody notices when one more joins it. So the run
fails in CI unless each skip, and each test that is expected to fail, has its reason here.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest


def _answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=120).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@functools.cache
def pip_answers() -> bool:
    """Whether pip gets a small package from its index now."""
    with tempfile.TemporaryDirectory() as folder:
        return _answers(
            sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir", "-d", folder, "iniconfig"
        )


@functools.cache
def npm_answers() -> bool:
    """Whether npm's registry answers now."""
    return shutil.which("npm") is not None and _answers("npm", "view", "--prefer-online", "protobufjs", "version")


@dataclass(frozen=True)
class Allowed:
    """A reason, as a regular expression for the whole of it, that nothing mends here; `unless` looks whether it holds.

    `usual` is false for what depends on the machine: no machine meets all of those.
    """

    reason: str
    why: str
    usual: bool = True
    unless: Callable[[], bool] = field(default=lambda: False)

    def covers(self, reason: str) -> bool:
        return re.fullmatch(self.reason, reason) is not None and not self.unless()


ALLOWED = (
    Allowed(r"(tensorrt(-rtx)?: )?no NVIDIA driver is installed", "a GPU"),
    Allowed(r"tensorrt: tensorrt is not installed", "a GPU: without one it is of no use"),
    Allowed(r"(onnxruntime-\w+: )?the installed onnxruntime .* has no (CUDA|TensorRT) provider", "a GPU and its wheel"),
    Allowed(r"onnxruntime-rtx: onnxruntime_ep_nv_tensorrt_rtx is missing or broken: .*", "a GPU and its plugin"),
    Allowed(r'no plugin: pip install "ganrt\[onnxruntime-rtx\]"', "a GPU's plugin"),
    Allowed(r"no Jetson: other machines have no power modes", "a Jetson"),
    Allowed(r"torchvision is not installed for this torch: .*", "a torch build that the index has a torchvision for"),
    Allowed(r"tensorflow is not installed: .*", "a Python that TensorFlow is made for", usual=False),
    Allowed(r"this processor has no BF16", "AVX-512 or AMX", usual=False),
    Allowed(r"this processor cannot fuse", "FMA", usual=False),
    Allowed(r"this processor's SIMD cannot be switched off", "a browser that runs without AVX", usual=False),
    Allowed(r"this Chromium has (a|no) WebGPU adapter.*", "a GPU, or a Chromium with SwiftShader", usual=False),
    Allowed(r"no network namespace can be made and traced here", "namespaces and ptrace", usual=False),
    Allowed(r"the package index (does not answer|cannot be reached)", "the index", usual=False, unless=pip_answers),
    Allowed(r"\S+ \S+ cannot be had: .*", "the index", usual=False, unless=pip_answers),
    Allowed(r"clients/js/node_modules has no \S+: .*", "npm's registry", usual=False, unless=npm_answers),
)


INSTALL = "Debian's: sudo tools/debian_packages.sh"


class Skips:
    """Collects the skips of a run: those of tests and of whole modules, and tests that failed as expected."""

    def __init__(self, config: pytest.Config):
        self._config = config
        self._strict = os.environ.get("CI") == "true"
        self._found: defaultdict[str, list[str]] = defaultdict(list)
        self._last_line = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            self._found[_reason(report)].append(report.nodeid)

    def _unlisted(self) -> dict[str, list[str]]:
        return {
            reason: tests for reason, tests in self._found.items() if not any(entry.covers(reason) for entry in ALLOWED)
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._strict and self._unlisted() and session.exitstatus in (pytest.ExitCode.OK, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._strict:
            self._judge(terminalreporter)
        elif self._found:
            self._last_line = _advice(self._found, self._unlisted())

    def _judge(self, terminal: pytest.TerminalReporter) -> None:
        unlisted = self._unlisted()
        if unlisted:
            terminal.section("skipped for a reason that tests/helpers/skips.py does not list", red=True)
        for reason, tests in unlisted.items():
            for test in tests:
                terminal.write_line(f"FAILED {test}: {reason}", red=True)
        for entry in ALLOWED:
            if entry.usual and not any(map(entry.covers, self._found)):
                terminal.write_line(f"tests/helpers/skips.py lists a reason that no test gave: {entry.reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if self._last_line:
            print(self._last_line)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return " ".join(text.removeprefix("Skipped: ").split())


def _advice(found: dict[str, list[str]], mendable: dict[str, list[str]]) -> str:
    total, ours = (sum(map(len, skips.values())) for skips in (found, mendable))
    if not ours:
        return f"{total} tests were skipped; no package mends that."
    counts = Counter({reason: len(tests) for reason, tests in mendable.items()})
    said = "; ".join(f"{reason} ({count})" for reason, count in counts.most_common())
    return f"{total} tests were skipped, {ours} of them for want of packages: {said}. {INSTALL}"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips(config))
