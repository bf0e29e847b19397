"""Files that appear whole or not at all, never over another one unless asked to, and never through a link.

What the user names may be a link. Below an output or cache folder links are refused: whoever can write there could
otherwise have a run write anywhere.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from ganrt.errors import BadInputFile, OutputFailed, UsageError

# Linux, macOS and their like; Windows has neither, and there each name is looked at before it is used.
_BY_DESCRIPTOR = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FILE = _NO_FOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_MOUNT_POINT = 0xA0000003  # the tag of a junction, Windows' link to a folder (IO_REPARSE_TAG_MOUNT_POINT)


class Folder:
    """A folder to write into, which nobody can put a link in the way of: it is held open where the system can.

    Attributes:
        path: its name, for messages.
        is_open: until `close`.
    """

    def __init__(self, root: Path, below: str = "", *, make: bool = False) -> None:
        """Opens a folder that somebody named, or one below it.

        Args:
            root: it may be a link itself, and must be there.
            below: relative, with forward slashes.
            make: makes those below that are not there.

        Raises:
            OutputFailed: there is a link on the way. OSError: as the system says.
        """
        self.path, self.is_open = root, True
        self._handle = os.open(root, _FOLDER) if _BY_DESCRIPTOR else None
        try:
            for name in filter(None, below.split("/")):
                self._enter(name, make)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of it; a second time does nothing."""
        handle, self._handle, self.is_open = self._handle, None, False
        if handle is not None:
            os.close(handle)

    def refuse_link(self, name: str) -> None:
        """Raises OutputFailed where a link, or on Windows a junction, has this name."""
        try:
            found = os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _MOUNT_POINT:
            raise OutputFailed(
                f"{self.path / name} is a link, and nothing is written through links within a folder\n"
                "remove the link (what it points to stays), or give another folder"
            )

    def open(self, name: str, flags: int) -> int:
        """Opens a file for writing: its descriptor. `flags` as of `os.open`."""
        self.refuse_link(name)
        return os.open(self._at(name), flags | _FILE, 0o666, dir_fd=self._handle)

    def make(self, name: str) -> None:
        """Makes a folder; FileExistsError where there is one."""
        os.mkdir(self._at(name), dir_fd=self._handle)

    def replace(self, source: str, name: str, target: Folder | None = None) -> None:
        """Renames what is here, into another folder if one is given; a file that has the name is replaced."""
        there = target or self
        there.refuse_link(name)
        os.replace(self._at(source), there._at(name), src_dir_fd=self._handle, dst_dir_fd=there._handle)

    def remove(self, name: str) -> None:
        """Removes a file; of a link the link itself."""
        os.unlink(self._at(name), dir_fd=self._handle)

    def flush(self) -> None:
        """Makes renames in it durable; Windows has no such call and needs none."""
        if self._handle is not None:
            os.fsync(self._handle)

    def _enter(self, name: str, make: bool) -> None:
        if make:
            with suppress(FileExistsError):
                self.make(name)
        self.refuse_link(name)
        if self._handle is not None:
            inner = os.open(name, _FOLDER | _NO_FOLLOW, dir_fd=self._handle)
            os.close(self._handle)
            self._handle = inner
        self.path = self.path / name

    def _at(self, name: str) -> str:
        return str(self.path / name) if self._handle is None else name


def refuse_links(path: Path, within: Path) -> None:
    """Raises OutputFailed if `path`, which lies below `within`, or a folder between them is a link."""
    with suppress(OSError), _opened(path, within) as folder:  # what is not there, or cannot be read, is no link
        folder.refuse_link(path.name)


def _opened(path: Path, within: Path, *, make: bool = False) -> Folder:
    return Folder(within, "/".join(path.parent.relative_to(within).parts), make=make)


