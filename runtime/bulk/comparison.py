"""A storage that writes nothing: it compares what it is given with what is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from ganrt.runtime.bulk.storage import NewFile, NewFolder, Storage, read


class Comparison:
    """`different` fills with the names of files that would become others."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.different: set[str] = set()

    def create(self, name: str) -> NewFile:
        """See `Storage`."""
        return _File(self._storage, name, self.different)

    def create_folder(self, name: str) -> NewFolder:
        """See `Storage`."""
        return _Folder(self._storage, name, self.different)

    def open(self, name: str) -> BinaryIO:
        """See `Storage`."""
        return self._storage.open(name)

    def size(self, name: str) -> int | None:
        """See `Storage`."""
        return self._storage.size(name)

    def names(self, folder: str = "") -> Iterator[str]:
        """See `Storage`."""
        return self._storage.names(folder)

    def remove(self, name: str) -> None:
        """Nothing is removed."""


class _File:
    def __init__(self, storage: Storage, name: str, different: set[str]) -> None:
        self._name, self._different = name, different
        self._there: BinaryIO | None = None
        with suppress(OSError):
            self._there = storage.open(name)

    def write(self, data: bytes) -> None:
        if self._there is None or self._there.read(len(data)) != data:
            self._different.add(self._name)

    def commit(self) -> None:
        if self._there is None or self._there.read(1):
            self._different.add(self._name)

    def abandon(self) -> None:
        if self._there is not None:
            self._there.close()


class _Folder:
    def __init__(self, storage: Storage, name: str, different: set[str]) -> None:
        self._storage, self._name, self._different = storage, name, different

    def put(self, name: str, data: bytes) -> None:
        whole = f"{self._name}/{name}"
        if read(self._storage, whole) != data:
            self._different.add(whole)

    def commit(self) -> None:
        """All files were compared."""

    def abandon(self) -> None:
        """Nothing was made."""
