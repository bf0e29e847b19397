"""Where a run's output goes: a small seam, so that a folder may be replaced by something else.

Names are relative, with forward slashes. A file or a folder of files appears whole or not at all, and once `commit`
has returned it survives a loss of power.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol

from ganrt.errors import OutputFailed
from ganrt.files import Folder, make_folder
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.plan import PART, UNFINISHED, is_piece


class NewFile(Protocol):
    """A file under way."""

    def write(self, data: bytes) -> None:
        """Appends."""

    def commit(self) -> None:
        """It appears under its name."""

    def abandon(self) -> None:
        """It never existed; after `commit` this does nothing."""


class NewFolder(Protocol):
    """A folder of files under way."""

    def put(self, name: str, data: bytes) -> None:
        """Adds a file."""

    def commit(self) -> None:
        """It appears under its name, in place of one that is there."""

    def abandon(self) -> None:
        """It never existed; after `commit` this does nothing."""


class Sink(Protocol):
    """Where the files of a shard go. Every method raises OutputFailed where the system refuses."""

    def create(self, name: str) -> NewFile:
        """Begins a file, which will take the place of one that is there."""

    def create_folder(self, name: str) -> NewFolder:
        """Begins a folder of files."""


class Storage(Sink, Protocol):
    """The output of one run."""

    def open(self, name: str) -> BinaryIO:
        """Opens a file for reading; FileNotFoundError where there is none."""

    def size(self, name: str) -> int | None:
        """Bytes of a file; None where there is none."""

    def names(self, folder: str = "") -> Iterator[str]:
        """The names of all files, or of those in a folder, also of those that are no part of a run."""

    def remove(self, name: str) -> None:
        """Removes a file, or a folder with all that is in it; nothing where there is none."""


class Target(Storage, Protocol):
    """A storage that whole runs are begun and ended in."""

    @property
    def place(self) -> str:
        """What it is called: a path or an address, with which any machine that shares it opens it."""

    def prepare(self) -> None:
        """Makes it, where it is not there."""

    def sizes(self) -> Callable[[str], int | None]:
        """`size` as of now, for asking about many files: where every question is a journey, one listing answers."""

    def locked(self, name: str = lock.NAME, patience_s: float = 0) -> AbstractContextManager[None]:
        """Keeps other processes out, where the storage can (`lock.locked`)."""

    def held(self) -> list[str]:
        """Locks of parts that other processes hold (`lock.held`)."""

    def tidy(self) -> None:
        """Removes what killed runs left unfinished."""


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputFailed(
            f"{path} cannot be written: {error.strerror or error}\n"
            "what was finished is kept: mend this, and the same command goes on from there"
        ) from error


class _LocalFile:
    def __init__(self, root: Path, name: str) -> None:
        self._path, self._part = root / name, PART + secrets.token_hex(6)
        with _explained(self._path):
            self._folder = Folder(root, _above(name), make=True)
            try:
                self._folder.refuse_link(self._path.name)
                handle = self._folder.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
                self._file = os.fdopen(handle, "wb", buffering=0)
            except BaseException:
                self._folder.close()
                raise

    def write(self, data: bytes) -> None:
        with _explained(self._path):
            _write_all(self._file, data)

    def commit(self) -> None:
        with _explained(self._path):
            os.fsync(self._file.fileno())
            self._file.close()
            self._folder.replace(self._part, self._path.name)
            _flush(self._folder)
            self._folder.close()

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()
            if self._folder.is_open:
                self._folder.remove(self._part)
        self._folder.close()


class _LocalFolder:
    def __init__(self, root: Path, name: str) -> None:
        self._root, self._name, self._part = root, name, PART + secrets.token_hex(6)
        self._path, self._names = root / name, list[str]()
        with _explained(self._path), Folder(root) as folder:
            folder.refuse_link(name)
            folder.make(self._part)

    def put(self, name: str, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with (
            _explained(self._path / name),
            Folder(self._root, self._part) as folder,
            os.fdopen(folder.open(name, flags), "wb", buffering=0) as file,
        ):
            _write_all(file, data)
        self._names.append(name)

    def commit(self) -> None:
        with _explained(self._path), Folder(self._root) as folder, Folder(self._root, self._part) as part:
            for name in self._names:  # all together: the first flush carries most of the others
                handle = part.open(name, os.O_RDWR)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            _flush(part)
            folder.refuse_link(self._name)
            if self._holds_others():
                self._replace_files(part)
            else:
                shutil.rmtree(self._path, ignore_errors=True)
                folder.replace(self._part, self._name)
            _flush(folder)

    def abandon(self) -> None:
        shutil.rmtree(self._root / self._part, ignore_errors=True)

    def _holds_others(self) -> bool:
        """Whether somebody keeps files of his own in the folder that is to be replaced."""
        names = self._path.iterdir() if self._path.is_dir() else ()
        return any(not is_piece(f"{self._path.name}/{path.name}") for path in names)

    def _replace_files(self, part: Folder) -> None:
        """One file after the other, beside the others'; whoever is killed meanwhile has not written the stats yet."""
        with Folder(self._root, self._name) as there:
            for path in self._path.iterdir():
                if is_piece(f"{self._name}/{path.name}") and path.name not in self._names:
                    there.remove(path.name)
            for name in self._names:
                part.replace(name, name, there)
            _flush(there)