def check_file(path: Path, most: int, expected: str) -> int:
    """How many bytes a file has that somebody named.

    Args:
        most: bytes.
        expected: what it should be, for messages, such as `a picture`.

    Raises:
        BadInputFile: not there, not readable, longer, or no plain file: a pipe or a device may have no end.
    """
    try:
        about = path.stat()
    except FileNotFoundError as error:
        raise BadInputFile(f"{path} does not exist; expected {expected}") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in its name
        raise BadInputFile(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not stat.S_ISREG(about.st_mode):
        kind = "a folder" if stat.S_ISDIR(about.st_mode) else "a pipe, a device or the like"
        raise BadInputFile(f"{path} is {kind}; expected {expected}")
    if about.st_size > most:
        raise BadInputFile(f"{path} has {about.st_size} bytes; expected {expected} of at most {most}")
    return about.st_size


def read_file(path: Path, most: int, expected: str) -> bytes:
    """The whole of such a file; arguments and errors as of `check_file`."""
    check_file(path, most, expected)
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputFile(f"{path} cannot be read: {error.strerror or error}") from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def ensure_absent(path: Path, force: bool, within: Path | None = None) -> None:
    """Raises OutputFailed if writing `path` would overwrite something and `force` is not set.

    Args:
        within: the folder that was named, where `path` is not the user's own word: no link may lie between.
    """
    if within is not None:
        refuse_links(path, within)
    if path.is_dir():
        raise OutputFailed(f"{path} is a folder; expected the name of a file to write")
    if os.path.lexists(path) and not force:
        raise OutputFailed(f"{path} exists already: give --force to overwrite it, or another name")


def check_outputs(paths: Iterable[Path], force: bool) -> None:
    """`ensure_absent` for all outputs of one run, which must also differ from each other.

    Raises:
        OutputFailed: a file is there already. UsageError: two outputs would go to one file (case ignored, because
            not every file system tells names apart by it).
    """
    seen: set[str] = set()
    for path in paths:
        ensure_absent(path, force)
        key = str(path.resolve()).casefold()
        if key in seen:
            raise UsageError(f"{path}: two outputs would be written to this file; give each its own name")
        seen.add(key)


def check_written(paths: Iterable[Path]) -> None:
    """Raises OutputFailed if files that a run wrote are not there at its end: somebody removed them, or their folder.

    A folder that is removed in mid-run comes back with the next file, and would hold the rest alone.
    """
    total = gone = 0
    first: Path | None = None
    for path in paths:
        total += 1
        if not path.is_file():
            gone, first = gone + 1, first or path
    if first is not None:
        raise OutputFailed(
            f"{gone} of {total} files that were written are gone, such as {first}: removed while the run went on\n"
            "run it again, with --force over those that are there"
        )


def make_folder(path: Path, within: Path | None = None) -> None:
    """Makes a folder and those above it.

    Args:
        within: the folder that was named, where `path` lies below it: no link may lie between.

    Raises:
        OutputFailed: it cannot be made, or a file or a link is in its place.
    """
    try:
        (within or path).mkdir(parents=True, exist_ok=True)
        if within is not None:
            _opened(path / "any", within, make=True).close()
    except FileExistsError as error:
        raise OutputFailed(f"{path} is a file; expected a folder for the output") from error
    except OSError as error:
        raise OutputFailed(f"folder {path} cannot be made: {error.strerror}") from error


@contextmanager
def atomic_write(path: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary path beside `path` (same suffix) that becomes `path` when the block ends without an error.

    Raises:
        OutputFailed: `path` exists and `force` is not set, or it cannot be written.
    """
    ensure_absent(path, force)
    make_folder(path.parent)
    # Not tempfile: its files are private to the user, and this one is to have the usual permissions.
    # Its name is short, so that it fits wherever the final name does.
    partial = path.with_name(f".{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_file(path: Path, data: bytes, *, force: bool = False, within: Path | None = None) -> None:
    """Writes one whole file; see `atomic_write`.

    Args:
        within: the output or cache folder, where `path` is a name below it: it is reached through no link.
    """
    if within is None:
        with atomic_write(path, force=force) as partial:
            partial.write_bytes(data)
        return
    ensure_absent(path, force, within)
    make_folder(within)
    try:
        with _opened(path, within, make=True) as folder:
            _write_whole(folder, path, data)
    except OSError as error:
        raise OutputFailed(f"{path} cannot be written: {error.strerror or error}") from error


def _write_whole(folder: Folder, path: Path, data: bytes) -> None:
    partial = f".{secrets.token_hex(4)}{path.suffix}"
    try:
        with os.fdopen(folder.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
        folder.replace(partial, path.name)
    finally:
        with suppress(OSError):
            folder.remove(partial)
