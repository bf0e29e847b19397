"""Ctrl-C again and again, at any moment of a command: exit code 130, one line, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="Windows sends Ctrl-C to whole consoles")
# The start of the interpreter itself, before any code of ours, has passed when it prints.
_LONGEST_S = 60  # then it aborts, and says where it was
_RUN = "import sys; from ganrt.__main__ import main; print('up', flush=True); sys.argv[0] = 'ganrt'; main()"


def burst(arguments: list[str], wait_s: float, chance: random.Random) -> tuple[int, list[str]]:
    """Exit code, and what was said of the interruption or of an error."""
    command = [sys.executable, "-X", "faulthandler", "-c", _RUN, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "up\n"
        time.sleep(wait_s)
        for _ in range(chance.choice((1, 2, 2, 8))):
            process.send_signal(signal.SIGINT)
            time.sleep(chance.choice((0, 0.001, 0.02)))
        end = time.monotonic() + _LONGEST_S
        while process.poll() is None:  # up to the interpreter's last moment
            process.send_signal(signal.SIGINT if time.monotonic() < end else signal.SIGABRT)
            time.sleep(0.01)
        said = process.stderr.read().splitlines()
    if process.returncode == -signal.SIGABRT:
        return process.returncode, said
    return process.returncode, [line for line in said if "nterrupt" in line or "Traceback" in line or "rror" in line]


@pytest.mark.parametrize("seed", range(8))
def test_bursts(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first import on; half of them fall into the imports."""
    monkeypatch.chdir(tmp_path)
    chance = random.Random(seed)
    command = (
        ["bulk", "run"]
        if seed % 4 == 3
        else ["generate", "-m", "avatars-1", "--backend", ("openvino", "auto")[seed % 2]]
    )
    wait = (0.02, 0.1, 0.3, 0.6, 0.9, 1.2, 0.05, 2)[seed]
    code, said = burst([*command, "--count", "1000000", "-o", "out"], wait, chance)
    assert code == 130, said
    assert len(said) == 1, said
    assert said[0].startswith("error: interrupted")
    assert not [path for path in Path().rglob(".*") if path.suffix in (".png", ".part")]


def test_a_library_is_not_interrupted_while_it_is_imported(tmp_path: Path) -> None:
    """It would take it for an error of its own; the interruption comes when the import is over."""
    (tmp_path / "slow.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.2)\nwhole = True\n"
    )
    code = (
        "import sys, time\nfrom ganrt.interrupts import interrupt_once\ninterrupt_once()\n"
        "try:\n    import slow\n    time.sleep(5)\nexcept KeyboardInterrupt:\n"
        "    print(sys.modules['slow'].whole)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "True\n", done.stderr
