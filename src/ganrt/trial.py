"""Native libraries meet a stranger's file in a child process first: one that crashes, hangs or asks for gigabytes.

Trusted are the bundled files and what ganrt made on this machine, both known by their SHA-256: what a file says of
itself does not count, since another can say the same. All else is tried once for each file and version of the library,
in a process with limits of time and memory, and kept in mind under `GANRT_HOME`, whose contents are trusted.

The child gets the bytes that were hashed as its standard input. Where the system has no limits of memory (Windows,
macOS), those of time and the look at what was used remain. Where no child starts, as in a frozen or embedding program,
nothing is tried; nor where the environment says `GANRT_TRIAL=off`.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from ganrt.errors import BadInputFile, GanrtError, OutputFailed
from ganrt.files import write_file
from ganrt.home import cache_folder

_MIB = 2**20
SMALL = 10 * _MIB  # bytes of a file; larger ones may take more time and memory
_SECONDS = 20
# Times as long, where processor time has a limit of its own: a busy machine gives a child a part of a core.
_PATIENCE = 4
_LEAST_MEMORY = 1024 * _MIB
_PER_BYTE = 64  # of memory, above `SMALL`: a StyleGAN2 of 1024 x 1024 has 120 MB and takes 7 GB for 16 pictures
_FOLDER = "trusted"
_MADE = "made"  # by ganrt here: good for every library
# -P is of Python 3.11: before, the current folder would come first, and may be the stranger's too
_MAIN = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); from ganrt.trial import serve; serve()"
_STARTED = b"started\n"  # what comes before is no word about the file
_OFF = "GANRT_TRIAL"
# Each thread of OpenBLAS, one a core, would take 40 MB of the child's memory.
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
_STOOD, _REFUSED, _TOO_MUCH, _FAILED = 0, 10, 11, 12  # exit codes of the child
_NO_ROOM = (
    "bad_alloc",
    "bad allocation",
    "failed to allocate",
    "unable to allocate",
    "out of memory",
    "not enough mem",
)


@dataclass(frozen=True)
class Trial:
    """What is to be tried.

    Attributes:
        library: with its version, for messages and for what is kept in mind.
        work: "module:function" of (file, path, limit of memory), which does what the parent will do.
        memory: bytes that it may take; None: by the size of the file.
        mend: what to do where that is not enough.
    """

    library: str
    work: str
    memory: int | None = None
    mend: str = "expected a file that unfolds to what its size lets expect; if you trust it: GANRT_TRIAL=off"


def try_first(data: bytes, path: Path, sha256: str, trial: Trial) -> None:
    """Returns at once for a trusted file, and for one that stood this trial before.

    Args:
        data: the file's bytes, or those of what lies in it.
        path: for messages, and to know the bundled files by.
        sha256: of the bytes, hexadecimal.

    Raises:
        BadInputFile: the child crashed, hung or asked for too much. What it refuses in words is left to the parent,
            which will find the same.
    """
    if os.environ.get(_OFF) == "off" or not _interpreter():
        return
    if is_trusted(path, sha256) or _mark(sha256, trial.library).exists():
        return
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        _run(file, len(data), path, sha256, trial)


def is_trusted(path: Path, sha256: str) -> bool:
    """Whether a file is bundled, or was made by ganrt on this machine."""
    return is_bundled(path) or _mark(sha256, _MADE).exists() or sha256 in _bundled()


def is_bundled(path: Path) -> bool:
    """Whether a file is part of the installed package."""
    return path.parent == _bundled_folder()


def remember_made(data: bytes) -> None:
    """Keeps in mind that ganrt made this file here; without a cache it will be tried like any other."""
    _remember(hashlib.sha256(data).hexdigest(), _MADE)


def memory_limit(size: int) -> int:
    """How many bytes of memory a file of `size` bytes may take."""
    return _LEAST_MEMORY + _PER_BYTE * max(0, size - SMALL)


def time_limit(size: int) -> float:
    """How many seconds it may take, and of processor time half as many; see `_PATIENCE`."""
    return _SECONDS + max(0, size - SMALL) / _MIB


def _run(file: IO[bytes], size: int, path: Path, sha256: str, trial: Trial) -> None:
    memory = trial.memory or memory_limit(size)
    seconds = time_limit(size) * max(1.0, memory / memory_limit(size))  # who allows more of one allows more of both
    waits = seconds * (1 if find_spec("resource") is None else _PATIENCE)
    arguments = [trial.work, str(path), str(memory), str(int(seconds) // 2)]
    command = [sys.executable, "-c", _MAIN, json.dumps([entry for entry in sys.path if entry]), *arguments]
    try:
        done = subprocess.run(
            command, stdin=file, capture_output=True, timeout=waits, check=False, env={**os.environ, **_ONE_THREAD}
        )
    except subprocess.TimeoutExpired:
        raise _unusable(path, trial, f"took more than {waits:.0f} s") from None
    said = done.stdout.removeprefix(_STARTED)
    if said == done.stdout:
        return
    if done.returncode == _STOOD:
        _remember(sha256, trial.library)
    elif done.returncode == _TOO_MUCH:
        raise BadInputFile(
            f"{path} asks {trial.library} for more than {memory // _MIB} MiB of memory; its file has {size} bytes\n"
            f"{trial.mend}"
        )
    elif done.returncode == _FAILED:
        raise _unusable(path, trial, f"failed ({said.decode('utf-8', 'replace').strip()[:300]})")
    elif done.returncode != _REFUSED:
        if done.returncode == -getattr(signal, "SIGXCPU", 0):
            raise _unusable(path, trial, f"took more than {int(seconds) // 2} s of processor time")
        raise _unusable(path, trial, f"crashed (exit status {done.returncode})")


def _unusable(path: Path, trial: Trial, what: str) -> BadInputFile:
    return BadInputFile(
        f"{path} is damaged, hostile or too much here: {trial.library} {what} on it, in a process of its own\n"
        f"expected a file that loads; make it again, or export its checkpoint here; if you trust it: {_OFF}=off"
    )


def _interpreter() -> bool:
    """Not a program that embeds Python, which would be started once more."""
    name = Path(sys.executable or "").stem.lower()
    return name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


def _mark(sha256: str, what: str) -> Path:
    return cache_folder() / _FOLDER / f"{sha256}-{what.replace(' ', '-')}"


def _remember(sha256: str, what: str) -> None:
    with suppress(OutputFailed):
        write_file(_mark(sha256, what), b"", force=True, within=cache_folder())


@cache
def _bundled_folder() -> Path:
    return Path(__file__).parent / "runtime" / "data"


@cache
def _bundled() -> frozenset[str]:
    """Of the bundled models, which also lie in bundles and wherever somebody copied them."""
    return frozenset(hashlib.sha256(one.read_bytes()).hexdigest() for one in _bundled_folder().glob("*.onnx"))


def serve() -> None:
    """The child: limits itself, does the work, and tells by its exit code how that went."""
    work, path, memory, seconds = sys.argv[1:5]
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    answer.write(_STARTED.decode())
    answer.flush()
    file = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print, and must not fill the pipe
    os.dup2(1, 2)
    _limit(int(memory), int(seconds))
    module, _, function = work.partition(":")
    code = _STOOD
    try:
        getattr(import_module(module), function)(file, Path(path), int(memory))
    except BaseException as error:
        code = _judged(error)
        answer.write(" ".join(f"{type(error).__name__}: {error}".split()))
    answer.flush()
    os._exit(code)  # what a library does at its end is no matter


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {"RLIMIT_DATA": memory, "RLIMIT_CPU": seconds, "RLIMIT_CORE": 0}
    for name, most in wanted.items():
        with suppress(ValueError, OSError):  # a limit of the system's own is lower
            resource.setrlimit(getattr(resource, name), (most, most + 1))  # at the second one of time it is SIGKILL


def _judged(error: BaseException) -> int:
    if is_no_room(error):
        return _TOO_MUCH
    return _REFUSED if isinstance(error, GanrtError) else _FAILED


def is_no_room(error: BaseException | None) -> bool:
    """Whether memory ran out; libraries say so in words."""
    while error is not None:
        if isinstance(error, MemoryError) or any(words in str(error).lower() for words in _NO_ROOM):
            return True
        error = error.__cause__ or error.__context__
    return False


def check_growth(draw: Callable[[], object], batch: int, memory: int) -> None:
    """Draws one picture; raises MemoryError if `batch` of them, which take as much each, would not fit.

    Known on Linux alone, by the kernel's mark of the highest use (proc(5): VmHWM, which clear_refs puts back).
    """
    with suppress(OSError), Path("/proc/self/clear_refs").open("w", encoding="ascii") as file:
        file.write("5")
    before = _most_used()
    draw()
    if before + (_most_used() - before) * batch > memory:
        raise MemoryError(f"{batch} pictures at once")


def _most_used() -> int:
    with suppress(OSError), Path("/proc/self/status").open(encoding="ascii") as lines:
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
    return 0
