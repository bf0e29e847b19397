"""A run's output in an object store, or wherever fsspec reaches: `s3://`, `gs://`, `memory://` and their like.

An object appears whole when its upload ends. So every file is gathered on this machine's disk first, and uploaded in
one piece: a run that is killed leaves nothing half written there. Such stores have no locks and need none: whoever
draws a shard of a plan uploads the same bytes, and another plan is refused by the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from ganrt.errors import BackendUnavailable, OutputFailed, UsageError
from ganrt.runtime.bulk import lock
from ganrt.runtime.bulk.storage import LocalStorage, NewFile, NewFolder, Target

INSTALL = 'pip install "ganrt[remote]"'


def open_target(output: str | Path) -> Target:
    """A folder, or, of a text with `://` in it, what fsspec makes of it.

    Raises:
        UsageError: no such kind of address. BackendUnavailable: a package for it is missing.
    """
    kind, separator, _ = str(output).partition("://")
    if isinstance(output, Path) or not separator:
        return LocalStorage(Path(output))
    if kind in ("file", "local"):
        raise UsageError(f"--output {output}: of a folder on this machine give the path itself")
    return RemoteStorage(output)


class RemoteStorage:
    """What lies below an address, in a file system of fsspec's; see `Target`."""

    def __init__(self, address: str) -> None:
        try:
            core = import_module("fsspec.core")
        except ImportError as error:
            raise BackendUnavailable(f"{address} needs fsspec, which is missing: {error}\n{INSTALL}") from error
        try:
            self._system, root = core.url_to_fs(address, use_listings_cache=False)
        except ValueError as error:
            raise UsageError(f"--output {address}: {error}") from error
        except ImportError as error:  # fsspec names the package: s3fs, gcsfs, adlfs ...
            raise BackendUnavailable(f"{address} cannot be opened: {error}") from error
        self._root: str = root.rstrip("/")
        self._address = address.rstrip("/")

    @property
    def place(self) -> str:
        return self._address

    def prepare(self) -> None:
        """Stores have no folders to make; the bucket must be there."""

    def create(self, name: str) -> NewFile:
        return _RemoteFile(self._system, self._path(name))

    def create_folder(self, name: str) -> NewFolder:
        """Its files appear one after the other; a shard is finished when its stats are there."""
        return _RemoteFolder(self._system, self._path(name))

    def open(self, name: str) -> BinaryIO:
        file: BinaryIO = self._system.open(self._path(name), "rb")
        return file

    def size(self, name: str) -> int | None:
        try:
            info = self._system.info(self._path(name))
        except FileNotFoundError:
            return None
        return int(info["size"]) if info["type"] == "file" else None

    def sizes(self) -> Callable[[str], int | None]:
        return {name: int(info["size"]) for name, info in self._listed("")}.get

    def names(self, folder: str = "") -> Iterator[str]:
        yield from sorted(name for name, _ in self._listed(folder))

    def remove(self, name: str) -> None:
        path = self._path(name)
        with _explained(path):
            if self._system.exists(path):
                self._system.rm(path, recursive=True)

    def locked(self, name: str = lock.NAME, patience_s: float = 0) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nobody is kept out: see the head of this file."""
        return nullcontext()

    def held(self) -> list[str]:
        """There are no locks."""
        return []

    def tidy(self) -> None:
        """There is nothing: what a killed run did not finish was never uploaded."""

    def _listed(self, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
        with _explained(self._address):
            found = self._system.find(self._path(folder).rstrip("/"), detail=True)
        for path, info in found.items():
            yield path[len(self._root) + 1 :], info

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


class _RemoteFile:
    def __init__(self, system: Any, path: str) -> None:
        self._system, self._path = system, path
        self._folder = TemporaryDirectory(prefix="ganrt-")
        self._gathered = Path(self._folder.name) / "file"
        self._file = self._gathered.open("wb", buffering=0)

    def write(self, data: bytes) -> None:
        with _explained(str(self._gathered)):
            view = memoryview(data)
            while len(view):
                view = view[self._file.write(view) :]

    def commit(self) -> None:
        self._file.close()
        with _explained(self._path):
            self._system.put_file(str(self._gathered), self._path)
        self.abandon()

    def abandon(self) -> None:
        self._file.close()
        self._folder.cleanup()


class _RemoteFolder:
    def __init__(self, system: Any, path: str) -> None:
        self._system, self._path = system, path
        self._folder = TemporaryDirectory(prefix="ganrt-")
        self._names: list[str] = []

    def put(self, name: str, data: bytes) -> None:
        with _explained(self._folder.name):
            (Path(self._folder.name) / name).write_bytes(data)
        self._names.append(name)

    def commit(self) -> None:
        here = [str(Path(self._folder.name) / name) for name in self._names]
        with _explained(self._path):
            self._system.put(here, [f"{self._path}/{name}" for name in self._names])
        self.abandon()

    def abandon(self) -> None:
        self._folder.cleanup()


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Stores raise errors of their own, of any class."""
    try:
        yield
    except Exception as error:
        raise OutputFailed(
            f"{path} cannot be written: {type(error).__name__}: {error}\n"
            "what was finished is kept: mend this, and the same command goes on from there"
        ) from error