class LocalStorage:
    """A folder of this machine, or one that it has mounted; see `Target`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def place(self) -> str:
        return str(self.root)

    def prepare(self) -> None:
        make_folder(self.root)

    def sizes(self) -> Callable[[str], int | None]:
        return self.size

    def locked(self, name: str = lock.NAME, patience_s: float = 0) -> AbstractContextManager[None]:
        return lock.locked(self.root, name, patience_s)

    def held(self) -> list[str]:
        return lock.held(self.root)

    def create(self, name: str) -> NewFile:
        """Only folders below the output are made: an output that vanished is not made anew."""
        return _LocalFile(self.root, name)

    def create_folder(self, name: str) -> NewFolder:
        return _LocalFolder(self.root, name)

    def open(self, name: str) -> BinaryIO:
        """A pipe or a device is no file of a run: to open one may wait for ever."""
        if not (self.root / name).is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.root / name))
        return (self.root / name).open("rb")

    def size(self, name: str) -> int | None:
        path = self.root / name
        return path.stat().st_size if path.is_file() else None

    def names(self, folder: str = "") -> Iterator[str]:
        for path, below, files in os.walk(self.root / folder):
            below.sort()
            for name in sorted(files):
                yield (Path(path) / name).relative_to(self.root).as_posix()

    def remove(self, name: str) -> None:
        path = self.root / name
        with _explained(path), suppress(FileNotFoundError), Folder(self.root, _above(name)) as folder:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)  # which removes links in it, and follows none
            else:
                folder.remove(path.name)

    def tidy(self) -> None:
        for folder in (self.root, self.root / "identities"):
            for path in folder.glob(PART + "*") if folder.is_dir() else ():
                if UNFINISHED.fullmatch(path.name):
                    self.remove(path.relative_to(self.root).as_posix())


def read(storage: Storage, name: str) -> bytes | None:
    """A whole file; None where there is none."""
    try:
        with storage.open(name) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def write(storage: Storage, name: str, data: bytes) -> None:
    new = storage.create(name)
    try:
        new.write(data)
        new.commit()
    finally:
        new.abandon()


def _flush(folder: Folder) -> None:
    """Makes renames in a folder durable."""
    try:
        folder.flush()
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # network file systems that know no such thing
            raise


def _above(name: str) -> str:
    return name.rpartition("/")[0]


def _write_all(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while len(view):
        view = view[file.write(view) :]
