"""The report on a GPU: which packages for which driver, limits that hold, and a page that is there whatever fails."""

import ast
import importlib.util
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import suite_jobs

try:
    import tomllib
except ImportError:
    import tomli as tomllib

TOOL = Path(__file__).resolve().parents[2] / "tools" / "gpu_report.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("gpu_report", TOOL)
    module = sys.modules["gpu_report"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gpu_report"]


@pytest.mark.parametrize(
    ("cuda", "machine", "jetson", "index", "has", "has_not"),
    [
        ("13.2", "x86_64", False, False, ["tensorrt-rtx>=1.4"], ["tensorrt-cu13", "cuda-bindings>=12.9.10,<13"]),
        ("12.8", "x86_64", False, True, ["tensorrt-rtx-cu12>=1.4", "tensorrt-cu12", "cuda-bindings>=12.9.10,<13"], []),
        ("13.0", "x86_64", False, True, ["tensorrt-cu13"], ["tensorrt-cu12"]),
        (None, "aarch64", True, False, [], ["tensorrt-rtx>=1.4", "tensorrt-cu12"]),
        ("13.0", "aarch64", False, False, [], ["tensorrt-rtx>=1.4"]),
    ],
)
def test_the_packages_are_those_for_the_driver(tool, cuda, machine, jetson, index, has, has_not):
    wanted = tool.packages(cuda, machine, jetson, index)
    assert set(has) <= set(wanted)
    assert not set(has_not) & set(wanted)
    assert not [name for name in wanted if name.startswith(("torch", "ray"))]
    runtime = re.search(r"\[bench,compile,([\w-]+),tensorrt\]$", wanted[0])[1]
    assert runtime == ("cpu" if machine == "aarch64" else {"12": "gpu-cuda12", "13": "gpu"}[cuda[:2]])


def imported(path):
    """The modules that a file imports when it is loaded."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_its_packages_hold_all_that_the_tests_on_a_gpu_import(tool):
    tests = TOOL.parents[1] / "tests"
    files, modules = [tests / "conftest.py", *(tests / "gpu").glob("*.py")], set()
    for path in files:  # grows
        for module in imported(path):
            helper = tests / "helpers" / f"{module}.py"
            files += [helper] if helper.exists() and helper not in files else []
            modules |= set() if helper.exists() else {module.partition(".")[0]}
    project = tomllib.loads((TOOL.parents[1] / "pyproject.toml").read_text())["project"]
    wanted = [*tool.packages(None, "x86_64", False, False), *project["dependencies"]]
    wanted += [
        name for extra in ("bench", "compile", "cpu", "tensorrt") for name in project["optional-dependencies"][extra]
    ]
    names = {re.match(r"[\w-]+", name)[0] for name in wanted if name[0].isalpha()} | {"ganrt"}
    assert {"pytest", "numpy", "ganrt"} <= modules
    others, packages = modules - set(sys.stdlib_module_names), packages_distributions()
    assert not [module for module in others if not names & {*packages.get(module, ()), module}]


def test_a_report_is_whole_though_steps_fail_hang_or_have_no_time(tool, tmp_path, monkeypatch, capsys):
    python = sys.executable
    hangs = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)']).wait()"
    )
    steps = [
        tool.Step("works", (python, "-c", "print('figures')"), 20, text=True),
        tool.Step("fails", (python, "-c", "print('why'); raise SystemExit(70)"), 20),
        tool.Step("has no device", (python, "-c", "raise SystemExit(3)"), 20),
        tool.Step("is missing", ("no-such-program",), 20),
        tool.Step("hangs", (python, "-c", hangs), 1),
        tool.Step("comes too late", (python, "-c", "print('never')"), 20),
    ]
    monkeypatch.setattr(tool, "steps", lambda *_: steps)
    left = iter([50, 50, 50, 50, 50, 1])
    monkeypatch.setattr(tool, "_left", lambda end: next(left))
    archive = tool.report(Path(python), tmp_path / "report")
    page = (tmp_path / "report" / "report.md").read_text()
    rows = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in page.splitlines() if row.startswith("| ")}
    assert rows | {"Step": ""} == {
        "Step": "", "works": "ok", "fails": "failed, exit code 70", "has no device": "not possible here",
        "is missing": "failed, exit code -1", "hangs": "out of time after 1 s",
        "comes too late": "skipped: the 15 minutes are over",
    }  # fmt: skip
    assert "figures" in page
    assert "why" in page
    with tarfile.open(archive) as packed:
        assert {"report/report.md", "report/report.json", "report/works.log"} <= set(packed.getnames())
    assert "[6 of 6] comes too late" in capsys.readouterr().out


def test_without_its_packages_nothing_is_run_and_the_report_says_why(tool, tmp_path, monkeypatch):
    python = sys.executable
    monkeypatch.setattr(tool, "steps", lambda *_: [tool.Step("works", (python, "-c", "raise SystemExit(70)"), 20)])
    monkeypatch.setattr(tool, "TOTAL_S", 60)
    first = [
        tool.Step("environment", (python, "-c", ""), 20),
        tool.Step("packages", (python, "-c", "print('no index'); raise SystemExit(1)"), 20),
    ]
    assert tool.report(Path(python), tmp_path / "report", first).is_file()
    page = (tmp_path / "report" / "report.md").read_text()
    assert "| packages | failed, exit code 1 |" in page
    assert "| works | skipped: packages failed |" in page
    assert "no index" in page


def test_figures_of_an_earlier_run_are_gone(tool, tmp_path, monkeypatch):
    names = ["bench-fp16.json", "bench-fp16.md", "bench-memory.json", "self-test.json", "runner.json", "too-late.log"]
    for name in [*names, "mine.txt"]:
        (tmp_path / name).write_text("an earlier run")
    steps = [tool.Step("works", (sys.executable, "-c", ""), 20), tool.Step("too late", ("x",), 20, text=True)]
    monkeypatch.setattr(tool, "steps", lambda *_: steps)
    left = iter([50, 1])
    monkeypatch.setattr(tool, "_left", lambda end: next(left))
    tool.report(Path(sys.executable), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "report.json", "report.md", "works.log"]
    assert "earlier" not in (tmp_path / "report.md").read_text("utf-8")
    tmp_path.with_suffix(".tar.gz").unlink()


SCRIPT = """
import sys
sys.path.insert(0, {tools!r})
import gpu_report
from pathlib import Path
gpu_report.steps = lambda *_: [gpu_report.Step("step", (sys.executable, "-c", {code!r}), 60, text=True)]
sys.argv[1:] = ["-o", {out!r}, "--python", sys.executable]
gpu_report.main()
"""


def script(out, code):
    return SCRIPT.format(tools=str(TOOL.parent), code=code, out=str(out))


def test_the_locales_encoding_does_not_matter(tmp_path):
    code = f"print('\\u00b5s'); open({str(tmp_path / 'out' / 'bench-a.md')!r}, 'wb').write('\\u00b1'.encode())"
    strict = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning")
    ascii_alone = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, *strict, "-c", script(tmp_path / "out", code)]
    done = subprocess.run(command, env=ascii_alone, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "| step | ok |" in page
    assert "\u00b5s" in page
    assert "\u00b1" in page


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_ends_the_step_too_and_leaves_no_archive(tmp_path):
    started = tmp_path / "started"
    code = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid()) + '.'); time.sleep(60)"
    command = [sys.executable, "-c", script(tmp_path / "out", code)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 30
        while not (started.exists() and started.read_text().endswith(".")) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert (process.returncode, said) == (130, "interrupted: nothing was packed\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()[:-1]), 0)
    assert not (tmp_path / "out.tar.gz").exists()


@pytest.mark.parametrize("place", ["a-file/report", "taken"])
def test_a_report_that_cannot_be_written_says_so_before_anything_is_measured(tool, tmp_path, monkeypatch, place):
    monkeypatch.setattr(tool, "steps", lambda *_: pytest.fail("it was planned"))
    (tmp_path / "a-file").write_text("")
    (tmp_path / "taken.tar.gz").mkdir()
    with pytest.raises(SystemExit, match="cannot be written: .*; give another place with -o"):
        tool.report(Path(sys.executable), tmp_path / place)


def test_a_disk_that_fills_up_ends_with_one_sentence(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "steps", lambda *_: [tool.Step("works", (sys.executable, "-c", ""), 20)])

    def full(self, *_, **__):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SystemExit, match=r"report\.md cannot be written: No space left on device"):
        tool.report(Path(sys.executable), tmp_path / "report")


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("4 passed, 2 skipped in 0.10s", "ok"),
        ("6 skipped, 40 deselected in 1.20s", "nothing ran: all skipped"),
        ("", "nothing ran: all skipped"),
    ],
)
def test_tests_that_all_skip_are_not_ok(tool, tmp_path, last, status):
    printed = f"1 passed on paper\n{last}\nsome tests were skipped: 2 for want of packages"
    step = tool.Step("tests", (sys.executable, "-c", f"print({printed!r})", "pytest"), 20)
    assert tool.run(step, tmp_path, 20).status == status


def test_every_option_of_its_commands_exists(tool, tmp_path, capsys):
    """Read off `--help`, without running them."""
    from ganrt.cli.main import main

    for step in tool.steps(Path(sys.executable), tmp_path, False):
        name = step.command[3:4]
        if step.command[1].endswith("bench_suite.py"):
            assert step.command[2:4] == ("--only", "runner-overhead")
            assert "runner-overhead" in [entry.name for entry in suite_jobs.ENTRIES]
            name = ("bench", "suite")
        elif step.command[1:3] != ("-m", "ganrt"):
            continue
        with pytest.raises(SystemExit):
            main([*name, "--help"])
        told = capsys.readouterr().out
        assert not [word for word in step.command if word.startswith("--") and word not in told], step.name
