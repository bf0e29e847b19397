"""One run at a time in an output folder.

The system itself holds the lock and drops it when the process ends, however it ends: the file that a killed run left
behind stands in nobody's way, on Linux as on Windows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganrt.errors import OutputFailed

NAME = ".lock"
_BYTE = 1 << 20  # the byte that is locked on Windows: far behind the text, which others may read


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the folder.

    Raises:
        OutputFailed: another process holds it, or the lock cannot be made.
    """
    path = folder / NAME
    try:
        handle = _acquire(path)
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


def _acquire(path: Path) -> int | None:
    """An open file that holds the lock; None where another process does."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
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
        return os.path.samestat(path.stat(), os.fstat(handle))
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
