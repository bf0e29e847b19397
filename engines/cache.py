"""Files that ganrt derives from models and may make again: forms, precisions, compiled blobs, choices.

They lie under `GANRT_HOME`, else in the platform's cache folder. An entry's name holds the SHA-256 of its key and that
of its content: a damaged entry is noticed and made again, and two processes that write at once write the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ganrt.errors import OutputFailed
from ganrt.files import make_folder, write_file
from ganrt.home import cache_folder as cache_folder

Key = Mapping[str, object]
_DIGITS = 32  # 128 bits of each SHA-256: paths stay below Windows' limit


def folder_for(kind: str, key: Key) -> Path:
    """Where a library that keeps files of its own may do so for `key`; it need not exist."""
    return cache_folder() / kind / _digest(_canonical(key))


def find(kind: str, key: Key, suffix: str) -> bytes | None:
    """The content stored for `key`; None if there is none, or only a damaged one.

    Args:
        kind: the sub-folder, such as `forms`.
        key: all that changes the content: JSON-able values.
        suffix: of the file, such as `.onnx`.
    """
    for path in _entries(kind, key, suffix):
        with suppress(OSError):
            data = path.read_bytes()
            if path.name == _name(key, data, suffix):
                return data
    return None


def store(kind: str, key: Key, suffix: str, data: bytes) -> None:
    """Keeps `data` for `key`, whole or not at all, in place of what was kept before.

    Raises:
        OutputFailed: the cache cannot be written.
    """
    path = cache_folder() / kind / _name(key, data, suffix)
    write_file(path, data, force=True, within=cache_folder())
    for old in _entries(kind, key, suffix):
        if old != path:
            with suppress(OSError):
                old.unlink()


def drop(kind: str, key: Key, suffix: str) -> bool:
    """Removes what is kept for `key`; False if there is nothing."""
    entries = _entries(kind, key, suffix)
    for path in entries:
        with suppress(OSError):
            path.unlink()
    return bool(entries)


def find_or_make(kind: str, key: Key, suffix: str, make: Callable[[], bytes]) -> bytes:
    """The content for `key`, made if it is not there; a cache that cannot be written costs only the next start."""
    data = find(kind, key, suffix)
    if data is None:
        data = make()
        with suppress(OutputFailed):
            store(kind, key, suffix, data)
    return data


def _entries(kind: str, key: Key, suffix: str) -> list[Path]:
    """Files for `key`: one, or for a moment two while another process writes."""
    return sorted((cache_folder() / kind).glob(f"{_digest(_canonical(key))}-*{suffix}"))


def _name(key: Key, data: bytes, suffix: str) -> str:
    return f"{_digest(_canonical(key))}-{_digest(data)}{suffix}"


def _canonical(key: Key) -> bytes:
    return json.dumps(key, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


_SEAL = "seal.json"


class SealedFolder:
    """The folder for one key.

    Args:
        kind: the folder above it, such as `onnxruntime-tensorrt`.
        key: all that changes what is compiled: JSON-able values.
    """

    def __init__(self, kind: str, key: Key) -> None:
        self.path = folder_for(kind, key)

    def open(self) -> Path:
        """The folder, made if need be; with its files if they are those that were sealed, else empty.

        Raises:
            OutputFailed: the cache cannot be written.
        """
        make_folder(self.path, within=cache_folder())
        try:
            if self._sealed() != self._found():
                for path in self._files():
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputFailed(f"folder {self.path} cannot be emptied: {error.strerror}") from error
        return self.path

    def seal(self) -> None:
        """Writes down what is there now; a cache that cannot be written costs only the next start."""
        with suppress(OutputFailed, OSError):
            found = self._found()
            if found != self._sealed():
                write_file(self.path / _SEAL, json.dumps(found, sort_keys=True).encode(), force=True, within=self.path)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.path.iterdir() if path.is_file())

    def _found(self) -> dict[str, str]:
        files = (path for path in self._files() if path.name != _SEAL)
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def _sealed(self) -> object:
        try:
            return json.loads((self.path / _SEAL).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
