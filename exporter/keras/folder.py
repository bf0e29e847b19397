"""Files by name, whether they lie in a folder on the disk or came out of an archive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from ganrt.errors import BadInputFile


class Folder(Protocol):
    """Names are relative, with forward slashes."""

    def names(self) -> list[str]: ...

    def size(self, name: str) -> int: ...

    def read(self, name: str) -> bytes: ...


class DiskFolder:
    """The files in `root` and in its subfolder `variables`: all that a SavedModel or a checkpoint needs."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    def names(self) -> list[str]:
        found = [*self._root.iterdir(), *(self._root / "variables").glob("*")]
        return sorted(path.relative_to(self._root).as_posix() for path in found if path.is_file())

    def size(self, name: str) -> int:
        return (self._root / name).stat().st_size

    def read(self, name: str) -> bytes:
        if self.size(name) > self._max_bytes:
            raise BadInputFile(f"{name} has {self.size(name)} bytes\nexpected at most {self._max_bytes}")
        return (self._root / name).read_bytes()


class MemoryFolder:
    """The files of an archive."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def names(self) -> list[str]:
        return sorted(self._files)

    def size(self, name: str) -> int:
        return len(self._files[name])

    def read(self, name: str) -> bytes:
        return self._files[name]


def folder_sha256(folder: Folder, names: Iterable[str]) -> str:
    """SHA-256 over the files `names` in sorted order.

    Each counts as its name in UTF-8, a zero byte, its length in decimal digits, a zero byte and its bytes.
    """
    digest = hashlib.sha256()
    for name in sorted(names):
        data = folder.read(name)
        digest.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0")
        digest.update(data)
    return digest.hexdigest()
