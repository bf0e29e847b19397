"""The owner's code in a process of its own: with a time limit, its prints off our output, its crashes survived.

The two speak in pickles over pipes. Whoever runs code on this machine with `--code` has trusted it already.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

from ganrt.errors import BadInputFile, GanrtError

LIMIT_S = 300.0
# The working folder goes last: an argparse.py in it is no module of Python's.
_MAIN = (
    "import sys; sys.path[:] = [*filter(None, sys.path), '']; from ganrt.exporter.owner.process import serve; serve()"
)
_TAIL = 400


def run_apart(work: Callable[..., Any], given: dict[str, Any], say: Callable[[str], None], limit_s: float) -> Any:
    """`work(**given, progress=...)` in a process of its own.

    Args:
        work: a function of a module, since it is pickled.
        say: told what `work` tells.
        limit_s: how long it may be silent, in seconds.

    Raises:
        BadInputFile: it hangs or crashes. Errors of ours that `work` raises are raised here.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _MAIN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        start_new_session=os.name == "posix",
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told: queue.Queue[Any] = queue.Queue()
    reader = threading.Thread(target=_relay, args=(process.stdout, told), daemon=True)
    reader.start()
    try:
        _send(process.stdin, (work, given))
        while True:
            try:
                kind, value = told.get(timeout=limit_s)
            except queue.Empty:
                raise BadInputFile(
                    f"the code was silent for {limit_s:g} s and was stopped: does it train, or wait for something?\n"
                    "expected a file that defines the class; --time-limit 900 waits longer"
                ) from None
            if kind == "progress":
                say(value)
            elif kind == "made":
                return value
            elif kind == "raised":
                raise value
            else:
                raise BadInputFile(f"the code ended the process it ran in (exit status {process.wait()})")
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """With all that the code started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            pipe.close()  # type: ignore[union-attr]


def _relay(pipe: IO[bytes], told: queue.Queue[Any]) -> None:
    try:
        while len(head := pipe.read(8)) == 8:
            told.put(pickle.loads(pipe.read(struct.unpack("<Q", head)[0])))  # see above
    except Exception:  # cut short: the process was killed
        pass
    told.put(("ended", None))


def _send(pipe: IO[bytes], value: Any) -> None:
    data = pickle.dumps(value)
    with contextlib.suppress(BrokenPipeError):
        pipe.write(struct.pack("<Q", len(data)) + data)
        pipe.flush()


def serve() -> None:
    """The process: reads what to do, does it, tells."""
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # prints of the code go where messages go
    sys.stdout = sys.stderr
    size = struct.unpack("<Q", given.read(8))[0]
    data = given.read(size)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody answers a question
    work, arguments = pickle.loads(data)
    try:
        made = work(**arguments, progress=lambda text: _send(answers, ("progress", text)))
        _send(answers, ("made", made))
    except GanrtError as error:
        error.__cause__ = None
        _send(answers, ("raised", error))
    answers.flush()
    os._exit(0)  # threads that the code left are not waited for
