"""One run at a time in an output folder.

The system itself holds the lock and drops it when the process ends, however it ends: the file that a killed run left
behind stands in nobody's way, on Linux as on Windows.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganrt.errors import OutputFailed
from ganrt.files import Folder

NAME = ".lock"  # begins the names of all locks
_POLL_S = 0.2
_BYTE = 1 << 20  # the byte that is locked on Windows: far behind the text, which others may read


@contextmanager
def locked(folder: Path, name: str = NAME, patience_s: float = 0) -> Iterator[None]:
    """Holds the folder, or what another lock in it stands for.

    Args:
        patience_s: how long to wait for another process that holds it.

    Raises:
        OutputFailed: another process holds it, or the lock cannot be made.
    """
    path, deadline = folder / name, time.monotonic() + patience_s
    try:
        while (handle := _acquire(path)) is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror or error}") from error
    if handle is None:
        raise OutputFailed(
            f"{folder}: another run ({_owner(path)}) writes to this folder\n"
            "wait until it has ended, or give another --output"
        )
    try:
        yield
    finally:
        _release(path, handle)


def held(folder: Path) -> list[str]:
    """The locks beside `NAME` that other processes hold; call it while you hold `NAME`."""
    names = []
    for path in sorted(folder.glob(f"{NAME}-*")):
        handle = _acquire(path)
        if handle is None:
            names.append(path.name)
        else:
            _release(path, handle)
    return names


def _acquire(path: Path) -> int | None:
    """An open file that holds the lock; None where another process does."""
    while True:
        with Folder(path.parent) as folder:
            handle = folder.open(path.name, os.O_RDWR | os.O_CREAT)
        try:
            if not _try_lock(handle):
                os.close(handle)
                return None
            if _is_still(path, handle):
                os.ftruncate(handle, 0)
                os.write(handle, f"process {os.getpid()}".encode())
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its owner removed it between our two calls: once more


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _owner(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")[:40] or "another process"
    return "another process"


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(handle, 0, os.SEEK_SET)
        return True

    def _release(path: Path, handle: int) -> None:
        os.close(handle)
        with suppress(OSError):  # another process may have opened it already
            path.unlink()

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(path: Path, handle: int) -> None:
        with suppress(OSError):
            path.unlink()  # before the lock goes, so that nobody's new lock is removed
        os.close(handle)
