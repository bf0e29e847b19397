"""The sweep over power modes, with programs that answer as a Jetson's do."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "power_modes.py"
CONFIGURATION = """
< PARAM TYPE=FILE NAME=CPU_ONLINE >
< POWER_MODEL ID=0 NAME=MAXN >
CPU_ONLINE CORE_0 1
< POWER_MODEL ID=1 NAME=15W >
< POWER_MODEL ID=2 NAME=30W >
"""
# Keeps the mode in a file; the mode 30W asks for a restart and stays off.
NVPMODEL = """#!{python}
import sys
from pathlib import Path
state = Path({state!r})
names = {{"0": "MAXN", "1": "15W", "2": "30W"}}
if sys.argv[1] == "-q":
    print("NV Power Mode:", state.read_text())
elif names[sys.argv[2]] == "30W":
    print("Reboot required. DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:")
    assert sys.stdin.readline() == "no\\n"
else:
    state.write_text(names[sys.argv[2]])
"""


# Keeps what is asked of it in a file.
JETSON_CLOCKS = """#!{python}
import sys
from pathlib import Path
Path({log!r}).open("a").write(" ".join(sys.argv[1:]) + chr(10))
if sys.argv[1:2] == ["--store"]:
    Path(sys.argv[2]).write_text("clocks")
elif sys.argv[1:2] == ["--restore"]:
    assert Path(sys.argv[2]).read_text() == "clocks"
"""


@pytest.fixture
def tool(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("power_modes", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "nvpmodel.conf").write_text(CONFIGURATION)
    monkeypatch.setattr(module, "CONFIGURATION", tmp_path / "nvpmodel.conf")
    monkeypatch.chdir(tmp_path)
    return module


@pytest.fixture
def board(tmp_path, monkeypatch):
    """The file that holds the mode."""
    state, program = tmp_path / "mode", tmp_path / "bin" / "nvpmodel"
    state.write_text("15W")
    program.parent.mkdir()
    program.write_text(NVPMODEL.format(python=sys.executable, state=str(state)))
    program.chmod(0o755)
    clocks = program.with_name("jetson_clocks")
    clocks.write_text(JETSON_CLOCKS.format(python=sys.executable, log=str(tmp_path / "clocks")))
    clocks.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return state


def run(tool, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["power_modes.py", *words])
    return tool.main()


def test_modes_are_read_in_order(tool):
    assert list(tool.modes(CONFIGURATION).items()) == [("MAXN", "0"), ("15W", "1"), ("30W", "2")]


@pytest.mark.skipif(sys.platform == "win32", reason="scripts with a first line are POSIX's")
def test_each_mode_is_measured_and_the_first_comes_back(tool, board, monkeypatch, capsys):
    bench = ("--runners", "ganrt/onnxruntime", "--duration", "0.05", "--repeats", "1", "--warmup", "0")
    assert run(tool, monkeypatch, "-o", "out", "--", *bench, "-m", "avatars-1") == 0
    assert board.read_text() == "15W"
    assert sorted(path.name for path in Path("out").iterdir()) == ["mode-15W.json", "mode-MAXN.json", "modes.html"]
    assert json.loads(Path("out/mode-MAXN.json").read_text())["results"]
    asked = [line.partition(" ")[0] for line in Path("clocks").read_text().splitlines()]
    assert asked == ["--store", "", "", "--restore"]
    assert "30W: left out; nvpmodel -m 2 did not switch to it" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="scripts with a first line are POSIX's")
def test_the_first_mode_comes_back_after_ctrl_c(tool, board, monkeypatch):
    def interrupted(command, **_):
        raise KeyboardInterrupt

    real = tool.subprocess.run
    monkeypatch.setattr(tool.subprocess, "run", lambda c, **k: (interrupted if "bench" in c else real)(c, **k))
    with pytest.raises(KeyboardInterrupt):
        run(tool, monkeypatch, "-o", "out", "--modes", "MAXN")
    assert board.read_text() == "15W"


@pytest.mark.skipif(sys.platform == "win32", reason="scripts with a first line are POSIX's")
@pytest.mark.parametrize(
    ("before", "mends"), [("30W", "30W, which was on, did not come back: sudo nvpmodel -m 2"), ("", "unknown, which")]
)
def test_a_mode_that_does_not_come_back_is_told_and_is_no_success(tool, board, monkeypatch, capsys, before, mends):
    board.write_text(before)
    real = tool.subprocess.run
    done = tool.subprocess.CompletedProcess([], 0)
    monkeypatch.setattr(tool.subprocess, "run", lambda c, **k: done if "bench" in c else real(c, **k))
    assert run(tool, monkeypatch, "-o", "out", "--modes", "MAXN") == 1
    assert mends in capsys.readouterr().err
    assert Path("clocks").read_text().splitlines()[-1].startswith("--restore ")


def test_other_machines_and_modes_are_refused(tool, monkeypatch, capsys):
    assert run(tool, monkeypatch, "--modes", "MAXN,60W") == 2
    assert "found MAXN, 15W, 30W" in capsys.readouterr().err
    monkeypatch.setattr(tool, "CONFIGURATION", Path("none"))
    assert run(tool, monkeypatch) == 3
    assert "this is no Jetson" in capsys.readouterr().err
